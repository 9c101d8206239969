#include "cli/ask_tell.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/text.h"

namespace hone {
namespace {

Result<double> number_of(const Json& json, const std::string& field) {
  if (json.is_number()) return json.get<double>();
  if (json == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (json == "inf") return std::numeric_limits<double>::infinity();
  if (json == "-inf") return -std::numeric_limits<double>::infinity();
  return invalid(fmt::format("{}: {} is not a number", field, dump(json).substr(0, 60)));
}

Result<Metrics> metrics_of(const Json& json, const std::string& field) {
  if (!json.is_object()) return invalid(fmt::format("{}: is not an object; write {{\"loss\": 0.3}}", field));
  Metrics out;
  for (const auto& [name, value] : json.items()) {
    const auto number = number_of(value, field + "." + name);
    if (!number) return tl::unexpected(number.error());
    out.emplace_back(name, *number);
  }
  return out;
}

Result<NamedValues> config_of(const Json& json, const std::string& field) {
  if (!json.is_object()) return invalid(fmt::format("{}: is not an object; write {{\"lr\": 0.1}}", field));
  NamedValues out;
  for (const auto& [name, value] : json.items()) {
    if (value.is_number_integer()) out.emplace_back(name, value.get<std::int64_t>());
    else if (value.is_number()) out.emplace_back(name, value.get<double>());
    else if (value.is_string()) out.emplace_back(name, value.get<std::string>());
    else return invalid(fmt::format("{}.{}: {} is not a number or word", field, name, dump(value).substr(0, 60)));
  }
  return out;
}

Result<void> check_fields(const Json& json, const std::string& field, const std::vector<std::string>& known) {
  if (!json.is_object()) return invalid(fmt::format("{}: is not an object", field));
  for (const auto& [key, value] : json.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string near = nearest_name(key, known);
    return invalid(
        fmt::format("{}.{}: unknown; {}", field, printable(key),
                    near.empty() ? fmt::format("known are {}", fmt::join(known, ", ")) : "did you mean " + near + "?"));
  }
  return {};
}

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

}  // namespace

AskTell::AskTell(Study study, std::function<Seconds()> now, Keep keep)
    : study_(std::move(study)), now_(std::move(now)), keep_(std::move(keep)) {}

void AskTell::put(Event event) {
  study_.apply(event);
  remember(event);
  batch_.push_back(std::move(event));
}

void AskTell::remember(const Event& event) {
  metrics_.resize(study_.trials().size());
  const auto keep = [&](TrialId id, const Metrics& said) {
    if (id < 0 || id >= static_cast<TrialId>(metrics_.size())) return;
    Metrics& all = metrics_[static_cast<std::size_t>(id)];
    for (const auto& [name, value] : said) {
      const auto at = std::find_if(all.begin(), all.end(), [&](const auto& m) { return m.first == name; });
      if (at == all.end()) all.emplace_back(name, value);
      else at->second = value;
    }
  };
  if (const auto* e = std::get_if<Reported>(&event.fact)) keep(e->trial, e->metrics);
  if (const auto* e = std::get_if<Added>(&event.fact)) keep(e->trial, e->metrics);
}

/// The caller's run has ended, or is not wanted any more: its slot is free at once.
void AskTell::end_run(TrialId id, Exited exited) {
  const Trial& trial = study_.trials()[static_cast<std::size_t>(id)];
  if (!trial.live) return;
  exited.trial = id;
  exited.attempt = trial.attempt;
  put_fact(std::move(exited));
}

/// One decision; false if there is none. What it starts or resumes is added to `started`.
bool AskTell::step(int free_slots, std::vector<TrialId>* started) {
  auto next = study_.decide(now_(), free_slots);
  auto* event = std::get_if<Event>(&next);
  if (!event) return false;
  const auto id = trial_of(*event);
  const bool launches = std::holds_alternative<Started>(event->fact) || std::holds_alternative<Resumed>(event->fact) ||
                        std::holds_alternative<Relaunched>(event->fact);
  put(std::move(*event));
  if (launches && started) started->push_back(*id);
  if (!launches && id && study_.trials()[static_cast<std::size_t>(*id)].phase != Phase::Running) end_run(*id, Exited{});
  return true;
}

/// Everything that needs no slot: stops, pauses, the end of the study.
void AskTell::settle() {
  while (!study_.finished() && step(0, nullptr)) {
  }
}

void AskTell::give_up_live() {
  for (std::size_t i = 0; i < study_.trials().size(); ++i) {
    Exited lost;
    lost.cause = Cause::Lost;
    lost.detail = "the asking program ended";
    end_run(static_cast<TrialId>(i), std::move(lost));
  }
  if (keep_ && !batch_.empty())
    if (auto ok = keep_(batch_); !ok) broken_ = ok.error();
  batch_.clear();
}

std::string AskTell::answer(std::string_view line) {
  const auto error = [](const std::string& what) { return dump(Json{{"error", what}}); };
  if (line.size() > (1 << 20)) return error("a line of more than 1 MiB");
  bool deep = false;  // what is nested without end would overflow the stack where it is copied or shown
  const auto watch = [&](int depth, Json::parse_event_t, Json&) {
    deep = deep || depth > 8;
    return !deep;
  };
  const Json request = Json::parse(line, watch, false);
  if (deep) return error("more than 8 levels deep; write it flatter");
  if (request.is_discarded()) return error("not JSON; write a JSON object a line, e.g. {\"ask\": 1}");
  if (!request.is_object() || request.size() != 1)
    return error("write an object with one of ask, tell, add and best, e.g. {\"ask\": 1}");
  const std::string verb = request.begin().key();
  const Json& what = request.begin().value();
  Result<Json> out = verb == "ask"    ? ask(what)
                     : verb == "tell" ? tell(what)
                     : verb == "add"  ? add(what)
                     : verb == "best"
                         ? Result<Json>(best())
                         : invalid(fmt::format("{}: unknown; use ask, tell, add or best", printable(verb)));
  const std::vector<Event> batch = std::exchange(batch_, {});
  if (keep_ && !batch.empty())
    if (auto ok = keep_(batch); !ok) {
      broken_ = ok.error();
      return error(broken_->what);
    }
  return out ? dump(*out) : error(out.error().what);
}

Result<Json> AskTell::ask(const Json& request) {
  if (!request.is_number_integer() || request < 1 || request > 100'000)
    return invalid("ask: is not a whole number from 1; write {\"ask\": 1}");
  std::vector<TrialId> started;
  settle();
  const auto free = [&] {
    const std::int64_t wanted = request.get<std::int64_t>() - static_cast<std::int64_t>(started.size());
    const std::int64_t slots = study_.spec().parallel ? *study_.spec().parallel - study_.live() : wanted;
    return static_cast<int>(std::max<std::int64_t>(0, std::min(wanted, slots)));
  };
  while (!study_.finished() && free() > 0 && step(free(), &started)) {
  }
  settle();
  Json trials = Json::array();
  for (const TrialId id : started)
    trials.push_back(handed_out(id, study_.trials()[static_cast<std::size_t>(id)].attempt > 1));
  Json out{{"trials", std::move(trials)}};
  if (study_.finished()) out["finished"] = true;
  return out;
}

Json AskTell::handed_out(TrialId id, bool resume) const {
  const Trial& trial = study_.trials()[static_cast<std::size_t>(id)];
  Json out{{"trial", id},
           {"config", config_json(study_.spec().space, trial.config)},
           {"until", trial.until},
           {"seed", trial.seed},
           {"resume", resume}};
  if (trial.from) out["from"] = Json{{"trial", trial.from->trial}, {"at", trial.from->at}};
  return out;
}

Json AskTell::move_of(TrialId id) const {
  const Phase phase = study_.trials()[static_cast<std::size_t>(id)].phase;
  return Json{{"move", phase == Phase::Running ? "continue" : phase == Phase::Paused ? "pause" : "stop"}};
}

Result<Json> AskTell::tell(const Json& request) {
  if (auto ok = check_fields(request, "tell", {"trial", "metrics", "at", "done", "failed"}); !ok)
    return tl::unexpected(ok.error());
  const Json& number = request.contains("trial") ? request["trial"] : Json();
  const auto count = static_cast<std::int64_t>(study_.trials().size());
  if (!number.is_number_integer() || number < 0 || number >= count)
    return invalid(fmt::format("tell.trial: {} is no trial; {} were handed out", dump(number).substr(0, 60), count));
  const TrialId id = number.get<TrialId>();
  Metrics metrics;
  if (request.contains("metrics")) {
    auto read = metrics_of(request["metrics"], "tell.metrics");
    if (!read) return tl::unexpected(read.error());
    metrics = std::move(*read);
  }
  if (request.contains("at")) {
    const Json& at = request["at"];
    if (!at.is_number_integer() || at < 1 || at > 1'000'000'000'000)
      return invalid("tell.at: is not a whole number from 1");
    if (const auto& fidelity = study_.spec().fidelity) {
      std::erase_if(metrics, [&](const auto& metric) { return metric.first == fidelity->name; });
      metrics.emplace_back(fidelity->name, at.get<double>());
    }
  }
  if (request.contains("done") && !request["done"].is_boolean()) return invalid("tell.done: is neither true nor false");
  if (request.contains("failed") && !request["failed"].is_string())
    return invalid("tell.failed: is not a word; write \"oom\" or \"exit 1\"");
  const bool done = request.value("done", false), failed = request.contains("failed");
  const auto failure = failed ? exit_of(request["failed"].get<std::string>()) : std::nullopt;
  if (failed && !failure)
    return invalid(
        "tell.failed: is no cause; use oom, timeout, silent, no metric, not finite, infeasible, lost, exit N or signal "
        "N");
  if (done && failed) return invalid("tell: done and failed; give one");
  if (metrics.empty() && !done && !failed)
    return invalid("tell.metrics: missing; write {\"trial\": 0, \"metrics\": {\"loss\": 0.3}}");

  const Trial& trial = study_.trials()[static_cast<std::size_t>(id)];
  if (trial.phase != Phase::Running || !trial.live) return move_of(id);  // late: it was stopped or paused meanwhile
  if (!metrics.empty()) {
    Reported report;
    report.trial = id;
    report.attempt = trial.attempt;
    report.n = trial.reports_seen + 1;
    report.metrics = std::move(metrics);
    put_fact(std::move(report));
  }
  const bool reached = study_.trials()[static_cast<std::size_t>(id)].reached > 0;
  if (failure) end_run(id, *failure);
  else if (done || reached) end_run(id, Exited{});
  settle();
  return move_of(id);
}

Result<Json> AskTell::add(const Json& request) {
  if (auto ok = check_fields(request, "add", {"config", "metrics"}); !ok) return tl::unexpected(ok.error());
  if (!request.contains("config") || !request.contains("metrics")) return invalid("add: needs config and metrics");
  const auto values = config_of(request["config"], "add.config");
  if (!values) return tl::unexpected(values.error());
  const auto config = study_.spec().space.check(*values);
  if (!config) return invalid("add.config: " + config.error().what);
  auto metrics = metrics_of(request["metrics"], "add.metrics");
  if (!metrics) return tl::unexpected(metrics.error());
  for (const Objective& objective : study_.spec().objectives)
    if (std::none_of(metrics->begin(), metrics->end(), [&](const auto& m) { return m.first == objective.metric; }))
      return invalid(fmt::format("add.metrics: {} is missing; give the objective's value", objective.metric));
  if (study_.finished()) return invalid(fmt::format("add: the study is finished: {}", *study_.finished()));
  const auto id = static_cast<TrialId>(study_.trials().size());
  put_fact(Added{id, *config, std::move(*metrics), "added"});
  settle();
  return Json{{"trial", id}};
}

Json AskTell::best() const {
  if (study_.spec().objectives.size() > 1) {
    Json list = Json::array();
    for (const TrialId id : study_.front()) list.push_back(trial_json(id));
    return Json{{"best", std::move(list)}};
  }
  const auto id = study_.best();
  return Json{{"best", id ? trial_json(*id) : Json(nullptr)}};
}

Json AskTell::trial_json(TrialId id) const {
  const Trial& trial = study_.trials()[static_cast<std::size_t>(id)];
  Metrics metrics = static_cast<std::size_t>(id) < metrics_.size() ? metrics_[static_cast<std::size_t>(id)] : Metrics();
  for (std::size_t i = 0; i < study_.spec().objectives.size(); ++i) {
    const Objective& objective = study_.spec().objectives[i];
    for (auto& [name, value] : metrics)
      if (name == objective.metric)
        value = objective.maximize ? 0 - trial.reports.back().loss[i] : trial.reports.back().loss[i];
  }
  return Json{
      {"trial", id}, {"config", config_json(study_.spec().space, trial.config)}, {"metrics", metrics_json(metrics)}};
}

}  // namespace hone
