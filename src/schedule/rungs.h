// Rungs: the fidelities at which trials are compared, and who stands where in each.
#pragma once

#include <cmath>
#include <cstdint>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hone/registry.h"
#include "hone/scheduler.h"
#include "schedule/fronts.h"

namespace hone {

/// A loss among others: lower is better, nan is last, ties by trial.
struct RungEntry {
  double loss = 0;
  TrialId trial = 0;
};
inline bool operator<(const RungEntry& a, const RungEntry& b) {
  if (std::isnan(a.loss) != std::isnan(b.loss)) return std::isnan(b.loss);
  if (a.loss < b.loss || b.loss < a.loss) return a.loss < b.loss;
  return a.trial < b.trial;
}

/// In order, with order_of_key() and find_by_order() in O(log n).
using Ranking = __gnu_pbds::tree<RungEntry, __gnu_pbds::null_type, std::less<RungEntry>, __gnu_pbds::rb_tree_tag,
                                 __gnu_pbds::tree_order_statistics_node_update>;

/// The loss by which algorithms with one objective compare; nan if the report has none.
double first_loss(const Report& report);

/// The first report at `level` or beyond; null if there is none. O(log reports)
const Report* report_at(const Trial& trial, Resource level);

/// min * eta^k for k = 0, 1, ... below `max`, and `max`.
/// REQUIRES: 1 <= min <= max, eta >= 2
std::vector<Resource> rung_levels(Resource min, Resource max, std::int64_t eta);

/// What a whole budget comes to: n_k = max(1, floor(trials / eta^k)) trials reach rung k; 0 if there is no limit.
std::vector<Bracket> rung_plan(const ScheduleInputs& inputs, std::int64_t eta);

/// The results of one rung, in order, and which of them wait for a promotion. Every call is O(log n) with one objective.
/// Several are ordered by non-dominated rank, within a rank by crowding (Fronts).
class RungResults {
 public:
  RungResults(Resource level, std::int64_t eta, int objectives = 1) : level_(level), eta_(eta) {
    if (objectives > 1) fronts_.emplace(static_cast<std::size_t>(objectives));
  }
  /// `report`: where all its losses are; null: not known, so last.
  void insert(RungEntry rank, const Report* report);
  void erase(RungEntry rank);
  /// Something else was reported than what `old` was made of. It waits if it did.
  void replace(RungEntry old, RungEntry now, const Report* report);
  void wait(RungEntry rank);
  void go_on(RungEntry rank);  // or ended: it waits no more
  std::optional<RungEntry> first_waiting() const;
  /// The first of those whom the offer lets move; with several objectives none if that is not the first of all.
  std::optional<RungEntry> first_waiting(const Offer& offer) const;

  Resource level() const { return level_; }
  std::int64_t size() const { return fronts_ ? fronts_->size() : static_cast<std::int64_t>(results_.size()); }
  std::int64_t quota() const { return size() / eta_; }  // how many go on: floor(n / eta)
  std::int64_t place(RungEntry rank) const;             // 1: best
  bool goes_on(RungEntry rank) const { return place(rank) <= quota(); }
  const Fronts* fronts() const { return fronts_ ? &*fronts_ : nullptr; }

 private:
  Resource level_;
  std::int64_t eta_;
  Ranking results_;
  std::set<RungEntry> waiting_;
  std::optional<Fronts> fronts_;  // then the two above are empty
};

/// How the reasons given to users name rungs and losses.
class Wording {
 public:
  explicit Wording(const ScheduleInputs& inputs) : unit_(inputs.unit), maximize_(inputs.maximize) {}
  std::string rung(std::size_t index, Resource level) const;  // rung 1 (epoch 1)
  std::string fidelity(Resource at) const;                    // epoch 1
  std::string value(double loss) const;                       // in the user's direction: 0.31
  /// "0.31 is 2nd of 9"; "front 2 of 4, 5th of 9" with several objectives
  std::string place(const RungResults& rung, RungEntry rank) const;
  /// "rung 1 (epoch 1): 0.31 is 2nd of 9, top 3 go on"
  std::string standing(std::size_t index, const RungResults& rung, RungEntry rank, std::int64_t quota) const;

 private:
  std::string unit_;
  bool maximize_;
};

/// 1st, 2nd, 3rd, 4th, 11th, 21st ...
std::string ordinal(std::int64_t n);

}  // namespace hone
