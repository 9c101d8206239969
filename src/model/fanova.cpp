// Hutter, Hoos, Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014. A tree is
// constant on the boxes of its leaves, so that all integrals are sums over leaves.
//
//   w_l, c_l      measure and value of leaf l; w_l is the product over the axes of m_k(l), the measure of its side on k
//   f_0           = Σ_l w_l c_l                                                                       mean
//   V             = Σ_l w_l c_l² - f_0²                                                               eq. 5
//   f_j(x)        = Σ_l [x in side j of l] c_l w_l / m_j(l)                                           marginal, eq. 2
//   V_j           = ∫ f_j² - f_0²,   V_ij = ∫ f_ij² - f_0² - V_i - V_j                                eq. 3, 4
// A forest's share is the mean over its trees of V_j / V.
#include "model/fanova.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace hone {
namespace {

/// Of one axis: cells on which no tree's split falls. The last is "inactive".
struct Cells {
  std::vector<double> edges;    // of a number: 0, thresholds, 1
  std::vector<double> measure;  // per cell
};

struct Side {
  double lo = 0, hi = 1;
  std::uint64_t mask = ~std::uint64_t{0};
  bool active = true, inactive = true;
};

struct Leaf {
  double value = 0, measure = 1;
  // Per axis: the cells of its side as ranges [from, to).
  std::vector<std::vector<std::pair<std::size_t, std::size_t>>> ranges;
  std::vector<double> side;  // per axis: the measure
};

std::size_t bits(const ForestAxis& axis) { return std::min<std::size_t>(axis.categories, 64); }

class TreeAnova {
 public:
  TreeAnova(const Forest& forest, const ForestTree& tree, const std::vector<double>& inactive)
      : axes_(forest.axes()), tree_(tree), cells_(axes_.size()) {
    for (std::size_t k = 0; k < axes_.size(); ++k)
      if (axes_[k].categories == 0) cells_[k].edges = {0, 1};
    for (const ForestNode& node : tree.nodes)
      if (node.kind == ForestNode::Kind::Number) cells_[node.axis].edges.push_back(node.threshold);
    for (std::size_t k = 0; k < axes_.size(); ++k) lay_out(k, inactive[k]);
    descend(0, std::vector<Side>(axes_.size()));
    for (const Leaf& leaf : leaves_) mean_ += leaf.measure * leaf.value;
    for (const Leaf& leaf : leaves_) variance_ += leaf.measure * (leaf.value - mean_) * (leaf.value - mean_);
  }

  double variance() const { return variance_; }

  double single(std::size_t k) const {
    const auto& measure = cells_[k].measure;
    std::vector<double> step(measure.size() + 1, 0.0);
    for (const Leaf& leaf : leaves_) {
      if (leaf.side[k] <= 0) continue;
      const double part = (leaf.value - mean_) * leaf.measure / leaf.side[k];
      for (const auto& [from, to] : leaf.ranges[k]) step[from] += part, step[to] -= part;
    }
    double sum = 0, marginal = 0;
    for (std::size_t i = 0; i < measure.size(); ++i) {
      marginal += step[i];
      sum += measure[i] * marginal * marginal;
    }
    return sum;
  }

  /// Both together, V_ij + V_i + V_j.
  double both(std::size_t a, std::size_t b) const {
    const auto &rows = cells_[a].measure, &columns = cells_[b].measure;
    const std::size_t width = columns.size() + 1;
    std::vector<double> step((rows.size() + 1) * width, 0.0);  // differences in both directions
    for (const Leaf& leaf : leaves_) {
      if (leaf.side[a] <= 0 || leaf.side[b] <= 0) continue;
      const double part = (leaf.value - mean_) * leaf.measure / (leaf.side[a] * leaf.side[b]);
      for (const auto& [top, bottom] : leaf.ranges[a]) {
        for (const auto& [from, to] : leaf.ranges[b]) {
          step[top * width + from] += part;
          step[top * width + to] -= part;
          step[bottom * width + from] -= part;
          step[bottom * width + to] += part;
        }
      }
    }
    double sum = 0;
    std::vector<double> above(width, 0.0);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double marginal = 0;
      for (std::size_t j = 0; j < columns.size(); ++j) {
        above[j] += step[i * width + j];
        marginal += above[j];
        sum += rows[i] * columns[j] * marginal * marginal;
      }
    }
    return sum;
  }

