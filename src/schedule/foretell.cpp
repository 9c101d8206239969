#include "schedule/foretell.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "model/rank.h"

namespace hone {
namespace {

constexpr double kLast = std::numeric_limits<double>::infinity();

/// Numbers that have the same order.
std::vector<double> as_numbers(const std::vector<std::pair<double, double>>& values) {
  auto sorted = values;
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> out;
  for (const auto& value : values)
    out.push_back(static_cast<double>(std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin()));
  return out;
}

template <class T>
void keep(std::vector<T>& newest, std::size_t most, std::int64_t count, T value) {
  if (newest.size() < most) newest.push_back(std::move(value));
  else newest[static_cast<std::size_t>(count) % most] = std::move(value);
}

}  // namespace

Foretell::Foretell(const ScheduleInputs& inputs, std::vector<Resource> levels, bool judge)
    : wording_(inputs),
      levels_(std::move(levels)),
      judge_(judge),
      timed_(inputs.timed),
      objectives_(static_cast<std::size_t>(inputs.objectives)),
      rungs_(levels_.size()) {
  if (!judge_ || levels_.size() < 2) return;
  rungs_[0].counts = false;
  rungs_[0].why = fmt::format("until {} trials have shown whether its order is that of the next", kFew);
}

std::size_t Foretell::above(std::size_t k) const {
  do ++k;
  while (!rungs_[k].counts);
  return k;
}

std::vector<PassedRung> Foretell::passed() const {
  std::vector<PassedRung> out;
  for (std::size_t k = 0; k < rungs_.size(); ++k)
    if (!rungs_[k].counts) out.push_back({levels_[k], rungs_[k].why});
  return out;
}

std::string Foretell::words() const {
  std::string out;
  for (std::size_t k = 0; k < rungs_.size(); ++k) {
    if (!rungs_[k].counts) out += fmt::format("; {} is passed over {}", wording_.rung(k, levels_[k]), rungs_[k].why);
  }
  return out;
}

void Foretell::tell(const Trial& trial, Change change) {
  if (!judge_ || trial.id < 0 || change != Change::Reported) return;
  const auto id = static_cast<std::size_t>(trial.id);
  if (id >= reached_.size()) reached_.resize(id + 1);
  while (reached_[id] < levels_.size()) {
    const Report* report = report_at(trial, levels_[reached_[id]]);
    if (!report) return;
    arrive(reached_[id]++, trial, *report);
  }
}

void Foretell::arrive(std::size_t k, const Trial& trial, const Report& report) {
  RungPairs& here = rungs_[k];
  const bool beyond = k + 1 < levels_.size() && report.at >= levels_[k + 1];  // no result of this rung
  if (!beyond) keep(here.seen, kKept, here.arrived++, standings(report).front());
  if (k == 0) return;
  RungPairs& below = rungs_[k - 1];
  const Report* before = report_at(trial, levels_[k - 1]);
  if (before == &report || before->loss.size() < objectives_ || report.loss.size() < objectives_) return;
  keep(below.pairs, kKept, below.all++, {standings(*before), standings(report), before->cost, report.cost});
  if (below.all >= below.next) look(k - 1);
}

std::vector<Foretell::Standing> Foretell::standings(const Report& report) const {
  std::vector<Standing> out(std::max<std::size_t>(1, objectives_), {kLast, kLast});
  for (std::size_t i = 0; i < std::min(out.size(), report.loss.size()); ++i)
    if (!std::isnan(report.loss[i])) out[i] = {violation_so_far(report), report.loss[i]};
  return out;
}

void Foretell::look(std::size_t k) {
  RungPairs& rung = rungs_[k];
  rung.next = rung.all + std::max<std::int64_t>(1, rung.all / 8);
  const std::string next = fmt::format("rung {}", k + 2);
  double low = 0, high = 0;
  for (const Pair& pair : rung.pairs) {
    if (!std::isfinite(pair.low_cost) || !std::isfinite(pair.high_cost)) continue;
    low += pair.low_cost;
    high += pair.high_cost;
  }
  if (timed_ && low > kMostTime * high) {
    rung.counts = false;
    rung.why = fmt::format("since it takes {:.0f} % of the time to {}", 100 * std::min(1.0, low / high), next);
    return;
  }
  const std::optional<double> r = correlation(k);
  if (!r) {  // no more is known than before
    if (!rung.counts)
      rung.why = fmt::format("since all {} trials are alike at {}{}, so that it has nothing to foretell",
                             rung.pairs.size(), next, objectives_ > 1 ? " in an objective" : "");
    return;
  }
  const double least = k == 0 ? kGood : kFair;
  rung.counts = *r >= least;
  rung.why = fmt::format("since its order is not that of {} (rank correlation {:.2f} of {} trials, least {})", next, *r,
                         rung.pairs.size(), least);
}

std::optional<double> Foretell::correlation(std::size_t k) const {
  const RungPairs& rung = rungs_[k];
  if (rung.all < kFew) return std::nullopt;
  double least = 1;
  for (std::size_t i = 0; i < objectives_; ++i) {
    std::vector<Standing> low, high;
    for (const Pair& pair : rung.pairs) {
      low.push_back(pair.low[i]);
      high.push_back(pair.high[i]);
    }
    if (std::all_of(high.begin(), high.end(), [&](const Standing& x) { return x == high[0]; })) return std::nullopt;
    const double r = rank_correlation(as_numbers(low), as_numbers(high));
    least = std::min(least, std::isnan(r) ? 0 : r);
  }
  return objectives_ == 1 ? unrestricted(least, ratio(rung)) : least;
}

/// How much wider all results of the rung are spread over its places than those of the pairs; the deviation of places that
/// are spread evenly over [0, 1] is the root of 1/12.
double Foretell::ratio(const RungPairs& rung) const {
  std::vector<Standing> sorted = rung.seen;
  std::sort(sorted.begin(), sorted.end());
  double sum = 0, squares = 0;
  for (const Pair& pair : rung.pairs) {
    const auto [from, to] = std::equal_range(sorted.begin(), sorted.end(), pair.low[0]);
    const double place = static_cast<double>((from - sorted.begin()) + (to - sorted.begin())) / 2;
    sum += place / static_cast<double>(sorted.size());
    squares += place * place / static_cast<double>(sorted.size() * sorted.size());
  }
  const auto n = static_cast<double>(rung.pairs.size());
  const double variance = squares / n - (sum / n) * (sum / n);
  return std::clamp(std::sqrt(1.0 / 12 / std::max(variance, 1e-12)), 1.0, 10.0);
}

}  // namespace hone
