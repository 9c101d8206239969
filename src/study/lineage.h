// Trials that begin where others were: population-based training.
#pragma once

#include <vector>

#include "hone/spec.h"
#include "hone/trial.h"
#include "space/course.h"

namespace hone {

/// Does its scheduler start trials from the checkpoints of trials that go on? Then those must be kept aside.
bool hands_on_checkpoints(const StudySpec& spec);
/// Does it start trials from others' checkpoints at all?
bool inherits_checkpoints(const StudySpec& spec);

/// The fidelity of the checkpoint that the trial's latest run that ended well has left; 0: there is none. Of one that runs, that
/// is the one which its run began with.
Resource own_checkpoint(const Trial& trial);
/// Is the run that is to leave this checkpoint still ending? Then nobody may begin with it yet.
bool still_written(const std::vector<Trial>& trials, const Checkpoint& checkpoint);
/// From where the trial's current run goes on: its own checkpoint or its donor's.
Resource begins_at(const Trial& trial);

/// The configurations that the training of a trial went through, from the first of its line on.
std::vector<CourseStep> course_of(const std::vector<Trial>& trials, TrialId trial);

}  // namespace hone
