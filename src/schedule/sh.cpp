// The rows of synchronous successive halving and of Hyperband; halving.cpp has the algorithm.
#include <algorithm>

#include "schedule/halving.h"
#include "schedule/rows.h"

namespace hone {

OptionRow eta_option() {
  return {"eta", OptionRow::Type::Int, std::int64_t{3}, 2, 10, {}, "one of so many goes on from each rung"};
}

OptionRow grace_option() {
  return {"grace",
          OptionRow::Type::Int,
          std::monostate{},
          1,
          1e12,
          {},
          "no trial is stopped or compared before this fidelity; default: its min"};
}

std::optional<std::int64_t> given_int(const Options& options, const std::string& name) {
  const auto found = options.find(name);
  const auto* given = found == options.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
  return given ? std::optional(*given) : std::nullopt;
}

ScheduleInputs after_grace(ScheduleInputs inputs, const Options& options) {
  if (const auto grace = given_int(options, "grace")) inputs.min = std::clamp(*grace, inputs.min, inputs.max);
  return inputs;
}

SchedulerRow::CannotGoOn stops_trials(const Options&) { return SchedulerRow::CannotGoOn::Stops; }
SchedulerRow::CannotGoOn starts_over(const Options&) { return SchedulerRow::CannotGoOn::StartsOver; }

SchedulerRow sh_row() {
  SchedulerRow row;
  row.name = "sh";
  row.cannot_go_on = starts_over;
  row.levels = true;
  row.rungs = true;
  row.doc =
      "Successive halving: n trials for little, the best 1/eta of each full rung for more. Slots idle while a rung "
      "waits "
      "for its last trials; asha does not let them.";
  row.paper =
      "Jamieson, Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter Optimization, AISTATS 2016";
  row.multi_objective = true;
  row.options = {
      eta_option(),
      {"n",
       OptionRow::Type::Int,
       std::int64_t{0},
       0,
       1e9,
       {},
       "trials that begin a bracket; 0: so many that one is left at the top, eta^(rungs - 1)"},
  };
  const auto shapes = [](const ScheduleInputs& inputs, const Options& options) {
    return halving_shapes(inputs, option_int(options, "eta"), option_int(options, "n"));
  };
  row.make = [shapes](const ScheduleInputs& inputs, const Options& options) {
    return make_halving(inputs, option_int(options, "eta"), shapes(inputs, options));
  };
  row.plan = [shapes](const ScheduleInputs& inputs, const Options& options) {
    return halving_plan(inputs, option_int(options, "eta"), shapes(inputs, options));
  };
  return row;
}

SchedulerRow hyperband_row() {
  SchedulerRow row;
  row.name = "hyperband";
  row.cannot_go_on = starts_over;
  row.levels = true;
  row.rungs = true;
  row.doc =
      "Successive halving in brackets that begin at every rung in turn, for when it is not known how much early "
      "results "
      "say.";
  row.paper =
      "Li et al., Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization, ICLR 2017 and JMLR 18, 2018";
  row.multi_objective = true;
  row.options = {eta_option()};
  row.make = [](const ScheduleInputs& inputs, const Options& options) {
    std::int64_t eta = option_int(options, "eta");
    return make_halving(inputs, eta, hyperband_shapes(inputs, eta));
  };
  row.plan = [](const ScheduleInputs& inputs, const Options& options) {
    std::int64_t eta = option_int(options, "eta");
    return halving_plan(inputs, eta, hyperband_shapes(inputs, eta));
  };
  return row;
}

}  // namespace hone
