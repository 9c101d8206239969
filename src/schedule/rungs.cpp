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

std::optional<double> loss_at(const Trial& trial, Resource level) {
  auto report = std::lower_bound(trial.reports.begin(), trial.reports.end(), level,
                                 [](const Report& r, Resource at) { return r.at < at; });
  if (report == trial.reports.end()) return std::nullopt;
  return first_loss(*report);
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

std::string Wording::fidelity(Resource at) const { return fmt::format("{} {}", unit_, at); }

std::string Wording::rung(std::size_t index, Resource level) const {
  return fmt::format("rung {} ({})", index + 1, fidelity(level));
}

std::string Wording::value(double loss) const {
  if (std::isnan(loss)) return "nan";
  double shown = maximize_ ? 0.0 - loss : loss;  // 0.0 - x, so that a zero is never shown as -0
  return fmt::format("{:.5g}", shown);
}

std::string Wording::standing(std::size_t index, const RungResults& rung, RungEntry rank) const {
  return fmt::format("{}: {} is {} of {}, top {} go on", this->rung(index, rung.level()), value(rank.loss),
                     ordinal(rung.place(rank)), rung.size(), rung.quota());
}

std::string ordinal(std::int64_t n) {
  std::int64_t tens = n % 100, ones = n % 10;
  bool teen = tens >= 11 && tens <= 13;
  const char* suffix = teen ? "th" : ones == 1 ? "st" : ones == 2 ? "nd" : ones == 3 ? "rd" : "th";
  return fmt::format("{}{}", n, suffix);
}

}  // namespace hone
