// BOHB: Falkner, Klein, Hutter, "BOHB: Robust and Efficient Hyperparameter Optimization at Scale", ICML 2018. A recipe: Hyperband
// here, and for the proposals tpe with `rung` (section 3.2: the density model of the highest budget with N_min + 2 results)
// and `random: 1/3` (algorithm 2, line 1), which a study without a searcher of its own gets (settle_algorithms). `async` is
// asynchronous Hyperband instead, as in Klein et al., arXiv:2003.10865, 2020.
#include "schedule/asyncband.h"
#include "schedule/halving.h"
#include "schedule/rows.h"
#include "space/option_rows.h"

namespace hone {

SchedulerRow bohb_row() {
  constexpr std::int64_t kAll = 100;  // brackets
  SchedulerRow row;
  row.name = "bohb";
  row.cannot_go_on = [](const Options& options) {
    return option_bool(options, "async") ? stops_trials(options) : starts_over(options);
  };
  row.levels = true;
  row.rungs = true;
  row.doc =
      "Hyperband whose configurations come from densities of the highest rung with enough results. The searcher is tpe "
      "unless the study names another.";
  row.paper = "Falkner, Klein, Hutter, BOHB: Robust and Efficient Hyperparameter Optimization at Scale, ICML 2018";
  row.multi_objective = true;
  row.options = {
      eta_option(),
      yes_no("async", false, "all brackets at once, as asyncband; no slot waits for a rung"),
  };
  row.make = [](const ScheduleInputs& inputs, const Options& options) {
    std::int64_t eta = option_int(options, "eta");
    if (option_bool(options, "async")) return make_asyncband(inputs, eta, kAll, false);
    return make_halving(inputs, eta, hyperband_shapes(inputs, eta));
  };
  row.plan = [](const ScheduleInputs& inputs, const Options& options) {
    std::int64_t eta = option_int(options, "eta");
    if (option_bool(options, "async")) return asyncband_plan(inputs, eta, kAll);
    return halving_plan(inputs, eta, hyperband_shapes(inputs, eta));
  };
  return row;
}

}  // namespace hone
