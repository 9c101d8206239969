#include "schedule/stopper.h"

#include <fmt/format.h>

#include <algorithm>

#include "schedule/rows.h"

namespace hone {

Stopper::Stopper(const ScheduleInputs& inputs, const Options& options)
    : wording_(inputs), max_(inputs.max), grace_(after_grace(inputs, options).min) {}

Move Stopper::next(const Offer& offer) const {
  if (!verdicts_.empty()) return Stop{verdicts_.begin()->first, verdicts_.begin()->second};
  if (offer.free_slots <= 0) return Wait{"no slot is free"};
  if (!offer.can_start) return Wait{"no new trial may start"};
  return whole_run(max_);
}

void Stopper::tell(const Trial& trial, Change change) {
  if (change != Change::Reported) {
    // Started and Resumed included: what was judged before belongs to a run that is over.
    verdicts_.erase(trial.id);
    return;
  }
  if (trial.id < 0) return;
  if (static_cast<std::size_t>(trial.id) >= seen_.size()) seen_.resize(static_cast<std::size_t>(trial.id) + 1);
  Resource& seen = seen_[static_cast<std::size_t>(trial.id)];
  auto fresh = std::upper_bound(trial.reports.begin(), trial.reports.end(), seen,
                                [](Resource at, const Report& r) { return at < r.at; });
  for (; fresh != trial.reports.end(); ++fresh) {
    seen = fresh->at;
    auto verdict = look(trial.id, *fresh, trial.phase == Phase::Running);
    const bool counts = verdict && trial.phase == Phase::Running && fresh->at < max_ && fresh->at >= grace_;
    if (counts) verdicts_[trial.id] = std::move(*verdict);
  }
}

std::optional<double> given_float(const Options& options, const std::string& name) {
  auto found = options.find(name);
  if (found == options.end()) return std::nullopt;
  if (const auto* given = std::get_if<double>(&found->second)) return *given;
  if (const auto* given = std::get_if<std::int64_t>(&found->second)) return static_cast<double>(*given);
  return std::nullopt;
}

}  // namespace hone
