#include "study/ledger.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace hone {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

const double* find_metric(const Metrics& metrics, const std::string& name) {
  for (const auto& [key, value] : metrics)
    if (key == name) return &value;
  return nullptr;
}

/// How far a run's checkpoint was before it was the trial's own.
Resource inherited(const Trial& trial) { return trial.from && trial.legs.empty() ? trial.from->at : 0; }

}  // namespace

Ledger::Ledger(const StudySpec& spec)
    : objectives_(spec.objectives),
      outcomes_(spec.outcomes),
      space_(spec.space),
      searcher_(spec.searcher),
      fidelity_(spec.fidelity),
      cost_(spec.cost),
      limits_(spec.limits),
      repeat_(spec.repeat) {
  if (fidelity_) levels_ = spellings(*fidelity_);
}

Trial* Ledger::at(TrialId trial) {
  if (trial < 0 || trial >= static_cast<TrialId>(trials_.size())) return nullptr;
  return &trials_[static_cast<std::size_t>(trial)];
}

void Ledger::pass_time(Seconds time) {
  if (!any_) first_time_ = time;
  if (any_ && live_ > 0) elapsed_ += std::max(0.0, time - last_time_);
  any_ = true;
  last_time_ = std::max(last_time_, time);
}

void Ledger::apply(const Event& event, std::vector<Told>& told) {
  pass_time(event.time);
  if (!is_decision(event)) launching_.clear();
  if (const auto* e = std::get_if<Steered>(&event.fact)) return steered(*e, event.time, told);
  if (const auto* e = std::get_if<Extended>(&event.fact)) return extended(*e->spec);
  if (finished_) {  // runs that were still ending
    if (const auto* e = std::get_if<Exited>(&event.fact)) exited(event, *e, told);
    return;
  }
  if (const auto* e = std::get_if<Started>(&event.fact)) {
    if (e->trial != static_cast<TrialId>(trials_.size())) return;
    Trial trial;
    trial.id = e->trial;
    trial.config = e->config;
    trial.note = e->note;
    trial.bracket = e->bracket;
    trial.until = e->until;
    trial.from = e->from;
    trial.seed = e->seed;
    trial.started = event.time;
    trials_.push_back(std::move(trial));
    ranked_.emplace_back();
    if (!e->from) ++started_;
    start(trials_.back(), event.time);
    told.push_back({e->trial, Change::Started});
  } else if (const auto* e = std::get_if<Resumed>(&event.fact)) {
    Trial* trial = at(e->trial);
    if (!trial || trial->phase != Phase::Paused || trial->live) return;
    trial->legs.push_back({trial->until, trial->reports.size()});
    trial->until = e->until;
    trial->fresh = false;
    trial->repeat = 0;
    start(*trial, event.time);
    told.push_back({e->trial, Change::Resumed});
  } else if (const auto* e = std::get_if<Relaunched>(&event.fact)) {
    Trial* trial = at(e->trial);
    if (!trial || trial->phase != Phase::Waiting || trial->live) return;
    trial->fresh = e->fresh;
    trial->held = false;
    trial->repeat = e->repeat;
    start(*trial, event.time);
  } else if (const auto* e = std::get_if<Granted>(&event.fact)) {
    Trial* trial = at(e->trial);
    if (!trial || trial->phase != Phase::Running || !trial->live || e->slots < 1) return;
    taken_ += e->slots - trial->slots;
    trial->slots = e->slots;
  } else if (const auto* e = std::get_if<Paused>(&event.fact)) {
    Trial* trial = at(e->trial);
    // One that waits for another run was lost after its scheduler had heard what it is paused for: it need not run now.
    if (!trial || (trial->phase != Phase::Running && trial->phase != Phase::Waiting)) return;
    trial->held = false;
    const bool complete = fidelity_ && !trial->reports.empty() && trial->reports.back().at >= fidelity_->max;
    end_run(*trial, complete ? Phase::Completed : Phase::Paused, event.time);
    told.push_back({e->trial, complete ? Change::Completed : Change::Paused});
  } else if (const auto* e = std::get_if<Stopped>(&event.fact)) {
    Trial* trial = at(e->trial);
    if (!trial || (trial->phase != Phase::Running && trial->phase != Phase::Paused && trial->phase != Phase::Waiting))
      return;
    end_run(*trial, Phase::Stopped, event.time);
    trial->cut = e->ending;
    told.push_back({e->trial, Change::Stopped});
  } else if (const auto* e = std::get_if<Expired>(&event.fact)) {
    Trial* trial = at(e->trial);
    if (trial && trial->phase == Phase::Running) ended_badly(*trial, e->cause, 0, event.time, told);
  } else if (const auto* e = std::get_if<Reported>(&event.fact)) {
    report(event, *e, told);
  } else if (const auto* e = std::get_if<Exited>(&event.fact)) {
    exited(event, *e, told);
  } else if (const auto* e = std::get_if<Added>(&event.fact)) {
    if (e->trial != static_cast<TrialId>(trials_.size())) return;
    Trial trial;
    trial.id = e->trial;
    trial.config = e->config;
    trial.source = e->source.empty() ? "added" : e->source;
    trial.started = trial.launched = trial.ended = event.time;
    trial.until = fidelity_ ? fidelity_->max : 1;
    trials_.push_back(std::move(trial));
    ranked_.emplace_back();
    Trial& added = trials_.back();
    observe(added, Reported{e->trial, 0, 0, e->metrics, {}});
    push_report(added, fidelity_ && added.level > 0 ? added.level : added.until, event.time);
    added.latest = {};
    const bool finite = is_finite(added.reports.back());
    added.phase = finite ? Phase::Completed : Phase::Failed;  // not of `failed_`: nothing that this study ran
    if (!finite) added.cause = Cause::NotFinite;
    rank(added);
    told.push_back({e->trial, finite ? Change::Completed : Change::Failed});
  } else if (const auto* e = std::get_if<Finished>(&event.fact)) {
    finish(*e, event.time);
  }
}

