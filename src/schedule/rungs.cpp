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
  if (fronts_) fronts_->insert(rank.trial, report ? report->loss : std::vector<double>());
  else results_.insert(rank);
}

void RungResults::erase(RungEntry rank) {
  if (fronts_) fronts_->erase(rank.trial);
  else results_.erase(rank);
  go_on(rank);
}

void RungResults::replace(RungEntry old, RungEntry now, const Report* report) {
  if (fronts_ ? report && report->loss == fronts_->losses(old.trial) : !(now < old) && !(old < now)) return;
  bool waits = fronts_ ? fronts_->waits(old.trial) : waiting_.contains(old);
  erase(old);
  insert(now, report);
  if (waits) wait(now);
}

void RungResults::wait(RungEntry rank) {
  if (fronts_) fronts_->wait(rank.trial, true);
  else waiting_.insert(rank);
}

void RungResults::go_on(RungEntry rank) {
  if (fronts_) fronts_->wait(rank.trial, false);
  else waiting_.erase(rank);
}

std::optional<RungEntry> RungResults::first_waiting() const {
  if (!fronts_) return waiting_.empty() ? std::nullopt : std::optional(*waiting_.begin());
  std::optional<TrialId> trial = fronts_->first_waiting();
  if (!trial) return std::nullopt;
  return RungEntry{fronts_->losses(*trial).front(), *trial};
}

std::optional<RungEntry> RungResults::first_waiting(const Offer& offer) const {
  for (auto rank = waiting_.begin(); rank != waiting_.end(); ++rank)
    if (!offer.is_away(rank->trial)) return *rank;
  const std::optional<RungEntry> first = fronts_ ? first_waiting() : std::nullopt;
  return first && !offer.is_away(first->trial) ? first : std::nullopt;
}

std::int64_t RungResults::place(RungEntry rank) const {
  return fronts_ ? fronts_->place(rank.trial) : static_cast<std::int64_t>(results_.order_of_key(rank)) + 1;
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

std::string Wording::place(const RungResults& rung, RungEntry rank) const {
  if (const Fronts* fronts = rung.fronts()) {
    return fmt::format("front {} of {}, {} of {}", fronts->front(rank.trial) + 1, fronts->count(),
                       ordinal(rung.place(rank)), rung.size());
  }
  return fmt::format("{} is {} of {}", value(rank.loss), ordinal(rung.place(rank)), rung.size());
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
