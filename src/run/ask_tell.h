// Ask and tell over a study: what `hone ask-tell` and Python have in common. The caller's trials are the study's runs.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hone/study.h"

namespace hone {

enum class Next { Continue, Pause, Stop };  // what a trial is to do now
const char* name(Next next);                // "continue", ...

class AskTell {
 public:
  /// Stores events before their effect is answered; nothing: the study lives in memory only.
  using Keep = std::function<Result<void>(std::span<const Event>)>;
  AskTell(Study study, std::function<Seconds()> now, Keep keep = {});

  /// Trials that are to run now, at most `wanted` and what `parallel` leaves: new ones, and known ones (attempt > 1) that
  /// go on up to a larger `until`. None: nothing may start now, or ever if finished(). REQUIRES: wanted > 0
  Result<std::vector<TrialId>> ask(int wanted);

  struct Told {
    Metrics metrics = {};
    std::optional<Resource> at = {};         // how far the trial is; without a fidelity it is ignored
    bool done = false;                       // the trial has ended
    std::optional<std::string> failed = {};  // it failed: "oom", "exit 1"
  };
  /// Invalid, and nothing changed: no such trial, a cause that is none, nothing told, an end without a failure of a run
  /// that has not named every objective, or a second end that differs from the one that was told before. What comes too late because the study stopped or paused the trial is ignored.
  Result<Next> tell(TrialId id, Told told);

  /// A finished trial from elsewhere. Invalid, and nothing changed, if the config does not fit or the objective is missing.
  Result<TrialId> add(const NamedValues& config, Metrics metrics);

  /// Its newest run goes on from an earlier one's checkpoint; false also for the first of each of its `repeat` runs.
  bool resumes(TrialId id) const { return said_[static_cast<std::size_t>(id)].resumes; }

  const Study& study() const { return study_; }
  const std::string* finished() const { return study_.finished(); }
  /// The newest raw value of each metric; the objectives' as the study counts them (last, best or mean).
  Metrics metrics(TrialId id) const;
  /// In the searcher's words; empty for a trial from elsewhere.
  const std::string& why(TrialId id) const;

  /// Trials that were out when an earlier process ended come back with the next ask.
  void give_up_live();
  /// An event that the study had taken in before it was handed to us: its raw metrics are shown.
  void remember(const Event& event);
  /// A store that failed: what was answered last may be lost; the conversation has to end.
  const std::optional<Error>& broken() const { return broken_; }

 private:
  const Trial& trial(TrialId id) const { return study_.trials()[static_cast<std::size_t>(id)]; }
  Next next_of(TrialId id) const;
  const std::string* missing(TrialId id, const Metrics& told) const;
  void put(Event event);
  void put_fact(Fact fact) { put({now_(), std::move(fact)}); }
  bool step(int free_slots, std::vector<TrialId>* started);
  void settle();
  void end_run(TrialId id, Exited exited);
  Result<void> flush();

  struct Said {
    Metrics metrics;  // the newest raw ones
    Metrics run;      // those of the newest run
    Metrics last;     // those of the last report
    std::string why;
    int repeats = 0;  // of the configuration's runs that were begun
    bool resumes = false;
    std::optional<std::string> end;  // how the caller ended the newest run: "done", or the cause of its failure
    bool decided = false;            // it is the study that ended it
  };
  Study study_;
  std::function<Seconds()> now_;
  Keep keep_;
  std::vector<Event> batch_;
  std::vector<Said> said_;  // by trial
  std::optional<Error> broken_;
};

/// Invalid for what needs `hone run` (a searcher that is a command) or, `in_memory`, earlier studies.
Result<void> can_ask(const StudySpec& spec, bool in_memory);
/// A definition without a rule that ends it gets one that never holds: whoever asks may stop asking.
StudySpec endless(StudySpec spec);

}  // namespace hone
