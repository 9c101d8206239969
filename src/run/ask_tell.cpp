#include "run/ask_tell.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/text.h"

namespace hone {
namespace {

constexpr const char* kDone = "done";

/// What a caller says of a failure, in the words of `hone trials`.
/// Nothing if it is no cause.
std::optional<Exited> exit_of(const std::string& text) {
  static const std::pair<const char*, Cause> causes[] = {{"oom", Cause::Oom},
                                                         {"timeout", Cause::Timeout},
                                                         {"silent", Cause::Silent},
                                                         {"no metric", Cause::NoMetric},
                                                         {"not finite", Cause::NotFinite},
                                                         {"infeasible", Cause::Infeasible},
                                                         {"lost", Cause::Lost}};
  Exited out;
  out.settled = true;
  for (const auto& [word, cause] : causes)
    if (text == word) {
      out.cause = cause;
      return out;
    }
  for (const auto& [prefix, cause] :
       {std::pair<std::string, Cause>{"exit ", Cause::Exit}, {"signal ", Cause::Signal}}) {
    const Value code = text.starts_with(prefix) ? parse_value(text.substr(prefix.size())) : Value();
    if (const auto* number = std::get_if<std::int64_t>(&code); number && *number > 0 && *number < 256) {
      out.cause = cause;
      out.code = static_cast<int>(*number);
      return out;
    }
  }
  return std::nullopt;
}

bool same_values(const Metrics& a, const Metrics& b) {
  return std::is_permutation(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && (x.second == y.second || (std::isnan(x.second) && std::isnan(y.second)));
  });
}

void keep(Metrics& all, const Metrics& metrics) {
  for (const auto& [name, value] : metrics) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const auto& m) { return m.first == name; });
    if (at == all.end()) all.emplace_back(name, value);
    else at->second = value;
  }
}

bool has(const Metrics& metrics, const std::string& name) {
  return std::any_of(metrics.begin(), metrics.end(), [&](const auto& metric) { return metric.first == name; });
}

}  // namespace

const char* name(Next next) { return next == Next::Continue ? "continue" : next == Next::Pause ? "pause" : "stop"; }

Result<void> can_ask(const StudySpec& spec, bool in_memory) {
  const SearcherRow* row = find_searcher(spec.searcher.name);
  if (row && row->outside)
    return invalid(fmt::format(
        "searcher: {} is for `hone run`; name another, or let your own searcher drive the trials", row->name));
  if (in_memory && !spec.warm_start.empty())
    return invalid(
        "warm_start: a study in memory has no earlier ones; add their results, or use `hone ask-tell --home DIR`");
  return {};
}

StudySpec endless(StudySpec spec) {
  const StopRules& stop = spec.stop;
  if (!stop.trials && !stop.time && !stop.target && !stop.no_improvement)
    spec.stop.time = std::numeric_limits<Seconds>::infinity();
  return spec;
}

AskTell::AskTell(Study study, std::function<Seconds()> now, Keep keep)
    : study_(std::move(study)), now_(std::move(now)), keep_(std::move(keep)) {}

void AskTell::put(Event event) {
  study_.apply(event);
  remember(event);
  if (keep_) batch_.push_back(std::move(event));
}

void AskTell::remember(const Event& event) {
  said_.resize(study_.trials().size());
  const auto said_of = [&](TrialId id) {
    return id >= 0 && id < static_cast<TrialId>(said_.size()) ? &said_[static_cast<std::size_t>(id)] : nullptr;
  };
  if (const auto* e = std::get_if<Reported>(&event.fact))
    if (Said* said = said_of(e->trial)) {
      keep(said->metrics, e->metrics);
      keep(said->run, e->metrics);
      said->last = e->metrics;
    }
  if (const auto* e = std::get_if<Added>(&event.fact))
    if (Said* said = said_of(e->trial)) keep(said->metrics, e->metrics);
  const bool starts = std::holds_alternative<Started>(event.fact) || std::holds_alternative<Resumed>(event.fact) ||
                      std::holds_alternative<Relaunched>(event.fact);
  const bool decided = std::holds_alternative<Stopped>(event.fact) || std::holds_alternative<Paused>(event.fact) ||
                       std::holds_alternative<Expired>(event.fact);
  if (Said* said = said_of(trial_of(event).value_or(-1)); said && (starts || decided)) {
    said->decided = decided;
    if (starts) said->end.reset();
    const auto* again = std::get_if<Relaunched>(&event.fact);
    const int repeat = again ? again->repeat : 0;
    if (starts) said->resumes = repeat < said->repeats && !(again && again->fresh);
    if (starts) said->repeats = std::max(said->repeats, repeat + 1);
  }
  const auto* exit = std::get_if<Exited>(&event.fact);
  if (Said* said = exit ? said_of(exit->trial) : nullptr) said->run = {};
  // With a fidelity a run ends by itself at its `until`: not what the caller said.
  if (Said* said = exit ? said_of(exit->trial) : nullptr; said && !said->decided && !said->end) {
    if (exit->settled) said->end = cause_text(exit->cause, exit->code);
    else if (exit->cause == Cause::None && !study_.spec().fidelity) said->end = kDone;
  }
  if (const auto* e = std::get_if<Started>(&event.fact); e && static_cast<std::size_t>(e->trial) < said_.size())
    said_[static_cast<std::size_t>(e->trial)].why = e->searcher_why;
}

