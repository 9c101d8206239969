// What a study does next, of its state alone.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "study/lineage.h"
#include "study/resources.h"
#include "study/study_state.h"

namespace hone {

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
  std::string why = offer.can_start ? "" : "trial limit reached";
  if (ledger.retrying() && offer.can_start) {
    offer.can_start = false;
    why = "the study had ended; what was to be retried has run";
  }
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
      why = std::get<Exhausted>(started).why;
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
  } else if (const auto at = warm_point(id)) {
    const WarmPoint& point = spec.warm[*at];
    started.config = *spec.space.check(point.config);
    started.source = "warm";
    started.searcher_why = fmt::format("did well before ({}); point {} of {}", point.from, *at + 1, spec.warm.size());
  } else {
    if (!exhausted.empty()) return Exhausted{exhausted};
    auto answer = searcher->ask(Ask{id, move.until, move.exact, move.breed});
    if (auto* wait = std::get_if<Wait>(&answer)) return std::move(*wait);
    if (auto* end = std::get_if<Exhausted>(&answer)) {
      exhausted = end->why;
      return std::move(*end);
    }
    auto& proposal = std::get<Proposal>(answer);
    started.config = std::move(proposal.config);
    started.note = std::move(proposal.note);
    started.searcher_why = std::move(proposal.why);
    if (proposal.until && !move.exact) started.until = std::min(started.until, *proposal.until);
  }
  return Fact{std::move(started)};
}

namespace {

/// A warm start from several studies is as many lists: each is left by itself.
std::string source_of(const WarmPoint& point) { return point.from.substr(0, point.from.rfind(", trial ")); }

}  // namespace

/// Which point of an earlier study is tried next: every other trial from the second on (the searcher knows a good first one:
/// the middle) the next one of a study of which none was tried yet, or of that whose newest with a result is the best of all:
/// on data of another kind a list is left early, and points near each other are not all tried. Compared by first reports:
/// those are of the same fidelity.
std::optional<std::size_t> Study::State::warm_point(TrialId trial) const {
  const auto begun = trial - static_cast<TrialId>(spec.initial.size());
  if (begun % 2 != 1 || begun > 2 * static_cast<TrialId>(spec.warm.size()) + 20) return std::nullopt;
  const std::vector<Trial>& trials = ledger.trials();
  std::map<TrialId, std::string> tried;
  std::vector<bool> used(spec.warm.size());
  for (std::size_t i = 0; i < used.size(); ++i) {
    const auto config = spec.space.check(spec.warm[i].config);
    used[i] = !config;  // of an extended study: its space has changed
    for (const Trial& other : trials) {
      if (!config || other.config != *config) continue;
      used[i] = true;
      if (std::find(warm.begin(), warm.end(), other.id) != warm.end()) tried[other.id] = source_of(spec.warm[i]);
    }
  }
  double best = std::numeric_limits<double>::infinity();
  std::string leader;  // empty: none of these
  for (const Trial& other : trials) {
    if (other.reports.empty() || other.phase == Phase::Failed || !other.source.empty()) continue;
    const double loss = other.reports.front().loss.empty() ? best : other.reports.front().loss[0];
    const auto of = tried.find(other.id);
    const std::string source = of == tried.end() ? std::string() : of->second;
    if (loss < best) leader = source;
    else if (source == leader) leader.clear();
    best = std::min(best, loss);
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    const std::string source = source_of(spec.warm[i]);
    const bool fresh = std::none_of(tried.begin(), tried.end(), [&](const auto& one) { return one.second == source; });
    if (!used[i] && (fresh || source == leader)) return i;
  }
  return std::nullopt;
}

Config Study::State::initial_point(std::size_t index, TrialId) const {
  const auto config = spec.space.complete(spec.initial[index].config, Rng::stream(*spec.seed, "initial", index));
  HONE_CHECK(config.has_value(), "initial points are checked when the study is made");
  return *config;
}

}  // namespace hone
