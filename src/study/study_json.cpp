#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "study/resources.h"
#include "study/space_file.h"
#include "study/study_file.h"
#include "study/value_json.h"

namespace hone {
namespace {

using Json = nlohmann::ordered_json;

Json objective_json(const Objective& objective) {
  std::string text = (objective.maximize ? "maximize " : "minimize ") + objective.metric;
  if (objective.aggregate == Aggregate::Best) text += " best";
  if (objective.aggregate == Aggregate::Mean) text += " mean";
  return text;
}

Json algorithm_json(const Algorithm& algorithm) {
  if (algorithm.options.empty()) return algorithm.name;
  Json options = Json::object();
  for (const auto& [key, value] : algorithm.options) options[key] = value_json(value);
  return Json{{algorithm.name, options}};
}

Json initial_json(const InitialPoint& point) {
  Json metrics = Json::object();
  for (const auto& [name, value] : point.metrics) metrics[name] = value;
  Json out{{"config", named_json(point.config)}};
  if (!point.metrics.empty()) out["metrics"] = metrics;
  return out;
}

Json stages_json(const std::vector<Stage>& stages) {
  Json out = Json::array();
  for (const Stage& stage : stages) {
    Json json{{"free", stage.free}};
    if (!stage.fixed.empty()) json["fixed"] = named_json(stage.fixed);
    if (stage.trials) json["trials"] = *stage.trials;
    out.push_back(std::move(json));
  }
  return out;
}

Json warm_json(const std::vector<WarmPoint>& points) {
  Json out = Json::array();
  for (const WarmPoint& point : points) out.push_back(Json{{"config", named_json(point.config)}, {"from", point.from}});
  return out;
}

Json stop_json(const StopRules& stop) {
  Json out = Json::object();
  if (stop.trials) out["trials"] = *stop.trials;
  if (stop.time) out["time"] = *stop.time;
  if (stop.target) out["target"] = *stop.target;
  if (stop.no_improvement) out["no_improvement"] = *stop.no_improvement;
  if (stop.failed) out["failed"] = *stop.failed;
  return out;
}

Json fidelity_json(const Fidelity& fidelity) {
  const NamedValues min = levels_at(fidelity, fidelity.min), max = levels_at(fidelity, fidelity.max);
  Json all = Json::array();
  for (std::size_t i = 0; i < min.size(); ++i)
    all.push_back(Json{{"name", min[i].first}, {"min", value_json(min[i].second)}, {"max", value_json(max[i].second)}});
  return all.size() > 1 ? all : all[0];
}

Json limits_json(const Limits& limits) {
  const Limits plain;
  Json out = Json::object();
  if (limits.time) out["time"] = *limits.time;
  if (limits.silence) out["silence"] = *limits.silence;
  if (limits.grace != plain.grace) out["grace"] = limits.grace;
  if (limits.log != plain.log) out["log"] = limits.log;
  if (limits.retries != plain.retries) out["retries"] = limits.retries;
  if (limits.files != plain.files) out["files"] = limits.files;
  if (limits.disk != plain.disk) out["disk"] = limits.disk;
  if (limits.oom_retry != plain.oom_retry) out["oom_retry"] = limits.oom_retry;
  return out;
}

Json pairs_json(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Json out = Json::object();
  for (const auto& [key, value] : pairs) out[key] = value;
  return out;
}

}  // namespace

std::string study_json(const StudySpec& spec) {
  Json out;
  const auto add = [&](const char* key, Json value) {
    if (!value.empty()) out[key] = std::move(value);
  };
  out["name"] = spec.name;
  add("command", spec.command);
  Json objectives = Json::array();
  for (const auto& objective : spec.objectives) objectives.push_back(objective_json(objective));
  add("objective", objectives.size() == 1 ? objectives[0] : objectives);
  Json space = Json::object();
  for (const auto& param : spec.space.params()) space[param.name] = Json::parse(param_json(param));
  add("space", space);
  add("constraints", spec.space.constraints());
  Json outcomes = Json::array();
  for (const auto& outcome : spec.outcomes)
    outcomes.push_back(outcome.metric + (outcome.at_most ? " <= " : " >= ") + number_text(outcome.bound));
  add("outcome_constraints", outcomes);
  if (spec.cost != "seconds") out["cost"] = spec.cost;
  Json initial = Json::array();
  for (const auto& point : spec.initial) initial.push_back(initial_json(point));
  add("initial", initial);
  if (spec.fidelity) out["fidelity"] = fidelity_json(*spec.fidelity);
  out["searcher"] = algorithm_json(spec.searcher);
  out["scheduler"] = algorithm_json(spec.scheduler);
  add("stop", stop_json(spec.stop));
  if (spec.parallel) out["parallel"] = *spec.parallel;
  add("resources", Json::parse(resources_json(spec.resources)));
  add("limits", limits_json(spec.limits));
  add("metrics", pairs_json(spec.patterns));
  add("env", pairs_json(spec.env));
  if (spec.seed) out["seed"] = *spec.seed;
  if (spec.repeat != 1) out["repeat"] = spec.repeat;
  add("stages", stages_json(spec.stages));
  add("warm_start", spec.warm_start);
  add("warm", warm_json(spec.warm));
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

namespace {

/// Where `a` and `b` differ: `stop.trials`; whole subtrees by their upper name.
void differ(const std::string& path, const Json& a, const Json& b, std::vector<std::string>& out) {
  if (a == b) return;
  if (!a.is_object() || !b.is_object()) {
    out.push_back(path);
    return;
  }
  std::set<std::string> seen;
  const Json none;
  for (const Json* side : {&a, &b})
    for (const auto& [key, value] : side->items())
      if (seen.insert(key).second)
        differ(path.empty() ? key : path + "." + key, a.contains(key) ? a[key] : none, b.contains(key) ? b[key] : none,
               out);
  // The same keys in another order: the order of the space counts.
  if (out.empty() && !path.empty()) out.push_back(path);
}

}  // namespace

std::vector<std::string> differing_keys(std::string_view a, std::string_view b) {
  std::vector<std::string> out;
  const Json left = Json::parse(a, nullptr, false), right = Json::parse(b, nullptr, false);
  if (left.is_discarded() || right.is_discarded()) return {"definition"};
  differ("", left, right, out);
  if (out.empty() && a != b) out.push_back("definition");
  return out;
}

}  // namespace hone
