// What the user does to a study that goes on: steering it, and extending its definition.
#include <algorithm>
#include <utility>

#include "study/ledger.h"
#include "study/space_file.h"

namespace hone {

void Ledger::steered(const Steered& steered, Seconds time, std::vector<Told>& told) {
  if (steered.what == Steer::Parallel) {
    parallel_ = steered.value;
    return;
  }
  if (steered.what == Steer::StopStudy) {
    stop_asked_ = true;
    return;
  }
  Trial* trial = at(steered.trial);
  if (!trial) return;
  const bool going = trial->phase == Phase::Running || trial->phase == Phase::Waiting;
  switch (steered.what) {
    case Steer::Stop:
      if (finished_ || (!going && trial->phase != Phase::Paused)) return;
      end_run(*trial, Phase::Stopped, time);
      trial->held = false;
      told.push_back({trial->id, Change::Stopped});
      return;
    case Steer::Pause:  // the algorithms do not hear of it: to them it is a run that takes long
      if (finished_ || !going) return;
      if (trial->phase == Phase::Running) {
        trial->cause = Cause::None;
        end_run(*trial, Phase::Waiting, time);
      }
      trial->held = true;
      return;
    case Steer::Resume:
      trial->held = false;
      return;
    case Steer::Retry:
      if (trial->phase != Phase::Failed) return;
      retrying_ = retrying_ || finished_.has_value();
      finished_.reset();
      stop_asked_ = false;
      if (trial->attempt > 0) --failed_;  // a known failure was not counted
      trial->failures = trial->losses = 0;
      trial->alone = false;
      end_run(*trial, Phase::Waiting, time);
      told.push_back({trial->id, Change::Resumed});
      return;
    case Steer::Parallel:
    case Steer::StopStudy:
      return;
  }
}

namespace {

bool same_space(const Space& a, const Space& b) {
  const auto same = [](const Param& x, const Param& y) { return param_json(x) == param_json(y); };
  return a.constraints() == b.constraints() &&
         std::equal(a.params().begin(), a.params().end(), b.params().begin(), b.params().end(), same);
}

}  // namespace

/// Ended only because the study did: it goes on where it was.
void Ledger::take_up(Trial& trial) {
  if (trial.cut) {
    const bool reached = fidelity_ && !trial.reports.empty() && trial.reports.back().at >= trial.until;
    trial.phase = reached ? Phase::Paused : Phase::Waiting;
    trial.cause = Cause::None;
    trial.cut = false;
    if (!reached) waiting_.insert(trial.id);
  }
  const bool more = fidelity_ && !trial.reports.empty() && trial.reports.back().at < fidelity_->max;
  if (trial.phase == Phase::Completed && more && trial.source.empty() && trial.reports.back().at >= trial.until)
    trial.phase = Phase::Paused;
}

void Ledger::extended(const StudySpec& spec) {
  const Space before = std::exchange(space_, spec.space);
  const Algorithm searcher = std::exchange(searcher_, spec.searcher);
  const bool other_searcher = searcher.name != searcher_.name || searcher.options != searcher_.options;
  const bool forget_notes = other_searcher || !same_space(before, space_);  // they were about places in another space
  const bool further = fidelity_ && spec.fidelity && fidelity_->max != spec.fidelity->max;
  objectives_ = spec.objectives;
  outcomes_ = spec.outcomes;
  fidelity_ = spec.fidelity;
  levels_ = fidelity_ ? spellings(*fidelity_) : std::vector<std::string>();
  cost_ = spec.cost;
  limits_ = spec.limits;
  repeat_ = spec.repeat;
  finished_.reset();
  stop_asked_ = retrying_ = false;
  since_improvement_ = 0;
  deadlines_.clear();
  overdue_.clear();
  for (Trial& trial : trials_) {
    if (auto config = space_.adopt(trial.config, before)) {
      trial.config = std::move(*config);
    } else {
      Config shown(space_.params().size());
      for (std::size_t i = 0; i < shown.size(); ++i)
        if (const auto old = before.find(space_.params()[i].name)) shown[i] = trial.config[*old];
      trial.config = std::move(shown);
      trial.silent = true;
    }
    if (forget_notes) trial.note.clear();
    if (further) trial.bracket = -1;
    if (trial.cut || further) take_up(trial);
    if (trial.phase != Phase::Running) continue;
    if (limits_.time) deadlines_.emplace(trial.launched + *limits_.time, trial.id);
    if (trial.reached > 0) overdue_.emplace(trial.reached + limits_.grace, trial.id);
  }
}

}  // namespace hone
