// DEHB: Awad, Mallik, Hutter, "DEHB: Evolutionary Hyperband for Scalable, Robust and Efficient Hyperparameter Optimization",
// IJCAI 2021. A recipe: Hyperband's brackets here, and for the proposals de, which has a population for each fidelity
// (search/de.cpp) and which a study without a searcher of its own gets (settle_algorithms).
//
// The very first bracket is successive halving of configurations drawn at random; in all others every rung is filled with new
// trials, whose parents are the best of the population below, so that nobody is resumed; the first rung of a bracket evolves by
// itself. Where a rung waits for its last trials the next bracket begins: no slot idles. `Breed` tells de which it is.
//
// Where we differ: "at random" is de's opening, scrambled Sobol points from the middle of the space on (the paper: uniform).
// The authors' program (1.0 to 0.1) promotes in all brackets of the first round, the paper in the first only: we follow the paper.
//
// On recorded curves (bench/curves --policies auto/dehb, 6 seeds) this has 0.695/0.376/0.247/0.151 of regret after 3/10/30/100 full
// trainings on TaskSet and 2.222/0.715/0.175/0.095 on LCBench; that of a population of a twelfth of the trials at every
// fidelity, with half of the children from below at any rung, was 0.758/0.339/0.219/0.130 and 2.244/0.747/0.148/0.081.
#include "schedule/halving.h"
#include "schedule/rows.h"

namespace hone {

SchedulerRow dehb_row() {
  SchedulerRow row;
  row.name = "dehb";
  row.rungs = true;
  row.cannot_go_on = starts_over;  // in the first bracket
  row.doc =
      "Hyperband's brackets whose rungs are filled by differential evolution instead of promotions. The searcher is "
      "de, "
      "with several objectives nsga2, unless the study names another.";
  row.paper =
      "Awad, Mallik, Hutter, DEHB: Evolutionary Hyperband for Scalable, Robust and Efficient Hyperparameter "
      "Optimization, "
      "IJCAI 2021";
  row.multi_objective = true;
  row.options = {eta_option()};
  row.make = [](const ScheduleInputs& inputs, const Options& options) {
    std::int64_t eta = option_int(options, "eta");
    return make_halving(inputs, eta, hyperband_shapes(inputs, eta), Filling::Evolve);
  };
  row.plan = [](const ScheduleInputs& inputs, const Options& options) {
    std::int64_t eta = option_int(options, "eta");
    return evolving_plan(inputs, eta, hyperband_shapes(inputs, eta));
  };
  return row;
}

}  // namespace hone
