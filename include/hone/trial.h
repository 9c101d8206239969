// What a trial is and what can become of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hone/space.h"

namespace hone {

using TrialId = std::int64_t;   // 0, 1, 2 ... in the order of their start
using Resource = std::int64_t;  // fidelity: epochs, rows, trees: whole units
using Seconds = double;
using Metrics = std::vector<std::pair<std::string, double>>;  // raw, by name, in the order of the report

/// What algorithms see of a report.
struct Report {
  Resource at = 0;           // 1 in a study without a fidelity, where a later report replaces an earlier one
  std::vector<double> loss;  // one per objective; lower is better, always; last, best or mean so far as the user chose
  std::vector<double> excess;  // one per outcome constraint; > 0 breaks it; nan: its metric has not been reported (yet)
  Seconds cost = 0;            // spent in the trial up to here, or the user's cost metric
};

enum class Phase {
  Running,    // a run is on its way (launched, or about to be)
  Waiting,    // lost or to be retried; queued for another run
  Paused,     // reached its `until` below the maximum, or was paused; its checkpoint is kept
  Stopped,    // by a scheduler, by the end of the study, or not promoted; final
  Completed,  // ran to its end or to the last fidelity
  Failed,     // see Cause; final
};
enum class Cause { None, Exit, Signal, Oom, Timeout, Silent, NoMetric, NotFinite, Infeasible, Lost };

struct Checkpoint {
  TrialId trial = 0;
  Resource at = 0;  // the checkpoint that a run left when it ended well at `at`
};

/// What the algorithms saw of a run that was paused and went on later.
struct Leg {
  Resource until = 0;
  std::size_t reports = 0;  // how many the trial had at its end
};

struct Trial {
  TrialId id = 0;
  Config config;     // never changes
  std::string note;  // the searcher's own words, given back to it in tell(); empty: not its proposal
  int bracket = 0;
  int attempt = 0;  // launches so far: start, resume, retry
  Phase phase = Phase::Running;
  Cause cause = Cause::None;
  int code = 0;  // exit status or signal number behind Cause::Exit and Cause::Signal
  Resource until = 0;
  Seconds cost = 0;
  std::optional<Checkpoint> from;  // PBT's donor
  std::string source;              // not run here: `initial`, `added`, `warm`; else empty
  std::vector<Report> reports;     // increasing `at`
  std::uint64_t seed = 0;

  // Bookkeeping of the study.
  int repeat = 0;                            // which of the configuration's runs the current attempt is, from 0
  std::vector<std::vector<Report>> repeats;  // `repeat: k` with k > 1: what each run reported; reports has their means
  std::vector<Leg> legs;                     // but the current or last one
  bool held = false;                         // Waiting, until the user lets it go on: shown as paused
  bool alone = false;    // the current or next attempt runs by itself: an earlier one ran out of memory
  bool cut = false;      // ended only because the study did
  bool silent = false;   // its config does not fit the space of an extended study: algorithms do not hear of it
  int slots = 1;         // that the current or last run takes: more than one if it was Granted
  bool live = false;     // the current attempt's process has not been seen to end
  int reports_seen = 0;  // in the current attempt, late and repeated ones included: Reported.n of the last
  int counted = 0;     // objective reports of this attempt that did not name the fidelity; with several fidelities all
  Resource level = 0;  // the fidelity last named in this attempt; 0: never
  std::vector<double> latest;      // newest raw values in this attempt: objectives, outcomes, cost; NaN: not yet
  Seconds reached = 0;             // when this attempt reported at `until`; 0: not yet
  int failures = 0, losses = 0;    // attempts that failed by themselves, and from outside
  int lost = 0;                    // the last attempt that was lost
  bool fresh = false;              // the current or next attempt begins in an empty folder
  Seconds started = 0, ended = 0;  // event times; of the first launch, of the last end
  Seconds launched = 0;            // of the current attempt
  Seconds spent = 0;               // in earlier attempts
  double cpu_seconds = 0;
  std::int64_t peak_memory = 0;  // bytes
};

const char* name(Phase phase);                  // "running", ...
std::string cause_text(Cause cause, int code);  // "exit 3", "signal 11", "no metric", ...; empty for None

}  // namespace hone
