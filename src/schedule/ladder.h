// The rungs of one bracket, and which trial stands, waits or runs where: what all halving schedulers share.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "schedule/rungs.h"

namespace hone {

/// The result of a trial in rung k is its first report at level k or beyond; one that ended well at level k without such a
/// report counts with the last that it gave. Any order of changes is accepted.
class Ladder {
 public:
  /// What a trial that failed, or was stopped by somebody else, is to its rung.
  enum class Dead { Leaves, IsWorst };
  Ladder(const std::vector<Resource>& levels, std::int64_t eta, int objectives, Dead dead);

  void tell(const Trial& trial, Change change);

  struct Level {
    RungResults results;
    std::int64_t running = 0;   // on their way to this level
    std::int64_t entrants = 0;  // ever sent here or beyond
    std::int64_t promoted = 0;  // have a result here and went on, and live
  };
  const std::vector<Level>& rungs() const { return rungs_; }
  std::size_t top() const { return rungs_.size() - 1; }
  Resource level(std::size_t k) const { return rungs_[k].results.level(); }
  /// Paused below the level that they were meant for (the levels were others when they started), and that level.
  const std::set<TrialId>& short_of() const { return short_; }
  struct Waiting {
    std::size_t rung = 0;
    RungEntry entry;
  };
  /// Of a trial that is paused with a result where it was sent.
  std::optional<Waiting> waiting(TrialId trial) const;
  std::size_t target(TrialId trial) const { return places_[static_cast<std::size_t>(trial - first_)].target; }

 private:
  struct Place {
    bool seen = false, running = false, idle = false, dead = false;
    std::size_t target = 0;          // the rung that it runs towards or waits in
    std::vector<RungEntry> results;  // in rung 0, 1, ... up to target at most
  };
  Place& place_of(TrialId trial);
  std::size_t rung_of(Resource until) const;
  void go(const Trial& trial, Place& place);
  void aim(Place& place, std::size_t target);
  void halt(TrialId trial, Place& place);
  void enter(TrialId trial, Place& place, const Report* report);
  void record(const Trial& trial, Place& place, Resource reached);
  void pause(const Trial& trial, Place& place);
  void leave(TrialId trial, Place& place);

  Dead dead_;
  std::vector<Level> rungs_;
  TrialId first_ = 0;
  std::vector<Place> places_;  // by trial, from first_ on
  std::set<TrialId> short_;
};

}  // namespace hone
