// The rows of the scheduler registry, each made in its algorithm's file.
#pragma once

#include <vector>

#include "hone/registry.h"

namespace hone {

SchedulerRow asha_row();
SchedulerRow asyncband_row();
SchedulerRow hyperband_row();
SchedulerRow median_row();
SchedulerRow none_row();
SchedulerRow percentile_row();
SchedulerRow plateau_row();
SchedulerRow sh_row();
SchedulerRow threshold_row();

OptionRow eta_option();
OptionRow startup_option();

/// One bracket with one rung: every trial may run to the highest fidelity.
std::vector<Bracket> whole_plan(const ScheduleInputs& inputs);

}  // namespace hone
