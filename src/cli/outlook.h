// A study at a glance: when it will end if it goes on as it has so far, and why trials failed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hone/spec.h"

namespace hone {

using Counts = std::vector<std::pair<std::string, std::int64_t>>;
/// `4 oom, 2 exit 1, 1 timeout`
std::string counts_text(const Counts& counts);
std::int64_t total(const Counts& counts);
/// Of failed trials, most frequent first.
Counts cause_counts(const std::vector<Trial>& trials);

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
