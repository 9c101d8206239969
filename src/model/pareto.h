// Several losses at once: who dominates whom, who stands where it is crowded, and how much of the space a front covers.
#pragma once

#include <span>
#include <vector>

namespace hone {

// Everywhere: one row per point, one column per objective, as many in each row; lower is better; NaN counts as infinity.
// All results depend on the values and the order of the rows alone.

/// Is `a` no worse in any objective and better in one?
bool dominates(std::span<const double> a, std::span<const double> b);

/// Rank 0 is dominated by nobody, rank k by somebody of rank k - 1 and by nobody of rank k. Equal rows share a rank.
/// O(n log² n) for up to three objectives, O(n²) at worst beyond.
std::vector<int> nondominated_ranks(const std::vector<std::vector<double>>& losses);

/// Crowding distance (Deb et al. 2002, III-B) within each rank: the sum over the objectives of the gap between the two
/// neighbours, as a share of the rank's range. Infinite for a rank's best and worst in any objective, except that an
/// objective in which a rank's finite values agree says nothing.  REQUIRES: as many ranks as rows
std::vector<double> crowding(const std::vector<std::vector<double>>& losses, const std::vector<int>& ranks);

/// Volume of what the points dominate up to `reference`. Exact: a sweep for up to three objectives (O(n log n)), slicing
/// beyond (O(n^(m - 2) log n)). Points that are not finite, or not below the reference in every objective, add nothing.
/// REQUIRES: reference.size() is that of the rows, and > 0
double hypervolume(const std::vector<std::vector<double>>& points, std::span<const double> reference);

/// What the hypervolume would lose without each point; 0 for dominated points and for those that stand twice.
std::vector<double> hypervolume_contributions(const std::vector<std::vector<double>>& points,
                                              std::span<const double> reference);

/// The reference to use when nobody names one: in each objective the worst of the finite values plus a tenth of their
/// range; if they all agree, plus a tenth of the value, or 0.1 at 0.  REQUIRES: losses is not empty
std::vector<double> reference_point(const std::vector<std::vector<double>>& losses);

}  // namespace hone
