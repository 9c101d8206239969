// What median, percentile, threshold and plateau share: every trial is started for the highest fidelity, and a rule looks at
// each report. threshold and plateau look at the loss alone, also where there are outcome constraints: they hold a trial against
// limits and against itself, never against another.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hone/registry.h"
#include "schedule/rungs.h"

namespace hone {

class Stopper : public Scheduler {
 public:
  explicit Stopper(const ScheduleInputs& inputs, const Options& options);
  Move next(const Offer& offer) const override;
  void tell(const Trial& trial, Change change) override;

 protected:
  /// A report beyond those seen before; in order. `running`: a verdict would have an effect. One of the two is overridden:
  /// the second by what needs the loss alone.
  virtual std::optional<std::string> look(TrialId trial, const Report& fresh, bool running) {
    return report(trial, fresh.at, first_loss(fresh), running);
  }
  virtual std::optional<std::string> report(TrialId, Resource /*at*/, double /*loss*/, bool /*running*/) { return {}; }

  Wording wording_;
  Resource max_;
  Resource grace_;  // nothing is stopped before

 private:
  std::vector<Resource> seen_;  // by trial: up to where it has reported
  std::map<TrialId, std::string> verdicts_;
};

std::optional<double> given_float(const Options& options, const std::string& name);

/// Stops a trial whose best loss so far is worse than a quantile of the others' losses at that point. One that is infeasible
/// there is worse than all that are feasible; among infeasible ones it is the violation that is compared.
struct QuantileRule {
  enum class Of { Means, Values };
  Of of = Of::Means;       // of all losses so far, or the loss at that point
  double share = 0.5;      // of the others that may be better
  std::int64_t least = 5;  // others
};
std::unique_ptr<Scheduler> make_quantile(const ScheduleInputs& inputs, const Options& options, QuantileRule rule);

}  // namespace hone
