// A random forest for regression over mixed, conditional inputs, whose variance grows away from what it has seen.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hone/rng.h"

namespace hone {

/// One input. A number, or a category given by its index 0, 1, ... Either may be NaN: it is inactive in that row.
struct ForestAxis {
  std::size_t categories = 0;  // 0: a number
};

struct ForestRules {
  int trees = 64;
  double split_axes = 0.8;  // share of the axes that a split may choose from
  bool bootstrap = true;    // else each tree sees every row once
  int min_split = 2;        // rows that a node must have to be split
};

/// 16 bytes, so that a tree of a thousand rows lies in the first two caches.
struct ForestNode {
  enum class Kind : std::uint32_t { Leaf, Number, Category, Active };
  double threshold = 0;   // Number: x <= threshold goes left. Category c goes left if bit (c mod 64) of its bits is set
  std::int32_t left = 0;  // the right child is left + 1. Leaf: its number
  Kind kind : 2 = Kind::Leaf;  // Active: what is not NaN goes left
  std::uint32_t inactive_left : 1 =
      0;  // Number, Category: where a row goes whose axis is inactive, though none was so here
  std::uint32_t axis : 29 = 0;
  std::uint64_t mask() const { return std::bit_cast<std::uint64_t>(threshold); }
};

struct ForestLeaf {
  double mean = 0, variance = 0;  // of the rows in it
  double weight = 0;              // how many, counting a row drawn twice as two
  std::int32_t first = -1;        // head of the chain of its rows, see ForestTree::next
};

struct ForestTree {
  std::vector<ForestNode> nodes;     // node 0 is the root
  std::vector<ForestLeaf> leaves;    // those of nodes split by an insert() are left behind, empty
  std::vector<std::int32_t> next;    // per row: the next row of its leaf, -1: none
  std::vector<std::uint8_t> weight;  // per row: how often the bootstrap drew it
};

struct ForestBelief {
  double mean = 0, variance = 0;
};

class Forest {
 public:
  Forest(std::vector<ForestAxis> axes, ForestRules rules, std::uint64_t seed);

  /// Grows every tree anew. `x`: rows of axes().size() values. O(trees * axes * rows * log rows).
  /// A function of the constructor's arguments, x and y.
  void fit(std::span<const double> x, std::span<const double> y);
  /// One more row: the leaf that it falls into is grown anew in each tree. What comes out depends on the order of calls
  /// since fit(). O(trees * depth).
  void insert(std::span<const double> x, double y);
  /// Row `row` has another value. O(trees * depth).
  void update(std::size_t row, double y);

  /// Means and variances over the trees at `rows` of axes().size() values each. REQUIRES: size() > 0
  void predict(std::span<const double> rows, std::vector<ForestBelief>& out) const;
  ForestBelief predict(std::span<const double> row) const;

  std::size_t size() const { return y_.size(); }
  const std::vector<ForestAxis>& axes() const { return axes_; }
  const std::vector<ForestTree>& trees() const { return trees_; }

 private:
  std::vector<ForestAxis> axes_;
  ForestRules rules_;
  std::uint64_t seed_;
  std::vector<double> x_, y_;
  std::vector<ForestTree> trees_;
};

/// The child of `node`, which is no leaf, for a row.
inline std::int32_t forest_child(const ForestNode& node, const double* row) {
  const double x = row[node.axis];
  if (node.kind == ForestNode::Kind::Number) {
    if (x <= node.threshold) return node.left;
    if (x > node.threshold) return node.left + 1;
    return node.left + (node.inactive_left == 0);
  }
  if (std::isnan(x)) return node.left + (node.kind == ForestNode::Kind::Active || node.inactive_left == 0);
  if (node.kind == ForestNode::Kind::Active) return node.left;
  return node.left + ((node.mask() >> (static_cast<std::uint64_t>(x) % 64) & 1) == 0);
}

}  // namespace hone