/// The caller's run has ended, or is not wanted any more: its slot is free at once.
void AskTell::end_run(TrialId id, Exited exited) {
  if (!trial(id).live) return;
  exited.trial = id;
  exited.attempt = trial(id).attempt;
  put_fact(std::move(exited));
}

/// One decision; false if there is none. What it starts or resumes is added to `started`.
bool AskTell::step(int free_slots, std::vector<TrialId>* started) {
  auto next = study_.decide(now_(), free_slots);
  auto* event = std::get_if<Event>(&next);
  if (!event || std::holds_alternative<Granted>(event->fact)) return false;  // its caller has no slots of ours
  const auto id = trial_of(*event);
  const bool launches = std::holds_alternative<Started>(event->fact) || std::holds_alternative<Resumed>(event->fact) ||
                        std::holds_alternative<Relaunched>(event->fact);
  put(std::move(*event));
  if (launches && started) started->push_back(*id);
  if (!launches && id && trial(*id).phase != Phase::Running) end_run(*id, Exited{});
  return true;
}

/// Everything that needs no slot: stops and pauses of what runs. If nothing runs the only thing left to decide is whether
/// the study ends, for which the searcher would be asked in vain: that comes with the next ask.
void AskTell::settle() {
  while (!study_.finished() && study_.running() > 0 && step(0, nullptr)) {
  }
}

Result<void> AskTell::flush() {
  if (!keep_ || batch_.empty()) return {};
  auto ok = keep_(batch_);
  if (!ok) broken_ = ok.error();
  batch_.clear();
  return ok;
}

void AskTell::give_up_live() {
  for (std::size_t i = 0; i < study_.trials().size(); ++i) {
    Exited lost;
    lost.cause = Cause::Lost;
    lost.detail = "the asking program ended";
    end_run(static_cast<TrialId>(i), std::move(lost));
  }
  (void)flush();  // broken() tells
}

Result<std::vector<TrialId>> AskTell::ask(int wanted) {
  std::vector<TrialId> started;
  settle();
  const auto free = [&] {
    const std::int64_t left = wanted - static_cast<std::int64_t>(started.size());
    const std::int64_t slots = study_.spec().parallel ? *study_.spec().parallel - study_.live() : left;
    return static_cast<int>(std::max<std::int64_t>(0, std::min(left, slots)));
  };
  while (!study_.finished() && free() > 0 && step(free(), &started)) {
  }
  settle();
  if (auto ok = flush(); !ok) return tl::unexpected(ok.error());
  return started;
}

Next AskTell::next_of(TrialId id) const {
  const Phase phase = trial(id).phase;
  return phase == Phase::Running ? Next::Continue : phase == Phase::Paused ? Next::Pause : Next::Stop;
}

/// An objective that neither `told` nor an earlier report of this run names.
const std::string* AskTell::missing(TrialId id, const Metrics& told) const {
  const Metrics& run = said_[static_cast<std::size_t>(id)].run;
  for (const Objective& objective : study_.spec().objectives)
    if (!has(told, objective.metric) && !has(run, objective.metric)) return &objective.metric;
  return nullptr;
}

