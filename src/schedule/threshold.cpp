// Threshold rule, as in Optuna (ThresholdPruner): a trial ends as soon as it reports a value outside of what can become
// anything, or one that is no number.
#include <fmt/format.h>

#include <cmath>

#include "schedule/rows.h"
#include "schedule/stopper.h"

namespace hone {
namespace {

class Threshold : public Stopper {
 public:
  Threshold(const ScheduleInputs& inputs, const Options& options)
      : Stopper(inputs, options),
        sign_(inputs.maximize ? -1 : 1),
        lower_(given_float(options, "lower")),
        upper_(given_float(options, "upper")) {}

 protected:
  std::optional<std::string> report(TrialId, Resource at, double loss, bool) override {
    const double value = sign_ * loss;
    if (std::isnan(value)) return fmt::format("no number at {}", wording_.fidelity(at));
    if (lower_ && value < *lower_) return said(loss, at, "below the lower", *lower_);
    if (upper_ && value > *upper_) return said(loss, at, "above the upper", *upper_);
    return std::nullopt;
  }

 private:
  std::string said(double loss, Resource at, const char* where, double limit) const {
    return fmt::format("{} at {} is {} limit {:g}", wording_.value(loss), wording_.fidelity(at), where, limit);
  }
  double sign_;
  std::optional<double> lower_, upper_;
};

}  // namespace

SchedulerRow threshold_row() {
  SchedulerRow row;
  row.name = "threshold";
  row.pauses = false;
  row.doc = "Stops a trial that reports a value outside of given limits, or none that is a number.";
  row.paper = "Akiba et al., Optuna: A Next-generation Hyperparameter Optimization Framework, KDD 2019";
  row.options = {
      {"lower", OptionRow::Type::Float, std::monostate{}, -1e300, 1e300, {}, "a value below it stops the trial"},
      {"upper", OptionRow::Type::Float, std::monostate{}, -1e300, 1e300, {}, "a value above it stops the trial"},
      grace_option(),
  };
  row.make = [](const ScheduleInputs& inputs, const Options& options) {
    return std::make_unique<Threshold>(inputs, options);
  };
  row.plan = [](const ScheduleInputs& inputs, const Options&) { return whole_plan(inputs); };
  return row;
}

}  // namespace hone
