// What TPE learns from: all trials while they are few, later a bounded part that stands for all.
#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "search/history.h"
#include "search/parzen.h"

namespace hone {

/// Best first; then what has no finite loss, then failures, then the pending trials. A trial that stands for others has
/// a weight above one.
struct Known {
  std::vector<WeightedPoint> points;
  std::vector<TrialId> ids;
  std::size_t with_loss = 0, ended = 0;  // of points
  std::size_t trials = 0, pending = 0;   // all of them: ended, pending
};

class Trials {
 public:
  /// At most `most` ended trials are handed out: half of them the best, half drawn from the others by a hash of their
  /// ids, each with the weight of those that it stands for. All of them if there are no more than `most`.
  Trials(const Space& space, int objectives, std::size_t most)
      : history_(space, objectives), objectives_(objectives), most_(most) {}

  void tell(const Trial& trial, Change change);
  /// O(most log n) with one objective. With several ones the `front` best of the feasible trials that got furthest come
  /// first in the order of best_of_fronts(), O(n log² n).
  Known known(std::size_t front) const;
  const History& history() const { return history_; }

 private:
  std::vector<TrialId> order(std::size_t front, Known& known) const;

  History history_;
  int objectives_;
  std::size_t most_;
  std::set<std::pair<std::uint64_t, TrialId>> scattered_;  // every trial, in an order that has nothing to do with it
};

}  // namespace hone
