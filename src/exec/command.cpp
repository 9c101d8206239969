#include "exec/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/text.h"
#include "study/ledger.h"
#include "study/value_json.h"

namespace hone {
namespace {

constexpr std::string_view kBuiltIn[] = {"until", "dir", "trial", "seed", "study", "params"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The identifier in `{identifier}` at text[0]; empty if it is none.
std::string_view placeholder(std::string_view text) {
  if (text.size() < 3 || text[0] != '{' || !is_letter(text[1])) return {};
  std::size_t end = 2;
  while (end < text.size() && (is_letter(text[end]) || is_digit(text[end]) || text[end] == '.' || text[end] == '-'))
    ++end;
  return end < text.size() && text[end] == '}' ? text.substr(1, end - 1) : std::string_view();
}

/// The word with every placeholder replaced by `value(name)`; one that gives nothing stays as written.
std::string replace(std::string_view word, const std::function<std::optional<std::string>(std::string_view)>& value) {
  std::string out;
  for (std::size_t i = 0; i < word.size();) {
    const std::string_view rest = word.substr(i);
    if (rest.starts_with("{{") || rest.starts_with("}}")) {
      out += rest[0], i += 2;
      continue;
    }
    const std::string_view name = placeholder(rest);
    const auto text = name.empty() ? std::nullopt : value(name);
    if (text) out += *text, i += name.size() + 2;
    else out += word[i++];
  }
  return out;
}

std::vector<std::string> placeholders(std::string_view word) {
  std::vector<std::string> names;
  replace(word, [&](std::string_view name) {
    names.emplace_back(name);
    return std::optional<std::string>("");
  });
  return names;
}

/// The identifiers in `{identifier` that no brace closes before the next one opens.
std::vector<std::string> left_open(std::string_view word) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const std::string_view rest = word.substr(i);
    if (rest.starts_with("{{") || rest.starts_with("}}")) {
      ++i;
      continue;
    }
    const std::size_t next = std::min(rest.find_first_of("{}", 1), rest.size());
    if (rest[0] != '{' || (next < rest.size() && rest[next] == '}')) continue;
    std::size_t end = 1;
    while (end < next && (is_letter(rest[end]) || is_digit(rest[end]) || rest[end] == '.' || rest[end] == '-')) ++end;
    while (end > 1 && (rest[end - 1] == '.' || rest[end - 1] == '-')) --end;
    if (end > 1) names.emplace_back(rest.substr(1, end - 1));
  }
  return names;
}

bool is_built_in(std::string_view name) {
  return std::find(std::begin(kBuiltIn), std::end(kBuiltIn), name) != std::end(kBuiltIn);
}

/// By its name, or else its spelling: {batch-size}.
std::optional<std::size_t> find_param(const std::vector<Param>& params, std::string_view name) {
  const auto find = [&](auto member) {
    return std::find_if(params.begin(), params.end(), [&](const Param& p) { return p.*member == name; });
  };
  auto at = find(&Param::name);
  if (at == params.end() && !is_built_in(name)) at = find(&Param::spelling);
  return at == params.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - params.begin()));
}

/// Does the word stand for the name of the next one's value: `--lr`, `-x`, but not `--lr=1`, `--` or `-3`?
bool is_bare_option(const std::string& word) {
  return word.size() >= 2 && word[0] == '-' && word != "--" && !is_digit(word[1]) &&
         word.find('=') == std::string::npos && placeholders(word).empty();
}

/// Of the current run: with `repeat` every one but the first has a folder of its own inside the trial's.
std::string run_folder(const Trial& trial, const std::string& study_folder) {
  const std::string folder = fmt::format("{}/{}", study_folder, trial.id);
  return trial.repeat == 0 ? folder : fmt::format("{}/run-{}", folder, trial.repeat + 1);
}

std::string trial_dir(const Trial& trial, const std::string& study_folder) {
  return run_folder(trial, study_folder) + "/files";
}

void add_params(std::vector<std::string>& argv, const StudySpec& spec, const Trial& trial) {
  const auto& params = spec.space.params();
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (std::holds_alternative<std::monostate>(trial.config[i])) continue;
    argv.push_back("--" + (params[i].spelling.empty() ? params[i].name : params[i].spelling));
    argv.push_back(spec.space.text(i, trial.config[i]));
  }
}

/// Of the fidelities but the first, which is {until}.
NamedValues further_levels(const StudySpec& spec, const Trial& trial) {
  if (!spec.fidelity) return {};
  NamedValues levels = levels_at(*spec.fidelity, trial.until);
  levels.erase(levels.begin());
  return levels;
}

