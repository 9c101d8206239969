// For tests: keeps trials as a study would and tells a scheduler what becomes of them.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "hone/registry.h"

namespace hone {

class Desk {
 public:
  Desk(const std::string& name, ScheduleInputs inputs, const Options& given = {}) {
    const SchedulerRow* row = find_scheduler(name);
    auto options = check_options("scheduler." + name, row->options, given);
    HONE_CHECK(options.has_value(), "a test gave options that do not exist");
    scheduler_ = row->make(inputs, *options);
  }

  Move next(bool can_start = true, int free_slots = 1) const {
    Offer offer;
    offer.trial = static_cast<TrialId>(trials_.size());
    offer.free_slots = free_slots;
    offer.can_start = can_start;
    offer.away = &away;
    offer.slots = slots;
    return scheduler_->next(offer);
  }
  std::string standing(TrialId id) const { return scheduler_->standing(trials_.at(id)); }
  std::vector<PassedRung> passed_rungs() const { return scheduler_->passed_rungs(); }
  /// Starts a trial if that is what the scheduler wants; its id, or -1.
  TrialId start() {
    Move move = next();
    const Start* start = std::get_if<Start>(&move);
    return start ? begin(start->until, start->bracket) : -1;
  }
  TrialId begin(Resource until, int bracket = 0, std::optional<Checkpoint> from = {}) {
    Trial trial;
    trial.id = next_++;
    trial.until = until;
    trial.bracket = bracket;
    trial.from = from;
    trials_[trial.id] = trial;
    tell(trial.id, Change::Started);
    return trial.id;
  }
  void resume(TrialId id, Resource until) {
    trial(id).until = until;
    trial(id).phase = Phase::Running;
    tell(id, Change::Resumed);
  }
  void report(TrialId id, Resource at, double loss) { report(id, at, std::vector<double>{loss}); }
  void report(TrialId id, Resource at, std::vector<double> loss, Seconds cost = 0) {
    trial(id).reports.push_back({at, std::move(loss), {}, cost});
    tell(id, Change::Reported);
  }
  void report(TrialId id, const Report& fresh) {
    trial(id).reports.push_back(fresh);
    tell(id, Change::Reported);
  }
  void end(TrialId id, Change change) {
    Phase phase = change == Change::Paused    ? Phase::Paused
                  : change == Change::Stopped ? Phase::Stopped
                  : change == Change::Failed  ? Phase::Failed
                                              : Phase::Completed;
    trial(id).phase = phase;
    tell(id, change);
  }
  /// A whole run to `until`: one report there, then paused.
  TrialId run(double loss, Resource until = 1) {
    TrialId id = begin(until);
    finish(id, loss);
    return id;
  }
  /// The same, with several losses and by how much it breaks outcome constraints.
  TrialId measured(std::vector<double> loss, std::vector<double> excess) {
    TrialId id = begin(1);
    report(id, {1, std::move(loss), std::move(excess), 0});
    end(id, Change::Paused);
    return id;
  }
  void finish(TrialId id, double loss, bool top = false) {
    report(id, trials_[id].until, loss);
    end(id, top ? Change::Completed : Change::Paused);
  }
  Trial& trial(TrialId id) {
    Trial& found = trials_[id];
    found.id = id;
    return found;
  }

  std::set<TrialId> away;
  int slots = 1;

 private:
  void tell(TrialId id, Change change) { scheduler_->tell(trial(id), change); }

  std::unique_ptr<Scheduler> scheduler_;
  std::map<TrialId, Trial> trials_;
  TrialId next_ = 0;
};

inline ScheduleInputs epochs(Resource min, Resource max) {
  ScheduleInputs inputs;
  inputs.min = min;
  inputs.max = max;
  inputs.fidelity = true;
  return inputs;
}

/// What a move is, in short, for comparisons: "start 1", "resume 3 to 9", "stop 2", "wait".
inline std::string brief(const Move& move) {
  if (auto* m = std::get_if<Start>(&move)) return "start " + std::to_string(m->until);
  if (auto* m = std::get_if<Resume>(&move))
    return "resume " + std::to_string(m->trial) + " to " + std::to_string(m->until);
  if (auto* m = std::get_if<Pause>(&move)) return "pause " + std::to_string(m->trial);
  if (auto* m = std::get_if<Stop>(&move)) return "stop " + std::to_string(m->trial);
  return "wait";
}
inline std::string why(const Move& move) {
  return std::visit([](const auto& m) { return m.why; }, move);
}

}  // namespace hone
