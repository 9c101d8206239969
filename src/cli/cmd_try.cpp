#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "cli/clock.h"
#include "cli/parser.h"
#include "cli/plan.h"
#include "cli/signals.h"
#include "cli/spec_input.h"
#include "cli/text_out.h"
#include "exec/command.h"
#include "exec/folder.h"
#include "exec/local.h"
#include "run/unnamed.h"

extern char** environ;

namespace hone {
namespace {

std::string metrics_text(const Metrics& metrics) {
  std::string out;
  for (const auto& [name, value] : metrics)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, short_number(value));
  return out;
}

/// A folder that is gone when it is no longer needed; a hone try that is killed leaves it behind.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const char* base = std::getenv("TMPDIR");
    std::string path = std::string(base != nullptr && *base == '/' ? base : "/tmp") + "/hone-try-XXXXXX";
    if (mkdtemp(path.data()) != nullptr && mark_folder(path)) path_ = path;
  }
  ~TemporaryFolder() {
    if (path_.empty() || keep) return;
    auto folder = MarkedFolder::open(path_);
    if (const auto ok = folder ? folder->remove_whole() : tl::unexpected(folder.error()); !ok) warn(ok.error().what);
  }
  const std::string& path() const { return path_; }
  bool keep = false;

 private:
  std::string path_;
};

Result<Trial> make_trial(const StudySpec& spec, const Words& pairs, std::optional<Resource> until) {
  NamedValues values;
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return invalid(fmt::format("{}: is not NAME=VALUE; write e.g. lr=0.1", pair));
    values.emplace_back(pair.substr(0, equals), parse_value(std::string_view(pair).substr(equals + 1)));
  }
  auto config = spec.space.complete(values, Rng::stream(*spec.seed, "try"));
  if (!config) return tl::unexpected(config.error());
  Trial trial;
  trial.config = std::move(*config);
  trial.attempt = 1;
  trial.until = until ? *until : spec.fidelity ? spec.fidelity->min : 1;
  trial.seed = *spec.seed;
  return trial;
}

/// What came of the run, as it comes.
class Tried {
 public:
  explicit Tried(const StudySpec& spec) : spec_(spec), unnamed_(spec) {}
  void take(const Fact& fact) {
    for (std::string& line : unnamed_.seen(fact)) unnamed_lines_.push_back(std::move(line));
    if (const auto* report = std::get_if<Reported>(&fact)) {
      ++reports_;
      const std::string why = report->infeasible.empty() ? "" : " infeasible: " + report->infeasible;
      fmt::print("report   {}{}\n", printable(metrics_text(report->metrics)), printable(why));
      for (const auto& [name, value] : report->metrics) {
        if (name == spec_.objectives[0].metric) objective_ = value, seen_ = true;
        if (spec_.fidelity && name == spec_.fidelity->name) fidelity_ = true;
      }
    } else if (const auto* exit = std::get_if<Exited>(&fact)) {
      ended = true;
      const std::string cause = cause_text(exit->cause, exit->code);
      fmt::print("ended    {}, {} CPU\n", cause.empty() ? "exit 0" : cause, duration_text(exit->cpu_seconds));
      std::string detail = exit->detail;  // the keeper's hint, if there is one, and the last lines
      if (detail.starts_with("no ") && detail.find(" seen in ") < detail.find('\n')) {
        hint_ = detail.substr(0, detail.find('\n'));
        detail.erase(0, hint_.size() + 1);
      }
      if (!detail.empty()) fmt::print("{}\n", printable(detail, true));
      failed_ = exit->cause != Cause::None;
    }
    std::fflush(stdout);
  }
  /// What the keeper says while it runs: "trial 0: no metric seen in 40 lines; ...".
  void remark(const std::string& line) {
    warn(line.substr(line.find(": ") + 2));
    remarked_ = true;
  }
  /// The remarks at the end; the exit status.
  int judge() const {
    const std::string& metric = spec_.objectives[0].metric;
    if (!hint_.empty() && !remarked_) warn(hint_);
    if (!seen_)
      warn(fmt::format("the program must print `{}=VALUE`, or a JSON object with it, or call hone report {}=VALUE",
                       metric, metric));
    else if (!std::isfinite(objective_))
      warn(fmt::format("{} is {}: the trial would fail as not finite", metric, number_text(objective_)));
    if (seen_ && spec_.fidelity && !fidelity_)
      warn(fmt::format(
          "no report names {0}: reports count 1, 2, 3 ...; print `{0}=N` beside the metric if that is not meant",
          spec_.fidelity->name));
    if (seen_)
      for (const std::string& line : unnamed_lines_) warn(line.substr(line.find(": ") + 2));
    return seen_ && !failed_ ? kDone : kNoResult;
  }
  bool ended = false;

