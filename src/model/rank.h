// How well one order goes with another.
#pragma once

#include <vector>

namespace hone {

/// 1 for the smallest; equal values share the mean of their places. REQUIRES: no nan
std::vector<double> ranks(const std::vector<double>& values);

/// Spearman, 1904: the product-moment correlation of the ranks; nan where one of them is constant.
double rank_correlation(const std::vector<double>& x, const std::vector<double>& y);

/// The correlation in the whole population, from that among those that were chosen by x: Thorndike, "Personnel Selection",
/// 1949, case 2. `ratio`: the deviation of x in the whole over that among the chosen, at least 1.
double unrestricted(double correlation, double ratio);

}  // namespace hone
