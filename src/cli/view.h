// What the views show: the fold of a study's log without its algorithms, with raw metrics and reasons kept.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/text_out.h"
#include "hone/storage.h"
#include "study/ledger.h"

namespace hone {

struct ReportView {
  Resource at = 0;      // without a fidelity: 1, 2, 3 ... within the trial
  Metrics metrics;      // raw
  Seconds seconds = 0;  // spent in the trial until then
};
struct TrialView {
  std::vector<ReportView> reports;
  std::string why;  // of the newest decision
  Metrics pending;  // metrics that came without the objective; they ride along with the next report
};

class StudyView {
 public:
  StudyView(std::string name, StudySpec spec) : name_(std::move(name)), spec_(std::move(spec)), ledger_(spec_) {}
  void apply(Event&& event);

  const std::string& name() const { return name_; }
  const StudySpec& spec() const { return spec_; }
  const Ledger& ledger() const { return ledger_; }
  const Trial& trial(TrialId id) const { return ledger_.trials()[static_cast<std::size_t>(id)]; }
  const TrialView& view(TrialId id) const { return views_[static_cast<std::size_t>(id)]; }
  /// As the last decision saw them: free ones and those in use.
  std::int64_t slots() const { return slots_; }

  /// The last report, with each objective as it counts (best, mean or last).
  Metrics metrics(TrialId id) const;
  /// Trials with a value, best first: highest fidelity reached, then objective; failed and infeasible ones come last.
  std::vector<TrialId> ranked() const;

  /// With `repeat`: the first objective's last value in each run of the configuration.
  std::vector<double> repeats(TrialId id) const;

 private:
  void put_objectives(Metrics& out, const Report& report) const;

  std::string name_;
  StudySpec spec_;
  Ledger ledger_;
  std::vector<TrialView> views_;
  std::vector<Told> told_;
  std::int64_t slots_ = 0;
};

/// NotFound if there is no such study in the home; `each`, if given, sees every event before it is applied.
Result<StudyView> load_view(const std::string& home, const std::string& study,
                            const std::function<void(const Event&)>& each = {});
/// The stored definition, with the folder that trials run in.
Result<StudySpec> stored_spec(const std::string& home, const StudyRow& row);

/// The trial's state as users know it: one that waits for the user to let it go on is paused.
const char* state_name(const Trial& trial);
/// Why it is where it is: of the newest decision, and what it waits for.
std::string why_text(const StudyView& study, TrialId id);

Json trial_json(const StudyView& study, TrialId id);
Json status_json(const StudyView& study, bool running, Seconds now);
/// running, finished, failed or interrupted
std::string study_state(const StudyView& study, bool running);

/// `val_acc 0.91 at epoch 10`
std::string result_text(const StudySpec& spec, const Trial& trial);

}  // namespace hone
