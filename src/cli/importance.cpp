#include "cli/importance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "cli/importance_shares.h"
#include "model/rank.h"

namespace hone {
namespace {

/// A share that a parameter without influence does not reach among 30 trials or more.
constexpr double kMuch = 0.2;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double mean(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

/// What the ranks of the objective are in each category.
using Groups = std::map<std::string, std::vector<double>>;

Groups groups_of(const std::vector<std::string>& category, const std::vector<double>& y) {
  const auto r = ranks(y);
  Groups groups;
  for (std::size_t i = 0; i < r.size(); ++i) groups[category[i]].push_back(r[i]);
  return groups;
}

/// η of the ranks: the root of the share of their variance that lies between the categories.
double correlation_ratio(const Groups& groups) {
  std::vector<double> all_ranks;
  for (const auto& [name, group] : groups) all_ranks.insert(all_ranks.end(), group.begin(), group.end());
  const double all = mean(all_ranks);
  double total = 0, between = 0;
  for (const double rank : all_ranks) total += (rank - all) * (rank - all);
  for (const auto& [name, group] : groups)
    between += static_cast<double>(group.size()) * std::pow(mean(group) - all, 2);
  return total > 0 && groups.size() > 1 ? std::sqrt(between / total) : kNone;
}

/// The 0.95 quantile of chi-squared: Wilson and Hilferty, PNAS 1931.
double chi_squared_95(double freedom) {
  const double a = 2 / (9 * freedom);
  return freedom * std::pow(1 - a + 1.6449 * std::sqrt(a), 3);
}

bool is_category(const Param& param) {
  const auto* choice = std::get_if<Choice>(&param.domain);
  return choice && (!choice->ordered || std::any_of(choice->options.begin(), choice->options.end(), [](const Value& v) {
           return std::holds_alternative<std::string>(v);
         }));
}

}  // namespace

std::vector<const Trial*> comparable_trials(const StudyView& study) {
  std::vector<const Trial*> trials;
  Resource top = 0;
  for (const Trial& trial : study.ledger().trials()) {
    if (trial.phase == Phase::Failed || trial.silent || trial.reports.empty()) continue;
    if (!std::isfinite(trial.reports.back().loss[0])) continue;
    top = std::max(top, trial.reports.back().at);
    trials.push_back(&trial);
  }
  std::erase_if(trials, [&](const Trial* trial) { return trial->reports.back().at != top; });
  return trials;
}

namespace {

/// The trials in which one parameter is active.
struct Sample {
  std::vector<double> x;           // of a number
  std::vector<std::string> words;  // of a category
  std::vector<double> loss;
};

Sample sample_of(const Space& space, std::size_t p, bool category, const std::vector<const Trial*>& trials) {
  Sample out;
  for (const Trial* trial : trials) {
    const Value& value = trial->config[p];
    const auto* real = std::get_if<double>(&value);
    const auto* whole = std::get_if<std::int64_t>(&value);
    if (category ? std::holds_alternative<std::monostate>(value) : !real && !whole) continue;
    if (category) out.words.push_back(space.text(p, value));
    else out.x.push_back(real ? *real : static_cast<double>(*whole));
    out.loss.push_back(trial->reports.back().loss[0]);
  }
  return out;
}

void measure(Importance& out, const Sample& sample, bool category, bool maximize) {
  const std::size_t n = sample.loss.size();
  double freedom = 1;
  if (category) {
    const Groups groups = groups_of(sample.words, sample.loss);
    out.value = correlation_ratio(groups);
    freedom = static_cast<double>(groups.size()) - 1;
    const auto best = std::min_element(groups.begin(), groups.end(),
                                       [](const auto& a, const auto& b) { return mean(a.second) < mean(b.second); });
    out.better = best->first;
  } else {
    const double with_loss = rank_correlation(sample.x, sample.loss);
    out.value = maximize ? 0 - with_loss : with_loss;
    out.better = with_loss < 0 ? "larger" : "smaller";
  }
  // Without association, (n - 1) times its square is about chi-squared for both.
  out.clear = !std::isnan(out.value) && out.value * out.value * static_cast<double>(n - 1) > chi_squared_95(freedom);
}

void look_at_top(Importance& out, const Sample& sample, bool category) {
  std::vector<std::size_t> order(sample.loss.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return sample.loss[a] < sample.loss[b]; });
  out.top = (order.size() + 9) / 10;
  order.resize(out.top);
  std::map<std::string, std::size_t> counts;
  for (const std::size_t i : order) {
    if (category) {
      ++counts[sample.words[i]];
    } else {
      const double x = sample.x[i];
      if (!out.range) out.range = {x, x};
      out.range = {std::min(out.range->first, x), std::max(out.range->second, x)};
    }
  }
  out.options.assign(counts.begin(), counts.end());
  std::stable_sort(out.options.begin(), out.options.end(), [](auto& a, auto& b) { return a.second > b.second; });
}

}  // namespace

Importances importances(const StudyView& study) {
  const std::vector<const Trial*> trials = comparable_trials(study);
  const Space& space = study.spec().space;
  std::vector<double> losses;
  for (const Trial* trial : trials) losses.push_back(trial->reports.back().loss[0]);
  const VarianceShares shares = variance_shares(space, trials, ranks(losses));
  Importances all;
  for (const PairShare& pair : shares.pairs)
    all.pairs.push_back({space.params()[pair.a].name, space.params()[pair.b].name, pair.share});
  std::vector<Importance>& out = all.params;
  for (std::size_t p = 0; p < space.params().size(); ++p) {
    const Param& param = space.params()[p];
    if (std::holds_alternative<Constant>(param.domain)) continue;
    const bool category = is_category(param);
    const Sample sample = sample_of(space, p, category, trials);
    Importance one{.param = param.name,
                   .kind = category ? "correlation ratio" : "rank correlation",
                   .value = kNone,
                   .share = shares.single[p]};
    one.trials = sample.loss.size();
    if (one.trials >= 3) measure(one, sample, category, study.spec().objectives[0].maximize);
    look_at_top(one, sample, category);
    if (!category && !one.clear && one.share >= kMuch && one.trials >= 30) one.clear = true, one.better = "in between";
    out.push_back(std::move(one));
  }
  const auto size = [](double value) { return std::isnan(value) ? -1 : std::abs(value); };
  std::stable_sort(out.begin(), out.end(), [&](const Importance& a, const Importance& b) {
    return std::pair(size(a.share), size(a.value)) > std::pair(size(b.share), size(b.value));
  });
  return all;
}

}  // namespace hone