void Ledger::start(Trial& trial, Seconds time) {
  ++trial.attempt;
  trial.phase = Phase::Running;
  trial.cause = Cause::None;
  trial.code = 0;
  trial.live = true;
  trial.reports_seen = 0;
  // Reports that do not name the fidelity are counted, a child's from the checkpoint on that it was given.
  trial.counted = static_cast<int>(inherited(trial));
  trial.level = 0;
  trial.latest = {};
  trial.reached = 0;
  trial.launched = time;
  trial.slots = 1;
  ++live_;
  ++taken_;
  if (trial.attempt > 1 || trial.from) launching_.push_back(trial.id);
  if (trial.alone) exclusive_ = trial.id;
  waiting_.erase(trial.id);
  alone_.erase(trial.id);
  running_.insert(trial.id);
  if (limits_.time) deadlines_.emplace(time + *limits_.time, trial.id);
}

/// The run is no longer wanted or no longer there; its process may still live.
void Ledger::end_run(Trial& trial, Phase phase, Seconds time) {
  if (trial.phase == Phase::Running) {
    running_.erase(trial.id);
    if (limits_.time) deadlines_.erase({trial.launched + *limits_.time, trial.id});
    if (trial.reached > 0) overdue_.erase({trial.reached + limits_.grace, trial.id});
    if (improving_ == trial.id) improving_ = -1;  // the run that made it better is not one without improvement
    else if (phase != Phase::Waiting) ++since_improvement_;
  }
  waiting_.erase(trial.id);
  if (phase != Phase::Waiting) alone_.erase(trial.id);
  trial.phase = phase;
  trial.ended = time;
  trial.latest = {};
  trial.latest.shrink_to_fit();
  if (phase == Phase::Waiting) waiting_.insert(trial.id);
  if (phase == Phase::Failed) ++failed_;
  rank(trial);
}

/// Takes in what a report says; true if it names an objective.
bool Ledger::observe(Trial& trial, const Reported& reported) {
  const std::size_t outcomes = objectives_.size(), cost = outcomes + outcomes_.size();
  if (trial.latest.empty()) trial.latest.assign(cost + 1, kNone);
  bool named = false;
  for (std::size_t i = 0; i < objectives_.size(); ++i)
    if (const double* value = find_metric(reported.metrics, objectives_[i].metric)) {
      trial.latest[i] = *value;
      named = true;
    }
  for (std::size_t i = 0; i < outcomes_.size(); ++i)
    if (const double* value = find_metric(reported.metrics, outcomes_[i].metric)) trial.latest[outcomes + i] = *value;
  if (const double* value = find_metric(reported.metrics, cost_)) trial.latest[cost] = *value;
  for (const std::string& name : levels_)
    if (const double* value = find_metric(reported.metrics, name); value && *value >= 1 && *value < 9e15) {
      trial.level = static_cast<Resource>(*value);
      break;
    }
  return named;
}

