// A scheduler decides which trial starts, goes on, pauses and stops.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "hone/searcher.h"
#include "hone/trial.h"

namespace hone {

struct Offer {
  TrialId trial = 0;      // the id that a Start would get
  int free_slots = 0;     // may be 0: only Stop and Pause are of use then
  bool can_start = true;  // false: trial limit reached or searcher exhausted; promotions go on
  bool idle = false;      // no trial is running or queued: a Wait now ends the study
  int slots = 1;  // how many there are, taken ones included: as many as the user wants, but no more than were ever seen
  /// Trials that are not to be moved now, if any: paused, and their run is still ending, so that a Resume must wait for
  /// it and another trial may go in the meantime; or paused by the user, whose they are until he lets them go on.
  const std::set<TrialId>* away = nullptr;
  bool is_away(TrialId id) const { return away && away->contains(id); }
};
struct Start {
  Resource until = 0;
  int bracket = 0;
  bool exact = true;
  std::optional<Config> config = {};  // set: do not ask the searcher (PBT's explored child)
  std::optional<Checkpoint> from = {};
  std::string why;
  std::optional<Breed> breed = {};  // for the searcher
};
struct Resume {
  TrialId trial = 0;
  Resource until = 0;
  std::string why;
};
struct Pause {
  TrialId trial = 0;
  std::string why;
};
struct Stop {
  TrialId trial = 0;
  std::string why;
};
using Move = std::variant<Wait, Start, Resume, Pause, Stop>;

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  /// Stop and Pause first (they need no slot); Start and Resume only if free_slots > 0; Start only if can_start.
  /// O(log n): ready sets are kept up to date in tell(). Same question, same answer, until the next tell().
  virtual Move next(const Offer& offer) const = 0;
  virtual void tell(const Trial& trial, Change change) = 0;
};

/// What a scheduler would do with a whole budget, for `hone plan`.
struct Rung {
  std::int64_t n = 0;  // trials that run there (at most, for an asynchronous one)
  Resource r = 0;      // up to this fidelity
};
struct Bracket {
  int s = 0;
  std::vector<Rung> rungs;
};

}  // namespace hone
