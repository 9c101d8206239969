// When a study that goes on as it has so far will end.
#pragma once

#include <optional>

#include "hone/spec.h"

namespace hone {

/// What is left of the earlier of stop.trials and stop.time. Nothing before a trial has settled, and nothing once all of
/// stop.trials have started and only runs of earlier trials are left: how many is the scheduler's secret.
/// `settled`: trials that count against stop.trials, without a run on its way and not waiting for one.
std::optional<Seconds> time_left(const StopRules& stop, std::int64_t started, std::int64_t settled, Seconds elapsed);

/// Counts against stop.trials.
inline bool counts(const Trial& trial) { return trial.attempt > 0 && !trial.from; }
inline bool settled(const Trial& trial) {
  return !trial.live && trial.phase != Phase::Running && trial.phase != Phase::Waiting;
}

}  // namespace hone