/// `again`: what it last said has counted, for less; a mean of it stays the same.
void Ledger::push_report(Trial& trial, Resource at, Seconds now, bool again) {
  const std::size_t outcomes = objectives_.size();
  std::vector<Report>& reports = own_reports(trial);
  if (fidelity_ && may_replace(reports, at)) reports.pop_back();
  const bool replace = !fidelity_ && !reports.empty();
  const Report* last = reports.empty() ? nullptr : &reports.back();
  Report report;
  report.at = at;
  for (std::size_t i = 0; i < objectives_.size(); ++i) {
    const double raw = trial.latest[i];
    double loss = std::isfinite(raw) ? (objectives_[i].maximize ? -raw : raw) : kNone;
    if (last && objectives_[i].aggregate == Aggregate::Best && !(loss < last->loss[i])) {
      if (!std::isnan(last->loss[i])) loss = last->loss[i];
    } else if (last && objectives_[i].aggregate == Aggregate::Mean) {
      if (again) loss = last->loss[i];
      const double count = fidelity_ ? static_cast<double>(reports.size()) + 1 : std::max(1, trial.counted);
      loss = last->loss[i] + (loss - last->loss[i]) / count;
    }
    report.loss.push_back(loss);
  }
  for (std::size_t i = 0; i < outcomes_.size(); ++i) {
    const double raw = trial.latest[outcomes + i];
    report.excess.push_back(outcomes_[i].at_most ? raw - outcomes_[i].bound : outcomes_[i].bound - raw);
  }
  const double cost = trial.latest[outcomes + outcomes_.size()];
  report.cost = std::isfinite(cost) ? cost : trial.spent + std::max(0.0, now - trial.launched);
  trial.cost = report.cost;
  if (replace) reports.back() = std::move(report);
  else reports.push_back(std::move(report));
  trial.losses = 0;
  if (repeat_ == 1) rank(trial);
}

/// A first report that does not name the fidelity is kept back until there is another, or the run ends: of a program that
/// reports once, at its end, it is the result at `until`. Not once any run had a second (counts_): then reports are counted.
bool Ledger::pending(Trial& trial) const {
  if (!fidelity_ || !fidelity_->further.empty() || trial.level > 0) return false;
  const Resource begun = inherited(trial);
  const std::vector<Report>& own = own_reports(trial);
  return trial.counted == begun + 1 && (own.empty() ? begun : own.back().at) < trial.counted;
}

void Ledger::report(const Event& event, const Reported& reported, std::vector<Told>& told) {
  Trial* trial = at(reported.trial);
  if (!trial || reported.attempt != trial->attempt || reported.n <= trial->reports_seen) return;
  trial->reports_seen = reported.n;
  trial->fresh = false;
  // What one that was paused says on its way out counts: its checkpoint is there.
  const bool leaving = trial->live && (trial->phase == Phase::Waiting || trial->phase == Phase::Paused);
  if (trial->phase != Phase::Running && !leaving) return;
  if (!reported.infeasible.empty()) {
    trial->cause = Cause::Infeasible;
    end_run(*trial, Phase::Failed, event.time);
    told.push_back({trial->id, Change::Failed});
    return;
  }
  const std::vector<double> before = pending(*trial) ? trial->latest : std::vector<double>();
  if (!observe(*trial, reported)) return;
  if (!before.empty()) {  // there is a second one: they are counted
    counts_ = true;
    std::vector<double> now = std::exchange(trial->latest, before);
    push_report(*trial, trial->counted, event.time);
    trial->latest = std::move(now);
  }
  Resource at = 1;
  if (fidelity_) {
    const bool path = !fidelity_->further.empty();
    if (trial->level == 0 || path) ++trial->counted;
    at = trial->level > 0 ? trial->level : trial->counted;
    // Nobody can tell whether a child that does not name the fidelity has made use of its donor's checkpoint.
    if (trial->level == 0 && inherited(*trial) > 0) at = std::min(at, trial->until);
    if (path) {  // only the end of a run is a level: before it the others were elsewhere
      if (at < trial->until) return;
      at = trial->until;
    }
    if (trial->phase == Phase::Paused && at > trial->until)
      return;  // past what it was paused for: others may go by that
    if (at < trial->until && !counts_ && pending(*trial)) return;
    const auto& reports = own_reports(*trial);
    const bool known = at <= (reports.empty() ? inherited(*trial) : reports.back().at);
    if (known && !may_replace(reports, at)) return;  // a program that started over
  } else {
    ++trial->counted;
  }
  push_report(*trial, at, event.time);
  if (fidelity_ && at >= trial->until && trial->reached == 0 && !leaving) {
    trial->reached = std::max(event.time, 1e-9);  // 0 means not yet
    overdue_.emplace(trial->reached + limits_.grace, trial->id);
  }
  if (repeat_ == 1 || merge_repeats(*trial, false)) told.push_back({trial->id, Change::Reported});
}

