// What a model-based searcher knows: every trial in the unit cube, best first, kept in order as tells arrive.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "hone/searcher.h"

namespace hone {

/// By how much the outcome constraints are broken: the sum of the positive `excess`; infinite if one is unknown.
double violation(const Report& report);

/// Best first: finite losses, further trials before less far ones, feasible before infeasible, then the loss. Losses of
/// different `at` are never compared; of several objectives `loss` says nothing and is 0. Then what ended without a
/// finite loss, then failures. Ties by id.
struct Standing {
  enum class Tier { Loss, Missing, Failed };
  Tier tier = Tier::Loss;
  Resource at = 0;
  double violation = 0, loss = 0;
  TrialId id = 0;

  friend bool operator<(const Standing& a, const Standing& b);
};

/// A function of the last tell of each trial: late, doubled and reordered tells of different trials end in the same
/// state.
class History {
 public:
  explicit History(Space space, int objectives = 1) : space_(std::move(space)), objectives_(objectives) {}

  /// A trial without a report counts as pending until it ends. One whose machine was lost counts by its reports, or not
  /// at all. O(log n + d).
  void tell(const Trial& trial, Change change);

  const std::set<Standing>& ranked() const { return ranked_; }
  std::size_t with_loss() const { return with_loss_; }  // of ranked(): those of Tier::Loss
  const std::set<TrialId>& pending() const { return pending_; }
  const std::vector<double>& point(TrialId id) const { return entries_.at(id).point; }
  /// Of its last report. REQUIRES: rank(id) is of Tier::Loss
  const Report& report(TrialId id) const { return entries_.at(id).last; }
  /// None if the trial is pending, or nothing is to be learnt from it.
  const Standing* rank(TrialId id) const {
    const auto found = entries_.find(id);
    return found == entries_.end() || !found->second.rank ? nullptr : &*found->second.rank;
  }

 private:
  struct Entry {
    std::vector<double> point;
    Report last;
    std::optional<Standing> rank;
  };
  Space space_;
  int objectives_;
  std::map<TrialId, Entry> entries_;
  std::set<Standing> ranked_;
  std::set<TrialId> pending_;
  std::size_t with_loss_ = 0;
};

}  // namespace hone
