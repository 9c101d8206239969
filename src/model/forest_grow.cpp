// Splits: Breiman, Friedman, Olshen, Stone, "Classification and Regression Trees", 1984. With W, S the weight and the sum
// of the values (the node's mean taken off, so that both sides' sums are S and -S) a split gains
//   S² / W_left + S² / W_right                                                                            (sec. 8.4)
// of the squared error. Categories are put in the order of their means, of which some prefix is the best of all subsets
// (theorem 4.5). Thresholds are drawn evenly between the two values that they part (Hutter, Xu, Hoos, Leyton-Brown,
// "Algorithm runtime prediction", AIJ 2014, sec. 4.2): the mean over many trees then goes from one value to the other in
// a line, and the trees disagree in between.
#include "model/forest_grow.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace hone {
namespace {

constexpr std::size_t kGroups = 64;  // bits of a mask: beyond, categories share them

double weight_of(const ForestTree& tree, std::int32_t row) {
  return static_cast<double>(tree.weight[static_cast<std::size_t>(row)]);
}

}  // namespace

ForestOrder sorted_order(const ForestData& data, std::vector<std::int32_t> rows) {
  std::sort(rows.begin(), rows.end());
  ForestOrder order{std::vector<std::vector<std::int32_t>>(data.axes.size())};
  for (std::size_t axis = 0; axis < data.axes.size(); ++axis) {
    if (data.axes[axis].categories > 0) continue;
    std::vector<std::pair<double, std::int32_t>> keys;
    keys.reserve(rows.size());
    std::vector<std::int32_t>& out = order.by_axis[axis];
    for (const std::int32_t row : rows)
      if (const double x = data.at(row, axis); !std::isnan(x)) keys.emplace_back(x, row);
    std::sort(keys.begin(), keys.end());
    out.reserve(rows.size());
    for (const auto& [x, row] : keys) out.push_back(row);
    for (const std::int32_t row : rows)
      if (std::isnan(data.at(row, axis))) out.push_back(row);
  }
  return order;
}

ForestGrower::ForestGrower(const ForestData& data, const ForestRules& rules, ForestTree& tree, Rng& rng)
    : data_(data), rules_(rules), tree_(tree), rng_(rng), draw_(data.axes.size()) {
  for (const ForestAxis& axis : data.axes) {
    list_of_.push_back(axis.categories > 0 ? 0 : lists_.size());
    if (axis.categories == 0) lists_.emplace_back();
  }
  lists_.emplace_back();
  std::iota(draw_.begin(), draw_.end(), std::size_t{0});
}

void ForestGrower::grow(std::int32_t root, const ForestOrder& order, std::span<const std::int32_t> rows) {
  const auto drawn = [&](std::int32_t row) { return tree_.weight[static_cast<std::size_t>(row)] > 0; };
  for (std::size_t axis = 0; axis < data_.axes.size(); ++axis) {
    if (data_.axes[axis].categories > 0) continue;
    auto& list = lists_[list_of_[axis]];
    list.clear();
    std::copy_if(order.by_axis[axis].begin(), order.by_axis[axis].end(), std::back_inserter(list), drawn);
  }
  auto& plain = lists_.back();
  plain.clear();
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(plain), drawn);
  left_.resize(data_.y.size());
  moved_.resize(plain.size());
  tasks_.push_back({root, 0, static_cast<std::int32_t>(plain.size())});
  while (!tasks_.empty()) {
    const Task task = tasks_.back();
    tasks_.pop_back();
    visit(task);
  }
}

void ForestGrower::visit(const Task& task) {
  const auto& plain = lists_.back();
  double total = 0, sum = 0;
  double low = 0, high = 0;
  for (std::int32_t i = task.begin; i < task.end; ++i) {
    const std::int32_t row = plain[static_cast<std::size_t>(i)];
    const double y = data_.y[static_cast<std::size_t>(row)], weight = weight_of(tree_, row);
    low = i == task.begin ? y : std::min(low, y);
    high = i == task.begin ? y : std::max(high, y);
    total += weight;
    sum += weight * y;
  }
  const double mean = total > 0 ? sum / total : 0;
  Split split;
  if (total >= rules_.min_split && low < high) split = best_split(task, mean, total);
  if (split.gain <= 0) {
    tree_.nodes[static_cast<std::size_t>(task.node)].left = static_cast<std::int32_t>(tree_.leaves.size());
    tree_.nodes[static_cast<std::size_t>(task.node)].kind = ForestNode::Kind::Leaf;
    make_leaf(task, mean, total);
    return;
  }
  split.node.left = static_cast<std::int32_t>(tree_.nodes.size());
  tree_.nodes[static_cast<std::size_t>(task.node)] = split.node;
  tree_.nodes.resize(tree_.nodes.size() + 2);
  const std::int32_t middle = partition(task, split.node);
  tasks_.push_back({split.node.left + 1, middle, task.end});
  tasks_.push_back({split.node.left, task.begin, middle});
}

ForestGrower::Split ForestGrower::best_split(const Task& task, double mean, double total) {
  const auto axes = static_cast<double>(draw_.size());
  auto wanted = static_cast<std::size_t>(std::max(1.0, std::ceil(rules_.split_axes * axes)));
  Split best;
  for (std::size_t i = 0; i < draw_.size() && wanted > 0; ++i) {
    std::swap(draw_[i], draw_[i + static_cast<std::size_t>(rng_.below(draw_.size() - i))]);
    const std::size_t axis = draw_[i];  // one that is the same in all rows does not count
    wanted -= data_.axes[axis].categories > 0 ? try_category(axis, task, mean, total, best)
                                              : try_number(axis, task, mean, total, best);
  }
  return best;
}

