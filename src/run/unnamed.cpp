#include "run/unnamed.h"

#include <fmt/format.h>

#include <algorithm>

namespace hone {

Unnamed::Unnamed(const StudySpec& spec) {
  if (spec.cost != "seconds")
    metrics_.emplace_back(spec.cost,
                          fmt::format("so its time counts as its cost; print {}=VALUE, or leave cost out", spec.cost));
  for (const OutcomeConstraint& outcome : spec.outcomes)
    metrics_.emplace_back(
        outcome.metric,
        fmt::format("so it counts as breaking outcome_constraints; print {}=VALUE, or leave that constraint out",
                    outcome.metric));
}

std::vector<std::string> Unnamed::seen(const Fact& fact) {
  if (metrics_.empty()) return {};
  if (const auto* report = std::get_if<Reported>(&fact)) {
    if (report->n == 1) begun_.insert(report->trial);
    if (!report->infeasible.empty()) begun_.erase(report->trial);
    std::erase_if(metrics_, [&](const auto& metric) {
      return std::any_of(report->metrics.begin(), report->metrics.end(),
                         [&](const auto& named) { return named.first == metric.first; });
    });
  }
  const auto* exit = std::get_if<Exited>(&fact);
  if (!exit || begun_.erase(exit->trial) == 0 || exit->cause != Cause::None) return {};
  std::vector<std::string> lines;
  for (const auto& [metric, follows] : std::exchange(metrics_, {}))
    lines.push_back(fmt::format("trial {}: names no {}, {}", exit->trial, metric, follows));
  return lines;
}

}  // namespace hone
