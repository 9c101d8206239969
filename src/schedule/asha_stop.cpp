// Asynchronous successive halving, by stopping: Li et al. 2020 (asha.cpp names it in full), appendix, as it is used by
// Ray Tune and Syne Tune ("stopping").
//
//   Every trial is started for the highest fidelity. Its first report at level[k] or beyond is its result in rung k; it
//   goes on if it is then among the best floor(n / eta) of the n results of the rung, or if n < eta. Judged once, on
//   arrival; failed trials leave.
#include <fmt/format.h>

#include <map>

#include "schedule/asha.h"
#include "schedule/foretell.h"
#include "schedule/rungs.h"

namespace hone {
namespace {

class Stopping : public Scheduler {
 public:
  Stopping(const ScheduleInputs& inputs, const AshaRungs& rungs)
      : wording_(inputs), max_(inputs.max), eta_(rungs.eta), foretell_(inputs, rungs.levels, rungs.judge) {
    for (Resource level : rungs.levels) rungs_.emplace_back(level, eta_, inputs.objectives);
    rungs_.pop_back();  // nothing is judged at the end
  }

  Move next(const Offer& offer) const override {
    if (!verdicts_.empty()) return Stop{verdicts_.begin()->first, verdicts_.begin()->second};
    if (offer.free_slots <= 0) return Wait{"no slot is free"};
    if (!offer.can_start) return Wait{kNothingToPromote};
    Start start;
    start.until = max_;
    start.why = "a slot is free" + foretell_.words();
    return start;
  }

  void tell(const Trial& trial, Change change) override {
    if (trial.id < 0) return;
    if (change == Change::Reported) {
      foretell_.tell(trial, change);
      arrive(trial);
      return;
    }
    verdicts_.erase(trial.id);
    if (change == Change::Failed) leave(trial.id);
  }

  std::vector<PassedRung> passed_rungs() const override { return foretell_.passed(); }

 private:
  void arrive(const Trial& trial) {
    if (static_cast<std::size_t>(trial.id) >= results_.size()) results_.resize(static_cast<std::size_t>(trial.id) + 1);
    std::vector<RungEntry>& results = results_[static_cast<std::size_t>(trial.id)];
    while (results.size() < rungs_.size()) {
      std::size_t k = results.size();
      const Report* report = report_at(trial, rungs_[k].level());
      if (!report) return;
      const RungEntry rank = rung_entry(trial.id, report);
      results.push_back(rank);
      rungs_[k].insert(rank, report);
      if (trial.phase == Phase::Running && foretell_.counts(k) && rungs_[k].size() >= eta_ &&
          !rungs_[k].goes_on(rank)) {
        verdicts_.emplace(
            trial.id, wording_.standing(k, rungs_[k], rank, rungs_[k].quota()));  // the lowest rung that it fails at
      }
    }
  }

  void leave(TrialId trial) {
    if (static_cast<std::size_t>(trial) >= results_.size()) return;
    std::vector<RungEntry>& results = results_[static_cast<std::size_t>(trial)];
    for (std::size_t k = 0; k < results.size(); ++k) rungs_[k].erase(results[k]);
    results.clear();
  }

  Wording wording_;
  Resource max_;
  std::int64_t eta_;
  Foretell foretell_;
  std::vector<RungResults> rungs_;               // below the top
  std::vector<std::vector<RungEntry>> results_;  // by trial: in rung 0, 1, ...
  std::map<TrialId, std::string> verdicts_;
};

}  // namespace

std::unique_ptr<Scheduler> make_stopping_asha(const ScheduleInputs& inputs, const AshaRungs& rungs) {
  return std::make_unique<Stopping>(inputs, rungs);
}

}  // namespace hone
