// What the Gaussian process searcher has been told, as the rows of its models.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "hone/searcher.h"

namespace hone {

/// A function of the last tell of each trial: late, doubled and reordered tells of different trials end in the same
/// state.
class GpData {
 public:
  struct Entry {
    enum class Kind { Nothing, Pending, Result, Bad };  // Bad: failed, or ended without a finite loss
    Kind kind = Kind::Nothing;
    std::vector<double> point;  // of Space::encode
    Resource at = 0;            // Result: of the furthest report ...
    std::vector<double> loss, excess;
  };

  GpData(Space space, int objectives, int outcomes)
      : space_(std::move(space)),
        objectives_(static_cast<std::size_t>(objectives)),
        outcomes_(static_cast<std::size_t>(outcomes)) {}

  void tell(const Trial& trial, Change change);

  const std::map<TrialId, Entry>& entries() const { return entries_; }
  std::size_t outcomes() const { return outcomes_; }
  std::size_t results() const { return results_; }
  std::size_t bad() const { return bad_; }
  Resource furthest() const { return levels_.empty() ? 1 : levels_.rbegin()->first; }
  bool several_levels() const { return levels_.size() > 1; }

 private:
  void count(const Entry& entry, int by);

  Space space_;
  std::size_t objectives_, outcomes_;
  std::map<TrialId, Entry> entries_;
  std::map<Resource, int> levels_;  // of the results: how many have it as their furthest
  std::size_t results_ = 0, bad_ = 0;
};

}  // namespace hone
