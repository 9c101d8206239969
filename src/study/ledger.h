// The fold without the algorithms: what each event makes of each trial. Views (status, trials, best) need only this.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hone/event.h"
#include "hone/searcher.h"
#include "hone/spec.h"

namespace hone {

/// A lost run is tried again by itself, but not for ever: a trial whose runs were lost this often in a row without a
/// report between them has failed.
constexpr int kMaxLosses = 5;

/// A trial that is to run alone waits until nothing else runs; after so many ends of other runs nothing else is launched
/// before it. Low enough to come about, high enough that several of them share one wait for the slots to empty.
constexpr std::int64_t kAlonePatience = 10;

struct Told {  // a change that the algorithms are to hear of
  TrialId trial = 0;
  Change change = Change::Started;
};

/// Every objective has a number; constraints need not.
bool is_finite(const Report& report);

/// May a report at `at` take the last one's place? At one fidelity what is not finite gives way: a retry would come too late.
bool may_replace(const std::vector<Report>& reports, Resource at);

/// The seed of the current run: the trial's own in the first of its runs.
std::uint64_t run_seed(const Trial& trial);

class Ledger {
 public:
  explicit Ledger(const StudySpec& spec);

  /// Applies `event`; changes for the algorithms are appended to `told`, in order. Total: what cannot be is ignored.
  void apply(const Event& event, std::vector<Told>& told);

  const std::vector<Trial>& trials() const { return trials_; }
  const std::set<TrialId>& running() const { return running_; }
  const std::set<TrialId>& waiting() const { return waiting_; }  // to be launched again
  std::int64_t live() const { return live_; }                    // processes not seen to end
  std::int64_t taken() const { return taken_; }                  // the slots of those
  /// Trials whose runs were decided upon since the last input, but those that a new trial begins with: not on their way.
  const std::vector<TrialId>& launching() const { return launching_; }
  std::int64_t started() const { return started_; }  // trials that count against stop.trials
  std::int64_t failed() const { return failed_; }
  bool stop_asked() const { return stop_asked_; }            // by the user
  std::optional<int> parallel() const { return parallel_; }  // as the user last set it
  /// A run that is to have the machine for itself is on its way.
  bool exclusive() const { return exclusive_.has_value(); }
  /// A trial for which the slots are to empty now (kAlonePatience).
  std::optional<TrialId> impatient() const;
  /// The study had ended, and only trials that the user wants to retry go on.
  bool retrying() const { return retrying_; }
  std::int64_t since_improvement() const { return since_improvement_; }  // runs ended since the best got better
  /// Time with a run on its way, up to the last event; a gap in which nothing ran does not count, nor does time that a
  /// clock was set back.
  Seconds elapsed() const { return elapsed_; }
  Seconds last_time() const { return last_time_; }
  Seconds first_time() const { return first_time_; }
  const std::optional<Finished>& finished() const { return finished_; }
  /// Has any trial that did not fail a finite objective, feasible or not?  O(n)
  bool any_result() const;
  std::optional<TrialId> best() const;
  /// By the first loss; O(n log² n) for up to three objectives. With one objective, the best.
  std::vector<TrialId> front() const;
  /// Those that might stand on the front: feasible, not failed, finite, at the highest fidelity reached. By the first
  /// loss, ties by number.
  std::vector<TrialId> candidates() const;
  /// Runs by the time at which a limit or the grace after their `until` ends them.
  const std::set<std::pair<Seconds, TrialId>>& deadlines() const { return deadlines_; }
  const std::set<std::pair<Seconds, TrialId>>& overdue() const { return overdue_; }

 private:
  void start(Trial& trial, Seconds time);
  void end_run(Trial& trial, Phase phase, Seconds time);
  void report(const Event& event, const Reported& reported, std::vector<Told>& told);
  bool observe(Trial& trial, const Reported& reported);
  void push_report(Trial& trial, Resource at, Seconds now, bool again = false);
  std::vector<Report>& own_reports(Trial& trial) const;  // of the current run
  bool merge_repeats(Trial& trial, bool ended);          // ledger_repeat.cpp
  void exited(const Event& event, const Exited& exited, std::vector<Told>& told);
  void ended_well(Trial& trial, Seconds time, std::vector<Told>& told);
  void ended_badly(Trial& trial, Cause cause, int code, Seconds time, std::vector<Told>& told);
  bool pending(Trial& trial) const;
  bool there_all_the_same(Trial& trial) const;
  void finish(const Finished& finished, Seconds time);
  void steered(const Steered& steered, Seconds time, std::vector<Told>& told);  // ledger_steer.cpp
  void extended(const StudySpec& spec);                                         // likewise
  void take_up(Trial& trial);
  void rank(const Trial& trial);
  void pass_time(Seconds time);
  Trial* at(TrialId trial);

  struct Key {  // order of `best`: highest fidelity first, then loss
    Resource at = 0;
    double loss = 0;
    TrialId trial = 0;
    bool operator<(const Key& other) const {
      if (at != other.at) return at > other.at;
      if (loss != other.loss) return loss < other.loss;
      return trial < other.trial;
    }
  };

  std::vector<Objective> objectives_;
  std::vector<OutcomeConstraint> outcomes_;
  Space space_;
  Algorithm searcher_;
  std::optional<Fidelity> fidelity_;
  std::vector<std::string> levels_;  // its spellings
  std::string cost_;
  Limits limits_;
  int repeat_ = 1;

  std::vector<Trial> trials_;
  std::set<TrialId> running_, waiting_;
  std::set<std::pair<Seconds, TrialId>> deadlines_, overdue_;
  std::set<Key> ranking_;
  std::vector<Key> ranked_;  // a trial's key in ranking_; at 0: none
  std::vector<TrialId> launching_;
  std::int64_t live_ = 0, taken_ = 0, started_ = 0, failed_ = 0, since_improvement_ = 0;
  TrialId improving_ = -1;  // whose current run made the best better
  Seconds elapsed_ = 0, last_time_ = 0, first_time_ = 0;
  bool counts_ = false;  // a run had a second report that did not name the fidelity
  bool any_ = false, stop_asked_ = false, retrying_ = false;
  std::optional<int> parallel_;
  std::optional<TrialId> exclusive_;
  std::map<TrialId, std::int64_t> alone_;  // waiting to run alone → runs_ended_ when that began
  std::int64_t runs_ended_ = 0;
  std::optional<Finished> finished_;
};

}  // namespace hone
