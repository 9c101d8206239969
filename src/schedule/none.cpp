// No scheduler: every trial runs to the highest fidelity.
#include <memory>

#include "schedule/rows.h"

namespace hone {
namespace {

class None : public Scheduler {
 public:
  explicit None(Resource max) : max_(max) {}

  Move next(const Offer& offer) const override {
    if (offer.free_slots <= 0) return Wait{"no slot is free"};
    if (!offer.can_start) return Wait{"no new trial may start"};
    return whole_run(max_);
  }
  void tell(const Trial&, Change) override {}

 private:
  Resource max_;
};

}  // namespace

SchedulerRow none_row() {
  SchedulerRow row;
  row.name = "none";
  row.levels = true;
  row.pauses = false;
  row.doc = "Runs every trial to the end. For objectives without a fidelity, or where early results say little.";
  row.paper = "";
  row.needs_fidelity = false;
  row.multi_objective = true;
  row.make = [](const ScheduleInputs& inputs, const Options&) { return std::make_unique<None>(inputs.max); };
  row.plan = [](const ScheduleInputs& inputs, const Options&) { return whole_plan(inputs); };
  return row;
}

Start whole_run(Resource max) {
  Start start;
  start.until = max;
  start.exact = false;  // a searcher may take cheaper looks
  start.why = "a slot is free";
  return start;
}

std::vector<Bracket> whole_plan(const ScheduleInputs& inputs) {
  return {Bracket{0, {Rung{inputs.trials.value_or(0), inputs.max}}}};
}

}  // namespace hone
