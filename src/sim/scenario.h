// A whole run as text: study, world and what must come of it. tests/scenarios holds them; a bug report becomes one.
//
//   name: asha                      workers: 4
//   description: ...                objective: (x - 0.3) ** 2 + 1 / at     # over the parameters and `at`, the unit
//   study: |                        metrics: {latency: x * 10}             # further ones
//     (a study file)                seconds: 1 + x                         # that unit `at` takes; default 1
//   faults: {lost: 0.1, nan: 0.2, at: [{unit: 3, fault: crash}]}           # see sim/fault_plan.h
//   checkpoints: no                 ending: 0.5                            # seconds between a cancel and the end
//   named: no                                                              # reports do not name the fidelity
//   death: 0.01                     seed: 1                                # Hone dies; of faults and deaths
//   expect: {trials: 20, completed: 2, "resumed to 3": 6, units: 30..40, best_value: <= 0.1, finished: trial limit}
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hone/result.h"
#include "hone/spec.h"
#include "sim/simulator.h"
#include "sim/world.h"

namespace hone {

struct Scenario {
  std::string name, description;
  StudySpec spec;
  Plan plan;
  Trouble trouble;
  std::vector<std::pair<std::string, std::string>> expect;  // what → `20`, `>= 5`, `<= 5`, `5..7`; a text: contains
};

/// Invalid holds every mistake: "FILE:LINE: what; remedy". `file` names it in messages.
Result<Scenario> read_scenario(std::string_view text, const std::string& file);

/// Each expectation that `result` does not meet, a line each: "completed: 3 instead of 2".
std::vector<std::string> unmet(const Scenario& scenario, const SimResult& result);

/// A number over the parameters of `space` and `at`; nan where it has no value. Invalid if it cannot be read.
Result<Curve> curve(std::string_view expression, const Space& space);

}  // namespace hone
