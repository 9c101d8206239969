#include "sim/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>

#include "base/text.h"
#include "hone/registry.h"
#include "sim/fault_plan.h"
#include "space/expression.h"
#include "study/study_file.h"
#include "study/yaml.h"

namespace hone {
namespace {

std::optional<double> number(const std::string& text) {
  Value value = parse_value(text);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

class Reader {
 public:
  Reader(const YamlNode& root, const std::string& file) : root_(root), file_(file) {}

  Result<Scenario> read() {
    check_keys();
    word("name", scenario_.name);
    word("description", scenario_.description);
    study();
    world();
    faults();
    expectations();
    if (!mistakes_.empty()) return invalid(mistakes_);
    return std::move(scenario_);
  }

 private:
  void mistake(int line, const std::string& what) {
    mistakes_ += fmt::format("{}{}:{}: {}", mistakes_.empty() ? "" : "\n", file_, line, what);
  }

  void check_keys() {
    const std::vector<std::string> known = {"name",    "description", "study",  "workers",     "objective",
                                            "metrics", "seconds",     "faults", "checkpoints", "named",
                                            "ending",  "death",       "seed",   "expect"};
    for (const YamlEntry& entry : root_.entries) {
      if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
      std::string nearest = nearest_name(entry.key, known);
      mistake(entry.line, fmt::format("{}: unknown key; {}", entry.key,
                                      nearest.empty() ? "see sim/scenario.h" : "did you mean " + nearest + "?"));
    }
  }

  const YamlNode* scalar(const char* key, bool needed) {
    const YamlNode* node = root_.find(key);
    if (!node && needed) mistake(1, fmt::format("{}: missing", key));
    if (!node) return nullptr;
    if (node->is_scalar()) return node;
    mistake(node->line, fmt::format("{}: a word or a number is needed", key));
    return nullptr;
  }

  void word(const char* key, std::string& into) {
    if (const YamlNode* node = scalar(key, true)) into = node->text;
  }

  double real(const YamlNode& node, const std::string& key, double lo, double hi) {
    std::optional<double> value = number(node.text);
    if (value && *value >= lo && *value <= hi) return *value;
    mistake(node.line, fmt::format("{}: {} is no number from {} to {}", key, node.text, lo, hi));
    return lo;
  }
  double real(const char* key, double fallback, double lo, double hi) {
    const YamlNode* node = scalar(key, false);
    return node ? real(*node, key, lo, hi) : fallback;
  }

  bool yes(const char* key) {
    const YamlNode* node = scalar(key, false);
    if (node && node->text != "yes" && node->text != "no") mistake(node->line, fmt::format("{}: use yes or no", key));
    return !node || node->text == "yes";
  }

  void study() {
    const YamlNode* node = scalar("study", true);
    if (!node) return;
    auto spec = read_study_file(node->text, scenario_.name.empty() ? "scenario" : scenario_.name);
    if (spec) scenario_.spec = std::move(*spec);
    else mistake(node->line, "study: " + spec.error().what);
  }

  void metric(const std::string& name, const YamlNode& node) {
    auto read = curve(node.text, scenario_.spec.space);
    if (read) scenario_.plan.metrics.emplace_back(name, std::move(*read));
    else mistake(node.line, fmt::format("{}: {}", name, read.error().what));
  }

  void world() {
    Plan& plan = scenario_.plan;
    plan.workers = static_cast<int>(real("workers", 1, 1, 1e6));
    plan.seed = scenario_.trouble.seed = static_cast<std::uint64_t>(real("seed", 1, 0, 1e15));
    plan.ending = real("ending", 0, 0, 1e9);
    scenario_.trouble.death = real("death", 0, 0, 0.5);
    plan.checkpoints = yes("checkpoints");
    plan.named = yes("named");
    const YamlNode* objective = scalar("objective", true);
    if (objective && !scenario_.spec.objectives.empty()) metric(scenario_.spec.objectives[0].metric, *objective);
    if (const YamlNode* metrics = root_.find("metrics")) {
      for (const YamlEntry& entry : metrics->entries) metric(entry.key, entry.value);
    }
    if (const YamlNode* node = scalar("seconds", false)) {
      auto read = curve(node->text, scenario_.spec.space);
      if (!read) return mistake(node->line, "seconds: " + read.error().what);
      plan.seconds = std::move(*read);
    }
  }

  void faults() {
    if (const YamlNode* node = root_.find("faults"))
      scenario_.plan.faults = read_faults(*node, [this](int line, const std::string& what) { mistake(line, what); });
  }

  void expectations() {
    const YamlNode* node = root_.find("expect");
    if (!node || node->entries.empty()) return mistake(1, "expect: missing; say what must come of it");
    for (const YamlEntry& entry : node->entries) scenario_.expect.emplace_back(entry.key, entry.value.text);
  }

  const YamlNode& root_;
  const std::string& file_;
  Scenario scenario_;
  std::string mistakes_;
};

using Facts = std::map<std::string, double>;

void add_trials(const Study& study, Facts& facts) {
  for (const char* phase : {"waiting", "running", "paused", "completed", "stopped", "failed"}) facts[phase] = 0;
  for (const Trial& trial : study.trials()) {
    ++facts["trials"];
    ++facts[name(trial.phase)];
    if (trial.phase == Phase::Failed) ++facts["failed " + cause_text(trial.cause, trial.code)];
    if (trial.phase == Phase::Completed && !trial.reports.empty())
      ++facts[fmt::format("completed at {}", trial.reports.back().at)];
  }
}

Facts facts_of(const Scenario& scenario, const SimResult& result) {
  Facts facts;
  for (const char* kind : {"trials", "started", "resumed", "relaunched", "granted", "added", "expired"})
    facts[kind] = 0;
  add_trials(result.study, facts);
  facts["units"] = static_cast<double>(result.units);
  facts["launches"] = static_cast<double>(result.launches);
  facts["deaths"] = static_cast<double>(result.deaths);
  facts["events"] = static_cast<double>(result.log.size());
  facts["seconds"] = result.seconds;
  facts["utilisation"] = result.utilisation;
  for (const Event& event : result.log) {
    if (std::holds_alternative<Started>(event.fact)) ++facts["started"];
    if (std::holds_alternative<Relaunched>(event.fact)) ++facts["relaunched"];
    if (const auto* granted = std::get_if<Granted>(&event.fact)) {
      ++facts["granted"];
      ++facts[fmt::format("granted {}", granted->slots)];
    }
    if (std::holds_alternative<Added>(event.fact)) ++facts["added"];
    if (std::holds_alternative<Expired>(event.fact)) ++facts["expired"];
    if (const auto* resumed = std::get_if<Resumed>(&event.fact)) {
      ++facts["resumed"];
      ++facts[fmt::format("resumed to {}", resumed->until)];
    }
  }
  if (auto best = result.study.best(); best && !scenario.spec.objectives.empty()) {
    const Report& report = result.study.trials()[static_cast<std::size_t>(*best)].reports.back();
    facts["best_trial"] = static_cast<double>(*best);
    facts["best_at"] = static_cast<double>(report.at);
    facts["best_value"] = scenario.spec.objectives[0].maximize ? -report.loss[0] : report.loss[0];
  }
  return facts;
}

bool meets(double actual, const std::string& wanted) {
  auto close = [&](double value) { return std::abs(actual - value) <= 1e-9 * std::max(1.0, std::abs(value)); };
  if (wanted.starts_with(">=")) {
    auto bound = number(trim(wanted.substr(2)));
    return bound && actual >= *bound;
  }
  if (wanted.starts_with("<=")) {
    auto bound = number(trim(wanted.substr(2)));
    return bound && actual <= *bound;
  }
  if (auto dots = wanted.find(".."); dots != std::string::npos) {
    auto lo = number(trim(wanted.substr(0, dots))), hi = number(trim(wanted.substr(dots + 2)));
    return lo && hi && actual >= *lo && actual <= *hi;
  }
  auto value = number(wanted);
  return value && close(*value);
}

}  // namespace

Result<Curve> curve(std::string_view expression, const Space& space) {
  std::vector<Param> params = space.params();
  NameIndex names;
  for (std::size_t i = 0; i < params.size(); ++i) names[params[i].name] = i;
  if (names.contains("at"))
    return invalid("the space has a parameter `at`, which means the unit here; give it another name");
  names["at"] = params.size();
  Param at;
  at.name = "at";
  at.domain = Float{1, 9e15, false, {}};
  params.push_back(at);
  auto compiled = Expression::compile(expression, params, names, Expression::Use::Value);
  if (!compiled) return tl::unexpected(compiled.error());
  auto shared = std::make_shared<const Expression>(std::move(*compiled));
  return Curve([shared](const Config& config, Resource unit, std::uint64_t) {
    Config whole = config;
    whole.emplace_back(static_cast<double>(unit));
    Value value = shared->value(whole);
    if (const auto* real = std::get_if<double>(&value)) return *real;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
    return std::numeric_limits<double>::quiet_NaN();
  });
}

Result<Scenario> read_scenario(std::string_view text, const std::string& file) {
  auto root = read_yaml(text);
  if (!root) return invalid(fmt::format("{}:{}: {}", file, root.error().line, root.error().what));
  if (!root->is_map()) return invalid(fmt::format("{}:1: a scenario is a map; see sim/scenario.h", file));
  return Reader(*root, file).read();
}

std::vector<std::string> unmet(const Scenario& scenario, const SimResult& result) {
  std::vector<std::string> lines;
  Facts facts = facts_of(scenario, result);
  for (const auto& [what, wanted] : scenario.expect) {
    if (what == "finished") {
      std::string why = result.study.finished() ? *result.study.finished() : "not at all";
      if (why.find(wanted) == std::string::npos)
        lines.push_back(fmt::format("finished: `{}` instead of `{}`", why, wanted));
    } else if (what == "ended") {
      std::string ended = result.study.failed() ? "failed" : "well";
      if (ended != wanted) lines.push_back(fmt::format("ended: {} instead of {}", ended, wanted));
    } else {
      // What never happened is 0: `resumed to 9`, `failed lost`.
      double actual = facts.contains(what) ? facts[what] : 0;
      bool counted = facts.contains(what) || what.starts_with("resumed to ") || what.starts_with("failed ") ||
                     what.starts_with("completed at ") || what.starts_with("granted ");
      if (!counted) lines.push_back(what + ": no such count");
      else if (!meets(actual, wanted)) lines.push_back(fmt::format("{}: {} instead of {}", what, actual, wanted));
    }
  }
  return lines;
}

}  // namespace hone