std::vector<std::string> words_of(const StudySpec& spec, const Trial& trial, const std::string& study_folder) {
  std::vector<std::string> argv;
  const NamedValues levels = further_levels(spec, trial);
  for (std::size_t w = 0; w < spec.command.size(); ++w) {
    const std::string& word = spec.command[w];
    if (word == "{params}" && !spec.space.find("params")) {
      add_params(argv, spec, trial);
      continue;
    }
    bool inactive = false;
    std::string text = replace(word, [&](std::string_view name) -> std::optional<std::string> {
      if (const auto param = find_param(spec.space.params(), name)) {
        const Value& value = trial.config[*param];
        inactive = inactive || std::holds_alternative<std::monostate>(value);
        return spec.space.text(*param, value);
      }
      if (name == "until") return std::to_string(trial.until);
      for (const auto& [level, value] : levels)
        if (name == level) return value_text(value);
      if (name == "dir") return trial_dir(trial, study_folder);
      if (name == "trial") return std::to_string(trial.id);
      if (name == "seed") return std::to_string(run_seed(trial));
      if (name == "study") return spec.name;
      return std::nullopt;
    });
    if (!inactive) argv.push_back(std::move(text));
    else if (w > 1 && is_bare_option(spec.command[w - 1])) argv.pop_back();  // never the program itself
  }
  return argv;
}

