// What an evolutionary searcher learns from at a time: trials that have ended, best first, each of them once.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "search/history.h"

namespace hone {

/// A trial counts when it first pauses or ends with something to learn from: under a scheduler with rungs that is its first
/// rung, where all are compared alike. What it reports later is not heard.
class Generation {
 public:
  explicit Generation(Space space) : space_(std::move(space)), trials_(space_) {}
  /// Where the trial stands, if it joined. O(size()).
  std::optional<Standing> tell(const Trial& trial, Change change);
  std::size_t size() const { return trials_.ranked().size(); }
  const std::set<Standing>& ranked() const { return trials_.ranked(); }
  const std::vector<double>& point(TrialId id) const { return trials_.point(id); }
  void clear() { trials_ = History(space_); }

 private:
  Space space_;
  History trials_;
  std::vector<char> counted_;  // by id
};

}  // namespace hone
