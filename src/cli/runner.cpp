#include "cli/runner.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "cli/best.h"
#include "cli/clock.h"
#include "cli/command.h"
#include "cli/hints.h"
#include "cli/lint.h"
#include "cli/live_run.h"
#include "cli/outlook.h"
#include "cli/patient_output.h"
#include "cli/plan.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/spec_input.h"
#include "cli/started_in.h"
#include "cli/what_ran.h"
#include "exec/command.h"
#include "exec/folder.h"
#include "exec/local.h"
#include "exec/report_line.h"
#include "run/checkpoints.h"
#include "run/control.h"
#include "run/coordinator.h"
#include "run/disk.h"
#include "run/home.h"
#include "run/outside.h"
#include "run/unnamed.h"
#include "store/sqlite.h"

extern char** environ;

namespace hone {
namespace {

// A reader that does not read must hold up neither the study nor Ctrl-C.
PatientOutput out(STDOUT_FILENO), errors(STDERR_FILENO);

void remark(const std::string& line) { errors.say("hone: " + printable(without_passwords(line)) + "\n"); }

/// To standard output. Inside a trial of another study each line is marked, so that it is no report there
/// (exec/report_line.h): a command line with `loss=1` in it, for instance.
void say(const std::string& text) {
  static const bool nested = std::getenv("HONE_TRIAL") != nullptr;
  std::string marked;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size() - 1) + 1;
    if (nested && end > from + 1) marked += kOwnLine;
    marked += text.substr(from, end - from);
    from = end;
  }
  out.say(marked);
}