void ForestGrower::try_active(std::size_t axis, double weight, double sum, double total, Split& best) const {
  const double gain = sum * sum * (1 / weight + 1 / (total - weight));
  if (gain <= best.gain) return;
  best.gain = gain;
  best.node = ForestNode{};
  best.node.kind = ForestNode::Kind::Active;
  best.node.axis = static_cast<std::uint32_t>(axis) & 0x1fffffffU;
}

bool ForestGrower::try_number(std::size_t axis, const Task& task, double mean, double total, Split& best) {
  const auto& list = lists_[list_of_[axis]];
  const auto value = [&](std::int32_t i) { return data_.at(list[static_cast<std::size_t>(i)], axis); };
  if (std::isnan(value(task.begin))) return false;  // inactive in all
  const bool mixed = std::isnan(value(task.end - 1));
  if (!mixed && value(task.begin) == value(task.end - 1)) return false;
  double weight = 0, sum = 0, low = 0, high = 0, at = 0, left = 0;
  bool better = false;
  for (std::int32_t i = task.begin; i < task.end; ++i) {
    const std::int32_t row = list[static_cast<std::size_t>(i)];
    const double x = data_.at(row, axis);
    if (std::isnan(x)) break;
    if (!mixed && i > task.begin && x > high) {
      const double gain = sum * sum * (1 / weight + 1 / (total - weight));
      if (gain > best.gain) best.gain = gain, better = true, low = high, at = x, left = weight;
    }
    high = x;
    const double w = weight_of(tree_, row);
    weight += w;
    sum += w * (data_.y[static_cast<std::size_t>(row)] - mean);
  }
  if (mixed) {
    try_active(axis, weight, sum, total, best);
  } else if (better) {
    best.node = ForestNode{};
    best.node.kind = ForestNode::Kind::Number;
    best.node.axis = static_cast<std::uint32_t>(axis) & 0x1fffffffU;
    best.node.threshold = low + rng_.uniform() * (at - low);
    if (best.node.threshold >= at) best.node.threshold = low;
    best.node.inactive_left = rng_.uniform() * total < left;
  }
  return true;
}

bool ForestGrower::try_category(std::size_t axis, const Task& task, double mean, double total, Split& best) {
  const auto& list = lists_.back();
  levels_.assign(std::min(kGroups, data_.axes[axis].categories), Level{});
  double weight = 0, sum = 0;
  for (std::int32_t i = task.begin; i < task.end; ++i) {
    const std::int32_t row = list[static_cast<std::size_t>(i)];
    const double x = data_.at(row, axis);
    if (std::isnan(x)) continue;
    const double w = weight_of(tree_, row), part = w * (data_.y[static_cast<std::size_t>(row)] - mean);
    Level& level = levels_[static_cast<std::size_t>(x) % kGroups];
    level.weight += w;
    level.sum += part;
    weight += w;
    sum += part;
  }
  if (weight == 0) return false;
  if (weight < total) {
    try_active(axis, weight, sum, total, best);
    return true;
  }
  std::vector<std::size_t> order;
  std::uint64_t absent = 0;
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    if (levels_[level].weight > 0) order.push_back(level);
    else absent |= std::uint64_t{1} << level;
  }
  if (order.size() < 2) return false;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return levels_[a].sum * levels_[b].weight < levels_[b].sum * levels_[a].weight;
  });
  weight = sum = 0;
  std::uint64_t mask = 0, chosen = 0;
  double share = 0;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    weight += levels_[order[i]].weight;
    sum += levels_[order[i]].sum;
    mask |= std::uint64_t{1} << order[i];
    const double gain = sum * sum * (1 / weight + 1 / (total - weight));
    if (gain > best.gain) best.gain = gain, chosen = mask, share = weight / total;
  }
  if (chosen == 0) return true;
  best.node = ForestNode{};
  best.node.kind = ForestNode::Kind::Category;
  best.node.axis = static_cast<std::uint32_t>(axis) & 0x1fffffffU;
  best.node.threshold =
      std::bit_cast<double>(chosen | (absent & rng_.next()));  // of what was not seen the trees disagree
  best.node.inactive_left = rng_.uniform() < share;
  return true;
}

std::int32_t ForestGrower::partition(const Task& task, const ForestNode& node) {
  std::int32_t middle = task.begin;
  for (std::int32_t i = task.begin; i < task.end; ++i) {
    const std::int32_t row = lists_.back()[static_cast<std::size_t>(i)];
    const bool left = forest_child(node, &data_.x[static_cast<std::size_t>(row) * data_.axes.size()]) == node.left;
    left_[static_cast<std::size_t>(row)] = left;
    middle += left;
  }
  for (auto& list : lists_) {
    std::int32_t left = task.begin, right = middle;
    for (std::int32_t i = task.begin; i < task.end; ++i) {
      const std::int32_t row = list[static_cast<std::size_t>(i)];
      moved_[static_cast<std::size_t>(left_[static_cast<std::size_t>(row)] ? left++ : right++)] = row;
    }
    std::copy(moved_.begin() + task.begin, moved_.begin() + task.end, list.begin() + task.begin);
  }
  return middle;
}

void ForestGrower::make_leaf(const Task& task, double mean, double total) {
  ForestLeaf leaf{.mean = mean, .variance = 0, .weight = total, .first = -1};
  for (std::int32_t i = task.end; i-- > task.begin;) {
    const std::int32_t row = lists_.back()[static_cast<std::size_t>(i)];
    const double off = data_.y[static_cast<std::size_t>(row)] - mean;
    leaf.variance += weight_of(tree_, row) * off * off;
    tree_.next[static_cast<std::size_t>(row)] = leaf.first;
    leaf.first = row;
  }
  if (total > 0) leaf.variance /= total;
  tree_.leaves.push_back(leaf);
}

}  // namespace hone
