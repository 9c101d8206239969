// The best trials that a searcher with several objectives knows, ranked as NSGA-II does, kept up to date by each tell.
#pragma once

#include <cstddef>
#include <vector>

#include "hone/searcher.h"

namespace hone {

struct Member {
  TrialId id = 0;
  Resource at = 0;
  std::vector<double> point;  // Space::encode: NaN where inactive
  std::vector<double> losses, excess;
  double violation = 0;  // of the outcome constraints, each in units of the population's worst; 0: feasible
  int rank = 0;          // nondominated rank among those as far and as feasible
  double crowding = 0;
};

/// At most `size` trials with finite losses. Best first: further trials before less far ones (losses of different `at`
/// are never compared), then by constraint domination (Deb et al. 2002, VI): feasible ones by rank and crowding
/// distance, the others by violation. As many objectives as the trials have. Younger trials win ties, so that a plateau
/// is walked along. Whoever does not fit in is forgotten until its next report; failed trials are never in it.
class Population {
 public:
  Population(Space space, std::size_t size) : space_(std::move(space)), size_(size) {}

  /// O(m log² m) for m = size and up to three objectives, however many trials there are.
  void tell(const Trial& trial, Change change);

  const std::vector<Member>& members() const { return members_; }
  std::size_t size() const { return size_; }  // at most
  /// Of members(): the feasible ones of rank 0 that are as far as the best.
  std::size_t front_size() const;

 private:
  void sort();
  void in_order();
  void measure_violations();

  Space space_;
  std::size_t size_;
  std::vector<Member> members_;
};

}  // namespace hone
