#include "cli/outlook.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace hone {

std::string counts_text(const Counts& counts) {
  std::string out;
  for (const auto& [name, count] : counts) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, name);
  return out;
}

std::int64_t total(const Counts& counts) {
  std::int64_t sum = 0;
  for (const auto& entry : counts) sum += entry.second;
  return sum;
}

Counts cause_counts(const std::vector<Trial>& trials) {
  std::map<std::string, std::int64_t> causes;
  for (const Trial& trial : trials)
    if (trial.phase == Phase::Failed) ++causes[cause_text(trial.cause, trial.code)];
  Counts out(causes.begin(), causes.end());
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return out;
}

std::optional<Seconds> time_left(const StopRules& stop, std::int64_t started, std::int64_t settled, Seconds elapsed) {
  if (settled <= 0 || elapsed <= 0) return std::nullopt;
  std::optional<Seconds> left;
  if (stop.time) left = std::max(0.0, *stop.time - elapsed);
  if (stop.trials && (started < *stop.trials || settled < started)) {
    const Seconds each = elapsed / static_cast<double>(settled);
    const Seconds rest = each * static_cast<double>(std::max<std::int64_t>(0, *stop.trials - settled));
    left = left ? std::min(*left, rest) : rest;
  }
  return left;
}

}  // namespace hone
