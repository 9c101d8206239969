// Ranks: efficient nondominated sorting, Zhang, Tian, Cheng, Jin, IEEE TEVC 19(2), 2015, where a front is searched through
// its staircase if there are up to three objectives (Jensen, IEEE TEVC 7(5), 2003).
// Volume: Beume, Fonseca, López-Ibáñez, Paquete, Vahrenhold, "On the Complexity of Computing the Hypervolume Indicator",
// IEEE TEVC 13(5), 2009, for three objectives; While, Bradstreet, Barone, "A Fast Way of Calculating Exact
// Hypervolumes", IEEE TEVC 16(1), 2012 (WFG) beyond.
#include "model/pareto.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace hone {
namespace {

using Rows = std::vector<std::vector<double>>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double value(double loss) { return std::isnan(loss) ? kInfinity : loss; }

/// Indices in the order of the rows' values, ties by index.
std::vector<std::size_t> in_order(const Rows& rows) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    for (std::size_t k = 0; k < rows[a].size(); ++k) {
      const double x = value(rows[a][k]), y = value(rows[b][k]);
      if (x != y) return x < y;
    }
    return a < b;
  });
  return order;
}

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), [](double x, double y) { return value(x) == value(y); });
}

/// The lower left hull of points (y, z): z strictly falls as y grows.
class Staircase {
 public:
  /// Has a step (y', z') with y' <= y and z' <= z.
  bool covers(double y, double z) const {
    const auto after = steps_.upper_bound(y);
    return after != steps_.begin() && std::prev(after)->second <= z;
  }
  void insert(double y, double z) {
    if (covers(y, z)) return;
    auto from = steps_.lower_bound(y), to = from;
    while (to != steps_.end() && to->second >= z) ++to;
    steps_.emplace_hint(steps_.erase(from, to), y, z);
  }

 private:
  std::map<double, double> steps_;
};

/// A front of the rows seen so far, which come in lexicographic order: whoever dominates a row comes before it, so that
/// the first objective need not be looked at again.
class Front {
 public:
  bool dominates_row(const Rows& rows, std::size_t row) const {
    const auto& losses = rows[row];
    if (losses.size() <= 3) return hull_.covers(at(losses, 1), at(losses, 2));
    return std::any_of(members_.rbegin(), members_.rend(),
                       [&](std::size_t other) { return dominates(rows[other], losses); });
  }
  void insert(const Rows& rows, std::size_t row) {
    if (rows[row].size() <= 3) hull_.insert(at(rows[row], 1), at(rows[row], 2));
    else members_.push_back(row);
  }

 private:
  static double at(const std::vector<double>& losses, std::size_t k) {
    return k < losses.size() ? value(losses[k]) : 0;
  }
  Staircase hull_;                    // up to three objectives
  std::vector<std::size_t> members_;  // beyond
};

double area(std::vector<std::pair<double, double>> points, double right, double top) {
  std::sort(points.begin(), points.end());
  double sum = 0, low = top;
  for (const auto& [x, y] : points) {
    if (y >= low) continue;
    sum += (right - x) * (low - y);
    low = y;
  }
  return sum;
}

/// Sweeps along the third objective; the map holds the nondominated (x, y) so far, y falls as x grows.
double volume(const Rows& points, std::span<const double> reference) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return points[a][2] != points[b][2] ? points[a][2] < points[b][2] : a < b;
  });
  std::map<double, double> steps = {{-kInfinity, reference[1]}, {reference[0], -kInfinity}};
  double covered = 0, sum = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double x = points[order[i]][0], y = points[order[i]][1], z = points[order[i]][2];
    const double next = i + 1 < order.size() ? points[order[i + 1]][2] : reference[2];
    auto after = steps.upper_bound(x);
    if (std::prev(after)->second > y) {
      // What (x, y) adds: from its x to the right, between y and the steps above it, until a step lies below y.
      auto step = std::prev(after);
      double from = x, height = step->second;
      while (after->second >= y) {
        covered += (after->first - from) * (height - y);
        from = after->first;
        height = after->second;
        after = steps.erase(after);
      }
      covered += (after->first - from) * (height - y);
      if (step->first == x) step->second = y;
      else steps.emplace_hint(after, x, y);
    }
    sum += covered * (next - z);
  }
  return sum;
}

Rows nondominated(Rows rows) {
  const auto ranks = nondominated_ranks(rows);
  Rows front;
  for (const std::size_t i : in_order(rows))
    if (ranks[i] == 0 && (front.empty() || !same(front.back(), rows[i]))) front.push_back(rows[i]);
  return front;
}

/// What `point` covers by itself.
double box(const std::vector<double>& point, std::span<const double> reference) {
  double product = 1;
  for (std::size_t k = 0; k < reference.size(); ++k) product *= reference[k] - point[k];
  return product;
}

