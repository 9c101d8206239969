// Rungs: the fidelities at which trials are compared, and who stands where in each.
#pragma once

#include <cmath>
#include <cstdint>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hone/registry.h"
#include "hone/scheduler.h"
#include "schedule/fronts.h"

namespace hone {

/// By how much a report breaks the outcome constraints: the sum of its positive `excess`. An unknown one counts as the least
/// breach that there is: nobody is taken for feasible who is not known to be, who is seen to break one comes later, and where
/// all are alike, since the metric comes at the end, the others and the loss decide.
double violation_so_far(const Report& report);
/// Seen to break one, not only unknown.
inline bool is_broken(double violation) { return violation >= std::numeric_limits<double>::min(); }

/// A result among others: nan is last; feasible ones come before infeasible ones, these by their violation (Deb et al.,
/// NSGA-II, 2002, section VI); then the lower loss; ties by trial.
struct RungEntry {
  double loss = 0;
  TrialId trial = 0;
  double violation = 0;  // never nan
};
inline bool operator<(const RungEntry& a, const RungEntry& b) {
  if (std::isnan(a.loss) != std::isnan(b.loss)) return std::isnan(b.loss);
  if (a.violation != b.violation) return a.violation < b.violation;
  if (a.loss < b.loss || b.loss < a.loss) return a.loss < b.loss;
  return a.trial < b.trial;
}

/// In order, with order_of_key() and find_by_order() in O(log n).
using Ranking = __gnu_pbds::tree<RungEntry, __gnu_pbds::null_type, std::less<RungEntry>, __gnu_pbds::rb_tree_tag,
                                 __gnu_pbds::tree_order_statistics_node_update>;

/// The loss by which algorithms with one objective compare; nan if the report has none.
double first_loss(const Report& report);
/// Null: nothing is known of it, so that it is the worst.
RungEntry rung_entry(TrialId trial, const Report* report);

/// The first report at `level` or beyond; null if there is none. O(log reports)
const Report* report_at(const Trial& trial, Resource level);

/// min * eta^k for k = 0, 1, ... below `max`, and `max`.
/// REQUIRES: 1 <= min <= max, eta >= 2
std::vector<Resource> rung_levels(Resource min, Resource max, std::int64_t eta);

/// What a whole budget comes to: n_k = max(1, floor(trials / eta^k)) trials reach rung k; 0 if there is no limit.
std::vector<Bracket> rung_plan(const ScheduleInputs& inputs, std::int64_t eta);

/// The results of one rung, in order, and which of them wait for a promotion. Every call is O(log n) with one objective.
/// Several are ordered by violation, then by non-dominated rank, within a rank by crowding (Fronts): constrained
/// domination, since no two whose violations differ share a rank.
class RungResults {
 public:
  RungResults(Resource level, std::int64_t eta, int objectives = 1)
      : level_(level), eta_(eta), objectives_(static_cast<std::size_t>(objectives)) {}
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
  std::int64_t size() const { return static_cast<std::int64_t>(results_.size()); }
  std::int64_t quota() const { return size() / eta_; }  // how many go on: floor(n / eta)
  std::int64_t place(RungEntry rank) const;             // 1: best
  bool goes_on(RungEntry rank) const { return place(rank) <= quota(); }
  /// Of those with its violation; null with one objective.
  const Fronts* fronts(RungEntry rank) const { return several() ? &fronts_.at(rank.violation) : nullptr; }

 private:
  bool several() const { return objectives_ > 1; }
  /// Where it stands but for its losses, if there are several.
  RungEntry key(RungEntry rank) const { return several() ? RungEntry{0, rank.trial, rank.violation} : rank; }

  Resource level_;
  std::int64_t eta_;
  std::size_t objectives_;
  Ranking results_;                  // by key
  std::set<RungEntry> waiting_;      // by key
  std::map<double, Fronts> fronts_;  // by violation, with several objectives
};

/// How the reasons given to users name rungs and losses.
class Wording {
 public:
  explicit Wording(const ScheduleInputs& inputs) : unit_(inputs.unit), maximize_(inputs.maximize) {}
  std::string rung(std::size_t index, Resource level) const;  // rung 1 (epoch 1)
  std::string fidelity(Resource at) const;                    // epoch 1
  std::string value(double loss) const;                       // in the user's direction: 0.31
  std::string value(double loss, double violation) const;     // 0.31 (infeasible by 0.2)
  /// "0.31 is 2nd of 9"; "front 2 of 4, 5th of 9" with several objectives; "infeasible by 0.2, 7th of 9"
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
