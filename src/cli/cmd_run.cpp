#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "cli/best.h"
#include "cli/clock.h"
#include "cli/parser.h"
#include "cli/plan.h"
#include "cli/runner.h"
#include "cli/spec_input.h"
#include "exec/command.h"
#include "run/home.h"

extern char** environ;

namespace hone {
namespace {

int dry_run(StudySpec spec, const RunOptions& options) {
  if (!spec.seed) spec.seed = random_seed();
  if (auto ok = plan_warm_start(spec, options.home); !ok) return complain(ok.error());
  const auto plan = make_plan(spec);
  if (!plan) return complain(plan.error());
  const auto slots = slots_of(spec, options.gpus);
  if (!slots) return complain(slots.error());
  const auto environment = study_environment(spec, inherited_environment(environ));
  if (!environment) return complain(environment.error());
  fmt::print("{}", printable(plan_text(*plan, *slots), true));
  auto study = Study::make(plan->spec);
  if (!study) return complain(study.error());
  for (bool more = true; more && study->trials().empty();) {
    auto next = study->decide(0, slots->total());
    auto* event = std::get_if<Event>(&next);
    more = event != nullptr;
    if (event) study->apply(*event);
  }
  for (const Trial& trial : study->trials())
    if (trial.attempt > 0)
      fmt::print("e.g.       {}\n", printable(without_passwords(shell_command(
                                        study->spec(), trial, absolute_path(study_folder(options.home, spec.name))))));
  return kDone;
}

}  // namespace

int run_command(const Command& self, const Words& words) {
  auto split = split_words(words);
  if (!split) return complain(split.error());
  Parser parser(self);
  parser.add_study_keys(true);
  RunOptions options;
  parser.add_home();
  parser.word("FILE", options.path,
              "the study file; every key of it is an option too: --trials 20, --limits.time 10m,\n"
              "--searcher tpe, --searcher.candidates 64; --fix lr=0.1 holds a parameter");
  parser.flag("--dry-run", options.dry, "checks the study and shows what would run");
  parser.one_of("--sync", options.sync, "normal: survives kill -9; full: survives power loss too", {"normal", "full"});
  parser.whole("--gpus", options.gpus, "GPUs to use (default: all)");
  parser.flag("--quiet", options.quiet, "only the summary");
  parser.flag("--extend", options.extend,
              "goes on with a changed definition: more trials, other ranges, new choices, new parameters with a\n"
              "`default` for the old trials");
  parser.flag("--deterministic", options.in_order,
              "takes results in the order of the launches: the same trials whatever their timing, for some idle slots");
  if (const auto status = parser.parse(split->own)) return *status;
  options.home = parser.home();
  if (options.path.empty() == !split->command)
    return complain({Code::Invalid, "give either a study FILE or a command after --; see `hone run --help`"});
  std::vector<std::string> warnings;
  const ReadFor use{true, options.home};
  auto spec = split->command ? inline_spec(*split->command, split->options, &warnings, use)
                             : read_spec(options.path, split->options, &warnings, use);
  if (!spec) return complain(spec.error());
  for (const std::string& line : warnings) warn(line);
  return options.dry ? dry_run(std::move(*spec), options) : run_study(options, std::move(*spec));
}

}  // namespace hone
