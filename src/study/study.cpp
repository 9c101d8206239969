// The fold: what an event makes of a study. What it decides next is in decide.cpp.
#include "hone/study.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "study/check.h"
#include "study/incumbent.h"
#include "study/study_state.h"

namespace hone {

Result<Study> Study::make(StudySpec spec, Around around) {
  if (!spec.seed) spec.seed = 0;
  settle_algorithms(spec);
  if (const auto mistakes = check_study(draft_of(spec)); !mistakes.empty()) return tl::unexpected(error_of(mistakes));
  const SearcherRow* searcher = find_searcher(spec.searcher.name);
  const SchedulerRow* scheduler = find_scheduler(spec.scheduler.name);
  const auto search_options = check_options("searcher", searcher->options, spec.searcher.options);
  const auto schedule_options = check_options("scheduler", scheduler->options, spec.scheduler.options);
  HONE_CHECK(search_options && schedule_options, "options are checked with the study");

  return Study(std::make_unique<State>(std::move(spec), std::move(around)));
}

/// REQUIRES: the definition was checked.
void Study::State::make_algorithms() {
  const SearcherRow& search = *find_searcher(spec.searcher.name);
  const SchedulerRow& schedule = *find_scheduler(spec.scheduler.name);
  const SearchInputs inputs{.space = spec.space,
                            .seed = *spec.seed,
                            .objectives = static_cast<int>(spec.objectives.size()),
                            .outcomes = static_cast<int>(spec.outcomes.size()),
                            .max = spec.fidelity ? spec.fidelity->max : 1,
                            .trials = spec.stop.trials,
                            .slots = spec.parallel.value_or(1),
                            .stages = spec.stages};
  searcher = search.make(inputs, *check_options("searcher", search.options, spec.searcher.options));
  if (around) searcher = around(std::move(searcher));
  scheduler =
      schedule.make(schedule_inputs(spec), *check_options("scheduler", schedule.options, spec.scheduler.options));
  known.clear();
  points.clear();
  for (std::size_t i = 0; i < spec.initial.size(); ++i) (spec.initial[i].metrics.empty() ? points : known).push_back(i);
  exhausted.clear();
}

void Study::State::tell(const Trial& trial, Change change) {
  if (trial.silent) return;
  searcher->tell(trial, change, trial.note);
  if (trial.source.empty()) scheduler->tell(trial, change);
}

void Study::State::place(const Trial& trial) {
  if (trial.held || (trial.phase == Phase::Paused && trial.live)) away.insert(trial.id);
  else away.erase(trial.id);
}

/// Everything that the algorithms would have seen of a trial, in its order.
void Study::State::retell(const Trial& trial) {
  Trial past = trial;
  if (trial.source.empty()) {
    past.reports.clear();
    past.phase = Phase::Running;
    past.cause = Cause::None;
    for (std::size_t leg = 0; leg <= trial.legs.size(); ++leg) {
      const bool last = leg == trial.legs.size();
      past.until = last ? trial.until : trial.legs[leg].until;
      past.phase = Phase::Running;
      tell(past, leg == 0 ? Change::Started : Change::Resumed);
      const std::size_t reports = last ? trial.reports.size() : trial.legs[leg].reports;
      while (past.reports.size() < reports) {
        past.reports.push_back(trial.reports[past.reports.size()]);
        tell(past, Change::Reported);
      }
      past.phase = Phase::Paused;
      if (!last) tell(past, Change::Paused);
    }
  }
  switch (trial.phase) {
    case Phase::Running:
    case Phase::Waiting:
      return;
    case Phase::Paused:
      return tell(trial, Change::Paused);
    case Phase::Stopped:
      return tell(trial, Change::Stopped);
    case Phase::Completed:
      return tell(trial, Change::Completed);
    case Phase::Failed:
      return tell(trial, Change::Failed);
  }
}

/// Algorithms are made anew and hear of all trials again, trial by trial; so they must accept any legal order of changes.
void Study::State::extend(const StudySpec& definition) {
  const std::string folder = spec.folder;
  spec = definition;
  spec.folder = folder;
  make_algorithms();
  for (const Trial& trial : ledger.trials()) {
    retell(trial);
    place(trial);
  }
}

ScheduleInputs schedule_inputs(const StudySpec& spec) {
  return ScheduleInputs{.space = spec.space,
                        .seed = spec.seed.value_or(0),
                        .objectives = static_cast<int>(spec.objectives.size()),
                        .min = spec.fidelity ? spec.fidelity->min : 1,
                        .max = spec.fidelity ? spec.fidelity->max : 1,
                        .fidelity = spec.fidelity.has_value(),
                        .resumable = resumable(spec),
                        .timed = spec.cost == "seconds" && !spec.command.empty(),
                        .trials = spec.stop.trials,
                        .slots = spec.parallel.value_or(1),
                        .unit = spec.fidelity ? spec.fidelity->name : "epoch",
                        .maximize = spec.objectives.size() == 1 && spec.objectives[0].maximize,
                        .mean = !spec.objectives.empty() && spec.objectives[0].aggregate == Aggregate::Mean};
}

Study::Study(std::unique_ptr<State> state) : state_(std::move(state)) {}
Study::Study(Study&&) noexcept = default;
Study& Study::operator=(Study&&) noexcept = default;
Study::~Study() = default;

const StudySpec& Study::spec() const { return state_->spec; }
const std::vector<Trial>& Study::trials() const { return state_->ledger.trials(); }
std::int64_t Study::running() const { return static_cast<std::int64_t>(state_->ledger.running().size()); }
std::int64_t Study::live() const { return state_->ledger.live(); }
std::int64_t Study::taken() const { return state_->ledger.taken(); }
std::optional<TrialId> Study::best() const { return state_->ledger.best(); }
std::optional<TrialId> Study::incumbent() const { return hone::incumbent(state_->ledger, *state_->searcher); }
std::optional<Belief> Study::belief(const Config& config) const { return state_->searcher->belief(config); }
std::string Study::standing(TrialId trial) const {
  return state_->scheduler->standing(trials()[static_cast<std::size_t>(trial)]);
}
std::vector<PassedRung> Study::passed_rungs() const { return state_->scheduler->passed_rungs(); }
std::vector<TrialId> Study::front() const { return state_->ledger.front(); }
Seconds Study::first_time() const { return state_->ledger.first_time(); }
Seconds Study::last_time() const { return state_->ledger.last_time(); }
Seconds Study::elapsed(Seconds now) const { return state_->elapsed(now); }
const std::string* Study::finished() const {
  const auto& finished = state_->ledger.finished();
  return finished ? &finished->why : nullptr;
}
std::optional<int> Study::parallel() const { return state_->ledger.parallel(); }
bool Study::failed() const {
  const auto& finished = state_->ledger.finished();
  return finished && finished->failed;
}

void Study::apply(const Event& event) {
  State& s = *state_;
  if (const auto* e = std::get_if<Started>(&event.fact)) {
    s.points_started += e->source == "initial" ? 1 : 0;
    if (e->source == "warm") s.warm.push_back(e->trial);
  }
  if (const auto* e = std::get_if<Added>(&event.fact)) s.known_added += e->source == "initial" ? 1 : 0;
  std::visit(
      [&](const auto& fact) {
        if constexpr (requires { fact.free_slots; })
          s.most_slots = std::max(s.most_slots, fact.free_slots + s.ledger.taken());
      },
      event.fact);
  s.told.clear();
  s.ledger.apply(event, s.told);
  if (const auto* e = std::get_if<Proposed>(&event.fact))
    s.searcher->hear(e->trial, Proposal{.config = e->config, .note = "command", .why = e->why});
  for (const Told& told : s.told) s.tell(s.ledger.trials()[static_cast<std::size_t>(told.trial)], told.change);
  if (const auto id = trial_of(event); id && *id >= 0 && *id < std::ssize(trials()))
    s.place(trials()[static_cast<std::size_t>(*id)]);
  if (const auto* e = std::get_if<Extended>(&event.fact)) s.extend(*e->spec);
}

}  // namespace hone
