// A searcher proposes configurations. It sees no file, clock, thread or generator of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hone/trial.h"

namespace hone {

enum class Change { Started, Reported, Paused, Resumed, Stopped, Completed, Failed };

/// What a scheduler whose rungs evolve (dehb) says of the one that the proposal is for; other searchers than de need not care.
struct Breed {
  std::int64_t members = 1;  // of the population there
  std::optional<std::int64_t>
      parents;  // so many of the best at the fidelity below; 0: its own members; none: at random
};
struct Ask {
  TrialId trial = 0;  // the id that the proposal would get; keys the random stream
  Resource until = 0;
  bool exact = true;  // the scheduler counts on `until`; else a proposal may ask for less
  std::optional<Breed> breed = {};
};
struct Wait {
  std::string why;                  // nothing before another tell()
  std::optional<Ask> outside = {};  // the question goes to somebody else; the answer is the event Proposed
};
struct Exhausted {
  std::string why;  // nothing ever: the space has no configuration left
};
struct Proposal {
  Config config;
  std::string note, why;
  std::optional<Resource> until = {};
};

/// What a model expects of a configuration, in the losses' own units: one entry per objective.
struct Belief {
  std::vector<double> mean, deviation;  // of the loss without the noise of a single run
  double acquisition = 0;               // what ask() maximises; larger is better
  double feasible = 1;                  // probability that the trial does not fail and meets the outcome constraints
};

class Searcher {
 public:
  virtual ~Searcher() = default;
  /// Where to look next. Same question, same answer, until the next tell(), whatever else is asked in between.
  /// The config is legal (space/legal.h). Randomness comes from Rng::stream(seed, "its name", ask.trial) alone.
  virtual std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const = 0;
  /// `trial` changed; the only way state moves. `note` is the searcher's own part of trial.note; empty: somebody else
  /// proposed it (initial, added, donor's child). Any legal order of changes of a trial must be accepted.
  /// Learn from Reported and from any end, Paused included. Never rank losses of different `at` together.
  virtual void tell(const Trial& trial, Change change, std::string_view note) = 0;
  /// The answer from outside to an ask() that gave Wait{outside}; of no meaning to other searchers.
  virtual void hear(TrialId, const Proposal&) {}
  /// For plots, and for the incumbent of a noisy objective. None while there is no model, or if there never is one.
  virtual std::optional<Belief> belief(const Config&) const { return std::nullopt; }
};

}  // namespace hone