/// REQUIRES: all rows lie below the reference
double covered_volume(Rows points, std::span<const double> reference) {
  const std::size_t m = reference.size();
  if (points.empty()) return 0;
  if (m == 1) {
    double best = reference[0];
    for (const auto& point : points) best = std::min(best, point[0]);
    return reference[0] - best;
  }
  if (m == 2) {
    std::vector<std::pair<double, double>> pairs;
    for (const auto& point : points) pairs.emplace_back(point[0], point[1]);
    return area(std::move(pairs), reference[0], reference[1]);
  }
  if (m == 3) return volume(points, reference);
  // WFG: with the worst in the last objective first, what a point shares with those after it ("limit set") is as deep as
  // the point itself, so that both it and the point are cylinders over m - 1 objectives.
  points = nondominated(std::move(points));
  std::stable_sort(points.begin(), points.end(), [&](const auto& a, const auto& b) { return a[m - 1] > b[m - 1]; });
  const auto base = reference.first(m - 1);
  double sum = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    Rows shared;
    for (std::size_t j = i + 1; j < points.size(); ++j) {
      std::vector<double> corner(m - 1);
      for (std::size_t k = 0; k + 1 < m; ++k) corner[k] = std::max(points[i][k], points[j][k]);
      shared.push_back(std::move(corner));
    }
    sum += (reference[m - 1] - points[i][m - 1]) * (box(points[i], base) - covered_volume(std::move(shared), base));
  }
  return sum;
}

bool counts(const std::vector<double>& point, std::span<const double> reference) {
  for (std::size_t k = 0; k < reference.size(); ++k)
    if (!std::isfinite(point[k]) || !(point[k] < reference[k])) return false;
  return true;
}

}  // namespace

bool dominates(std::span<const double> a, std::span<const double> b) {
  bool better = false;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double x = value(a[k]), y = value(b[k]);
    if (x > y) return false;
    better = better || x < y;
  }
  return better;
}

std::vector<int> nondominated_ranks(const Rows& losses) {
  std::vector<int> ranks(losses.size());
  std::vector<Front> fronts;
  std::size_t previous = losses.size();
  for (const std::size_t row : in_order(losses)) {
    if (previous < losses.size() && same(losses[previous], losses[row])) {
      ranks[row] = ranks[previous];
      continue;
    }
    previous = row;
    // Whom front k does not dominate, no later front does.
    const auto found = std::partition_point(fronts.begin(), fronts.end(),
                                            [&](const Front& front) { return front.dominates_row(losses, row); });
    const auto rank = static_cast<std::size_t>(found - fronts.begin());
    if (rank == fronts.size()) fronts.emplace_back();
    fronts[rank].insert(losses, row);
    ranks[row] = static_cast<int>(rank);
  }
  return ranks;
}

std::vector<double> crowding(const Rows& losses, const std::vector<int>& ranks) {
  std::vector<double> distance(losses.size(), 0);
  if (losses.empty()) return distance;
  std::vector<std::size_t> order(losses.size());
  for (std::size_t k = 0; k < losses[0].size(); ++k) {
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      if (ranks[a] != ranks[b]) return ranks[a] < ranks[b];
      const double x = value(losses[a][k]), y = value(losses[b][k]);
      return x != y ? x < y : a < b;
    });
    for (std::size_t from = 0, to = 0; from < order.size(); from = to) {
      while (to < order.size() && ranks[order[to]] == ranks[order[from]]) ++to;
      const auto at = [&](std::size_t i) { return value(losses[order[i]][k]); };
      const double range = at(to - 1) - at(from);
      if (to - from > 2 && !(range > 0)) continue;
      distance[order[from]] = distance[order[to - 1]] = kInfinity;
      if (!std::isfinite(range)) continue;
      for (std::size_t i = from + 1; i + 1 < to; ++i) distance[order[i]] += (at(i + 1) - at(i - 1)) / range;
    }
  }
  return distance;
}

double hypervolume(const Rows& points, std::span<const double> reference) {
  Rows inside;
  for (const auto& point : points)
    if (counts(point, reference)) inside.push_back(point);
  return covered_volume(std::move(inside), reference);
}

std::vector<double> hypervolume_contributions(const Rows& points, std::span<const double> reference) {
  std::vector<double> out(points.size(), 0);
  Rows inside;
  std::vector<std::size_t> index, front;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (counts(points[i], reference)) {
      inside.push_back(points[i]);
      index.push_back(i);
    }
  const auto ranks = nondominated_ranks(inside);
  for (std::size_t i = 0; i < index.size(); ++i)
    if (ranks[i] == 0) front.push_back(index[i]);
  for (const std::size_t i : front) {
    Rows shared;  // what the others cover of this point's box, those too that it dominates
    for (const std::size_t j : index) {
      if (i == j) continue;
      std::vector<double> corner(reference.size());
      for (std::size_t k = 0; k < corner.size(); ++k) corner[k] = std::max(points[i][k], points[j][k]);
      shared.push_back(std::move(corner));
    }
    out[i] = std::max(0.0, box(points[i], reference) - covered_volume(std::move(shared), reference));
  }
  return out;
}

std::vector<double> reference_point(const Rows& losses) {
  std::vector<double> reference(losses[0].size());
  for (std::size_t k = 0; k < reference.size(); ++k) {
    double best = kInfinity, worst = -kInfinity;
    for (const auto& row : losses)
      if (std::isfinite(row[k])) {
        best = std::min(best, row[k]);
        worst = std::max(worst, row[k]);
      }
    if (!std::isfinite(worst)) worst = best = 0;  // none is finite
    double margin = worst > best ? 0.1 * (worst - best) : 0.1 * std::abs(worst);
    if (!(margin > 0)) margin = 0.1;
    reference[k] = worst + margin;
  }
  return reference;
}

}  // namespace hone