std::string params_json(const StudySpec& spec, const Trial& trial) {
  nlohmann::ordered_json json = config_json(spec.space, trial.config);
  for (const auto& [level, value] : further_levels(spec, trial)) json[level] = value_json(value);
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

constexpr const char* kThreads = "OMP_NUM_THREADS";

/// Of a run that takes so many slots, rounded up.
std::string whole_cpus(const Resources& resources, int slots) {
  return std::to_string(std::max<Millionths>(1, (cpus_of(resources, slots) + 999'999) / 1'000'000));
}

/// HONE_SHARE for the fidelity `share`.
std::string level_variable(std::string name) {
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return "HONE_" + name;
}

bool has(const Environment& environment, std::string_view name) {
  return std::any_of(environment.begin(), environment.end(), [&](const auto& entry) { return entry.first == name; });
}

/// NAME of a value `$NAME`; empty if it is a plain value.
std::string_view reference(std::string_view value) {
  if (value.size() < 2 || value[0] != '$' || !is_letter(value[1])) return {};
  const bool all = std::all_of(value.begin() + 1, value.end(), [](char c) { return is_letter(c) || is_digit(c); });
  return all ? value.substr(1) : std::string_view();
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What is wrong with the placeholder `name` of `word`; empty if nothing is.
std::string placeholder_mistake(const std::vector<Param>& params, const std::vector<std::string>& further,
                                const std::string& word, const std::string& name) {
  if (name == "params" && word != "{params}")
    return fmt::format("`{}`: {{params}} must be a word of its own", printable(word));
  if (is_built_in(name) || find_param(params, name) || contains(further, name)) return {};
  std::vector<std::string> names(std::begin(kBuiltIn), std::end(kBuiltIn));
  names.insert(names.end(), further.begin(), further.end());
  for (const Param& param : params) names.push_back(param.name);
  const std::string nearest = nearest_name(name, names);
  return fmt::format("`{{{}}}` is no parameter of the space; {}", name,
                     nearest.empty() ? fmt::format("write {{{{{}}}}} for the text itself", name)
                                     : fmt::format("did you mean {{{}}}?", nearest));
}

}  // namespace

std::vector<std::string> further_fidelities(const StudySpec& spec) {
  std::vector<std::string> names;
  if (spec.fidelity)
    for (const FidelityAxis& axis : spec.fidelity->further) names.push_back(axis.name);
  return names;
}

CommandCheck check_command(const std::vector<std::string>& command, const std::vector<Param>& params,
                           const std::vector<std::string>& further) {
  CommandCheck out;
  const auto wrong = [&](std::string what) { out.mistakes.push_back({"command", std::move(what)}); };
  if (command.empty()) wrong("empty; give the program that runs a trial");
  for (const Param& param : params)
    if (is_built_in(param.name))
      out.mistakes.push_back(
          {"space." + param.name,
           fmt::format("{{{0}}} stands for something else in a command; call it e.g. my_{0}", param.name)});
  std::set<std::size_t> used;
  std::set<std::string> levels;
  bool all = false;
  for (const std::string& word : command) {
    if (word.find('\0') != std::string::npos) wrong("a word holds a NUL byte; remove it");
    for (const std::string& name : placeholders(word)) {
      if (std::string mistake = placeholder_mistake(params, further, word, name); !mistake.empty())
        wrong(std::move(mistake));
      if (const auto param = find_param(params, name)) used.insert(*param);
      else if (contains(further, name)) levels.insert(name);
      else all = all || name == "params";
    }
    for (const std::string& name : left_open(word))
      if (is_built_in(name) || find_param(params, name))
        wrong(fmt::format("`{{{0}` has no closing brace; write {{{0}}}, or {{{{{0} for the text itself", name));
  }
  if (!out.mistakes.empty()) return out;
  for (const std::string& name : further)
    if (!levels.contains(name))
      out.warnings.push_back(
          fmt::format("command: {0} is not in it; add {{{0}}} unless the program reads {1} or $HONE_PARAMS", name,
                      level_variable(name)));
  if (all || params.empty()) return out;
  if (used.empty()) {
    out.warnings.emplace_back("command: no parameter in it; the program must read $HONE_PARAMS, or add {params}");
    return out;
  }
  for (std::size_t i = 0; i < params.size(); ++i)
    if (!used.contains(i))
      out.warnings.push_back(
          fmt::format("command: {0} is not in it; add {{{0}}} unless the program reads $HONE_PARAMS", params[i].name));
  return out;
}

Result<std::vector<std::string>> check_command(const StudySpec& spec) {
  CommandCheck check = check_command(spec.command, spec.space.params(), further_fidelities(spec));
  if (!check.mistakes.empty()) return tl::unexpected(error_of(check.mistakes));
  return std::move(check.warnings);
}

std::vector<bool> parameters_in_command(const StudySpec& spec) {
  std::vector<bool> used(spec.space.params().size(), false);
  for (const std::string& word : spec.command)
    for (const std::string& name : placeholders(word)) {
      if (const auto param = find_param(spec.space.params(), name)) used[*param] = true;
      else if (name == "params") used.assign(used.size(), true);
    }
  return used;
}

RunSpec make_run(const StudySpec& spec, const Trial& trial, const std::string& study_folder, const Environment& extra) {
  RunSpec run;
  run.key = {trial.id, trial.attempt};
  run.fresh = trial.fresh;
  run.argv = words_of(spec, trial, study_folder);
  run.params = params_json(spec, trial);
  run.folder = run_folder(trial, study_folder);
  run.slots = trial.slots;
  run.env = extra;
  const std::string cpus = whole_cpus(spec.resources, trial.slots);
  const auto own = std::find_if(run.env.begin(), run.env.end(), [](const auto& e) { return e.first == kThreads; });
  if (own != run.env.end() && !has(spec.env, kThreads)) own->second = cpus;  // ours: study_environment()
  const auto set = [&](const char* name, std::string value) { run.env.emplace_back(name, std::move(value)); };
  set("HONE_STUDY", spec.name);
  set("HONE_TRIAL", std::to_string(trial.id));
  set("HONE_SEED", std::to_string(run_seed(trial)));
  set("HONE_UNTIL", std::to_string(trial.until));
  for (const auto& [level, value] : further_levels(spec, trial)) set(level_variable(level).c_str(), value_text(value));
  set("HONE_ATTEMPT", std::to_string(trial.attempt));
  set("HONE_DIR", trial_dir(trial, study_folder));
  set("HONE_PARAMS", run.folder + "/params.json");
  set("HONE_CPUS", cpus);
  set("HONE_REPORT", fmt::format("{}/report.{}", run.folder, trial.attempt));
  return run;
}

std::string shell_command(const StudySpec& spec, const Trial& trial, const std::string& study_folder) {
  std::string line;
  for (const std::string& word : words_of(spec, trial, study_folder)) {
    if (!line.empty()) line += ' ';
    line += shell_quote(word);
  }
  return line;
}

Environment inherited_environment(const char* const* environ) {
  Environment environment;
  for (; environ != nullptr && *environ != nullptr; ++environ) {
    const std::string_view entry = *environ;
    const auto equals = entry.find('=');
    if (equals == 0 || equals == std::string_view::npos || entry.starts_with("HONE_")) continue;
    environment.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return environment;
}

std::vector<Mistake> missing_variables(const StudySpec& spec, const Environment& inherited) {
  std::vector<Mistake> mistakes;
  for (const auto& [name, value] : spec.env)
    if (const std::string_view from = reference(value); !from.empty() && !has(inherited, from))
      mistakes.push_back({"env." + name, fmt::format("${} is not set in the environment; set it", from)});
  return mistakes;
}

Result<Environment> study_environment(const StudySpec& spec, const Environment& inherited) {
  if (const auto missing = missing_variables(spec, inherited); !missing.empty())
    return tl::unexpected(error_of(missing));
  Environment extra;
  for (const auto& [name, value] : spec.env) {
    const std::string_view from = reference(value);
    if (from.empty()) {
      extra.emplace_back(name, value);
      continue;
    }
    const auto entry = std::find_if(inherited.begin(), inherited.end(), [&](const auto& e) { return e.first == from; });
    extra.emplace_back(name, entry->second);
  }
  const auto unless_set = [&](const char* name, std::string value) {
    if (!has(extra, name) && !has(inherited, name)) extra.emplace_back(name, std::move(value));
  };
  unless_set(kThreads, whole_cpus(spec.resources, 1));
  unless_set("OMP_WAIT_POLICY", "passive");
  return extra;
}

}  // namespace hone