/// What there is to say at the end, whether it was reached now or before.
int summarize(const RunOptions& options, const Study& study, bool interrupted) {
  const StudySpec& spec = study.spec();
  std::map<Phase, int> counts;
  for (const Trial& trial : study.trials()) ++counts[trial.phase];
  Counts states;
  for (const auto& [phase, count] : counts) states.emplace_back(name(phase), count);
  const std::string parts = counts_text(states);
  say(fmt::format("\nstudy    {} {}: {}{} in {}\n", spec.name,
                  interrupted      ? "interrupted and saved"
                  : study.failed() ? "failed"
                                   : "finished",
                  counted(static_cast<std::int64_t>(study.trials().size()), "trial"),
                  parts.empty() ? "" : " (" + parts + ")", duration_text(study.elapsed(study.last_time()))));
  if (const auto* why = study.finished()) say(fmt::format("because  {}\n", printable(*why)));
  const std::string folder = absolute_path(study_folder(options.home, spec.name));
  const auto best = study.front();
  for (std::size_t i = 0; i < std::min<std::size_t>(best.size(), 10); ++i)
    say(best_text(spec, study.trials()[static_cast<std::size_t>(best[i])], folder));
  if (best.size() > 10)
    say(fmt::format("and {} more nondominated trials: hone best {}\n", best.size() - 10, spec.name));
  for (const std::string& hint : hints(spec, study.trials())) say("hint     " + printable(hint) + "\n");
  if (interrupted) {
    remark(fmt::format("interrupted; the same command resumes study {}", spec.name));
    return kInterrupted;
  }
  if (!best.empty()) return kDone;
  remark(fmt::format(
      "study {}: {}{}", spec.name, no_best_text(spec, study.trials(), folder),
      study.trials().empty() ? "; --extend with more trials goes on, another --name starts a new one" : ""));
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
    if (auto ok = check_history(**storage, name, folder); !ok) return complain(ok.error());
    if (auto ok = make_folders(options_.home, name); !ok) return complain(ok.error());
    const auto lock = lock_study(folder);
    if (!lock) return complain({Code::Unavailable, lock.error().what});
    if (const auto before = started_in(folder)) spec.folder = *before;
    else if (auto ok = keep_started_in(folder, spec.folder); !ok) return complain(ok.error());
    auto open =
        open_study(**storage, std::move(spec),
                   {.seed = random_seed(), .now = wall_clock(), .extend = options_.extend, .home = options_.home});
    if (!open) return complain(open.error());
    if (open->study.finished() && open->study.live() == 0) {
      say(fmt::format(
          "study {} has finished before; --extend with more trials goes on, another --name starts a new one\n", name));
      return summarize(options_, open->study, false);
    }
    for (const std::string& line : open->remarks) remark(line);
    return loop(std::move(*open), **storage, folder);
  }

 private:
  /// What lies in the folder of a study that the store knows nothing of is somebody's, and may have a keeper that lives.
  static Result<void> check_history(const Storage& storage, const std::string& name, const std::string& folder) {
    const auto row = storage.find(name);
    if (row || row.error().code != Code::NotFound) return {};
    constexpr std::string_view ours[] = {kMarker, "lock", "started-in", "started-in.new", "control.sock"};
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (std::find(std::begin(ours), std::end(ours), entry.path().filename().string()) != std::end(ours)) continue;
      return fail(
          Code::Conflict,
          fmt::format("study {}: {} is not empty and hone.db does not know the study (was it removed?); move that "
                      "folder away, or use another --name",
                      name, folder));
    }
    return {};
  }

  /// What would fail later is said before anything is made. The definition itself was checked when it was read.
  Result<void> check_before(const StudySpec& spec) const {
    if (auto slots = slots_of(spec, options_.gpus); !slots) return tl::unexpected(slots.error());
    if (auto made = study_environment(spec, inherited_environment(environ)); !made) return tl::unexpected(made.error());
    return {};
  }

  int loop(OpenStudy open, Storage& storage, const std::string& folder) {
    const StudySpec& spec = open.study.spec();
    const Environment inherited = inherited_environment(environ);
    const auto extra = study_environment(spec, inherited);
    if (!extra) return complain(extra.error());
    if (auto ok = watch_signals(); !ok) return complain(ok.error());
    auto control = Control::listen(folder);
    if (!control) return complain(control.error());
    std::unique_ptr<LiveRun> live = options_.quiet ? nullptr : LiveRun::make();
    LocalOptions local;
    local.study_folder = folder;
    local.settings = local_settings(spec, inherited);
    local.resources = spec.resources;
    local.parallel = open.parallel;
    local.machine = machine_of(spec, options_.gpus);
    local.wakers = {signal_descriptor(), (*control)->descriptor()};
    if (live) local.wakers.push_back(live->timer());
    const auto outside = outside_searcher(spec, folder, inherited, *extra);
    if (outside) local.wakers.push_back(outside->descriptor());
    auto executor = LocalExecutor::open(std::move(local));
    if (!executor) return complain(executor.error());
    greet(open, folder, **executor);
    RunHooks hooks;
    auto checkpoints = Checkpoints::open(folder, spec);
    if (!checkpoints) return complain(checkpoints.error());
    hooks.launch = [&](const Trial& trial) -> Result<RunSpec> {
      if (auto ok = checkpoints->prepare(trial, open.study.trials()); !ok) return tl::unexpected(ok.error());
      RunSpec run = make_run(spec, trial, folder, *extra);
      if (trial.from && trial.legs.empty()) run.fresh = false;  // it has its donor's folder again
      return run;
    };
    hooks.seen = [&](const Event& event, const Study& study) {
      checkpoints->seen(event, study.trials(), study.best());
    };
    hooks.requests = [&] {  // asked once a turn
      if (outside) outside->pump();
      return (*control)->take();
    };
    hooks.opened = what_ran(spec, inherited);
    if (outside) hooks.propose = [&](const Study& study, const Ask& ask) { return outside->propose(study, ask); };
    const auto ending = watch(open, storage, **executor, folder, std::move(live), std::move(hooks));
    if (!ending) return complain(ending.error());
    if (auto ok = (*executor)->close(); !ok) remark(ok.error().what);
    return summarize(options_, open.study, *ending == Ending::Interrupted);
  }

  /// The program of `searcher: {command: ..}`, not yet started; none with another searcher.
  static std::unique_ptr<OutsideSearcher> outside_searcher(const StudySpec& spec, const std::string& folder,
                                                           Environment env, const Environment& extra) {
    if (spec.searcher.name != "command") return nullptr;
    env.insert(env.end(), extra.begin(), extra.end());
    return std::make_unique<OutsideSearcher>(
        OutsideSearcher::Program{.command = std::get<std::string>(spec.searcher.options.at("command")),
                                 .folder = spec.folder,
                                 .log = folder + "/searcher.log",
                                 .env = std::move(env)});
  }

  void greet(const OpenStudy& open, const std::string& folder, const LocalExecutor& executor) const {
    const StudySpec& spec = open.study.spec();
    if (!options_.quiet) {
      const char* what = open.extended ? "extended" : open.resumed ? "resumed" : "started";
      say(fmt::format("study {} {} in {}: searcher {}, scheduler {}, slots {}, seed {}\n", spec.name, what,
                      printable(folder), spec.searcher.name, spec.scheduler.name,
                      slots_text(spec, executor.slots(), executor.bound()), *spec.seed));
    }
    if (const auto said = cannot_go_on(spec)) remark(fmt::format("{}: {}; {}", said->field, said->what, said->remedy));
  }

  /// The loop, and what is to be seen of it.
  Result<Ending> watch(OpenStudy& open, Storage& storage, LocalExecutor& executor, const std::string& folder,
                       std::unique_ptr<LiveRun> live, RunHooks hooks) const {
    Progress progress([](const std::string& line) { say(line + "\n"); }, wall_clock);
    const RunClock clock(open.study.last_time());
    bool told = false, remarked = false;
    const auto say_warning = [&](const std::string& line) { live ? live->warn(line) : remark(line); };
    hooks.now = [&] { return clock.now(); };
    hooks.interrupts = [&] {  // asked once a turn
      out.pump();
      errors.pump();
      const int interrupts = signals_seen();
      for (const std::string& line : executor.remarks())  // what holds for one run holds for the others
        if (!std::exchange(remarked, true)) say_warning(line);
      if (live) live->tick(open.study, executor, clock.now(), interrupts > 0);
      else if (interrupts > 0 && open.study.live() > 0 && !std::exchange(told, true))
        remark(fmt::format("interrupted: runs are asked to end, and have {} to do so; a second interrupt kills them",
                           duration_text(open.study.spec().limits.grace)));
      return interrupts;
    };
    hooks.warn = say_warning;
    hooks.pause = [](Seconds seconds) { ::usleep(static_cast<useconds_t>(seconds * 1e6)); };
    DiskWatch disk(folder, open.study.spec().limits.disk, hooks.warn);
    if (open.study.trials().empty() && !disk.room(clock.now()))
      return fail(Code::Unavailable, fmt::format("{}: its disk is too full to start; choose another --home", folder));
    hooks.room = [&] { return disk.room(clock.now()); };
    Unnamed unnamed(open.study.spec());
    hooks.seen = [&, keep = std::move(hooks.seen), found = false](const Event& event, const Study& study) mutable {
      keep(event, study);
      watch_disk(disk, event);
      for (const std::string& line : unnamed.seen(event.fact)) say_warning(line);
      if (const auto* report = std::get_if<Reported>(&event.fact); report && !found)
        if (const auto line =
                started_over(*report, study.trials()[static_cast<std::size_t>(report->trial)], study.spec())) {
          found = true;  // what holds for one run holds for the others
          say_warning(*line);
        }
      if (live) live->seen(event, study);
      else if (!options_.quiet) progress.seen(event, study);
    };
    if (live) hooks.waits = [&](const std::string& why) { live->waits(why); };
    hooks.in_order = options_.in_order;
    auto ending = Coordinator(open.study, storage, open.row, executor, std::move(hooks)).run();
    live.reset();
    if (!options_.quiet) progress.end(open.study);
    return ending;
  }

  static void watch_disk(DiskWatch& disk, const Event& event) {
    const auto trial = trial_of(event);
    if (!trial) return;
    if (std::holds_alternative<Exited>(event.fact)) disk.ended(*trial);
    else if (std::holds_alternative<Started>(event.fact) || std::holds_alternative<Resumed>(event.fact) ||
             std::holds_alternative<Relaunched>(event.fact))
      disk.launched(*trial);
  }

  const RunOptions& options_;
};

}  // namespace

int run_study(const RunOptions& options, StudySpec spec) {
  const int status = Runner(options).run(std::move(spec));
  const int before = signals_seen();
  const auto enough = [&] { return signals_seen() > before; };
  out.finish(enough);
  errors.finish(enough);
  return status;
}

}  // namespace hone