 private:
  void lay_out(std::size_t k, double inactive) {
    Cells& cells = cells_[k];
    if (axes_[k].categories > 0) {
      cells.measure.assign(bits(axes_[k]), (1 - inactive) / static_cast<double>(bits(axes_[k])));
    } else {
      std::sort(cells.edges.begin(), cells.edges.end());
      cells.edges.erase(std::unique(cells.edges.begin(), cells.edges.end()), cells.edges.end());
      for (std::size_t i = 0; i + 1 < cells.edges.size(); ++i)
        cells.measure.push_back((1 - inactive) * (cells.edges[i + 1] - cells.edges[i]));
    }
    cells.measure.push_back(inactive);
  }

  void descend(std::int32_t at, std::vector<Side> box) {
    const ForestNode& node = tree_.nodes[static_cast<std::size_t>(at)];
    if (node.kind == ForestNode::Kind::Leaf) {
      add_leaf(tree_.leaves[static_cast<std::size_t>(node.left)].mean, box);
      return;
    }
    std::vector<Side> right = box;
    Side &l = box[node.axis], &r = right[node.axis];
    if (node.kind == ForestNode::Kind::Active) {
      l.inactive = false;
      r.active = false;
    } else {
      (node.inactive_left ? r : l).inactive = false;
      if (node.kind == ForestNode::Kind::Number) {
        l.hi = std::min(l.hi, node.threshold);
        r.lo = std::max(r.lo, node.threshold);
      } else {
        l.mask &= node.mask();
        r.mask &= ~node.mask();
      }
    }
    descend(node.left, std::move(box));
    descend(node.left + 1, std::move(right));
  }

  void add_leaf(double value, const std::vector<Side>& box) {
    Leaf leaf{.value = value, .measure = 1, .ranges = {}, .side = {}};
    for (std::size_t k = 0; k < axes_.size(); ++k) {
      const Cells& cells = cells_[k];
      std::vector<std::pair<std::size_t, std::size_t>> ranges;
      const std::size_t last = cells.measure.size() - 1;
      if (box[k].active && axes_[k].categories > 0) {
        for (std::size_t c = 0; c < last; ++c)
          if (box[k].mask >> c & 1) ranges.emplace_back(c, c + 1);
      } else if (box[k].active && box[k].lo < box[k].hi) {
        const auto edge = [&](double x) {
          return static_cast<std::size_t>(std::lower_bound(cells.edges.begin(), cells.edges.end(), x) -
                                          cells.edges.begin());
        };
        ranges.emplace_back(edge(box[k].lo), edge(box[k].hi));
      }
      if (box[k].inactive) ranges.emplace_back(last, last + 1);
      double side = 0;
      for (const auto& [from, to] : ranges)
        for (std::size_t i = from; i < to; ++i) side += cells.measure[i];
      leaf.side.push_back(side);
      leaf.measure *= side;
      leaf.ranges.push_back(std::move(ranges));
    }
    if (leaf.measure > 0) leaves_.push_back(std::move(leaf));
  }

  const std::vector<ForestAxis>& axes_;
  const ForestTree& tree_;
  std::vector<Cells> cells_;
  std::vector<Leaf> leaves_;
  double mean_ = 0, variance_ = 0;
};

}  // namespace

Fanova fanova(const Forest& forest, const std::vector<double>& inactive, std::size_t paired) {
  const std::size_t axes = forest.axes().size();
  Fanova out{.single = std::vector<double>(axes, 0.0), .pairs = {}};
  std::vector<TreeAnova> trees;
  for (const ForestTree& tree : forest.trees()) {
    TreeAnova one(forest, tree, inactive);
    if (one.variance() > 0) trees.push_back(std::move(one));
  }
  if (trees.empty()) return out;
  const auto count = static_cast<double>(trees.size());
  for (const TreeAnova& tree : trees)
    for (std::size_t k = 0; k < axes; ++k) out.single[k] += tree.single(k) / tree.variance() / count;
  std::vector<std::size_t> order(axes);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return out.single[a] > out.single[b]; });
  order.resize(std::min(axes, paired));
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = i + 1; j < order.size(); ++j) {
      double share = 0;
      for (const TreeAnova& tree : trees) share += tree.both(order[i], order[j]) / tree.variance() / count;
      share -= out.single[order[i]] + out.single[order[j]];
      out.pairs.push_back({order[i], order[j], std::max(0.0, share)});
    }
  }
  std::stable_sort(out.pairs.begin(), out.pairs.end(), [](auto& a, auto& b) { return a.share > b.share; });
  return out;
}

}  // namespace hone
