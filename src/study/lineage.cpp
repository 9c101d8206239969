#include "study/lineage.h"

#include <algorithm>

#include "hone/registry.h"

namespace hone {
namespace {

using Checkpoints = SchedulerRow::Checkpoints;

Checkpoints checkpoints_of(const StudySpec& spec) {
  const SchedulerRow* row = find_scheduler(spec.scheduler.name);
  return row ? row->checkpoints : Checkpoints::Own;
}

}  // namespace

bool hands_on_checkpoints(const StudySpec& spec) { return checkpoints_of(spec) == Checkpoints::HandedOn; }
bool inherits_checkpoints(const StudySpec& spec) { return checkpoints_of(spec) != Checkpoints::Own; }

Resource own_checkpoint(const Trial& trial) {
  std::size_t reports = trial.reports.size();
  if (trial.phase == Phase::Running || trial.phase == Phase::Waiting)
    reports = trial.legs.empty() ? 0 : trial.legs.back().reports;
  return reports == 0 ? 0 : trial.reports[reports - 1].at;
}

bool still_written(const std::vector<Trial>& trials, const Checkpoint& checkpoint) {
  const Trial& donor = trials[static_cast<std::size_t>(checkpoint.trial)];
  const bool resting = donor.phase != Phase::Running && donor.phase != Phase::Waiting;
  return donor.live && resting && own_checkpoint(donor) == checkpoint.at;
}

Resource begins_at(const Trial& trial) {
  const Resource own = trial.legs.empty() ? 0 : trial.reports[trial.legs.back().reports - 1].at;
  return std::max(own, trial.from ? trial.from->at : 0);
}

std::vector<CourseStep> course_of(const std::vector<Trial>& trials, TrialId trial) {
  std::vector<CourseStep> course;
  for (const Trial* at = &trials[static_cast<std::size_t>(trial)]; at != nullptr;) {
    const Resource begin = at->from ? at->from->at : 0;
    course.push_back({begin, at->config});
    // A donor is always older, so this comes to an end.
    at = at->from && at->from->trial < at->id ? &trials[static_cast<std::size_t>(at->from->trial)] : nullptr;
  }
  std::reverse(course.begin(), course.end());
  return course;
}

}  // namespace hone
