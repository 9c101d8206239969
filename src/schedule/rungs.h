// Rungs: the fidelities at which trials are compared, and who stands where in each.
#pragma once

#include <cmath>
#include <cstdint>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
#include <optional>
#include <string>
#include <vector>

#include "hone/registry.h"
#include "hone/scheduler.h"

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

/// The loss by which algorithms with one objective compare; nan if the report has none.
double first_loss(const Report& report);

/// The loss of the first report at `level` or beyond. O(log reports)
std::optional<double> loss_at(const Trial& trial, Resource level);

/// min * eta^k for k = 0, 1, ... below `max`, and `max`.
/// REQUIRES: 1 <= min <= max, eta >= 2
std::vector<Resource> rung_levels(Resource min, Resource max, std::int64_t eta);

/// What a whole budget comes to: n_k = max(1, floor(trials / eta^k)) trials reach rung k; 0 if there is no limit.
std::vector<Bracket> rung_plan(const ScheduleInputs& inputs, std::int64_t eta);

/// The results of one rung, in order. Every call is O(log n).
class RungResults {
 public:
  RungResults(Resource level, std::int64_t eta) : level_(level), eta_(eta) {}
  void insert(RungEntry rank) { results_.insert(rank); }
  void erase(RungEntry rank) { results_.erase(rank); }
  Resource level() const { return level_; }
  std::int64_t size() const { return static_cast<std::int64_t>(results_.size()); }
  std::int64_t quota() const { return size() / eta_; }  // how many go on: floor(n / eta)
  std::int64_t place(RungEntry rank) const {
    return static_cast<std::int64_t>(results_.order_of_key(rank)) + 1;
  }  // 1: best
  bool goes_on(RungEntry rank) const { return place(rank) <= quota(); }

 private:
  Resource level_;
  std::int64_t eta_;
  __gnu_pbds::tree<RungEntry, __gnu_pbds::null_type, std::less<RungEntry>, __gnu_pbds::rb_tree_tag,
                   __gnu_pbds::tree_order_statistics_node_update>
      results_;
};

/// How the reasons given to users name rungs and losses.
class Wording {
 public:
  explicit Wording(const ScheduleInputs& inputs) : unit_(inputs.unit), maximize_(inputs.maximize) {}
  std::string rung(std::size_t index, Resource level) const;  // rung 1 (epoch 1)
  std::string fidelity(Resource at) const;                    // epoch 1
  std::string value(double loss) const;                       // in the user's direction: 0.31
  /// "rung 1 (epoch 1): 0.31 is 2nd of 9, top 3 go on"
  std::string standing(std::size_t index, const RungResults& rung, RungEntry rank) const;

 private:
  std::string unit_;
  bool maximize_;
};

/// 1st, 2nd, 3rd, 4th, 11th, 21st ...
std::string ordinal(std::int64_t n);

}  // namespace hone
