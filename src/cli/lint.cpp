#include "cli/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "hone/registry.h"
#include "study/yaml.h"

namespace hone {
namespace {

/// Does the searcher learn from results, so that a budget can be too small for it? A program of the user's: who knows.
bool learns(const std::string& searcher) {
  return searcher != "random" && searcher != "grid" && searcher != "sobol" && !find_searcher(searcher)->outside;
}

/// What a searcher's option will be; nothing if it has none of that name.
std::optional<std::int64_t> searcher_option(const StudySpec& spec, const std::string& name) {
  const SearcherRow* row = find_searcher(spec.searcher.name);
  const auto options = check_options("searcher", row->options, spec.searcher.options);
  const auto found = options ? options->find(name) : Options::const_iterator();
  if (!options || found == options->end()) return std::nullopt;
  const auto* whole = std::get_if<std::int64_t>(&found->second);
  return whole ? std::optional(*whole) : std::nullopt;
}

void lint_budget(const LintInput& input, Remarks& out) {
  const StudySpec& spec = input.plan.spec;
  const std::size_t free = spec.space.free().size();
  if (!spec.stop.trials || free == 0) return;
  const std::int64_t trials = *spec.stop.trials;
  const std::string& name = spec.searcher.name;
  const auto cells = spec.space.cells();
  if (name == "grid") {
    if (spec.space.finite() && cells > static_cast<std::uint64_t>(trials))
      out.push_back({"", "stop.trials", fmt::format("{} of a grid of {} cells", trials, cells),
                     "coarser steps, more trials, or the searcher sobol, which is spread out after any number"});
    return;
  }
  if (!learns(name) || find_scheduler(spec.scheduler.name)->configures ||
      (spec.space.finite() && cells <= static_cast<std::uint64_t>(trials)))
    return;
  const auto startup = searcher_option(spec, "startup");
  const auto wanted = static_cast<std::int64_t>(10 * free);
  if (startup && trials <= *startup)
    out.push_back({"", "stop.trials",
                   fmt::format("{}, and {} uses its model only after {} results", trials, name, *startup),
                   fmt::format("{} or more, or the searcher sobol", std::max(wanted, 2 * *startup))});
  else if (trials < wanted)
    out.push_back({"", "stop.trials", fmt::format("{} for {} free parameters is few for {}", trials, free, name),
                   fmt::format("{} or more, or hold some parameters with --fix", wanted)});
}

void lint_no_seed(const LintInput& input, Remarks& out) {
  if (input.spec.seed) return;
  out.push_back(
      {"", "seed", "none, so each new study of this file draws other configurations", "`seed: 1` makes them the same"});
}

void lint_one_rung(const LintInput& input, Remarks& out) {
  const StudySpec& spec = input.plan.spec;
  const SchedulerRow* row = find_scheduler(spec.scheduler.name);
  if (!row->rungs || !spec.fidelity || input.plan.brackets.empty()) return;
  for (const Bracket& bracket : input.plan.brackets)
    if (bracket.rungs.size() > 1) return;
  if (input.plan.slot_for_each)
    return out.push_back(
        {"", "parallel",
         fmt::format("{} for {}, so {} runs each to the end and nothing is compared early",
                     counted(schedule_inputs(spec).slots, "slot"), counted(*spec.stop.trials, "trial"), row->name),
         "fewer slots, or more trials"});
  out.push_back({"", "fidelity",
                 fmt::format("from {} to {} leaves {} one rung, so nothing is ever compared early", spec.fidelity->min,
                             spec.fidelity->max, row->name),
                 "a larger max, a smaller min, or the scheduler none"});
}

void lint_idle_slots(const LintInput& input, Remarks& out) {
  const StudySpec& spec = input.plan.spec;
  if (!spec.parallel || !spec.stop.trials || *spec.parallel <= *spec.stop.trials) return;
  out.push_back({"", "parallel", fmt::format("{} slots for {} trials", *spec.parallel, *spec.stop.trials),
                 fmt::format("{} is enough; less lets results guide more of the trials", *spec.stop.trials)});
}

/// A run gets more than the least when it is launched again.
void lint_never_granted(const LintInput& input, Remarks& out) {
  const StudySpec& spec = input.plan.spec;
  if (most_slots(spec.resources) == 1) return;
  const std::string field = spec.resources.cpu_most > 0 ? "resources.cpu" : "resources.gpu";
  if (spec.parallel && *spec.parallel == 1)
    return out.push_back({"", field, "a range, and `parallel: 1` leaves no slot to give", "a larger parallel"});
  const SchedulerRow* row = find_scheduler(spec.scheduler.name);
  const auto options = check_options("scheduler", row->options, spec.scheduler.options);
  if (spec.repeat > 1 || (options && pauses(*row, *options, resumable(spec)))) return;
  out.push_back(
      {"", field,
       fmt::format("a range, of which a run gets more when it goes on after a pause, and {} never pauses", row->name),
       "a scheduler that promotes (asha, sh, hyperband), or one number"});
}

/// Does the command say where checkpoints are: {dir}, or HONE_DIR in a script?
bool finds_checkpoints(const StudySpec& spec) {
  return spec.command.empty() || std::any_of(spec.command.begin(), spec.command.end(), [](const std::string& word) {
           const std::size_t at = word.find("{dir}");
           const bool brace = at != std::string::npos && at > 0 && word[at - 1] == '{';  // "{{" is one
           return (at != std::string::npos && !brace) || word.find("HONE_DIR") != std::string::npos;
         });
}

/// The other schedulers have a way of their own for such a command, which `hone run` tells.
void lint_checkpoints(const LintInput& input, Remarks& out) {
  if (find_scheduler(input.plan.spec.scheduler.name)->checkpoints == SchedulerRow::Checkpoints::Own) return;
  if (auto remark = cannot_go_on(input.plan.spec)) out.push_back(std::move(*remark));
}

void lint_late_limit(const LintInput& input, Remarks& out) {
  const StudySpec& spec = input.plan.spec;
  if (!spec.limits.time || !spec.stop.time || *spec.limits.time <= *spec.stop.time) return;
  out.push_back(
      {"", "limits.time",
       fmt::format("{} is longer than the study, {}", duration_text(*spec.limits.time), duration_text(*spec.stop.time)),
       "a shorter limits.time, or a longer stop.time"});
}

}  // namespace

std::optional<Remark> cannot_go_on(const StudySpec& spec) {
  const std::string& scheduler = spec.scheduler.name;
  const SchedulerRow* row = find_scheduler(scheduler);
  if (row->checkpoints != SchedulerRow::Checkpoints::Own) {
    if (finds_checkpoints(spec)) return std::nullopt;
    return Remark{"", "command",
                  fmt::format("it has no {{dir}}, so no trial finds the checkpoint of another, which is all that {} "
                              "hands on",
                              scheduler),
                  "give the program {dir}, or use asha"};
  }
  const auto options = check_options("scheduler", row->options, spec.scheduler.options);
  if (!options || resumable(spec)) return std::nullopt;
  const std::string none = "it has neither {until} nor {dir}, so ";
  switch (row->cannot_go_on(*options)) {
    case SchedulerRow::CannotGoOn::Same:
      return std::nullopt;
    case SchedulerRow::CannotGoOn::Stops:
      return Remark{"", "command", none + "no run can go on later",
                    scheduler + " stops trials instead of pausing them"};
    case SchedulerRow::CannotGoOn::StartsOver:
      return Remark{"", "command", none + "what " + scheduler + " promotes starts over each time",
                    "asha would stop trials instead"};
  }
  return std::nullopt;
}

const std::vector<LintRule>& lint_rules() {
  static const std::vector<LintRule> rules = {
      {"linear-scale", "a linear scale over three decades or more", lint_linear_scale},
      {"zero-in-scale", "a range over decades that begins at 0", lint_zero_in_scale},
      {"step", "a step that leaves two values, or does not reach the end of its range", lint_step},
      {"one-value", "a parameter that has nothing to choose", lint_one_value},
      {"structural", "what a checkpoint depends on, and pbt or pb2 would change", lint_structural},
      {"numeric-choice", "sorted numbers as a choice, whose order is not used", lint_numeric_choice},
      {"outside-command", "a parameter that does not reach the program", lint_outside_command},
      {"fixed-option", "an option of the command with a fixed value, named like a parameter", lint_fixed_option},
      {"budget", "too few trials for the space or the searcher", lint_budget},
      {"no-seed", "a study that cannot be drawn again", lint_no_seed},
      {"one-rung", "a fidelity too short for the scheduler to compare anything", lint_one_rung},
      {"idle-slots", "more slots than trials", lint_idle_slots},
      {"never-granted", "a range of resources of which no run can get more than the least", lint_never_granted},
      {"checkpoints", "checkpoints that are handed on, and a command that is not told where they are",
       lint_checkpoints},
      {"late-limit", "a limit of a trial that is longer than the study", lint_late_limit},
  };
  return rules;
}

Remarks lint(const StudySpec& spec, const StudyPlan& plan) {
  Remarks all;
  for (const LintRule& rule : lint_rules()) {
    const std::size_t before = all.size();
    rule.look({spec, plan}, all);
    for (std::size_t i = before; i < all.size(); ++i) all[i].rule = rule.name;
  }
  return all;
}

int line_of_field(std::string_view text, std::string_view field) {
  const auto root = read_yaml(text);
  if (!root) return 0;
  int line = 0;
  const YamlNode* node = &*root;
  while (!field.empty() && node->is_map()) {
    // A parameter's name may hold dots: the longest key that fits comes first.
    const YamlEntry* next = nullptr;
    for (const YamlEntry& entry : node->entries) {
      const bool fits = field.substr(0, entry.key.size()) == entry.key &&
                        (field.size() == entry.key.size() || field[entry.key.size()] == '.');
      if (fits && (!next || entry.key.size() > next->key.size())) next = &entry;
    }
    if (!next) break;
    line = next->line;
    node = &next->value;
    field.remove_prefix(std::min(field.size(), next->key.size() + 1));
  }
  return line;
}

}  // namespace hone
