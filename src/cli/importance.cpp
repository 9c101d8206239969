#include "cli/importance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace hone {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double mean(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

/// Spearman: the product-moment correlation of the ranks.
double rank_correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const auto a = ranks(x), b = ranks(y);
  const double ma = mean(a), mb = mean(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : kNone;
}

/// η of the ranks: the root of the share of their variance that lies between the categories.
double correlation_ratio(const std::vector<std::string>& category, const std::vector<double>& y) {
  const auto r = ranks(y);
  const double all = mean(r);
  std::map<std::string, std::vector<double>> groups;
  double total = 0;
  for (std::size_t i = 0; i < r.size(); ++i) {
    groups[category[i]].push_back(r[i]);
    total += (r[i] - all) * (r[i] - all);
  }
  double between = 0;
  for (const auto& [name, group] : groups)
    between += static_cast<double>(group.size()) * std::pow(mean(group) - all, 2);
  return total > 0 && groups.size() > 1 ? std::sqrt(between / total) : kNone;
}

bool is_category(const Param& param) {
  const auto* choice = std::get_if<Choice>(&param.domain);
  return choice && (!choice->ordered || std::any_of(choice->options.begin(), choice->options.end(), [](const Value& v) {
           return std::holds_alternative<std::string>(v);
         }));
}

}  // namespace

std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> out(values.size());
  for (std::size_t from = 0; from < order.size();) {
    std::size_t to = from;
    while (to < order.size() && values[order[to]] == values[order[from]]) ++to;
    for (std::size_t i = from; i < to; ++i) out[order[i]] = (static_cast<double>(from + to) + 1) / 2;
    from = to;
  }
  return out;
}

std::vector<Importance> importances(const StudyView& study) {
  const Objective& objective = study.spec().objectives[0];
  std::vector<const Trial*> trials;
  Resource top = 0;
  for (const Trial& trial : study.ledger().trials()) {
    if (trial.phase == Phase::Failed || trial.reports.empty() || !std::isfinite(trial.reports.back().loss[0])) continue;
    top = std::max(top, trial.reports.back().at);
    trials.push_back(&trial);
  }
  std::erase_if(trials, [&](const Trial* trial) { return trial->reports.back().at != top; });
  std::vector<Importance> out;
  const auto& params = study.spec().space.params();
  for (std::size_t p = 0; p < params.size(); ++p) {
    if (std::holds_alternative<Constant>(params[p].domain)) continue;
    const bool category = is_category(params[p]);
    std::vector<double> x, y;
    std::vector<std::string> words;
    for (const Trial* trial : trials) {
      const Value& value = trial->config[p];
      const auto* real = std::get_if<double>(&value);
      const auto* whole = std::get_if<std::int64_t>(&value);
      if (category ? std::holds_alternative<std::monostate>(value) : !real && !whole) continue;
      if (category) words.push_back(value_text(value));
      else x.push_back(real ? *real : static_cast<double>(*whole));
      const double loss = trial->reports.back().loss[0];
      y.push_back(objective.maximize ? -loss : loss);
    }
    const double value = y.size() < 3 ? kNone : category ? correlation_ratio(words, y) : rank_correlation(x, y);
    out.push_back({params[p].name, category ? "correlation ratio" : "rank correlation", value, y.size()});
  }
  std::stable_sort(out.begin(), out.end(), [](const Importance& a, const Importance& b) {
    return !std::isnan(a.value) && (std::isnan(b.value) || std::abs(a.value) > std::abs(b.value));
  });
  return out;
}

}  // namespace hone
