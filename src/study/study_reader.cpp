#include "study/study_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/text.h"
#include "study/fidelity_file.h"
#include "study/plan_file.h"
#include "study/resources.h"
#include "study/space_file.h"
#include "study/study_file.h"
#include "study/words.h"

namespace hone {
namespace {

constexpr std::int64_t kMost = 1'000'000'000'000;
const std::vector<std::string> kKeys = {
    "name",     "command",  "objective", "space",  "constraints", "outcome_constraints", "cost",   "initial",
    "fidelity", "searcher", "scheduler", "stop",   "parallel",    "resources",           "limits", "metrics",
    "env",      "seed",     "repeat",    "stages", "warm_start"};
const std::map<std::string, std::vector<std::string>> kSections = {
    {"fidelity", {"name", "min", "max"}},
    {"stop", {"trials", "time", "target", "no_improvement", "failed"}},
    {"resources", {"cpu", "gpu", "memory", "nodes"}},
    {"limits", {"time", "silence", "grace", "log", "retries", "files", "disk", "oom_retry"}}};

/// Where the keys that only one place has would be right: `trials` → `stop.trials`, `seed` → `seed`.
std::map<std::string, std::string> places() {
  std::map<std::string, std::string> out;
  std::set<std::string> several;
  for (const auto& [section, keys] : kSections)
    for (const std::string& key : keys)
      if (!out.emplace(key, section + "." + key).second) several.insert(key);
  for (const std::string& key : kKeys)
    if (!out.emplace(key, "the top key " + key).second) several.insert(key);
  for (const std::string& key : several) out.erase(key);
  return out;
}
const std::vector<std::string> kOwn = {"warm"};  // in definitions that Hone has stored

class StudyReader {
 public:
  StudyReader(FieldReader& reader, const YamlNode& root, const std::vector<std::string>& fixes)
      : r_(reader), root_(root), fixes_(fixes) {}

