// How a tree of the forest is grown: which split, and on what rows. Used by forest.cpp alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/forest.h"

namespace hone {

/// All rows in the order of each axis that is a number, ascending, inactive ones last; by row where values are equal.
struct ForestOrder {
  std::vector<std::vector<std::int32_t>> by_axis;  // empty for categories
};

struct ForestData {
  const std::vector<ForestAxis>& axes;
  const std::vector<double>&x, &y;  // row-major
  double at(std::int32_t row, std::size_t axis) const { return x[static_cast<std::size_t>(row) * axes.size() + axis]; }
};

ForestOrder sorted_order(const ForestData& data, std::vector<std::int32_t> rows);

/// Grows the subtree of node `root` over the rows of `order` that the tree's bootstrap drew.
class ForestGrower {
 public:
  ForestGrower(const ForestData& data, const ForestRules& rules, ForestTree& tree, Rng& rng);
  void grow(std::int32_t root, const ForestOrder& order, std::span<const std::int32_t> rows);

 private:
  struct Split {
    double gain = 0;
    ForestNode node;
  };
  struct Task {
    std::int32_t node, begin, end;
  };
  struct Level {  // of a category in a node
    double weight = 0, sum = 0;
  };

  void visit(const Task& task);
  Split best_split(const Task& task, double mean, double total);
  bool try_number(std::size_t axis, const Task& task, double mean, double total, Split& best);
  bool try_category(std::size_t axis, const Task& task, double mean, double total, Split& best);
  void try_active(std::size_t axis, double weight, double sum, double total, Split& best) const;
  std::int32_t partition(const Task& task, const ForestNode& node);
  void make_leaf(const Task& task, double mean, double total);

  const ForestData& data_;
  const ForestRules& rules_;
  ForestTree& tree_;
  Rng& rng_;
  std::vector<std::vector<std::int32_t>> lists_;  // per axis that is a number its order; the last: the rows by number
  std::vector<std::size_t> list_of_;              // axis -> list
  std::vector<std::int32_t> moved_;
  std::vector<std::uint8_t> left_;  // per row
  std::vector<std::size_t> draw_;   // the axes, shuffled
  std::vector<Level> levels_;
  std::vector<Task> tasks_;
};

}  // namespace hone
