// Replays a schedule that population-based training found, on new trials: Ray Tune's PopulationBasedTrainingReplay. A
// configuration never changes, so each step of the schedule is a trial that begins at the checkpoint of the one before.
#include <fmt/format.h>

#include <map>
#include <set>

#include "schedule/rows.h"
#include "schedule/rungs.h"
#include "space/course.h"

namespace hone {
namespace {

class Replay : public Scheduler {
 public:
  Replay(const ScheduleInputs& inputs, std::vector<CourseStep> course)
      : wording_(inputs), max_(inputs.max), chains_(inputs.trials.value_or(1)), course_(std::move(course)) {
    // What the schedule has beyond the last fidelity is of no use.
    while (course_.size() > 1 && course_.back().at >= max_) course_.pop_back();
  }

  Move next(const Offer& offer) const override {
    if (!passed_.empty()) {
      const auto& [id, heir] = *passed_.begin();
      return Stop{id, fmt::format("goes on as trial {}", heir)};
    }
    if (offer.free_slots <= 0) return Wait{"no slot is free"};
    if (!ready_.empty()) return go_on(*ready_.begin());
    if (!offer.can_start || begun_ >= chains_) return Wait{"the schedule has been replayed"};
    Start start;
    start.until = end_of(0);
    start.config = course_.front().config;
    start.why = fmt::format("step 1 of {} of the schedule, to {}", course_.size(), wording_.fidelity(start.until));
    return start;
  }

  void tell(const Trial& trial, Change change) override {
    if (trial.id < 0 || change == Change::Reported) return;
    ready_.erase(trial.id);
    passed_.erase(trial.id);
    if (change == Change::Started) {
      begun_ += trial.from ? 0 : 1;
      if (trial.from && paused_.contains(trial.from->trial)) {
        ready_.erase(trial.from->trial);
        passed_[trial.from->trial] = trial.id;
      }
    }
    paused_.erase(trial.id);
    if (change != Change::Paused) return;
    paused_[trial.id] = trial.reports.empty() ? trial.until : trial.reports.back().at;
    ready_.insert(trial.id);
  }

 private:
  std::size_t step_at(Resource at) const {
    std::size_t step = 0;
    while (step + 1 < course_.size() && course_[step + 1].at <= at) ++step;
    return step;
  }
  Resource end_of(std::size_t step) const { return step + 1 < course_.size() ? course_[step + 1].at : max_; }

  Move go_on(TrialId id) const {
    const Resource at = paused_.at(id);
    if (at >= max_) return Stop{id, "nothing is left of the schedule"};
    const std::size_t step = step_at(at);
    Start start;
    start.until = end_of(step);
    start.config = course_[step].config;
    start.from = Checkpoint{id, at};
    start.why = fmt::format("step {} of {} of the schedule, from trial {} at {}, to {}", step + 1, course_.size(), id,
                            wording_.fidelity(at), wording_.fidelity(start.until));
    return start;
  }

  Wording wording_;
  Resource max_;
  std::int64_t chains_, begun_ = 0;
  std::vector<CourseStep> course_;
  std::map<TrialId, Resource> paused_;  // → how far
  std::set<TrialId> ready_;             // paused, and nobody has gone on from there
  std::map<TrialId, TrialId> passed_;   // paused → who has
};

}  // namespace

SchedulerRow pbt_replay_row() {
  SchedulerRow row;
  row.name = "pbt-replay";
  row.checkpoints = SchedulerRow::Checkpoints::Inherited;
  row.configures = true;
  row.pauses = false;  // what goes on is another trial
  row.doc = "Trains with the schedule of parameters that pbt or pb2 found (`hone export STUDY --pbt-schedule`).";
  row.paper = "Jaderberg et al., Population Based Training of Neural Networks, arXiv:1711.09846, 2017";
  row.options = {{"schedule",
                  OptionRow::Type::Text,
                  {},
                  0,
                  0,
                  {},
                  "a file, or the list itself: [{\"at\": 0, \"config\": {..}}, ..]"}};
  row.make = [](const ScheduleInputs& inputs, const Options& options) -> std::unique_ptr<Scheduler> {
    const auto given = options.find("schedule");
    const auto* text = given == options.end() ? nullptr : std::get_if<std::string>(&given->second);
    auto course = text ? read_course(*text, inputs.space) : Result<std::vector<CourseStep>>(invalid(""));
    // A study is checked before (study/check.cpp): it never comes to a schedule that is none.
    return course ? std::make_unique<Replay>(inputs, std::move(*course)) : none_row().make(inputs, {});
  };
  row.plan = [](const ScheduleInputs& inputs, const Options&) { return whole_plan(inputs); };
  return row;
}

}  // namespace hone
