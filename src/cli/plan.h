// What a study would run: `hone plan` and `hone run --dry-run`.
#pragma once

#include <string>
#include <vector>

#include "cli/text_out.h"
#include "exec/machine.h"
#include "exec/slots.h"
#include "hone/study.h"

namespace hone {

struct StudyPlan {
  StudySpec spec;  // with auto resolved
  std::vector<Bracket> brackets;
  std::int64_t units = 0;      // of the fidelity, if every rung is full
  bool slot_for_each = false;  // trial, so that a scheduler with rungs has but one
};
Result<StudyPlan> make_plan(const StudySpec& spec);
/// Fills in what a new study's `warm_start` would take over from this home; fails as `hone run` would.
Result<void> plan_warm_start(StudySpec& spec, const std::string& home);
Json plan_json(const StudyPlan& plan);
std::string plan_text(const StudyPlan& plan, const Slots& slots);

/// Of this machine, for the study. `gpus`: --gpus N.
Machine machine_of(const StudySpec& spec, std::optional<std::int64_t> gpus);
Result<Slots> slots_of(const StudySpec& spec, std::optional<std::int64_t> gpus);

/// `2`, or `2 of 8 (CPU-bound: …)` where more was asked for than fits. `bound`: Slots::bound().
std::string slots_text(const StudySpec& spec, int slots, const std::string& bound);

}  // namespace hone
