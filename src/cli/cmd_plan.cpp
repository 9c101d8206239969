#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "cli/lint.h"
#include "cli/parser.h"
#include "cli/plan.h"
#include "cli/spec_input.h"
#include "exec/machine.h"
#include "exec/memory.h"
#include "run/home.h"
#include "run/warm_start.h"
#include "store/memory.h"
#include "store/sqlite.h"

namespace hone {

Machine machine_of(const StudySpec& spec, std::optional<std::int64_t> gpus) {
  const auto most = gpus ? std::optional(static_cast<int>(std::min<std::int64_t>(*gpus, 1024))) : std::nullopt;
  return this_machine(spec.resources.gpu > 0, most, std::getenv("CUDA_VISIBLE_DEVICES"));
}

Result<Slots> slots_of(const StudySpec& spec, std::optional<std::int64_t> gpus) {
  return Slots::make(spec.resources, spec.parallel, machine_of(spec, gpus));
}

Result<StudyPlan> make_plan(const StudySpec& spec) {
  auto study = Study::make(spec);
  if (!study) return tl::unexpected(study.error());
  StudyPlan plan{study->spec(), {}};
  const SchedulerRow* row = find_scheduler(plan.spec.scheduler.name);
  const auto options = check_options("scheduler." + row->name, row->options, plan.spec.scheduler.options);
  if (!options) return tl::unexpected(options.error());
  ScheduleInputs inputs = schedule_inputs(plan.spec);
  if (const auto slots = slots_of(plan.spec, std::nullopt); slots && !plan.spec.command.empty())
    inputs.slots = std::min(inputs.slots, slots->total());
  const auto most_rungs = [](const std::vector<Bracket>& brackets) {
    std::size_t most = 0;
    for (const Bracket& bracket : brackets) most = std::max(most, bracket.rungs.size());
    return most;
  };
  if (row->plan) plan.brackets = row->plan(inputs, *options);
  inputs.slots = 0;
  plan.slot_for_each = row->rungs && most_rungs(plan.brackets) == 1 && most_rungs(row->plan(inputs, *options)) > 1;
  const bool starts_over = !resumable(plan.spec) && row->cannot_go_on(*options) != SchedulerRow::CannotGoOn::Stops;
  for (const Bracket& bracket : plan.brackets) {
    Resource before = 0;
    for (const Rung& rung : bracket.rungs) {
      plan.units += rung.n * (starts_over ? rung.r : rung.r - before);
      before = rung.r;
    }
  }
  return plan;
}

Result<void> plan_warm_start(StudySpec& spec, const std::string& home) {
  if (spec.warm_start.empty()) return {};
  auto storage = open_sqlite(database_path(home), OpenMode::ReadOnly);
  if (!storage && storage.error().code == Code::NotFound) return warm_up(MemoryStorage(), spec, home);
  if (!storage) return tl::unexpected(storage.error());
  if ((*storage)->find(spec.name)) return {};  // it is resumed, with what it took over then
  return warm_up(**storage, spec, home);
}

Json plan_json(const StudyPlan& plan) {
  Json brackets = Json::array();
  for (const Bracket& bracket : plan.brackets) {
    Json rungs = Json::array();
    for (const Rung& rung : bracket.rungs) {
      Json one{{"n", rung.n}, {"r", rung.r}};
      if (plan.spec.fidelity && !plan.spec.fidelity->further.empty())
        one["levels"] = named_json(levels_at(*plan.spec.fidelity, rung.r));
      rungs.push_back(std::move(one));
    }
    brackets.push_back(Json{{"s", bracket.s}, {"rungs", std::move(rungs)}});
  }
  return Json{{"brackets", std::move(brackets)}, {"units", plan.units}};
}

namespace {

std::string stop_text(const StopRules& stop) {
  std::vector<std::string> rules;
  if (stop.trials) rules.push_back(counted(*stop.trials, "trial"));
  if (stop.time) rules.push_back(duration_text(*stop.time));
  if (stop.target) rules.push_back("target " + number_text(*stop.target));
  if (stop.no_improvement) rules.push_back(counted(*stop.no_improvement, "run") + " without improvement");
  if (stop.failed) rules.push_back(counted(*stop.failed, "failed trial"));
  return rules.empty() ? "when the space is used up" : fmt::format("{}", fmt::join(rules, ", "));
}

/// What there is the least of, and what a trial takes of it.
std::string bound_text(const StudySpec& spec, const std::string& bound) {
  const auto units = [](Millionths amount, Millionths most) {
    const std::string least = number_text(static_cast<double>(amount) / 1e6);
    return most > 0 ? fmt::format("{}..{}", least, number_text(static_cast<double>(most) / 1e6)) : least;
  };
  const Resources& each_gets = spec.resources;
  const std::string each = bound == "memory" ? "memory is " + memory_text(each_gets.memory)
                           : bound == "GPU"  ? "gpu is " + units(each_gets.gpu, each_gets.gpu_most)
                                             : "cpu is " + units(each_gets.cpu, each_gets.cpu_most);
  return fmt::format("{}-bound: resources.{} a trial", bound, each);
}

/// A single bracket has no number: trials do not say which they are in either.
std::string brackets_text(const StudyPlan& plan) {
  std::string out;
  const Bracket* last = nullptr;
  for (const Bracket& bracket : plan.brackets) {
    std::string label = plan.brackets.size() == 1 ? "rungs" : fmt::format("bracket {}", bracket.s);
    if (last && last->s == bracket.s) label.clear();  // rungs that are not promoted from one to the next
    last = &bracket;
    for (const Rung& rung : bracket.rungs)
      out += fmt::format("{:<11}{} up to {}{}\n", std::exchange(label, ""),
                         rung.n > 0 ? counted(rung.n, "trial") : "trials", level_text(*plan.spec.fidelity, rung.r),
                         rung.passed          ? "; all pass until it is seen to foretell the next rung"
                         : plan.slot_for_each ? "; there is a slot for each, so nothing is compared early"
                                              : "");
  }
  return out;
}

}  // namespace

std::string plan_text(const StudyPlan& plan, const Slots& slots) {
  const StudySpec& spec = plan.spec;
  const Space& space = spec.space;
  std::string out =
      fmt::format("study      {}\nsearcher   {}\nscheduler  {}\n", spec.name, spec.searcher.name, spec.scheduler.name);
  out += fmt::format(
      "space      {}, {} free{}\n", counted(space.params().size(), "parameter"), space.free().size(),
      space.finite() ? fmt::format(", {} before constraints", counted(space.cells(), "configuration")) : "");
  out += fmt::format("stop       {}\n", stop_text(spec.stop));
  if (spec.searcher.name == "grid")
    out += fmt::format(
        "grid       {}{}\n", counted(space.cells(), "cell"),
        space.finite() ? " before constraints" : " a round, the parameters without a step drawn anew in each");
  out += fmt::format("slots      {}{}\n", slots_text(spec, slots.total(), slots.bound()),
                     spec.parallel ? "" : " (" + bound_text(spec, slots.bound()) + ")");
  if (!spec.fidelity) return out;
  out += brackets_text(plan);
  const auto names = spellings(*spec.fidelity);
  const std::string& several = std::max(names[0], names[1]);  // the one with the s
  if (plan.units > 0) out += fmt::format("units      about {} {} in all\n", plan.units, several);
  return out;
}

std::string slots_text(const StudySpec& spec, int slots, const std::string& bound) {
  if (!spec.parallel || *spec.parallel <= slots) return fmt::format("{}", slots);
  return fmt::format("{} of {} ({})", slots, *spec.parallel, bound_text(spec, bound));
}

int plan_command(const Command& self, const Words& words) {
  auto split = split_words(words);
  if (!split) return complain(split.error());
  Parser parser(self);
  parser.add_study_keys(true);
  std::string path;
  std::optional<std::int64_t> gpus;
  parser.add_home();
  parser.add_json();
  parser.word("FILE", path, "the study file; every key of it is an option too: --trials 20, --scheduler asha");
  parser.whole("--gpus", gpus, "GPUs to use");
  if (const auto status = parser.parse(split->own)) return *status;
  if (path.empty() == !split->command) return complain(file_or_command("plan", path.empty()));
  std::vector<std::string> warnings;
  auto spec = split->command ? inline_spec(*split->command, split->options, &warnings)
                             : read_spec(path, split->options, &warnings);
  if (!spec) return complain(spec.error());
  for (const std::string& line : warnings) warn(line);
  if (auto ok = plan_warm_start(*spec, parser.home()); !ok) return complain(ok.error());
  const auto plan = make_plan(*spec);
  if (!plan) return complain(plan.error());
  if (const auto said = cannot_go_on(plan->spec))
    warn(fmt::format("{}: {}; {}", said->field, said->what, said->remedy));
  if (parser.json) {
    fmt::print("{}\n", dump(plan_json(*plan)));
    return kDone;
  }
  const auto slots = slots_of(*spec, gpus);
  if (!slots) return complain(slots.error());
  fmt::print("{}", printable(plan_text(*plan, *slots), true));
  return kDone;
}

}  // namespace hone
