#include "hone/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "study/check.h"
#include "study/incumbent.h"
#include "study/ledger.h"
#include "study/lineage.h"
#include "study/resources.h"

namespace hone {

struct Study::State {
  StudySpec spec;
  Around around;
  Ledger ledger;
  std::unique_ptr<Searcher> searcher;
  std::unique_ptr<Scheduler> scheduler;
  std::vector<std::size_t> known, points;  // initial points with and without a result, in the order of the file
  std::size_t known_added = 0, points_started = 0;
  std::vector<TrialId> warm;      // trials that took over a configuration of an earlier study
  std::set<TrialId> away;         // see Offer
  std::int64_t most_slots = 0;    // that there ever were, free and taken
  std::vector<Told> told;         // scratch
  mutable std::string exhausted;  // memo: why the searcher has nothing left; once it has, it never has again

  State(StudySpec s, Around a) : spec(std::move(s)), around(std::move(a)), ledger(spec) { make_algorithms(); }

  void make_algorithms();
  void extend(const StudySpec& definition);
  void tell(const Trial& trial, Change change);
  void retell(const Trial& trial);
  void place(const Trial& trial);

  Seconds elapsed(Seconds now) const {
    return ledger.elapsed() + (ledger.live() > 0 ? std::max(0.0, now - ledger.last_time()) : 0.0);
  }
  std::string end_reason(Seconds now) const;
  std::optional<Fact> end(Seconds now) const;
  std::optional<Fact> overdue(Seconds now) const;
  std::optional<Fact> retry() const;
  Relaunched relaunch(const Trial& trial) const;
  bool only_held() const;
  std::variant<Fact, Wait> schedule(int free_slots) const;
  std::variant<Fact, Wait> propose(int free_slots) const;
  std::variant<Fact, Wait, Exhausted> start(const Start& move) const;
  std::optional<Config> warm_point(TrialId trial) const;
  Config initial_point(std::size_t index, TrialId trial) const;
  Fact finished(std::string why) const;
};

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

std::optional<Seconds> Study::wake() const {
  const State& s = *state_;
  if (s.ledger.finished()) return std::nullopt;
  std::optional<Seconds> at;
  const auto consider = [&](Seconds time) { at = at ? std::min(*at, time) : time; };
  if (!s.ledger.deadlines().empty()) consider(s.ledger.deadlines().begin()->first);
  if (!s.ledger.overdue().empty()) consider(s.ledger.overdue().begin()->first);
  if (s.spec.stop.time && s.ledger.live() > 0) consider(s.ledger.last_time() + *s.spec.stop.time - s.ledger.elapsed());
  return at;
}

std::variant<Event, Wait> Study::decide(Seconds now, int free_slots) const {
  const State& s = *state_;
  if (s.ledger.finished()) return Wait{s.ledger.finished()->why};
  std::optional<Fact> fact = s.end(now);
  if (!fact) fact = s.overdue(now);
  if (!fact && s.known_added < s.known.size()) {
    const InitialPoint& point = s.spec.initial[s.known[s.known_added]];
    fact = Added{static_cast<TrialId>(trials().size()), *s.spec.space.check(point.config), point.metrics, "initial"};
  }
  const bool alone = s.ledger.exclusive() || s.ledger.impatient();
  if (!fact && free_slots > 0 && !s.ledger.exclusive()) fact = s.retry();
  if (!fact) {
    auto move = s.schedule(alone ? 0 : free_slots);
    if (auto* wait = std::get_if<Wait>(&move)) {
      if (s.only_held()) return Wait{"what is left was paused by the user; `hone resume` lets it go on"};
      return std::move(*wait);
    }
    fact = std::move(std::get<Fact>(move));
  }
  std::visit(
      [&](auto& f) {
        if constexpr (requires { f.free_slots; }) f.free_slots = free_slots;
      },
      *fact);
  return Event{now, std::move(*fact)};
}

/// Which stop rule holds; empty if none.
std::string Study::State::end_reason(Seconds now) const {
  const StopRules& stop = spec.stop;
  if (ledger.stop_asked()) return "stopped by the user";
  if (stop.time && elapsed(now) >= *stop.time)
    return fmt::format("time limit of {} reached", duration_text(*stop.time));
  if (stop.failed && ledger.failed() >= *stop.failed)
    return fmt::format("{} trials failed; stop.failed is {}", ledger.failed(), *stop.failed);
  if (stop.no_improvement && ledger.since_improvement() >= *stop.no_improvement)
    return fmt::format("no improvement in {} runs", ledger.since_improvement());
  if (const auto best = ledger.best(); stop.target && best && spec.objectives.size() == 1) {
    const Report& last = ledger.trials()[static_cast<std::size_t>(*best)].reports.back();
    const double loss = last.loss[0];
    const double target = spec.objectives[0].maximize ? -*stop.target : *stop.target;
    // A mean of fewer folds, or a share of the data, is not what is meant.
    const bool part =
        spec.fidelity && (spec.objectives[0].aggregate == Aggregate::Mean || !spec.fidelity->further.empty());
    if (loss <= target && !(part && last.at < spec.fidelity->max))
      return fmt::format("target {} reached by trial {}", number_text(*stop.target), *best);
  }
  return {};
}

std::optional<Fact> Study::State::end(Seconds now) const {
  const std::string why = end_reason(now);
  if (why.empty()) return std::nullopt;
  if (!ledger.running().empty()) return Stopped{.trial = *ledger.running().begin(), .why = why, .ending = true};
  Finished end = std::get<Finished>(finished(why));
  end.failed = end.failed || (spec.stop.failed && ledger.failed() >= *spec.stop.failed);
  return end;
}

Fact Study::State::finished(std::string why) const { return Finished{std::move(why), !ledger.any_result()}; }

std::optional<Fact> Study::State::overdue(Seconds now) const {
  if (!ledger.deadlines().empty() && ledger.deadlines().begin()->first <= now)
    return Expired{ledger.deadlines().begin()->second, Cause::Timeout,
                   fmt::format("ran longer than limits.time {}", duration_text(*spec.limits.time))};
  if (!ledger.overdue().empty() && ledger.overdue().begin()->first <= now) {
    const TrialId id = ledger.overdue().begin()->second;
    const Trial& trial = ledger.trials()[static_cast<std::size_t>(id)];
    return Paused{id, fmt::format("reached {} and did not end by itself within limits.grace",
                                  level_text(*spec.fidelity, trial.until))};
  }
  return std::nullopt;
}

std::optional<Fact> Study::State::retry() const {
  for (const TrialId id : ledger.waiting()) {
    const Trial& trial = ledger.trials()[static_cast<std::size_t>(id)];
    if (trial.live || trial.held) continue;  // its old process is still ending; paused by the user
    if (trial.alone ? ledger.live() > 0 : ledger.impatient().has_value()) continue;
    Relaunched again = relaunch(trial);
    again.repeat = trial.repeat;
    return again;
  }
  return std::nullopt;
}

/// Which attempt is to follow the last one, and why.
Relaunched Study::State::relaunch(const Trial& trial) const {
  const TrialId id = trial.id;
  if (trial.fresh)
    return Relaunched{
        id,
        fmt::format("run {} had nothing left to do: what run {} reported was lost, so from an empty folder",
                    trial.attempt, trial.lost),
        true};
  if (trial.cause == Cause::None && trial.lost < trial.attempt && trial.repeat > 0)
    return Relaunched{id, fmt::format("run {} of {} of this configuration", trial.repeat + 1, spec.repeat)};
  if (trial.cause == Cause::None && trial.lost < trial.attempt)
    return Relaunched{id, fmt::format("run {} was ended by the user or with the study", trial.attempt)};
  if (trial.cause == Cause::None)
    return Relaunched{id, fmt::format("run {} was lost, interrupted or ended from outside", trial.attempt)};
  if (trial.alone && trial.failures == 0)
    return Relaunched{.trial = id,
                      .why = fmt::format("run {} ran out of memory; once more, alone, before it counts", trial.attempt),
                      .alone = true};
  if (trial.failures == 0)
    return Relaunched{id, fmt::format("the user asked for it, after {}", cause_text(trial.cause, trial.code))};
  return Relaunched{id, fmt::format("retry {} of {} after {}", trial.failures, spec.limits.retries,
                                    cause_text(trial.cause, trial.code))};
}

bool Study::State::only_held() const {
  const auto& waiting = ledger.waiting();
  return ledger.running().empty() && !waiting.empty() && std::all_of(waiting.begin(), waiting.end(), [&](TrialId id) {
           return ledger.trials()[static_cast<std::size_t>(id)].held;
         });
}

/// Without a slot, on a full disk for instance, a study with nothing left to do still ends.
std::variant<Fact, Wait> Study::State::schedule(int free_slots) const {
  const bool idle = ledger.running().empty() && ledger.waiting().empty();
  auto move = propose(free_slots <= 0 && idle ? 1 : free_slots);
  const auto* fact = std::get_if<Fact>(&move);
  const bool launches = fact && (std::holds_alternative<Started>(*fact) || std::holds_alternative<Resumed>(*fact));
  if (free_slots <= 0 && launches) return Wait{"no free slot"};
  return move;
}

std::variant<Fact, Wait> Study::State::propose(int free_slots) const {
  Offer offer;
  offer.trial = static_cast<TrialId>(ledger.trials().size());
  offer.free_slots = free_slots;
  offer.can_start = !spec.stop.trials || ledger.started() < *spec.stop.trials;
  offer.idle = ledger.running().empty() && ledger.waiting().empty();
  offer.away = &away;
  const std::int64_t seen = std::max(most_slots, free_slots + ledger.taken());
  offer.slots = static_cast<int>(std::min<std::int64_t>(spec.parallel.value_or(1), seen));
  std::string why = offer.can_start ? exhausted : "trial limit reached";
  if (ledger.retrying() && offer.can_start) {
    offer.can_start = false;
    why = "the study had ended; what was to be retried has run";
  }
  if (!exhausted.empty()) offer.can_start = false;
  for (int round = 0; round < 2; ++round) {
    const Move move = scheduler->next(offer);
    if (const auto* stop = std::get_if<Stop>(&move)) return Fact{Stopped{stop->trial, stop->why}};
    if (const auto* pause = std::get_if<Pause>(&move)) return Fact{Paused{pause->trial, pause->why}};
    if (free_slots <= 0)
      return Wait{ledger.exclusive()   ? "a trial that ran out of memory has the machine for itself"
                  : ledger.impatient() ? "the slots empty for a trial that ran out of memory"
                                       : "no free slot"};
    if (const auto* resume = std::get_if<Resume>(&move)) {
      const Trial& trial = ledger.trials()[static_cast<std::size_t>(resume->trial)];
      HONE_CHECK(trial.phase == Phase::Paused, "a scheduler resumed a trial that is not paused");
      if (trial.live) return Wait{"a paused run is still ending"};
      return Fact{Resumed{resume->trial, resume->until, resume->why}};
    }
    if (const auto* begin = std::get_if<Start>(&move)) {
      HONE_CHECK(offer.can_start || begin->from, "a scheduler started a trial that was not allowed");
      if (begin->from && still_written(ledger.trials(), *begin->from)) return Wait{"the donor's run is still ending"};
      auto started = start(*begin);
      if (auto* fact = std::get_if<Fact>(&started)) return std::move(*fact);
      if (auto* wait = std::get_if<Wait>(&started)) {
        if (!offer.idle || wait->outside) return std::move(*wait);
        return finished("the searcher waits while nothing runs: " + wait->why);
      }
      offer.can_start = false;  // exhausted: promotions go on
      why = exhausted = std::get<Exhausted>(started).why;
      continue;
    }
    const auto& wait = std::get<Wait>(move);
    if (auto granted = grant(spec.resources, ledger, free_slots, wait.why)) return Fact{std::move(*granted)};
    if (!offer.idle) return wait;
    return finished(why.empty() ? wait.why : why);
  }
  return Wait{why};
}

std::variant<Fact, Wait, Exhausted> Study::State::start(const Start& move) const {
  const auto id = static_cast<TrialId>(ledger.trials().size());
  Started started;
  started.trial = id;
  started.until = move.until;
  started.bracket = move.bracket;
  started.from = move.from;
  started.why = move.why;
  started.seed =
      Rng::stream(*spec.seed, "trial", static_cast<std::uint64_t>(id)).next() >> 33;  // fits any language's int
  if (move.config) {
    started.config = *move.config;
  } else if (points_started < points.size()) {
    started.config = initial_point(points[points_started], id);
    started.source = "initial";
    started.searcher_why = fmt::format("initial point {} of {}", points_started + 1, points.size());
  } else if (auto config = warm_point(id)) {
    const WarmPoint& point = spec.warm[warm.size()];
    started.config = std::move(*config);
    started.source = "warm";
    started.searcher_why =
        fmt::format("did well before ({}); point {} of {}", point.from, warm.size() + 1, spec.warm.size());
  } else {
    auto answer = searcher->ask(Ask{id, move.until, move.exact, move.breed});
    if (auto* wait = std::get_if<Wait>(&answer)) return std::move(*wait);
    if (auto* exhausted = std::get_if<Exhausted>(&answer)) return std::move(*exhausted);
    auto& proposal = std::get<Proposal>(answer);
    started.config = std::move(proposal.config);
    started.note = std::move(proposal.note);
    started.searcher_why = std::move(proposal.why);
    if (proposal.until && !move.exact) started.until = std::min(started.until, *proposal.until);
  }
  return Fact{std::move(started)};
}

/// Every other trial from the second on (the searcher knows a good first one: the middle), as long as the newest of them
/// with a result is the best of all: on data of another kind the list is left early, and points near each other are not
/// all tried. Compared by first reports: those are of the same fidelity.
std::optional<Config> Study::State::warm_point(TrialId trial) const {
  const auto begun = trial - static_cast<TrialId>(spec.initial.size());
  if (warm.size() >= spec.warm.size() || begun % 2 != 1 || begun > 2 * static_cast<TrialId>(spec.warm.size()) + 20)
    return std::nullopt;
  double best = std::numeric_limits<double>::infinity();
  bool leads = true;
  for (const Trial& other : ledger.trials()) {
    if (other.reports.empty() || other.phase == Phase::Failed || !other.source.empty()) continue;
    const double loss = other.reports.front().loss.empty() ? best : other.reports.front().loss[0];
    const bool is_warm = std::find(warm.begin(), warm.end(), other.id) != warm.end();
    const bool better = loss < best;
    if (better) best = loss;
    if (better || is_warm) leads = better && is_warm;
  }
  if (!warm.empty() && !leads) return std::nullopt;
  auto config = spec.space.check(spec.warm[warm.size()].config);
  if (!config) return std::nullopt;  // of an extended study: its space has changed
  const auto same = [&](const Trial& other) { return other.config == *config; };
  if (std::any_of(ledger.trials().begin(), ledger.trials().end(), same)) return std::nullopt;
  return std::move(*config);
}

Config Study::State::initial_point(std::size_t index, TrialId) const {
  const auto config = spec.space.complete(spec.initial[index].config, Rng::stream(*spec.seed, "initial", index));
  HONE_CHECK(config.has_value(), "initial points are checked when the study is made");
  return *config;
}

}  // namespace hone
