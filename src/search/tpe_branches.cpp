// "Tree-structured" (Bergstra et al. 2011, section 4): the choices that decide which parameters exist are made one after
// another from the root, each by l / g over the trials of the branch that it stands in, and the densities below see the
// rest. Compared with one density over everything, a branch that looked bad at first keeps a chance: of the n trials of
// a node option o gets more until its share of them is that of
//   l(o) = (good trials with o + a prior(o)) / (good trials + a),
// so that an option that never shows a good trial still gets one of 1 / l(o).
#include "search/tpe_branches.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "space/expression.h"

namespace hone {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double option_point(std::size_t option, const KernelAxis& axis) {
  return (static_cast<double>(option) + 0.5) / static_cast<double>(axis.levels);
}

}  // namespace

Branches::Branches(const Space& space, const std::vector<KernelAxis>& axes) : space_(space), axes_(&axes) {
  const auto& params = space.params();
  NameIndex names;
  for (std::size_t i = 0; i < params.size(); ++i) names.emplace(params[i].name, i);
  std::vector<std::vector<std::size_t>> parents(params.size());
  std::vector<bool> gates(params.size());
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (params[i].when.empty()) continue;
    const auto when = Expression::compile(params[i].when, params, names, Expression::Use::Truth);
    if (!when) continue;
    parents[i] = when->mentions();
    for (const std::size_t parent : parents[i]) gates[parent] = true;
  }
  std::vector<std::size_t> coordinate(params.size(), axes.size());
  for (std::size_t k = 0; k < axes.size(); ++k) coordinate[space.free()[k]] = k;
  for (std::size_t i = 0; i < params.size(); ++i) {
    const std::size_t k = coordinate[i];
    gates[i] = gates[i] && k < axes.size() && !axes[k].ordered && axes[k].levels > 1;
  }
  // The gates above each parameter, directly or not. Conditions have no cycles: the longest chain has params.size().
  std::vector<std::set<std::size_t>> above(params.size());
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < params.size(); ++i) {
      const std::size_t before = above[i].size();
      for (const std::size_t parent : parents[i]) {
        if (gates[parent]) above[i].insert(coordinate[parent]);
        above[i].insert(above[parent].begin(), above[parent].end());
      }
      more = more || above[i].size() != before;
    }
  }
  std::map<std::vector<std::size_t>, std::vector<std::size_t>> groups;
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const std::size_t i = space.free()[k];
    if (gates[i]) {
      gates_.push_back(k);
    } else {
      groups[{above[i].begin(), above[i].end()}].push_back(k);
    }
  }
  std::stable_sort(gates_.begin(), gates_.end(), [&](std::size_t a, std::size_t b) {
    return above[space.free()[a]].size() < above[space.free()[b]].size();
  });
  for (auto& [gates_above, members] : groups) groups_.push_back({gates_above, members});
}

bool Branches::within(const double* x, std::span<const double> branch, std::span<const std::size_t> gates) {
  for (const std::size_t k : gates) {
    if (!std::isnan(branch[k]) && x[k] != branch[k]) return false;
  }
  return true;
}

bool Branches::active(std::size_t gate, std::span<const double> branch) const {
  return !std::isnan(space_.encode(space_.decode(branch))[gate]);
}

std::vector<double> Branches::choose(const Known& known, const BranchRules& rules) const {
  if (none()) return {};
  std::vector<double> branch(axes_->size(), kNone);
  for (const std::size_t gate : gates_) {
    if (active(gate, branch)) branch[gate] = option_point(option_of(gate, branch, known, rules), (*axes_)[gate]);
  }
  return branch;
}

/// The option with the largest l / g over the trials that stand in `branch`.
std::size_t Branches::option_of(std::size_t gate, std::span<const double> branch, const Known& known,
                                const BranchRules& rules) const {
  const KernelAxis& axis = (*axes_)[gate];
  std::vector<double> good(axis.levels), all(axis.levels);
  double size = 0, seen = 0, sum = 0;
  for (std::size_t i = 0; i < known.ended; ++i) {
    if (within(known.points[i].x, branch, gates_)) size += known.points[i].weight;
  }
  const double wanted = std::max(1.0, std::ceil(rules.share * size));
  for (std::size_t i = 0; i < known.points.size(); ++i) {
    const auto& [x, weight] = known.points[i];
    if (!within(x, branch, gates_) || std::isnan(x[gate])) continue;
    const std::size_t option = axis.level_at(x[gate]);
    all[option] += weight;
    if (i >= known.with_loss || seen >= wanted) continue;
    const double credit = std::log(wanted + 1) - std::log(seen + 1);
    good[option] += credit;
    sum += credit;
    seen += weight;
  }
  double best = -1;
  std::size_t chosen = 0;
  for (std::size_t option = 0; option < axis.levels; ++option) {
    const double free = rules.prior_weight * axis.prior[option];
    if (!(free > 0)) continue;
    const double credit = sum > 0 ? good[option] * std::min(wanted, size) / sum : 0;
    const double ratio = (credit + free) / (all[option] + free);
    if (ratio > best) best = ratio, chosen = option;
  }
  return chosen;
}

std::vector<double> Branches::draw(Rng& rng) const {
  if (none()) return {};
  std::vector<double> branch(axes_->size(), kNone);
  for (const std::size_t gate : gates_) {
    if (active(gate, branch)) branch[gate] = (*axes_)[gate].prior_sample(rng);
  }
  return branch;
}

}  // namespace hone
