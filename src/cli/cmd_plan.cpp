#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "cli/parser.h"
#include "cli/plan.h"
#include "cli/spec_input.h"
#include "exec/machine.h"

namespace hone {

Machine machine_of(const StudySpec& spec, std::optional<std::int64_t> gpus) {
  const auto most = gpus ? std::optional(static_cast<int>(std::min<std::int64_t>(*gpus, 1024))) : std::nullopt;
  return this_machine(spec.resources.gpu > 0, most, std::getenv("CUDA_VISIBLE_DEVICES"));
}

Result<Slots> slots_of(const StudySpec& spec, std::optional<std::int64_t> gpus) {
  return Slots::make(spec.resources, spec.parallel, machine_of(spec, gpus));
}

Result<Plan> make_plan(const StudySpec& spec) {
  auto study = Study::make(spec);
  if (!study) return tl::unexpected(study.error());
  Plan plan{study->spec(), {}, 0};
  const SchedulerRow* row = find_scheduler(plan.spec.scheduler.name);
  const auto options = check_options("scheduler." + row->name, row->options, plan.spec.scheduler.options);
  if (!options) return tl::unexpected(options.error());
  if (row->plan) plan.brackets = row->plan(schedule_inputs(plan.spec), *options);
  for (const Bracket& bracket : plan.brackets) {
    Resource before = 0;
    for (const Rung& rung : bracket.rungs) {
      // One that cannot be resumed starts over in each rung.
      plan.units += rung.n * (resumable(plan.spec) ? rung.r - before : rung.r);
      before = rung.r;
    }
  }
  return plan;
}

Json plan_json(const Plan& plan) {
  Json brackets = Json::array();
  for (const Bracket& bracket : plan.brackets) {
    Json rungs = Json::array();
    for (const Rung& rung : bracket.rungs) rungs.push_back(Json{{"n", rung.n}, {"r", rung.r}});
    brackets.push_back(Json{{"s", bracket.s}, {"rungs", std::move(rungs)}});
  }
  return Json{{"brackets", std::move(brackets)}, {"units", plan.units}};
}

std::string plan_text(const Plan& plan, int slots) {
  const StudySpec& spec = plan.spec;
  std::string out =
      fmt::format("study      {}\nsearcher   {}\nscheduler  {}\n", spec.name, spec.searcher.name, spec.scheduler.name);
  out +=
      fmt::format("space      {} parameters, {} free{}\n", spec.space.params().size(), spec.space.free().size(),
                  spec.space.finite() ? fmt::format(", {} configurations before constraints", spec.space.cells()) : "");
  const auto add = [&](bool set, const std::string& text) { return set ? text : std::string(); };
  std::string stop =
      add(spec.stop.trials.has_value(), fmt::format("{} trials, ", spec.stop.trials.value_or(0))) +
      add(spec.stop.time.has_value(), duration_text(spec.stop.time.value_or(0)) + ", ") +
      add(spec.stop.target.has_value(), fmt::format("target {}, ", number_text(spec.stop.target.value_or(0)))) +
      add(spec.stop.no_improvement.has_value(),
          fmt::format("{} runs without improvement, ", spec.stop.no_improvement.value_or(0))) +
      add(spec.stop.failed.has_value(), fmt::format("{} failed trials, ", spec.stop.failed.value_or(0)));
  out += fmt::format("stop       {}\n", stop.empty() ? "when the space is used up" : stop.substr(0, stop.size() - 2));
  if (spec.searcher.name == "grid")
    out += fmt::format(
        "grid       {} cells{}\n", spec.space.cells(),
        spec.space.finite() ? " before constraints" : " a round, the parameters without a step drawn anew in each");
  out += fmt::format("slots      {}\n", slots_text(spec, slots));
  if (!spec.fidelity) return out;
  for (const Bracket& bracket : plan.brackets) {
    out += fmt::format("bracket {}\n", bracket.s);
    for (const Rung& rung : bracket.rungs)
      out += fmt::format("  {:>7} trials up to {} {}\n", rung.n, spec.fidelity->name, rung.r);
  }
  if (plan.units > 0) out += fmt::format("units      {} of one {} in all, about\n", plan.units, spec.fidelity->name);
  return out;
}

std::string slots_text(const StudySpec& spec, int slots) {
  if (!spec.parallel || *spec.parallel <= slots) return fmt::format("{}", slots);
  return fmt::format(
      "{} of {} ({}-bound: resources.{} is {} a trial)", slots, *spec.parallel, spec.resources.gpu > 0 ? "GPU" : "CPU",
      spec.resources.gpu > 0 ? "gpu" : "cpu",
      number_text(static_cast<double>(spec.resources.gpu > 0 ? spec.resources.gpu : spec.resources.cpu) / 1e6));
}

int plan_command(const Command& self, const Words& words) {
  auto split = split_words(words);
  if (!split) return complain(split.error());
  Parser parser(self);
  parser.add_study_keys(true);
  std::string path;
  std::optional<std::int64_t> gpus;
  parser.add_json();
  parser.word("FILE", path, "the study file; every key of it is an option too: --trials 20, --scheduler asha");
  parser.whole("--gpus", gpus, "GPUs to use");
  if (const auto status = parser.parse(split->own)) return *status;
  if (path.empty() == !split->command)
    return complain({Code::Invalid, "give a study FILE or a command after --, not both; see `hone plan --help`"});
  std::vector<std::string> warnings;
  auto spec = split->command ? inline_spec(*split->command, split->options, &warnings)
                             : read_spec(path, split->options, &warnings);
  if (!spec) return complain(spec.error());
  for (const std::string& line : warnings) warn(line);
  const auto plan = make_plan(*spec);
  if (!plan) return complain(plan.error());
  if (parser.json) {
    fmt::print("{}\n", dump(plan_json(*plan)));
    return kDone;
  }
  const auto slots = slots_of(*spec, gpus);
  if (!slots) return complain(slots.error());
  fmt::print("{}", printable(plan_text(*plan, slots->total()), true));
  return kDone;
}

}  // namespace hone
