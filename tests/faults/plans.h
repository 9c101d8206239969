// Random studies in a random world with random faults, as scenario files: a seed that fails is one already.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/scenario.h"

namespace hone {

/// The scheduler and the searcher follow from the seed too, so that every scheduler of the registry comes up.
std::string random_scenario(std::uint64_t seed);

/// Plays the scenario and looks for what must never be: a slot leaked, a promotion lost or doubled, the budget exceeded, a
/// study that does not end, an expectation not met; and a log that is another one when it is derived again from itself, when
/// all is played again, or when the study is asked other questions and rebuilt in between. A line each.
struct Verdict {
  std::vector<std::string> wrong;
  std::vector<Event> log;
  std::vector<Trial> trials;
  std::int64_t deaths = 0, units = 0;
};
Verdict judge(const Scenario& scenario);

}  // namespace hone
