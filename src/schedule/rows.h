// The rows of the scheduler registry, each made in its algorithm's file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hone/registry.h"

namespace hone {

SchedulerRow asha_row();
SchedulerRow asyncband_row();
SchedulerRow auto_scheduler_row();
SchedulerRow bohb_row();
SchedulerRow curve_row();
SchedulerRow dehb_row();
SchedulerRow hyperband_row();
SchedulerRow median_row();
SchedulerRow none_row();
SchedulerRow pb2_row();
SchedulerRow pbt_replay_row();
SchedulerRow pbt_row();
SchedulerRow percentile_row();
SchedulerRow plateau_row();
SchedulerRow sh_row();
SchedulerRow threshold_row();

// Options that several rows have.
OptionRow eta_option();
/// No trial is stopped or compared before this fidelity; its min if it is not given.
OptionRow grace_option();
OptionRow startup_option();
OptionRow stop_option();  // of asha and what holds some

// What rows do where the command cannot go on, whatever their options.
SchedulerRow::CannotGoOn stops_trials(const Options&);
SchedulerRow::CannotGoOn starts_over(const Options&);

/// Of one whose default the algorithm decides.
std::optional<std::int64_t> given_int(const Options& options, const std::string& name);

/// With the rungs beginning at `grace`.
ScheduleInputs after_grace(ScheduleInputs inputs, const Options& options);

/// A new trial that may run to the highest fidelity.
Start whole_run(Resource max);
/// One bracket with one rung: every trial may run to the highest fidelity.
std::vector<Bracket> whole_plan(const ScheduleInputs& inputs);

}  // namespace hone
