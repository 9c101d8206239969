#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "cli/best.h"
#include "cli/clock.h"
#include "cli/parser.h"
#include "cli/plan.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/spec_input.h"
#include "cli/started_in.h"
#include "exec/command.h"
#include "exec/local.h"
#include "run/coordinator.h"
#include "run/home.h"
#include "store/sqlite.h"

extern char** environ;

namespace hone {
namespace {

struct RunOptions {
  std::string path, home, sync = "normal";
  std::optional<std::int64_t> gpus;
  bool dry = false, quiet = false;
};

int dry_run(StudySpec spec, const RunOptions& options) {
  if (!spec.seed) spec.seed = random_seed();
  const auto plan = make_plan(spec);
  if (!plan) return complain(plan.error());
  const auto slots = slots_of(spec, options.gpus);
  if (!slots) return complain(slots.error());
  const auto environment = study_environment(spec, inherited_environment(environ));
  if (!environment) return complain(environment.error());
  fmt::print("{}", printable(plan_text(*plan, slots->total()), true));
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
      fmt::print("e.g.       {}\n",
                 printable(shell_command(study->spec(), trial, absolute_path(study_folder(options.home, spec.name)))));
  return kDone;
}

/// What there is to say at the end, whether it was reached now or before.
int summarize(const RunOptions& options, const Study& study, bool interrupted) {
  const StudySpec& spec = study.spec();
  std::map<Phase, int> counts;
  for (const Trial& trial : study.trials()) ++counts[trial.phase];
  std::string parts;
  for (const auto& [phase, count] : counts)
    parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", count, name(phase));
  fmt::print("\nstudy    {} {}: {} trials{} in {}\n", spec.name,
             interrupted      ? "interrupted and saved"
             : study.failed() ? "failed"
                              : "finished",
             study.trials().size(), parts.empty() ? "" : " (" + parts + ")",
             duration_text(study.elapsed(study.last_time())));
  if (const auto* why = study.finished()) fmt::print("because  {}\n", printable(*why));
  const std::string folder = absolute_path(study_folder(options.home, spec.name));
  const auto best = study.front();
  for (std::size_t i = 0; i < std::min<std::size_t>(best.size(), 10); ++i)
    fmt::print("{}", best_text(spec, study.trials()[static_cast<std::size_t>(best[i])], folder));
  if (best.size() > 10) fmt::print("and {} more nondominated trials: hone best {}\n", best.size() - 10, spec.name);
  std::fflush(stdout);
  if (interrupted) {
    warn(fmt::format("interrupted; the same command resumes study {}", spec.name));
    return kInterrupted;
  }
  if (!best.empty()) return kDone;
  warn(fmt::format("study {}: {}; look at {}/0/stderr, or see what one run does with `hone try`", spec.name,
                   no_best_text(spec, study.trials()), folder));
  return study.failed() ? kNoResult : kDone;
}

/// The study's folder, lock and store; then the loop.
class Runner {
 public:
  explicit Runner(const RunOptions& options) : options_(options) {}

  int run(StudySpec spec) {
    if (auto ok = check_before(spec); !ok) return complain(ok.error());
    const std::string name = spec.name, folder = absolute_path(study_folder(options_.home, name));
    if (auto ok = make_home(options_.home); !ok) return complain(ok.error());
    auto storage = open_sqlite(database_path(options_.home), OpenMode::ReadWrite,
                               options_.sync == "full" ? Sync::Full : Sync::Normal);
    if (!storage) return complain(storage.error());
    if (auto ok = make_folders(options_.home, name); !ok) return complain(ok.error());
    const auto lock = lock_study(folder);
    if (!lock) return complain({Code::Unavailable, lock.error().what});
    if (auto ok = check_history(**storage, name, folder); !ok) return complain(ok.error());
    if (const auto before = started_in(folder)) spec.folder = *before;
    else if (auto ok = keep_started_in(folder, spec.folder); !ok) return complain(ok.error());
    auto open = open_study(**storage, std::move(spec), random_seed(), wall_clock());
    if (!open) return complain(open.error());
    if (open->study.finished() && open->study.live() == 0) {
      fmt::print("study {} has finished before; another --name starts a new one\n", name);
      return summarize(options_, open->study, false);
    }
    return loop(std::move(*open), **storage, folder);
  }