  Draft read(const std::string& file) {
    std::vector<std::string> keys = kKeys;
    keys.insert(keys.end(), kOwn.begin(), kOwn.end());
    r_.check_keys(root_, "", keys, places());
    name(file);
    if (const YamlNode* node = root_.find("command")) command(*node);
    objectives();
    read_space(r_, root_.find("space"), root_.find("constraints"), fixes_, draft_);
    if (const YamlNode* node = root_.find("outcome_constraints")) outcomes(*node);
    if (const YamlNode* node = root_.find("cost")) cost(*node);
    if (const YamlNode* node = root_.find("initial")) initial(*node);
    if (const YamlNode* node = root_.find("fidelity")) fidelity(*node);
    if (const YamlNode* node = root_.find("searcher")) spec_.searcher = algorithm(*node, "searcher");
    if (const YamlNode* node = root_.find("scheduler")) spec_.scheduler = algorithm(*node, "scheduler");
    if (const YamlNode* node = root_.find("stop")) stop(*node);
    if (const YamlNode* node = root_.find("parallel"))
      if (const auto n = r_.whole(*node, "parallel", 1, 100'000)) spec_.parallel = static_cast<int>(*n);
    if (const YamlNode* node = root_.find("resources")) resources(*node);
    if (const YamlNode* node = root_.find("limits")) limits(*node);
    if (const YamlNode* node = root_.find("metrics")) patterns(*node);
    if (const YamlNode* node = root_.find("env")) environment(*node);
    if (const YamlNode* node = root_.find("seed")) seed(*node);
    if (const YamlNode* node = root_.find("repeat"))
      if (const auto n = r_.whole(*node, "repeat", 1, 1000)) spec_.repeat = static_cast<int>(*n);
    if (const YamlNode* node = root_.find("stages")) read_stages(r_, *node, spec_);
    if (const YamlNode* node = root_.find("warm_start")) read_warm_start(r_, *node, spec_);
    if (const YamlNode* node = root_.find("warm")) read_warm(r_, *node, spec_);
    draft_.broken = r_.broken();
    return std::move(draft_);
  }

 private:
  void check_section(const YamlNode& node, const std::string& section) {
    r_.check_keys(node, section, kSections.at(section), places());
  }

  void name(const std::string& file) {
    const YamlNode* node = root_.find("name");
    if (!node) {
      const std::size_t slash = file.rfind('/');
      spec_.name = slash == std::string::npos ? file : file.substr(slash + 1);
      if (const std::size_t dot = spec_.name.rfind('.'); dot != std::string::npos && dot > 0) spec_.name.resize(dot);
    } else if (const auto word = r_.word(*node, "name", "name: my-study")) {
      spec_.name = *word;
    } else {
      return;
    }
    if (is_study_name(spec_.name)) return;
    r_.wrong(
        node ? node->line : 1, "name",
        fmt::format("{} is not a name; give one of letters, digits, `.`, `_` and `-`, at most 100, that begins with a "
                    "letter or digit",
                    shown(std::string_view(spec_.name))));
  }

  void command(const YamlNode& node) {
    if (node.is_list()) {
      for (const auto& item : node.items) {
        if (!item.is_scalar())
          return r_.wrong(item.line, "command", fmt::format("{} is not a word; quote it", shown(item)));
        spec_.command.push_back(item.text);
      }
    } else if (const auto text = r_.word(node, "command", "command: python3 train.py --lr {lr}")) {
      auto words = split_command(*text);
      if (!words) return r_.wrong(node.line, "command", words.error().what);
      spec_.command = std::move(*words);
    } else {
      return;
    }
    for (const auto& word : spec_.command)
      if (word.find('\0') != std::string::npos) return r_.wrong(node.line, "command", "holds a zero byte; remove it");
    if (spec_.command.empty() || spec_.command[0].empty())
      r_.wrong(node.line, "command", "names no program; write e.g. `python3 train.py --lr {lr}`");
  }

  void objectives() {
    const YamlNode* node = root_.find("objective");
    if (!node)
      return r_.wrong(1, "objective", "is missing; add `objective: maximize METRIC`, or give --maximize METRIC");
    if (!node->is_list()) return objective(*node);
    if (node->items.empty()) r_.wrong(node->line, "objective", "is an empty list; write `maximize METRIC`");
    for (const auto& item : node->items) objective(item);
  }

  void objective(const YamlNode& node) {
    constexpr auto example = "objective: maximize val_acc";
    const auto text = r_.word(node, "objective", example);
    if (!text) return;
    const auto words = split_command(*text);
    Objective out;
    bool good =
        words && (words->size() == 2 || words->size() == 3) && ((*words)[0] == "maximize" || (*words)[0] == "minimize");
    if (good) out.maximize = (*words)[0] == "maximize", out.metric = (*words)[1];
    if (good && words->size() == 3) {
      const std::string& aggregate = (*words)[2];
      good = aggregate == "best" || aggregate == "mean" || aggregate == "last";
      out.aggregate = aggregate == "best" ? Aggregate::Best : aggregate == "mean" ? Aggregate::Mean : Aggregate::Last;
    }
    if (!good) {
      const std::string near = words && words->size() > 1 ? nearest_name((*words)[0], {"maximize", "minimize"}) : "";
      return r_.wrong(
          node.line, "objective",
          fmt::format("{} is not understood; {}write `maximize METRIC` or `minimize METRIC`, "
                      "and best, mean or last after it",
                      shown(node), near.empty() || near == (*words)[0] ? "" : "did you mean " + near + "? "));
    }
    if (!is_metric_name(out.metric)) return bad_metric(node, "objective", out.metric);
    for (const auto& other : spec_.objectives)
      if (other.metric == out.metric)
        return r_.wrong(node.line, "objective", out.metric + " is given twice; remove one");
    spec_.objectives.push_back(std::move(out));
  }

  void bad_metric(const YamlNode& node, std::string_view field, std::string_view metric) {
    r_.wrong(node.line, field,
             fmt::format("{} is not a metric's name; use letters, digits and _ . / @ % + -", shown(metric)));
  }

  void outcomes(const YamlNode& node) {
    if (!node.is_list())
      return r_.wrong(node.line, "outcome_constraints",
                      fmt::format("{} is not a list; write [\"latency_ms <= 20\"]", shown(node)));
    for (const auto& item : node.items) {
      const auto text = r_.word(item, "outcome_constraints", "latency_ms <= 20");
      if (!text) continue;
      const std::size_t sign = std::min(text->find("<="), text->find(">="));
      OutcomeConstraint out;
      bool good = sign != std::string::npos;
      if (good) {
        out.metric = trim(std::string_view(*text).substr(0, sign));
        out.at_most = (*text)[sign] == '<';
        const Value bound = parse_value(trim(std::string_view(*text).substr(sign + 2)));
        const auto* whole = std::get_if<std::int64_t>(&bound);
        const auto* real = std::get_if<double>(&bound);
        good = (whole || real) && is_metric_name(out.metric);
        out.bound = whole ? static_cast<double>(*whole) : real ? *real : 0;
      }
      if (good) spec_.outcomes.push_back(std::move(out));
      else
        r_.wrong(item.line, "outcome_constraints",
                 fmt::format("{} is not `METRIC <= NUMBER` or `METRIC >= NUMBER`", shown(item)));
    }
  }

  void cost(const YamlNode& node) {
    const auto word = r_.word(node, "cost", "cost: seconds");
    if (word && !is_metric_name(*word)) bad_metric(node, "cost", *word);
    else if (word) spec_.cost = *word;
  }

  void initial(const YamlNode& node) {
    if (!node.is_list())
      return r_.wrong(node.line, "initial", fmt::format("{} is not a list; write [{{lr: 0.01}}]", shown(node)));
    constexpr std::size_t kMostPoints = 10'000;
    if (node.items.size() > kMostPoints)
      return r_.wrong(node.line, "initial", fmt::format("{} points; give at most {}", node.items.size(), kMostPoints));
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const YamlNode& item = node.items[i];
      const std::string field = fmt::format("initial[{}]", i);
      InitialPoint& point = spec_.initial.emplace_back();  // also if it is wrong: check_study() counts them
      if (!r_.expect_map(item, field, "- {lr: 0.01}")) continue;
      const YamlNode* config = item.find("config");
      const bool known = config && config->is_map();
      const std::size_t before = r_.count();
      if (known) r_.check_keys(item, field, {"config", "metrics"});
      for (const auto& entry : (known ? *config : item).entries)
        if (const auto value = r_.value(entry.value, field + "." + entry.key))
          point.config.emplace_back(entry.key, *value);
      if (const YamlNode* metrics = known ? item.find("metrics") : nullptr;
          metrics && r_.expect_map(*metrics, field + ".metrics", "metrics: {loss: 0.3}"))
        for (const auto& entry : metrics->entries)
          if (const auto value = r_.number(entry.value, field + ".metrics." + entry.key))
            point.metrics.emplace_back(entry.key, *value);
      if (r_.count() > before) point = {};
    }
  }

  void fidelity(const YamlNode& node) {
    if (node.is_map()) check_section(node, "fidelity");
    read_fidelity(r_, node, draft_);
  }

  /// A word, or {word: {option: value}}. Names and options are compared with the registry by check_study().
  Algorithm algorithm(const YamlNode& node, const std::string& field) {
    Algorithm out;
    out.given = true;
    const YamlNode* options = nullptr;
    if (node.is_map() && node.entries.size() == 1) {
      out.name = node.entries[0].key;
      options = &node.entries[0].value;
      if (options->kind == YamlNode::Kind::Null && options->text.empty()) options = nullptr;
      else if (out.name == "command" && options->is_scalar()) {  // {command: python3 my_searcher.py}
        out.options["command"] = options->text;
        return out;
      } else if (out.name == "command" && options->is_list()) {  // {command: [python3, my_searcher.py]}
        std::string words;
        for (const YamlNode& item : options->items)
          if (const auto word = r_.word(item, field + ".command", "{command: [python3, my_searcher.py]}"))
            words += (words.empty() ? "" : " ") + shell_quote(*word);
        out.options["command"] = words;
        return out;
      } else if (!r_.expect_map(*options, field + "." + out.name,
                                fmt::format("{}: {{{}: {{OPTION: VALUE}}}}", field, out.name)))
        return out;
    } else if (node.is_map()) {
      r_.wrong(node.line, field,
               fmt::format("names {} algorithms; write one, e.g. {{tpe: {{candidates: 64}}}}", node.entries.size()));
      return out;
    } else if (const auto word = r_.word(node, field, field + ": auto")) {
      out.name = *word;
    } else {
      return out;
    }
    if (options)
      for (const auto& entry : options->entries)
        if (const auto value = r_.value(entry.value, field + "." + out.name + "." + entry.key))
          out.options[entry.key] = *value;
    return out;
  }

  void stop(const YamlNode& node) {
    if (!r_.expect_map(node, "stop", "stop: {trials: 200}")) return;
    check_section(node, "stop");
    StopRules& out = spec_.stop;
    if (const YamlNode* n = node.find("trials")) out.trials = r_.whole(*n, "stop.trials", 1, kMost);
    if (const YamlNode* n = node.find("time")) out.time = r_.duration(*n, "stop.time");
    if (const YamlNode* n = node.find("target")) {
      out.target = r_.number(*n, "stop.target");
      if (spec_.objectives.size() > 1) r_.wrong(n->line, "stop.target", "needs a single objective; remove it");
    }
    if (const YamlNode* n = node.find("no_improvement"))
      out.no_improvement = r_.whole(*n, "stop.no_improvement", 1, kMost);
    if (const YamlNode* n = node.find("failed")) out.failed = r_.whole(*n, "stop.failed", 1, kMost);
  }

  void resources(const YamlNode& node) {
    if (!r_.expect_map(node, "resources", "resources: {cpu: 1, gpu: 0.2}")) return;
    check_section(node, "resources");
    read_resources(r_, node, spec_.resources);
  }

  void limits(const YamlNode& node) {
    if (!r_.expect_map(node, "limits", "limits: {time: 10m}")) return;
    check_section(node, "limits");
    Limits& out = spec_.limits;
    if (const YamlNode* n = node.find("time")) out.time = r_.duration(*n, "limits.time");
    if (const YamlNode* n = node.find("silence")) out.silence = r_.duration(*n, "limits.silence");
    if (const YamlNode* n = node.find("grace")) out.grace = r_.duration(*n, "limits.grace", true).value_or(out.grace);
    if (const YamlNode* n = node.find("log")) out.log = r_.bytes(*n, "limits.log").value_or(out.log);
    if (const YamlNode* n = node.find("retries"))
      out.retries = static_cast<int>(r_.whole(*n, "limits.retries", 0, 1000).value_or(0));
    if (const YamlNode* n = node.find("files"))
      out.files = static_cast<int>(r_.whole(*n, "limits.files", 16, 1 << 20).value_or(0));
    if (const YamlNode* n = node.find("disk")) out.disk = r_.bytes(*n, "limits.disk").value_or(0);
    if (const YamlNode* n = node.find("oom_retry"))
      out.oom_retry = r_.truth(*n, "limits.oom_retry").value_or(out.oom_retry);
  }

  void patterns(const YamlNode& node) {
    if (!r_.expect_map(node, "metrics", "metrics: {val_acc: 'accuracy is ([0-9.]+)%'}")) return;
    for (const auto& [metric, line, value] : node.entries) {
      const std::string field = "metrics." + metric;
      if (!is_metric_name(metric)) {
        bad_metric(value, field, metric);
        continue;
      }
      const auto pattern = r_.word(value, field, "'accuracy is ([0-9.]+)%'");
      if (!pattern) continue;
      if (pattern->size() > 1000) r_.wrong(line, field, "is longer than 1000 characters; make it shorter");
      else spec_.patterns.emplace_back(metric, *pattern);
    }
  }

  void environment(const YamlNode& node) {
    if (!r_.expect_map(node, "env", "env: {MODE: fast}")) return;
    for (const auto& [name, line, value] : node.entries) {
      const std::string field = "env." + name;
      if (!is_variable_name(name)) r_.wrong(line, field, "is not a variable's name; use letters, digits and _");
      else if (name.substr(0, 5) == "HONE_") r_.wrong(line, field, "is set by hone itself; choose another name");
      else if (value.kind == YamlNode::Kind::Null && !value.text.empty()) spec_.env.emplace_back(name, value.text);
      else if (!value.is_scalar()) r_.wrong(line, field, fmt::format("{} is not text; quote it", shown(value)));
      else if (value.text.find('\0') != std::string::npos) r_.wrong(line, field, "holds a zero byte; remove it");
      else if (value.text[0] == '$' && !is_variable_name(std::string_view(value.text).substr(1)))
        r_.wrong(line, field, fmt::format("{} names no variable; write $NAME alone", shown(value)));
      else spec_.env.emplace_back(name, value.text);
    }
  }

  void seed(const YamlNode& node) {
    const std::string& text = node.text;
    std::uint64_t seed = 0;
    bool good = node.is_scalar() && !text.empty() && text.size() <= 20 &&
                text.find_first_not_of("0123456789") == std::string::npos;
    for (const char c : good ? text : std::string()) {
      const auto digit = static_cast<std::uint64_t>(c - '0');
      good = good && seed <= (std::numeric_limits<std::uint64_t>::max() - digit) / 10;
      seed = seed * 10 + digit;
    }
    if (good) spec_.seed = seed;
    else
      r_.wrong(node.line, "seed",
               fmt::format("{} is not a whole number from 0 to 2^64 - 1; write e.g. 1", shown(node)));
  }

  FieldReader& r_;
  const YamlNode& root_;
  const std::vector<std::string>& fixes_;
  Draft draft_;
  StudySpec& spec_ = draft_.spec;
};

}  // namespace

Draft read_study(FieldReader& reader, const YamlNode& root, const std::string& file,
                 const std::vector<std::string>& fixes) {
  return StudyReader(reader, root, fixes).read(file);
}

}  // namespace hone
