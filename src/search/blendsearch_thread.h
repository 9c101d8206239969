// What blendsearch keeps of a thread, global or local, to say which one goes on.
#pragma once

#include <map>

#include "search/flow2_result.h"

namespace hone {

/// Wang, Wu, Huang, Saied, ICLR 2021, section 3.2: how fast a thread has improved per cost, and what that promises.
class ThreadRecord {
 public:
  ThreadRecord() = default;
  /// A thread that begins at a result for which it has not paid.
  explicit ThreadRecord(const LocalResult& start) : best_(start) {}

  /// News of a trial of this thread. `cost`: what it has spent up to now.
  void add(TrialId id, Seconds cost, const LocalResult& result);

  const LocalResult& best() const { return best_; }
  /// Loss per cost, over the last two improvements and the time since; 0 if it has not improved.
  double speed() const;
  /// Estimated cost for improvement over `target`, at `speed`.
  double cost_to_improve(const LocalResult& target, double speed) const;

 private:
  std::map<TrialId, double> paid_;
  double total_ = 0, paid_best_ = 0, paid_second_ = 0;  // up to now, to the best and to the one before
  LocalResult best_;
  double gain_ = 0;  // of the best over the one before
};

}  // namespace hone