Result<Next> AskTell::tell(TrialId id, Told told) {
  const auto count = static_cast<TrialId>(study_.trials().size());
  if (id < 0 || id >= count) return invalid(fmt::format("tell.trial: {} is no trial; {} were handed out", id, count));
  if (told.at && (*told.at < 1 || *told.at > 1'000'000'000'000))
    return invalid(fmt::format("tell.at: {} is not a whole number from 1 to 1e12", *told.at));
  const auto failure = told.failed ? exit_of(*told.failed) : std::nullopt;
  if (told.failed && !failure)
    return invalid(
        fmt::format("tell.failed: {} is no cause; use oom, timeout, silent, no metric, not finite, infeasible, lost, "
                    "exit N or signal N",
                    told.failed->empty() ? "an empty text" : printable(told.failed->substr(0, 60))));
  if (told.done && failure) return invalid("tell: done and failed; give one");
  if (!told.metrics.empty() && failure)
    return invalid("tell: metrics and failed; give one, or tell the metrics first, without an end");
  const auto& fidelity = study_.spec().fidelity;
  if (told.at && fidelity) {
    std::erase_if(told.metrics, [&](const auto& metric) { return metric.first == fidelity->name; });
    told.metrics.emplace_back(fidelity->name, static_cast<double>(*told.at));
  }
  if (told.metrics.empty() && !told.done && !failure)
    return invalid("tell.metrics: missing; write {\"trial\": 0, \"metrics\": {\"loss\": 0.3}}");

  const bool ends = told.done || failure;
  const std::string end = failure ? cause_text(failure->cause, failure->code) : kDone;
  Said& said = said_[static_cast<std::size_t>(id)];
  if (trial(id).phase != Phase::Running || !trial(id).live) {  // late: stopped or paused meanwhile, or told before
    const bool same = told.metrics.empty() || same_values(told.metrics, said.last);
    if (ends && said.end && (end != *said.end || !same))
      return invalid(fmt::format(
          "tell.trial: the end of trial {} was told before ({}), with other values; leave this out", id, *said.end));
    return next_of(id);
  }
  if (const std::string* name = told.done ? missing(id, told.metrics) : nullptr)
    return invalid(fmt::format(
        "tell.metrics: trial {} ends without {}; give the objective's value, or tell that it failed (\"no metric\")",
        id, *name));
  if (ends) said.end = end;
  if (!told.metrics.empty()) {
    Reported report;
    report.trial = id;
    report.attempt = trial(id).attempt;
    report.n = trial(id).reports_seen + 1;
    report.metrics = std::move(told.metrics);
    put_fact(std::move(report));
  }
  const bool reached = trial(id).reached > 0;
  if (failure) end_run(id, *failure);
  else if (told.done || reached) end_run(id, Exited{});
  settle();
  if (auto ok = flush(); !ok) return tl::unexpected(ok.error());
  return next_of(id);
}

Result<TrialId> AskTell::add(const NamedValues& values, Metrics metrics) {
  const auto config = study_.spec().space.check(values);
  if (!config) return invalid("add.config: " + config.error().what);
  for (const Objective& objective : study_.spec().objectives)
    if (!has(metrics, objective.metric))
      return invalid(fmt::format("add.metrics: {} is missing; give the objective's value", objective.metric));
  if (study_.finished()) return invalid(fmt::format("add: the study is finished: {}", *study_.finished()));
  const auto id = static_cast<TrialId>(study_.trials().size());
  put_fact(Added{id, *config, std::move(metrics), "added"});
  settle();
  if (auto ok = flush(); !ok) return tl::unexpected(ok.error());
  return id;
}

Metrics AskTell::metrics(TrialId id) const {
  const auto index = static_cast<std::size_t>(id);
  Metrics out = index < said_.size() ? said_[index].metrics : Metrics();
  const Trial& of = trial(id);
  if (of.reports.empty()) return out;
  for (std::size_t i = 0; i < study_.spec().objectives.size(); ++i) {
    const Objective& objective = study_.spec().objectives[i];
    const double loss = of.reports.back().loss[i];
    if (!std::isfinite(loss)) continue;  // as it was given: nan and infinite are one loss
    for (auto& [name, value] : out)
      if (name == objective.metric) value = objective.maximize ? 0 - loss : loss;
  }
  return out;
}

const std::string& AskTell::why(TrialId id) const {
  static const std::string none;
  const auto index = static_cast<std::size_t>(id);
  return index < said_.size() ? said_[index].why : none;
}

}  // namespace hone