 private:
  const StudySpec& spec_;
  Unnamed unnamed_;
  std::vector<std::string> unnamed_lines_;
  int reports_ = 0;
  double objective_ = 0;
  std::string hint_;
  bool seen_ = false, fidelity_ = false, failed_ = false, remarked_ = false;
};

int try_one(const StudySpec& spec, const Trial& trial, std::optional<std::int64_t> gpus, bool keep) {
  const Environment inherited = inherited_environment(environ);
  const auto extra = study_environment(spec, inherited);
  if (!extra) return complain(extra.error());
  TemporaryFolder folder;
  if (folder.path().empty())
    return complain({Code::Unavailable, "TMPDIR: no folder can be made there; set TMPDIR to another"});
  folder.keep = keep;
  if (auto ok = watch_signals(); !ok) return complain(ok.error());
  LocalOptions local;
  local.study_folder = folder.path();
  local.settings = local_settings(spec, inherited);
  local.settings.attached = true;  // nobody comes back for what a killed hone try leaves
  local.resources = spec.resources;
  local.parallel = 1;
  local.machine = machine_of(spec, gpus);
  local.wakers = {signal_descriptor()};
  auto executor = LocalExecutor::open(std::move(local));
  if (!executor) return complain(executor.error());
  fmt::print("command  {}\n", printable(shell_command(spec, trial, folder.path())));
  std::fflush(stdout);
  if (auto ok = (*executor)->launch(make_run(spec, trial, folder.path(), *extra)); !ok) return complain(ok.error());
  Tried tried(spec);
  const RunClock clock(0);
  const Seconds end = clock.now() + spec.limits.time.value_or(1e9);
  bool late = false;
  for (int interrupts = 0; !tried.ended;) {
    auto notices = (*executor)->wait(late ? 60 : std::clamp(end - clock.now(), 0.0, 60.0));
    if (!notices) return complain(notices.error());
    for (const std::string& line : (*executor)->remarks()) tried.remark(line);
    for (const Notice& notice : *notices) tried.take(notice.fact);
    (*executor)->acknowledged();
    if (!late && !tried.ended && clock.now() >= end) {
      late = true;
      fmt::print("limit    limits.time of {} is over\n", duration_text(*spec.limits.time));
      if (auto ok = (*executor)->cancel({trial.id, trial.attempt}); !ok) return complain(ok.error());
    }
    if (const int now = signals_seen(); now > interrupts && !tried.ended) {
      interrupts = now;
      if (auto ok = (*executor)->cancel({trial.id, trial.attempt}); !ok) return complain(ok.error());
    }
  }
  if (auto ok = (*executor)->close(); !ok) warn(ok.error().what);
  if (keep) fmt::print("folder   {}/{}\n", folder.path(), trial.id);
  return signals_seen() > 0 ? kInterrupted : tried.judge();
}

}  // namespace

int try_command(const Command& self, const Words& words) {
  auto split = split_words(words);
  if (!split) return complain(split.error());
  Parser parser(self);
  parser.add_study_keys();
  std::string path;
  Words pairs;
  std::optional<Resource> until;
  std::optional<std::int64_t> gpus;
  bool keep = false;
  parser.required_word("FILE", path, "the study file");
  parser.words("NAME=VALUE", pairs, "parameters; missing ones are drawn");
  parser.whole("--until", until, "how far (default: the least fidelity)", 1);
  parser.whole("--gpus", gpus, "GPUs to use (default: all)");
  parser.flag("--keep", keep, "keeps the folder of the run, to look at");
  if (const auto status = parser.parse(split->own)) return *status;
  std::vector<std::string> warnings;
  auto spec = read_spec(path, split->options, &warnings, {.trials = true});
  if (!spec) return complain(spec.error());
  if (auto ok = check_until(*spec, until); !ok) return complain(ok.error());
  for (const std::string& line : warnings) warn(line);
  if (!spec->seed) spec->seed = random_seed();
  const auto trial = make_trial(*spec, pairs, until);
  if (!trial) return complain(trial.error());
  return try_one(*spec, *trial, gpus, keep);
}

}  // namespace hone