void Ledger::exited(const Event& event, const Exited& exited, std::vector<Told>& told) {
  Trial* trial = at(exited.trial);
  if (!trial || exited.attempt != trial->attempt || !trial->live) return;
  trial->live = false;
  --live_;
  taken_ -= trial->slots;
  ++runs_ended_;
  if (exclusive_ == trial->id) exclusive_.reset();
  trial->cpu_seconds += exited.cpu_seconds;
  trial->peak_memory = std::max(trial->peak_memory, exited.peak_memory);
  trial->spent += std::max(0.0, event.time - trial->launched);
  if (finished_) return;
  if (there_all_the_same(*trial)) {
    trial->held = false;
    return ended_well(*trial, event.time, told);
  }
  if (trial->phase != Phase::Running) return;
  if (exited.cause == Cause::None) {
    ended_well(*trial, event.time, told);
  } else if (exited.cause == Cause::Lost || exited.outside) {
    trial->lost = trial->attempt;
    if (exited.interrupted || ++trial->losses <= kMaxLosses) return end_run(*trial, Phase::Waiting, event.time);
    trial->cause = exited.cause;
    trial->code = exited.code;
    end_run(*trial, Phase::Failed, event.time);
    told.push_back({trial->id, Change::Failed});
  } else if (exited.cause == Cause::Oom && limits_.oom_retry && !trial->alone && !exited.settled) {
    trial->cause = exited.cause;  // its neighbours may have been to blame
    trial->alone = true;
    alone_[trial->id] = runs_ended_;
    end_run(*trial, Phase::Waiting, event.time);
  } else {
    ended_badly(*trial, exited.cause, exited.code, event.time, told);
  }
}

/// Paused, and yet come as far as it was to: by the user, who wanted it to come to its `until`; by the scheduler, if nothing is left.
bool Ledger::there_all_the_same(Trial& trial) const {
  const auto& reports = own_reports(trial);
  if (!fidelity_ || reports.empty()) return false;
  if (trial.phase == Phase::Waiting) return reports.back().at >= trial.until;
  return trial.phase == Phase::Paused && trial.repeat + 1 == repeat_ && reports.back().at >= fidelity_->max;
}

void Ledger::ended_well(Trial& trial, Seconds time, std::vector<Told>& told) {
  // A program that never names the fidelity and prints its result at the end has come as far as it was asked to.
  // With several fidelities any program has: what it last said is its result at that level.
  const auto& own = own_reports(trial);
  const bool path = fidelity_ && !fidelity_->further.empty();
  const bool said = (path || trial.level == 0) && trial.counted > inherited(trial) && !trial.latest.empty();
  if (fidelity_ && said && (own.empty() || own.back().at < trial.until || may_replace(own, trial.until))) {
    push_report(trial, trial.until, time, !own.empty() && own.back().at == trial.counted);
    if (repeat_ == 1 || merge_repeats(trial, false)) told.push_back({trial.id, Change::Reported});
  }
  // What an attempt reported may be lost with it while its checkpoint is kept: the next one finds nothing left to do and
  // says nothing. It is run again from an empty folder.
  const bool short_of_until = own.empty() || (fidelity_ && own.back().at < trial.until);
  if (trial.reports_seen == 0 && trial.lost == trial.attempt - 1 && trial.lost > 0 && short_of_until) {
    trial.fresh = true;
    return end_run(trial, Phase::Waiting, time);
  }
  if (own.empty()) return ended_badly(trial, Cause::NoMetric, 0, time, told);
  if (!is_finite(own.back())) return ended_badly(trial, Cause::NotFinite, 0, time, told);
  if (trial.repeat + 1 < repeat_) {
    ++trial.repeat;
    return end_run(trial, Phase::Waiting, time);
  }
  if (repeat_ > 1 && merge_repeats(trial, true)) told.push_back({trial.id, Change::Reported});
  const bool more = fidelity_ && trial.until < fidelity_->max && trial.reports.back().at >= trial.until &&
                    trial.reports.back().at < fidelity_->max;
  end_run(trial, more ? Phase::Paused : Phase::Completed, time);
  told.push_back({trial.id, more ? Change::Paused : Change::Completed});
}

void Ledger::ended_badly(Trial& trial, Cause cause, int code, Seconds time, std::vector<Told>& told) {
  trial.cause = cause;
  trial.code = code;
  if (++trial.failures <= limits_.retries) return end_run(trial, Phase::Waiting, time);
  end_run(trial, Phase::Failed, time);
  told.push_back({trial.id, Change::Failed});
}

void Ledger::finish(const Finished& finished, Seconds time) {
  for (Trial& trial : trials_)
    if (trial.phase == Phase::Paused || trial.phase == Phase::Waiting || trial.phase == Phase::Running) {
      // One that had failed and was not tried again has failed after all.
      end_run(trial, trial.phase == Phase::Waiting && trial.cause != Cause::None ? Phase::Failed : Phase::Stopped,
              time);
      trial.cut = trial.phase == Phase::Stopped;
      trial.held = false;
    }
  finished_ = finished;
}

std::optional<TrialId> Ledger::impatient() const {
  for (const auto& [id, since] : alone_)
    if (runs_ended_ - since >= kAlonePatience && !trials_[static_cast<std::size_t>(id)].held) return id;
  return std::nullopt;
}

}  // namespace hone
