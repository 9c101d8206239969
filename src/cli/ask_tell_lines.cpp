#include "cli/ask_tell_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "cli/text_out.h"
#include "study/ledger.h"

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

Json best_trial(const AskTell& asked, TrialId id) {
  const Study& study = asked.study();
  const Trial& trial = study.trials()[static_cast<std::size_t>(id)];
  return Json{{"trial", id},
              {"config", config_json(study.spec().space, trial.config)},
              {"metrics", metrics_json(asked.metrics(id))}};
}

Json handed_out(const AskTell& asked, TrialId id) {
  const Study& study = asked.study();
  const Trial& trial = study.trials()[static_cast<std::size_t>(id)];
  Json out{{"trial", id},
           {"config", config_json(study.spec().space, trial.config)},
           {"until", trial.until},
           {"seed", run_seed(trial)},
           {"resume", asked.resumes(id)}};
  if (study.spec().repeat > 1) out["repeat"] = trial.repeat + 1;
  if (const auto& fidelity = study.spec().fidelity; fidelity && !fidelity->further.empty())
    out["levels"] = named_json(levels_at(*fidelity, trial.until));
  if (trial.from) out["from"] = Json{{"trial", trial.from->trial}, {"at", trial.from->at}};
  return out;
}

Result<Json> ask(AskTell& study, const Json& request) {
  if (!request.is_number_integer() || request < 1 || request > 100'000)
    return invalid("ask: is not a whole number from 1; write {\"ask\": 1}");
  const auto started = study.ask(request.get<int>());
  if (!started) return tl::unexpected(started.error());
  Json trials = Json::array();
  for (const TrialId id : *started) trials.push_back(handed_out(study, id));
  Json out{{"trials", std::move(trials)}};
  if (study.finished()) out["finished"] = true;
  return out;
}

Result<Json> tell(AskTell& study, const Json& request) {
  if (auto ok = check_fields(request, "tell", {"trial", "metrics", "at", "done", "failed"}); !ok)
    return tl::unexpected(ok.error());
  const Json& number = request.contains("trial") ? request["trial"] : Json();
  const auto count = static_cast<std::int64_t>(study.study().trials().size());
  if (!number.is_number_integer() || number < 0 || number >= count)
    return invalid(fmt::format("tell.trial: {} is no trial; {} were handed out", dump(number).substr(0, 60), count));
  AskTell::Told told;
  if (request.contains("metrics")) {
    auto read = metrics_of(request["metrics"], "tell.metrics");
    if (!read) return tl::unexpected(read.error());
    told.metrics = std::move(*read);
  }
  if (request.contains("at")) {
    const Json& at = request["at"];
    if (!at.is_number_integer() || at < 1 || at > 1'000'000'000'000)
      return invalid(fmt::format("tell.at: {} is not a whole number from 1 to 1e12", dump(at).substr(0, 60)));
    told.at = at.get<Resource>();
  }
  if (request.contains("done") && !request["done"].is_boolean())
    return invalid(fmt::format("tell.done: {} is neither true nor false", dump(request["done"]).substr(0, 60)));
  if (request.contains("failed") && !request["failed"].is_string())
    return invalid(fmt::format("tell.failed: {} is not a word; write \"oom\" or \"exit 1\"",
                               dump(request["failed"]).substr(0, 60)));
  told.done = request.value("done", false);
  if (request.contains("failed")) told.failed = request["failed"].get<std::string>();
  const auto next = study.tell(number.get<TrialId>(), std::move(told));
  if (!next) return tl::unexpected(next.error());
  return Json{{"move", name(*next)}};
}

Result<Json> add(AskTell& study, const Json& request) {
  if (auto ok = check_fields(request, "add", {"config", "metrics"}); !ok) return tl::unexpected(ok.error());
  if (!request.contains("config") || !request.contains("metrics")) return invalid("add: needs config and metrics");
  const auto values = config_of(request["config"], "add.config");
  if (!values) return tl::unexpected(values.error());
  auto metrics = metrics_of(request["metrics"], "add.metrics");
  if (!metrics) return tl::unexpected(metrics.error());
  const auto id = study.add(*values, std::move(*metrics));
  if (!id) return tl::unexpected(id.error());
  return Json{{"trial", *id}};
}

Json best(const AskTell& asked) {
  const Study& study = asked.study();
  if (study.spec().objectives.size() > 1) {
    Json list = Json::array();
    for (const TrialId id : study.front()) list.push_back(best_trial(asked, id));
    return Json{{"best", std::move(list)}};
  }
  const auto id = study.best();
  return Json{{"best", id ? best_trial(asked, *id) : Json(nullptr)}};
}

}  // namespace

std::string answer_line(AskTell& study, std::string_view line) {
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
  const Result<Json> out = verb == "ask"    ? ask(study, what)
                           : verb == "tell" ? tell(study, what)
                           : verb == "add"  ? add(study, what)
                           : verb == "best"
                               ? Result<Json>(best(study))
                               : invalid(fmt::format("{}: unknown; use ask, tell, add or best", printable(verb)));
  return out ? dump(*out) : error(out.error().what);
}

}  // namespace hone
