// Percentile stopping rule, as in Optuna (Akiba, Sano, Yanase, Ohta, Koyama, "Optuna: A Next-generation Hyperparameter
// Optimization Framework", KDD 2019, PercentilePruner): median.cpp's rule with another share, and against the others'
// results at the very step instead of their averages up to it, so that it is the stricter one.
#include "schedule/rows.h"
#include "schedule/stopper.h"

namespace hone {

SchedulerRow percentile_row() {
  SchedulerRow row;
  row.name = "percentile";
  row.pauses = false;
  row.doc =
      "Stops a trial whose best result so far is not among the best so many percent of the others' at that point.";
  row.paper = "Akiba et al., Optuna: A Next-generation Hyperparameter Optimization Framework, KDD 2019";
  row.options = {
      {"percentile", OptionRow::Type::Float, 25.0, 0, 100, {}, "so many percent go on"},
      grace_option(),
      startup_option(),
  };
  row.make = [](const ScheduleInputs& inputs, const Options& options) {
    return make_quantile(
        inputs, options,
        {QuantileRule::Of::Values, option_float(options, "percentile") / 100, option_int(options, "startup")});
  };
  row.plan = [](const ScheduleInputs& inputs, const Options&) { return whole_plan(inputs); };
  return row;
}

}  // namespace hone
