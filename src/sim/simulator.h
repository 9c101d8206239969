// The same Study in virtual time: the coordinator's loop with a made-up world and a store that may die with Hone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hone/event.h"
#include "hone/result.h"
#include "hone/study.h"
#include "sim/world.h"

namespace hone {

/// What is done to Hone itself. None of it may change what a study comes to, but death, which may cost attempts.
struct Trouble {
  double death = 0;    // per stored event: Hone dies, just before or just after the event is durable
  double rebuild = 0;  // per turn: the study is made anew from its log
  double meddle = 0;   // per turn: decide() is asked with other times and slots, and the answers are thrown away
  std::uint64_t seed = 0;
};

struct Improvement {
  Seconds seconds = 0;     // since the study's begin
  std::int64_t units = 0;  // done by all trials until then
  double best = 0;         // the objective's raw value
  TrialId trial = 0;
};

struct SimResult {
  Study study;
  std::vector<Event> log;
  std::vector<Improvement> trace;  // each time that Hone heard of a better value; for one objective
  Seconds seconds = 0;             // until Finished
  double utilisation = 0;          // share of the workers' time until then that runs took
  std::int64_t units = 0, launches = 0, deaths = 0;
  std::vector<std::string> broken;  // invariants that did not hold; empty if all is well
};

/// Runs the study to its end and until the last run is gone. Invalid if it cannot be made. Deterministic.
Result<SimResult> simulate(const StudySpec& spec, const Plan& plan, const Trouble& trouble = {});

/// Puts the question behind every decision of `log` again and returns where the answer differs, at most ten lines.
/// REQUIRES: Study::make(spec) works
std::vector<std::string> rederive(const StudySpec& spec, std::span<const Event> log, const Study::Around& around = {});

}  // namespace hone
