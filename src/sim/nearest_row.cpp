#include "sim/nearest_row.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hone {
namespace {

constexpr std::size_t kLeaf = 12;

double apart(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b) ? 0 : 1;
  return (a - b) * (a - b);
}

}  // namespace

NearestRow::NearestRow(std::vector<std::vector<double>> points)
    : points_(std::move(points)),
      size_(points_.empty() ? 0 : points_[0].size()),
      there_(points_.size(), true),
      order_(points_.size()),
      leaf_(points_.size()) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  if (points_.empty()) return;
  nodes_.push_back({.begin = 0, .end = points_.size(), .left = points_.size()});
  for (std::size_t node = 0; node < nodes_.size(); ++node) split(node);
}

/// Makes the node's box and, unless it is a leaf, its children: half the points each, along the longest side.
void NearestRow::split(std::size_t node) {
  const auto begin = order_.begin() + static_cast<std::ptrdiff_t>(nodes_[node].begin),
             end = order_.begin() + static_cast<std::ptrdiff_t>(nodes_[node].end);
  std::size_t along = 0;
  double longest = 0;
  for (std::size_t k = 0; k < size_; ++k) {
    Side side;
    for (auto row = begin; row != end; ++row) {
      const double x = points_[*row][k];
      if (std::isnan(x)) {
        side.inactive = true;
      } else {
        side.lo = side.active ? std::min(side.lo, x) : x;
        side.hi = side.active ? std::max(side.hi, x) : x;
        side.active = true;
      }
    }
    boxes_.push_back(side);
    const double length = side.active && side.inactive ? 1 : side.hi - side.lo;
    if (length > longest) longest = length, along = k;
  }
  if (longest == 0 || nodes_[node].end - nodes_[node].begin <= kLeaf) {
    for (auto row = begin; row != end; ++row) leaf_[*row] = node;
    return;
  }
  const auto less = [&](std::size_t a, std::size_t b) {
    const double x = points_[a][along], y = points_[b][along];
    if (std::isnan(x) != std::isnan(y)) return std::isnan(y);  // the inactive ones at the end
    return x < y || (!(y < x) && a < b);
  };
  const auto middle = begin + (end - begin) / 2;
  std::nth_element(begin, middle, end, less);
  const auto at = static_cast<std::size_t>(middle - order_.begin());
  nodes_[node].below = nodes_.size();
  const Node parent = nodes_[node];
  nodes_.push_back({.begin = parent.begin, .end = at, .left = at - parent.begin, .above = node});
  nodes_.push_back({.begin = at, .end = parent.end, .left = parent.end - at, .above = node});
}

bool NearestRow::remove(std::size_t row) {
  if (!there_[row]) return false;
  there_[row] = false;
  for (std::size_t node = leaf_[row];; node = nodes_[node].above) {
    --nodes_[node].left;
    if (node == 0) return true;
  }
}

double NearestRow::distance(std::size_t node, std::span<const double> point) const {
  double sum = 0;
  for (std::size_t k = 0; k < size_; ++k) {
    const Side& side = boxes_[node * size_ + k];
    const double x = point[k];
    if (std::isnan(x)) {
      sum += side.inactive ? 0 : 1;
    } else if (!side.active) {
      sum += 1;
    } else {
      const double gap = std::max({side.lo - x, x - side.hi, 0.0});
      sum += side.inactive ? std::min(1.0, gap * gap) : gap * gap;
    }
  }
  return sum;
}

double NearestRow::to(std::size_t row, std::span<const double> point) const {
  double sum = 0;
  for (std::size_t k = 0; k < size_; ++k) sum += apart(points_[row][k], point[k]);
  return sum;
}

void NearestRow::search(std::size_t node, std::span<const double> point, std::optional<Found>& best) const {
  if (nodes_[node].left == 0) return;
  if (nodes_[node].below == 0) {
    for (std::size_t i = nodes_[node].begin; i < nodes_[node].end; ++i) {
      const std::size_t row = order_[i];
      if (!there_[row]) continue;
      const double distance = to(row, point);
      if (!best || distance < best->distance || (distance == best->distance && row < best->row))
        best = Found{row, distance};
    }
    return;
  }
  const std::size_t first = nodes_[node].below;
  const double a = distance(first, point), b = distance(first + 1, point);
  for (const std::size_t child : {a <= b ? first : first + 1, a <= b ? first + 1 : first})
    if (!best || (child == first ? a : b) <= best->distance) search(child, point, best);
}

std::optional<NearestRow::Found> NearestRow::nearest(std::span<const double> point) const {
  std::optional<Found> best;
  if (left() > 0) search(0, point, best);
  if (best) best->distance = std::sqrt(best->distance);
  return best;
}

}  // namespace hone
