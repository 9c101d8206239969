// What TPE learns from: all trials while they are few, later a bounded part that stands for all.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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
  /// `enough`: learn from the trials of one fidelity alone, the highest at which so many have a result (D_b of BOHB:
  /// Falkner, Klein, Hutter, ICML 2018, section 3.2, N_min + 2); 0: from all, those that got further first.
  Trials(const Space& space, int objectives, std::size_t most, std::size_t enough = 0)
      : space_(space), objectives_(objectives), most_(most), enough_(enough), all_(space, objectives) {}

  void tell(const Trial& trial, Change change);
  /// Is there a fidelity with enough results?
  bool ready() const { return enough_ == 0 || level_; }
  std::optional<Resource> level() const { return level_; }
  /// O(most log n) with one objective. With several ones the `front` best of the feasible trials that got furthest come
  /// first in the order of best_of_fronts(), O(n log² n).
  Known known(std::size_t front) const;
  const History& history() const { return here().history; }

 private:
  struct Data {
    Data(const Space& space, int objectives) : history(space, objectives) {}
    History history;
    std::set<std::pair<std::uint64_t, TrialId>> scattered;  // every trial, in an order that has nothing to do with it
  };
  const Data& here() const { return level_ ? levels_.at(*level_) : all_; }
  std::vector<TrialId> order(std::size_t front, Known& known) const;

  Space space_;
  int objectives_;
  std::size_t most_, enough_;
  Data all_;
  std::map<Resource, Data> levels_;  // what ended a run there, if enough_ > 0
  std::optional<Resource> level_;    // the highest with enough of them
};

}  // namespace hone
