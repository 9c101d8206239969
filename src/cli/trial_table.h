// A study's trials as a table, CSV, or JSON; written as they come, so that a study of any size needs little memory.
#pragma once

#include <cstdio>

#include "cli/view.h"
#include "run/checkpoints.h"

namespace hone {

/// One list. A trial for which a checkpoint was copied has "copies": what that took.
void print_trials_json(const StudyView& study, const std::vector<TrialId>& ids,
                       const std::vector<CheckpointCopy>& copies, std::FILE* out);
void print_trials_json_lines(const StudyView& study, const std::vector<TrialId>& ids, std::FILE* out);  // one a line
void print_trials_csv(const StudyView& study, const std::vector<TrialId>& ids, std::FILE* out);
void print_trials_table(const StudyView& study, const std::vector<TrialId>& ids, std::FILE* out);

/// All in order, or the `top` best ones.
std::vector<TrialId> chosen_trials(const StudyView& study, std::optional<std::int64_t> top);

}  // namespace hone
