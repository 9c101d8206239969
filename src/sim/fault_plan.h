// What goes wrong, as YAML: the map `faults` of a scenario, and the file of `hone simulate --faults`.
//
//   lost: 0.1      crash: 0    oom: 0    hang: 0    past: 0      # probabilities of a run, see sim/world.h
//   late: 0.2      twice: 0    nan: 0    never: 0                # of a report
//   at: [{unit: 3, fault: nan, trial: 7}, {unit: 9, fault: crash}]   # lost, crash, oom, hang, nan, never; without a trial: all
//   at: [{unit: 3, fault: lost, moment: begin, times: 6}]        # begin, middle, end; in so many attempts, 1 unless said
//   workers: [{seconds: 50, there: 0}, {seconds: 60, there: 8}]  # machines go and come
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "hone/result.h"
#include "sim/world.h"
#include "study/yaml.h"

namespace hone {

using Complain = std::function<void(int line, const std::string& what)>;
/// Each mistake goes to `wrong`: "faults.lots: unknown fault; did you mean lost?".
Faults read_faults(const YamlNode& map, const Complain& wrong);
/// A file of its own. Invalid holds every mistake: "FILE:LINE: what; remedy".
Result<Faults> read_fault_plan(std::string_view text, const std::string& file);

}  // namespace hone
