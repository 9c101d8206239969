// Notices in the order of the launches, so that what a study decides does not depend on how long its trials take
// (`hone run --deterministic`).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "hone/executor.h"

namespace hone {

/// Only the run that was launched first of those that have not ended is heard; what others say waits until it is their
/// turn. Their slots stay taken until then.
class InOrder {
 public:
  void launched(const RunKey& key) { turns_.push_back(key); }
  /// Notices of runs that were not launched here, or whose end was given out, are dropped.
  void take(std::vector<Notice> notices);
  /// The next thing that the first one said; nothing if it is still at it.
  std::optional<Notice> next();
  /// Nothing is kept back: all that was taken has been given out.
  bool empty() const { return kept_.empty(); }

 private:
  std::deque<RunKey> turns_;
  std::map<RunKey, std::deque<Notice>> kept_;
};

}  // namespace hone
