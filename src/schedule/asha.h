// The two kinds of asynchronous successive halving.
#pragma once

#include <memory>
#include <vector>

#include "hone/registry.h"

namespace hone {

/// Why one that has nothing to do, and waits for nobody, waits.
inline constexpr const char* kNothingToPromote = "no new trial may start and no rung has one to promote";

struct AshaRungs {
  std::vector<Resource> levels;
  std::int64_t eta = 3;
  bool judge = false;  // only rungs that foretell the next are stopped at (foretell.h)
};
/// All of min * eta^k and max.
AshaRungs all_rungs(const ScheduleInputs& inputs, std::int64_t eta);

/// Trials pause at each rung and are promoted from there.
std::unique_ptr<Scheduler> make_promoting_asha(const ScheduleInputs& inputs, const AshaRungs& rungs);
/// Trials run on and are stopped at a rung; for commands that cannot go on from where they were.
std::unique_ptr<Scheduler> make_stopping_asha(const ScheduleInputs& inputs, const AshaRungs& rungs);

}  // namespace hone
