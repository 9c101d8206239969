// What local searchers know of a trial: its losses by fidelity, to be compared where two trials have both been.
#pragma once

#include <utility>
#include <vector>

#include "hone/searcher.h"

namespace hone {

class LocalResult {
 public:
  LocalResult() = default;  // nothing known
  LocalResult(const Trial& trial, Change change);

  /// Its run has come as far as was asked, or ended: time to say whether the step was good.
  bool judged() const { return judged_; }
  /// Ended with nothing to learn from: the machine was lost.
  bool lost() const { return lost_; }
  /// Has a finite loss, and did not fail.
  bool known() const { return !marks_.empty(); }
  /// How much lower this loss is at the furthest fidelity that both have reported; 0 if there is none.
  double gain_over(const LocalResult& other) const;
  Seconds cost() const { return cost_; }

  /// At the furthest fidelity that both have reported; without one the one that came further. Breaking fewer outcome
  /// constraints comes first. Neither is better in a tie.
  friend bool better(const LocalResult& a, const LocalResult& b);

 private:
  struct Mark {
    Resource at;
    double violation, loss;
  };
  /// The last marks of both at the same fidelity; null if there are none.
  static std::pair<const Mark*, const Mark*> common(const LocalResult& a, const LocalResult& b);

  std::vector<Mark> marks_;  // finite losses, increasing `at`
  Seconds cost_ = 0;
  bool judged_ = false, lost_ = false;
};

}  // namespace hone