 private:
  /// Folders of trials that the store knows nothing of are somebody's results, and may have a keeper that lives.
  static Result<void> check_history(const Storage& storage, const std::string& name, const std::string& folder) {
    const auto row = storage.find(name);
    if (row || row.error().code != Code::NotFound) return {};
    if (::access((folder + "/0").c_str(), F_OK) != 0 && ::access((folder + "/keeper").c_str(), F_OK) != 0) return {};
    return fail(Code::Conflict,
                fmt::format("study {}: {} holds trials that hone.db does not know (was it removed?); move that "
                            "folder away, or use another --name",
                            name, folder));
  }

  /// What would fail later is said before anything is made.
  Result<void> check_before(const StudySpec& spec) const {
    if (auto slots = slots_of(spec, options_.gpus); !slots) return tl::unexpected(slots.error());
    if (auto made = study_environment(spec, inherited_environment(environ)); !made) return tl::unexpected(made.error());
    StudySpec seeded = spec;
    seeded.seed = spec.seed.value_or(0);
    if (auto study = Study::make(std::move(seeded)); !study) return tl::unexpected(study.error());
    return {};
  }

  int loop(OpenStudy open, Storage& storage, const std::string& folder) {
    const StudySpec& spec = open.study.spec();
    const Environment inherited = inherited_environment(environ);
    const auto extra = study_environment(spec, inherited);
    if (!extra) return complain(extra.error());
    if (auto ok = watch_signals(); !ok) return complain(ok.error());
    LocalOptions local;
    local.study_folder = folder;
    local.settings = local_settings(spec, inherited);
    local.resources = spec.resources;
    local.parallel = spec.parallel;
    local.machine = machine_of(spec, options_.gpus);
    local.wakers = {signal_descriptor()};
    auto executor = LocalExecutor::open(std::move(local));
    if (!executor) return complain(executor.error());
    const std::string name = spec.name;
    if (!options_.quiet) {
      fmt::print("study {} {} in {}: searcher {}, scheduler {}, slots {}, seed {}\n", name,
                 open.resumed ? "resumed" : "started", printable(folder), spec.searcher.name, spec.scheduler.name,
                 slots_text(spec, (*executor)->slots()), *spec.seed);
      std::fflush(stdout);
    }
    if (spec.scheduler.name == "asha" && !resumable(spec))
      warn(
          "command: it has neither {until} nor {dir}, so no run can go on later; asha stops trials instead of pausing "
          "them");
    Progress progress([](const std::string& line) { fmt::print("{}\n", line), std::fflush(stdout); }, wall_clock);
    RunHooks hooks;
    hooks.now = [clock = RunClock(open.study.last_time())] { return clock.now(); };
    hooks.launch = [&](const Trial& trial) -> Result<RunSpec> { return make_run(spec, trial, folder, *extra); };
    hooks.interrupts = signals_seen;
    if (!options_.quiet) hooks.seen = [&](const Event& event, const Study& study) { progress.seen(event, study); };
    hooks.warn = warn;
    hooks.pause = [](Seconds seconds) { ::usleep(static_cast<useconds_t>(seconds * 1e6)); };
    const auto ending = Coordinator(open.study, storage, open.row, **executor, std::move(hooks)).run();
    if (!ending) return complain(ending.error());
    if (auto ok = (*executor)->close(); !ok) warn(ok.error().what);
    return summarize(options_, open.study, *ending == Ending::Interrupted);
  }

  const RunOptions& options_;
};

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
  if (const auto status = parser.parse(split->own)) return *status;
  options.home = parser.home();
  if (options.path.empty() == !split->command)
    return complain({Code::Invalid, "give either a study FILE or a command after --; see `hone run --help`"});
  std::vector<std::string> warnings;
  auto spec = split->command ? inline_spec(*split->command, split->options, &warnings)
                             : read_spec(options.path, split->options, &warnings);
  if (!spec) return complain(spec.error());
  if (spec->command.empty())
    return complain({Code::Invalid, options.path + ": command: is missing; add the program that runs a trial"});
  for (const std::string& line : warnings) warn(line);
  return options.dry ? dry_run(std::move(*spec), options) : Runner(options).run(std::move(*spec));
}

}  // namespace hone
