// `auto`: asha that measures which of its rungs are worth stopping at.
//
// What early results say differs from program to program: of a loss after one epoch some order the trials as the last
// epoch does, others are noise, or take as long as the whole training since the start-up costs more than the epochs. So
// every trial passes the lowest rung on its way to the second, and all later ones as asha has it; foretell.h compares the
// two orders, and a rung that does not foretell the next is passed over from then on: trials go on through it, and show,
// since they report there all the same, whether it has become of use.
//
// A rung just below the top (9 of 10) spares nothing and is left out. A command that cannot go on from a checkpoint gets
// the stopping kind. Where there is a slot for every trial nobody waits for one that is stopped, and all run to the end.
#include <memory>
#include <utility>

#include "schedule/asha.h"
#include "schedule/rows.h"

namespace hone {
namespace {

constexpr std::int64_t kEta = 3;  // asha's default

AshaRungs rungs_for(const ScheduleInputs& inputs) {
  AshaRungs rungs = all_rungs(inputs, kEta);
  rungs.judge = true;
  const std::size_t n = rungs.levels.size();
  if (n > 1 && 3 * rungs.levels[n - 2] > 2 * inputs.max) rungs.levels.erase(rungs.levels.end() - 2);
  return rungs;
}

/// With a slot for every trial all run to the end. Whether there is one is seen when it is offered: the user may want more
/// than the machine has.
class SlotForEach : public Scheduler {
 public:
  SlotForEach(std::int64_t trials, std::unique_ptr<Scheduler> whole, std::unique_ptr<Scheduler> rungs)
      : trials_(trials), whole_(std::move(whole)), rungs_(std::move(rungs)) {}

  Move next(const Offer& offer) const override {
    if (trials_ > offer.slots) return rungs_->next(offer);
    Move move = whole_->next(offer);
    if (auto* start = std::get_if<Start>(&move)) start->why = "there is a slot for each trial, so all run to the end";
    return move;
  }
  void tell(const Trial& trial, Change change) override {
    whole_->tell(trial, change);
    rungs_->tell(trial, change);
  }
  std::string standing(const Trial& trial) const override { return rungs_->standing(trial); }
  std::vector<PassedRung> passed_rungs() const override { return rungs_->passed_rungs(); }

 private:
  std::int64_t trials_;
  std::unique_ptr<Scheduler> whole_, rungs_;
};

bool slot_for_each(const ScheduleInputs& inputs) { return inputs.trials && *inputs.trials <= inputs.slots; }

/// If every rung but the lowest counts.
std::vector<Bracket> plan(const ScheduleInputs& inputs, const Options&) {
  if (slot_for_each(inputs)) return whole_plan(inputs);
  const std::vector<Resource> levels = rungs_for(inputs).levels;
  Bracket bracket{static_cast<int>(levels.size()) - 1, {}};
  std::int64_t n = inputs.trials.value_or(0);
  for (std::size_t k = 0; k < levels.size(); ++k) {
    if (k > 1) n /= kEta;
    const bool passed = k == 0 && levels.size() > 1;  // Foretell
    bracket.rungs.push_back({inputs.trials ? std::max<std::int64_t>(n, 1) : 0, levels[k], passed});
  }
  return {bracket};
}

}  // namespace

SchedulerRow auto_scheduler_row() {
  SchedulerRow row;
  row.name = "auto";
  row.cannot_go_on = stops_trials;
  row.rungs = true;
  row.doc =
      "asha that passes over rungs which do not foretell the next (rank correlation, measured as trials come by) or "
      "save "
      "no time. The default with a fidelity; none without.";
  row.paper =
      "docs/benchmarks.md; Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020; the "
      "correction "
      "of a correlation among the chosen: Thorndike, Personnel Selection, 1949";
  row.needs_fidelity = false;
  row.multi_objective = true;
  row.make = [](const ScheduleInputs& inputs, const Options&) {
    auto rungs = inputs.resumable ? make_promoting_asha(inputs, rungs_for(inputs))
                                  : make_stopping_asha(inputs, rungs_for(inputs));
    if (!slot_for_each(inputs)) return rungs;                               // never: more are not wanted
    auto whole = make_promoting_asha(inputs, {{inputs.max}, kEta, false});  // one rung
    return std::unique_ptr<Scheduler>(new SlotForEach(*inputs.trials, std::move(whole), std::move(rungs)));
  };
  row.plan = plan;
  return row;
}

}  // namespace hone
