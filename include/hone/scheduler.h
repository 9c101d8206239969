// A scheduler decides which trial starts, goes on, pauses and stops.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

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

/// A rung at which no trial stops at present: its order is not seen to be that of the next, or it saves no time.
struct PassedRung {
  Resource r = 0;
  std::string why;  // "since its order is not that of rung 2 (...)"
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  /// Stop and Pause first (they need no slot); Start and Resume only if free_slots > 0; Start only if can_start.
  /// O(log n): ready sets are kept up to date in tell(). Same question, same answer, until the next tell().
  virtual Move next(const Offer& offer) const = 0;
  virtual void tell(const Trial& trial, Change change) = 0;
  /// Of a trial that is paused at a rung: its place there and how many go on, for `hone explain`. Empty if it stands at none.
  virtual std::string standing(const Trial&) const { return {}; }
  /// Of one that judges its rungs, for `hone explain`; the others pass over none.
  virtual std::vector<PassedRung> passed_rungs() const { return {}; }
};

/// What a scheduler would do with a whole budget, for `hone plan`.
struct Rung {
  std::int64_t n = 0;   // trials that run there (at most, for an asynchronous one)
  Resource r = 0;       // up to this fidelity
  bool passed = false;  // trials are measured here, and pass until the scheduler has seen that it foretells the next
};
struct Bracket {
  int s = 0;
  std::vector<Rung> rungs;
};

}  // namespace hone
