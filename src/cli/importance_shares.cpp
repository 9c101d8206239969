#include "cli/importance_shares.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "model/fanova.h"

namespace hone {
namespace {

constexpr std::size_t kFewest = 10;

struct Table {
  std::vector<ForestAxis> axes;
  std::vector<std::vector<double>> rows;  // as the forest takes them
};

Table table_of(const Space& space, const std::vector<const Trial*>& trials) {
  Table out;
  for (const std::size_t p : space.free()) {
    const auto* choice = std::get_if<Choice>(&space.params()[p].domain);
    out.axes.push_back({choice && !choice->ordered ? choice->options.size() : 0});
  }
  for (const Trial* trial : trials) {
    std::vector<double> row = space.encode(trial->config);
    for (std::size_t k = 0; k < row.size(); ++k) {
      const auto options = static_cast<double>(out.axes[k].categories);
      if (options > 0) row[k] = std::floor(row[k] * options);  // NaN stays NaN
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

/// Fits a forest to `members` and notes what it says of the axes `own`, which are active in all of them.
void share_out(const Space& space, const Table& table, const std::vector<double>& ranks,
               const std::vector<std::size_t>& members, const std::vector<std::size_t>& own, VarianceShares& out) {
  std::vector<std::size_t> used;  // axes that are active in some member
  std::vector<double> inactive;
  for (std::size_t k = 0; k < table.axes.size(); ++k) {
    const auto off =
        std::count_if(members.begin(), members.end(), [&](auto i) { return std::isnan(table.rows[i][k]); });
    if (static_cast<std::size_t>(off) == members.size()) continue;
    used.push_back(k);
    inactive.push_back(static_cast<double>(off) / static_cast<double>(members.size()));
  }
  std::vector<ForestAxis> axes;
  for (const std::size_t k : used) axes.push_back(table.axes[k]);
  std::vector<double> x, y;
  for (const std::size_t i : members) {
    for (const std::size_t k : used) x.push_back(table.rows[i][k]);
    y.push_back(ranks[i]);
  }
  // Trees that stop at four rows do not take every bit of noise for an interaction.
  Forest forest(axes, {.trees = 24, .min_split = 4}, 1);
  forest.fit(x, y);
  const Fanova shares = fanova(forest, inactive);
  const auto is_own = [&](std::size_t axis) { return std::find(own.begin(), own.end(), used[axis]) != own.end(); };
  for (std::size_t j = 0; j < used.size(); ++j)
    if (is_own(j)) out.single[space.free()[used[j]]] = shares.single[j];
  for (const FanovaPair& pair : shares.pairs) {
    const bool both_active = inactive[pair.a] == 0 && inactive[pair.b] == 0;
    if (both_active && (is_own(pair.a) || is_own(pair.b)))
      out.pairs.push_back({space.free()[used[pair.a]], space.free()[used[pair.b]], pair.share});
  }
}

}  // namespace

VarianceShares variance_shares(const Space& space, const std::vector<const Trial*>& trials,
                               const std::vector<double>& loss_ranks) {
  VarianceShares out;
  out.single.assign(space.params().size(), std::numeric_limits<double>::quiet_NaN());
  const Table table = table_of(space, trials);
  // Axes that are active in the same trials share a forest.
  std::map<std::vector<std::size_t>, std::vector<std::size_t>> groups;
  for (std::size_t k = 0; k < table.axes.size(); ++k) {
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < trials.size(); ++i)
      if (!std::isnan(table.rows[i][k])) members.push_back(i);
    if (members.size() >= kFewest) groups[members].push_back(k);
  }
  for (const auto& [members, own] : groups) share_out(space, table, loss_ranks, members, own, out);
  std::stable_sort(out.pairs.begin(), out.pairs.end(), [](auto& a, auto& b) { return a.share > b.share; });
  return out;
}

}  // namespace hone
