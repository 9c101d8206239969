// A study is the fold of these events, in order. What is stored, shown, simulated or recovered is this one list.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "hone/trial.h"

namespace hone {

struct StudySpec;

// Decisions: proposed by Study::decide(), stored, then applied. free_slots is what decide() was asked with, so that
// `hone replay` can put the same question again.
struct Started {
  TrialId trial = 0;
  Config config;
  Resource until = 0;
  int bracket = 0;
  std::optional<Checkpoint> from = {};
  std::string note;               // the searcher's
  std::string why, searcher_why;  // the scheduler's and the searcher's reason
  std::string source;             // "initial" if the user's point, else empty
  std::uint64_t seed = 0;
  int free_slots = 0;
};
struct Resumed {
  TrialId trial = 0;
  Resource until = 0;
  std::string why;
  int free_slots = 0;
};
struct Paused {
  TrialId trial = 0;
  std::string why;
  int free_slots = 0;
};
struct Stopped {
  TrialId trial = 0;
  std::string why;
  int free_slots = 0;
  bool ending = false;  // because the study ends; an extended study takes the trial up again
};
struct Expired {  // a limit of the study ended the run
  TrialId trial = 0;
  Cause cause = Cause::Timeout;
  std::string why;
  int free_slots = 0;
};
struct Relaunched {  // another attempt at the same `until`
  TrialId trial = 0;
  std::string why;
  bool fresh = false;  // in an empty folder: its checkpoint is past reports that were lost
  int free_slots = 0;
  bool alone = false;  // nothing else runs meanwhile: it had run out of memory
  int repeat = 0;      // which of the configuration's `repeat` runs this is, from 0
};
struct Granted {  // the run that was just decided upon takes so many slots, since no other wants them
  TrialId trial = 0;
  int slots = 1;
  std::string why;
  int free_slots = 0;
};
struct Finished {
  std::string why;
  bool failed = false;  // too many failures, or no trial reported the objective
  int free_slots = 0;
};

// Inputs: what the world said.
struct Reported {
  TrialId trial = 0;
  int attempt = 0;
  int n = 0;        // 1, 2, 3 ... within the attempt; one that was seen is ignored, so telling twice is telling once
  Metrics metrics;  // raw; the fidelity's name among them says how far the trial is
  std::string infeasible;  // `hone report --infeasible WHY`: ends the trial so; else empty
};
struct Exited {
  TrialId trial = 0;
  int attempt = 0;
  Cause cause = Cause::None;  // None: exit status 0
  int code = 0;
  std::string detail;    // last lines of a failure, or what happened; one line per line, control characters removed
  bool outside = false;  // killed from outside (not by itself, not by us): retried like Cause::Lost
  double cpu_seconds = 0;
  std::int64_t peak_memory = 0;
  bool settled = false;      // whoever ran it wants no second try for want of memory (ask/tell)
  bool interrupted = false;  // ended because the user interrupted the study: waits for the next run, counts as no loss
};
struct Added {  // a known result, told to the searcher only
  TrialId trial = 0;
  Config config;
  Metrics metrics;
  std::string source;  // initial, added, warm
};

struct Proposed {  // somebody else's searcher (`searcher: {command: ..}`) says where to look next
  TrialId trial = 0;
  Config config;
  std::string why;
};

enum class Steer { StopStudy, Stop, Pause, Resume, Retry, Parallel };
struct Steered {      // what the user asked for: `hone stop`, `pause`, `resume`, `retry`, `set`
  TrialId trial = 0;  // of Stop, Pause, Resume, Retry
  Steer what = Steer::StopStudy;
  int value = 0;  // of Parallel
};
struct Extended {  // `hone run --extend`: the definition from here on. What had ended with the study is taken up again.
  std::shared_ptr<const StudySpec> spec;
};
struct Opened {  // a `hone run` took the study up: host, version, git commit, command ...
  std::vector<std::pair<std::string, std::string>> facts;
};

using Fact = std::variant<Started, Resumed, Paused, Stopped, Expired, Relaunched, Granted, Finished, Reported, Exited,
                          Added, Steered, Extended, Opened, Proposed>;

struct Event {
  Seconds time = 0;  // since the epoch; of the store's or the simulator's clock
  Fact fact;
};

const char* kind(const Event& event);                 // "Started", ...
std::optional<TrialId> trial_of(const Event& event);  // none for what is the study's
bool is_decision(const Event& event);

}  // namespace hone
