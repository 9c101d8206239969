// Random forests as a model of costs: Breiman, "Random Forests", Machine Learning 45, 2001; Hutter, Hoos, Leyton-Brown,
// "Sequential Model-Based Optimization for General Algorithm Configuration", LION 2011, sec. 4.1; mean and variance by
// the law of total variance as in Hutter, Xu, Hoos, Leyton-Brown, AIJ 2014, sec. 4.3.2:
//   mean(x)     = 1/B Σ m_b(x)
//   variance(x) = 1/B Σ (v_b(x) + m_b(x)²) - mean(x)²
// with m_b, v_b mean and variance of the leaf of tree b that holds x.
#include "model/forest.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "model/forest_grow.h"

namespace hone {
namespace {

/// Bootstrap weights that later rows can join: Poisson(1) (Oza and Russell, "Online bagging and boosting", AISTATS 2001).
std::uint8_t poisson(Rng& rng) {
  double u = rng.uniform(), p = std::exp(-1.0);
  std::uint8_t k = 0;
  while (u >= p && k < 6) {
    u -= p;
    p /= ++k;
  }
  return k;
}

std::int32_t leaf_node(const ForestTree& tree, const double* row) {
  std::int32_t node = 0;
  while (tree.nodes[static_cast<std::size_t>(node)].kind != ForestNode::Kind::Leaf)
    node = forest_child(tree.nodes[static_cast<std::size_t>(node)], row);
  return node;
}

}  // namespace

Forest::Forest(std::vector<ForestAxis> axes, ForestRules rules, std::uint64_t seed)
    : axes_(std::move(axes)), rules_(rules), seed_(seed) {}

void Forest::fit(std::span<const double> x, std::span<const double> y) {
  x_.assign(x.begin(), x.end());
  y_.assign(y.begin(), y.end());
  trees_.assign(static_cast<std::size_t>(rules_.trees), ForestTree{});
  const ForestData data{axes_, x_, y_};
  std::vector<std::int32_t> rows(y_.size());
  std::iota(rows.begin(), rows.end(), 0);
  const ForestOrder order = sorted_order(data, rows);
  for (std::size_t t = 0; t < trees_.size(); ++t) {
    ForestTree& tree = trees_[t];
    Rng rng = Rng::stream(seed_, "tree", t);
    tree.nodes.resize(1);
    tree.next.assign(y_.size(), -1);
    tree.weight.assign(y_.size(), 1);
    if (rules_.bootstrap)
      for (auto& weight : tree.weight) weight = poisson(rng);
    if (std::none_of(tree.weight.begin(), tree.weight.end(), [](auto w) { return w > 0; }))
      std::fill(tree.weight.begin(), tree.weight.end(), std::uint8_t{1});
    ForestGrower(data, rules_, tree, rng).grow(0, order, rows);
  }
}

void Forest::insert(std::span<const double> x, double y) {
  const auto row = static_cast<std::int32_t>(y_.size());
  x_.insert(x_.end(), x.begin(), x.end());
  y_.push_back(y);
  const ForestData data{axes_, x_, y_};
  for (std::size_t t = 0; t < trees_.size(); ++t) {
    ForestTree& tree = trees_[t];
    Rng rng = Rng::stream(seed_, "insert", t << 32 | static_cast<std::uint64_t>(row));
    tree.next.push_back(-1);
    tree.weight.push_back(rules_.bootstrap ? poisson(rng) : std::uint8_t{1});
    if (tree.weight.back() == 0) continue;
    const std::int32_t node = leaf_node(tree, x.data());
    ForestLeaf& leaf = tree.leaves[static_cast<std::size_t>(tree.nodes[static_cast<std::size_t>(node)].left)];
    std::vector<std::int32_t> rows;
    for (std::int32_t i = leaf.first; i >= 0; i = tree.next[static_cast<std::size_t>(i)]) rows.push_back(i);
    rows.push_back(row);
    leaf = ForestLeaf{};
    ForestGrower(data, rules_, tree, rng).grow(node, sorted_order(data, rows), rows);
  }
}

void Forest::update(std::size_t row, double y) {
  y_[row] = y;
  for (ForestTree& tree : trees_) {
    if (tree.weight[row] == 0) continue;
    const std::int32_t node = leaf_node(tree, &x_[row * axes_.size()]);
    ForestLeaf& leaf = tree.leaves[static_cast<std::size_t>(tree.nodes[static_cast<std::size_t>(node)].left)];
    double sum = 0, squares = 0;
    for (std::int32_t i = leaf.first; i >= 0; i = tree.next[static_cast<std::size_t>(i)])
      sum += tree.weight[static_cast<std::size_t>(i)] * y_[static_cast<std::size_t>(i)];
    leaf.mean = sum / leaf.weight;
    for (std::int32_t i = leaf.first; i >= 0; i = tree.next[static_cast<std::size_t>(i)])
      squares += tree.weight[static_cast<std::size_t>(i)] * std::pow(y_[static_cast<std::size_t>(i)] - leaf.mean, 2);
    leaf.variance = squares / leaf.weight;
  }
}

void Forest::predict(std::span<const double> rows, std::vector<ForestBelief>& out) const {
  const std::size_t width = axes_.size(), count = width == 0 ? 1 : rows.size() / width;
  out.assign(count, {});  // first the sums of m_b and of v_b + m_b², then what they make
  for (const ForestTree& tree : trees_) {
    for (std::size_t i = 0; i < count; ++i) {
      const ForestNode& node = tree.nodes[static_cast<std::size_t>(leaf_node(tree, rows.data() + i * width))];
      const ForestLeaf& leaf = tree.leaves[static_cast<std::size_t>(node.left)];
      out[i].mean += leaf.mean;
      out[i].variance += leaf.variance + leaf.mean * leaf.mean;
    }
  }
  const auto trees = static_cast<double>(trees_.size());
  for (ForestBelief& belief : out) {
    belief.mean /= trees;
    belief.variance = std::max(0.0, belief.variance / trees - belief.mean * belief.mean);
  }
}

ForestBelief Forest::predict(std::span<const double> row) const {
  std::vector<ForestBelief> out;
  predict(row, out);
  return out[0];
}

}  // namespace hone
