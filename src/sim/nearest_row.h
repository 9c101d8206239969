// The nearest of a set of points from which points are taken away.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace hone {

/// A k-d tree with the box of every node's points. Points are those of Space::encode: NaN is an inactive coordinate,
/// nothing away from another inactive one and 1 from an active one.
class NearestRow {
 public:
  explicit NearestRow(std::vector<std::vector<double>> points);

  bool remove(std::size_t row);  // false: it is gone already
  bool has(std::size_t row) const { return there_[row]; }
  std::size_t left() const { return nodes_.empty() ? 0 : nodes_[0].left; }
  struct Found {
    std::size_t row = 0;
    double distance = 0;
  };
  /// Ties: the first row. Nothing if none is left. About O(log n) in few dimensions.
  std::optional<Found> nearest(std::span<const double> point) const;

 private:
  struct Side {  // of a box
    double lo = 0, hi = 0;
    bool active = false, inactive = false;  // are there points with and without the coordinate?
  };
  struct Node {
    std::size_t begin = 0, end = 0;  // of order_
    std::size_t left = 0;            // points not taken away
    std::size_t below = 0;           // its two children are there and after; 0: a leaf
    std::size_t above = 0;
  };

  void split(std::size_t node);
  double distance(std::size_t node, std::span<const double> point) const;  // squared, at least, to any point in it
  double to(std::size_t row, std::span<const double> point) const;         // squared
  void search(std::size_t node, std::span<const double> point, std::optional<Found>& best) const;

  std::vector<std::vector<double>> points_;
  std::size_t size_ = 0;  // coordinates
  std::vector<bool> there_;
  std::vector<std::size_t> order_, leaf_;  // rows; the leaf of each row
  std::vector<Node> nodes_;
  std::vector<Side> boxes_;  // nodes x coordinates
};

}  // namespace hone
