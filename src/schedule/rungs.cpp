#include "schedule/rungs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace hone {

double first_loss(const Report& report) {
  return report.loss.empty() ? std::numeric_limits<double>::quiet_NaN() : report.loss.front();
}

double violation_so_far(const Report& report) {
  double sum = 0;
  for (const double excess : report.excess)
    sum += std::isnan(excess) ? std::numeric_limits<double>::denorm_min() : std::max(0.0, excess);
  return sum;
}

RungEntry rung_entry(TrialId trial, const Report* report) {
  if (!report) return {std::numeric_limits<double>::quiet_NaN(), trial, std::numeric_limits<double>::infinity()};
  return {first_loss(*report), trial, violation_so_far(*report)};
}

const Report* report_at(const Trial& trial, Resource level) {
  auto report = std::lower_bound(trial.reports.begin(), trial.reports.end(), level,
                                 [](const Report& r, Resource at) { return r.at < at; });
  return report == trial.reports.end() ? nullptr : &*report;
}

std::vector<Resource> rung_levels(Resource min, Resource max, std::int64_t eta) {
  HONE_CHECK(1 <= min && min <= max && eta >= 2, "rungs need 1 <= min <= max and eta >= 2");
  std::vector<Resource> levels;
  for (Resource level = min; level < max; level *= eta) {
    levels.push_back(level);
    if (level > max / eta) break;
  }
  levels.push_back(max);
  return levels;
}

std::vector<Bracket> rung_plan(const ScheduleInputs& inputs, std::int64_t eta) {
  std::vector<Resource> levels = rung_levels(inputs.min, inputs.max, eta);
  Bracket bracket{static_cast<int>(levels.size()) - 1, {}};
  std::int64_t n = inputs.trials.value_or(0);
  for (Resource level : levels) {
    bracket.rungs.push_back({inputs.trials ? std::max<std::int64_t>(n, 1) : 0, level});
    n /= eta;
  }
  return {bracket};
}

void RungResults::insert(RungEntry rank, const Report* report) {
  results_.insert(key(rank));
  if (!several()) return;
  Fronts& alike = fronts_.try_emplace(rank.violation, objectives_).first->second;
  alike.insert(rank.trial, report ? report->loss : std::vector<double>());
}

void RungResults::erase(RungEntry rank) {
  go_on(rank);
  results_.erase(key(rank));
  const auto alike = fronts_.find(rank.violation);
  if (alike == fronts_.end()) return;
  alike->second.erase(rank.trial);
  if (alike->second.size() == 0) fronts_.erase(alike);
}

void RungResults::replace(RungEntry old, RungEntry now, const Report* report) {
  const bool same = !(key(now) < key(old)) && !(key(old) < key(now));
  if (same && (!several() || (report && report->loss == fronts_.at(old.violation).losses(old.trial)))) return;
  const bool waits = waiting_.contains(key(old));
  erase(old);
  insert(now, report);
  if (waits) wait(now);
}

void RungResults::wait(RungEntry rank) {
  waiting_.insert(key(rank));
  if (several()) fronts_.at(rank.violation).wait(rank.trial, true);
}

void RungResults::go_on(RungEntry rank) {
  const bool waited = waiting_.erase(key(rank)) > 0;
  if (waited && several()) fronts_.at(rank.violation).wait(rank.trial, false);
}

std::optional<RungEntry> RungResults::first_waiting() const {
  if (waiting_.empty()) return std::nullopt;
  RungEntry first = *waiting_.begin();
  if (!several()) return first;
  const Fronts& alike = fronts_.at(first.violation);
  first.trial = *alike.first_waiting();
  first.loss = alike.losses(first.trial).front();
  return first;
}

std::optional<RungEntry> RungResults::first_waiting(const Offer& offer) const {
  if (several()) {
    const std::optional<RungEntry> first = first_waiting();
    return first && !offer.is_away(first->trial) ? first : std::nullopt;
  }
  for (const RungEntry& rank : waiting_)
    if (!offer.is_away(rank.trial)) return rank;
  return std::nullopt;
}

std::int64_t RungResults::place(RungEntry rank) const {
  if (!several()) return static_cast<std::int64_t>(results_.order_of_key(rank)) + 1;
  const RungEntry before{0, std::numeric_limits<TrialId>::min(), rank.violation};
  return static_cast<std::int64_t>(results_.order_of_key(before)) + fronts_.at(rank.violation).place(rank.trial);
}

std::string Wording::fidelity(Resource at) const { return fmt::format("{} {}", unit_, at); }

std::string Wording::rung(std::size_t index, Resource level) const {
  return fmt::format("rung {} ({})", index + 1, fidelity(level));
}

std::string Wording::value(double loss) const {
  if (std::isnan(loss)) return "nan";
  double shown = maximize_ ? 0.0 - loss : loss;  // 0.0 - x, so that a zero is never shown as -0
  return fmt::format("{:.5g}", shown);
}

std::string Wording::value(double loss, double violation) const {
  if (violation == 0 || std::isnan(loss)) return value(loss);
  if (!is_broken(violation)) return value(loss) + " (not known to be feasible)";
  return fmt::format("{} (infeasible by {:.3g})", value(loss), violation);
}

std::string Wording::place(const RungResults& rung, RungEntry rank) const {
  const std::string where = fmt::format("{} of {}", ordinal(rung.place(rank)), rung.size());
  const Fronts* fronts = rung.fronts(rank);
  if (!fronts) return fmt::format("{} is {}", value(rank.loss, rank.violation), where);
  if (is_broken(rank.violation)) return fmt::format("infeasible by {:.3g}, {}", rank.violation, where);
  return fmt::format("front {} of {}, {}", fronts->front(rank.trial) + 1, fronts->count(), where);
}

std::string Wording::standing(std::size_t index, const RungResults& rung, RungEntry rank, std::int64_t quota) const {
  return fmt::format("{}: {}, top {} go on", this->rung(index, rung.level()), place(rung, rank), quota);
}

std::string ordinal(std::int64_t n) {
  std::int64_t tens = n % 100, ones = n % 10;
  bool teen = tens >= 11 && tens <= 13;
  const char* suffix = teen ? "th" : ones == 1 ? "st" : ones == 2 ? "nd" : ones == 3 ? "rd" : "th";
  return fmt::format("{}{}", n, suffix);
}

}  // namespace hone
