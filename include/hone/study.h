// The study: a fold over events. Start here.
//
//   decide() is const and proposes the next event; apply() is the only mutation. A caller that has a place to keep
//   events stores what decide() proposes before it applies and acts on it:
//
//     while (auto* event = std::get_if<Event>(&(move = study.decide(now, free_slots)))) { store(*event); study.apply(*event); }
//
// Algorithms (searcher.h, scheduler.h) are made from the registry and see changes of trials only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "hone/event.h"
#include "hone/scheduler.h"
#include "hone/searcher.h"
#include "hone/spec.h"

namespace hone {

class Study {
 public:
  /// Fails with Invalid, a line a mistake, that says what to use instead: an unknown algorithm or option, an impossible pair,
  /// a space without a legal configuration, an initial point outside the space, an endless study without a stop rule.
  /// `around`, if given, puts a searcher around the study's own: the simulator's, which knows the rows of a table.
  using Around = std::function<std::unique_ptr<Searcher>(std::unique_ptr<Searcher>)>;
  static Result<Study> make(StudySpec spec, Around around = {});
  Study(Study&&) noexcept;
  Study& operator=(Study&&) noexcept;
  ~Study();

  /// The next event, or why there is none until something happens. `free_slots`: runs that could be launched now.
  /// In order: the end of the study (time, target, no improvement, failures), limits, retries, initial points, scheduler.
  std::variant<Event, Wait> decide(Seconds now, int free_slots) const;
  /// When time alone will change decide()'s answer: the earliest limit.
  std::optional<Seconds> wake() const;
  /// Total: late, repeated or impossible inputs are ignored by rule. Decisions must come from decide() or a log of it.
  void apply(const Event& event);

  const StudySpec& spec() const;  // with auto resolved, slots and seed set
  const std::vector<Trial>& trials() const;
  const std::string* finished() const;  // why it ended; null while it goes on
  bool failed() const;                  // finished, and not well
  std::optional<TrialId> best() const;  // single objective; feasible, not failed, at the highest fidelity reached
  /// As best(), but where the searcher's model knows that losses are noisy, the trial whose expected loss is least, not
  /// the one with the luckiest draw (study/incumbent.h).
  std::optional<TrialId> incumbent() const;
  std::optional<Belief> belief(const Config& config) const;  // what the searcher's model, if it has one, expects there
  std::string standing(TrialId trial) const;                 // of one that is paused at a rung; else empty
  std::vector<PassedRung> passed_rungs() const;              // at which no trial stops at present, and why
  std::vector<TrialId> front() const;   // several objectives: nondominated ones at the highest fidelity; else best
  std::int64_t running() const;         // trials with a run on its way
  std::optional<int> parallel() const;  // as the user last set it (`hone set`)
  std::int64_t live() const;            // processes not seen to end, cancelled ones included
  std::int64_t taken() const;           // the slots of those
  Seconds first_time() const;           // of the first event; 0 before it
  Seconds last_time() const;            // the latest of all events
  Seconds elapsed(Seconds now) const;   // time with a run on its way: what stop.time counts

 private:
  struct State;
  explicit Study(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What an objective function sees of its trial.
class Run {
 public:
  Run(const Trial& trial, const Space& space, std::function<bool(double, Resource)> report);
  double operator[](std::string_view param) const;  // numeric value; NaN if inactive, unknown or a word
  std::string word(std::string_view param) const;   // of a choice of words; empty if inactive or unknown
  Resource until() const;
  std::uint64_t seed() const;
  /// The objective's value at fidelity `at`; false: the trial is paused or stopped, return soon.
  bool report(double value, Resource at);

 private:
  const Trial* trial_;
  const Space* space_;
  std::function<bool(double, Resource)> report_;
};
struct Best {
  TrialId trial = 0;
  NamedValues config;
  double value = 0;
};
/// A study over a function, in process, one trial at a time, until a stop rule holds:
///
///   auto best = hone::minimize("space: {x: 'float(-5, 5)'}\nstop: {trials: 50}\nseed: 1", [](hone::Run& run) {
///     return run["x"] * run["x"];
///   });
///
/// `study` is a study file's text (YAML) without command; `objective` defaults to `minimize value`. A trial that is
/// resumed starts over up to a larger `until` unless the function keeps its own checkpoints. A value that is not finite
/// fails the trial. NotFound if no trial gave a value.
Result<Best> minimize(std::string_view study, const std::function<double(Run&)>& objective);
Result<Best> minimize(StudySpec spec, const std::function<double(Run&)>& objective);

}  // namespace hone
