#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <set>

#include "base/text.h"
#include "exec/keeper_loop.h"
#include "exec/verdict.h"

namespace hone {
namespace {

constexpr double kGather =
    0.001;  // seconds that output waits for more, or for the end of its run, to be told in one go

}  // namespace

Keeper::Run* Keeper::find(const RunKey& key) {
  for (auto& [id, run] : runs_)
    if (run->key == key) return run.get();
  return nullptr;
}

void Keeper::launch(Launch&& launch) {
  if (find(launch.key)) return;
  for (const auto& [id, other] : runs_)
    if (other->key.trial == launch.key.trial)
      return refuse(launch.key, 0, fmt::format("attempt {} of it has not ended", other->key.attempt));
  if (ending_) return refuse(launch.key, 0, "the keeper was told to end");
  auto run = std::make_unique<Run>(launch.key, launch.folder);
  run->id = next_id_++;
  run->devices = launch.devices;
  run->slots = launch.slots;
  run->started = run->heard = now_;
  Fd ends[2];
  if (const auto error = run->prepare(launch, config_.limits.log, ends)) return refuse(launch.key, 0, *error);
  std::string error;
  int code = 0;
  if (!start(*run, launch, ends, error, code)) {
    run->err.log.write("hone: " + error + "\n");
    return refuse(launch.key, code, error);
  }
  spool_.add(SpawnedLine{run->key, run->process, run->devices, run->slots});
  flush();  // at once: whoever finds this keeper dead must find its runs
  watch(run->out.pipe.get(), Source::Out, run->id);
  watch(run->err.pipe.get(), Source::Err, run->id);
  by_pid_[run->process.pid] = run.get();
  if (config_.memory > 0 && !run->group) watch_memory(*run);
  runs_[run->id] = std::move(run);
}

bool Keeper::start(Run& run, const Launch& launch, const Fd (&ends)[2], std::string& error, int& code) {
  std::vector<std::string> added;
  std::set<std::string_view> names;
  std::string path = "/usr/local/bin:/usr/bin:/bin";  // what a shell assumes without PATH
  for (const auto& [name, value] : config_.env)
    if (name == "PATH") path = value;
  for (const auto& [name, value] : launch.env) {
    if (!names.insert(name).second)
      std::erase_if(added, [&](const auto& entry) { return entry.starts_with(name + "="); });
    added.push_back(name + "=" + value);
    if (name == "PATH") path = value;
  }
  std::vector<const char*> env;
  for (std::size_t i = 0; i < base_env_.size(); ++i)
    if (!names.contains(config_.env[i].first)) env.push_back(base_env_[i].c_str());
  for (const std::string& entry : added) env.push_back(entry.c_str());
  env.push_back(nullptr);
  // Watched before it starts: no report goes unnoticed.
  run.watch = inotify_add_watch(reports_.get(), fmt::format("/proc/self/fd/{}", run.report.get()).c_str(), IN_MODIFY);
  run.memory_kills = memory_kills(read_whole_file("/proc/vmstat"));
  const Fd entrance = make_group(run);
  Spawned spawned = spawner_.spawn(
      {launch.argv, env, path, config_.cwd, ends[0].get(), ends[1].get(), config_.limits.files, entrance.get()});
  run.process = spawned.mark;
  if (!spawned.entered) remove_group(run);
  if (spawned.mark.pid > 0) {
    if (run.watch >= 0) by_watch_[run.watch] = &run;
    return true;
  }
  if (run.watch >= 0) inotify_rm_watch(reports_.get(), run.watch);
  error = std::move(spawned.error);
  code = spawned.code;
  return false;
}

/// A run that was never started. Without a code the machine is to blame, not the command.
void Keeper::refuse(const RunKey& key, int code, const std::string& why) {
  Exited exited;
  exited.trial = key.trial;
  exited.attempt = key.attempt;
  exited.cause = code == 0 ? Cause::Lost : Cause::Exit;
  exited.code = code;
  exited.detail = printable(why);
  note(exited, true);
}

void Keeper::terminate(Run& run, Cause cause) {
  if (run.kill_at) return;
  run.cause = cause;
  run.signalled = true;
  run.kill_at = now_ + std::max(0.0, config_.limits.grace);
  kill(-run.process.pid, SIGTERM);
  kill(-run.process.pid, SIGCONT);  // a stopped one could not hear it
}

/// Its main process and group; what left the group becomes ours when the main process is dead, see finish().
void Keeper::kill_tree(Run& run) {
  run.signalled = true;
  run.kill_at = now_ + kKeeperRetry;
  kill(-run.process.pid, SIGKILL);
  kill(run.process.pid, SIGKILL);
}

void Keeper::reap() {
  while (true) {
    siginfo_t info{};  // looked at, not reaped: a zombie keeps the numbers of its process and its group
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    const auto run = by_pid_.find(info.si_pid);
    if (run != by_pid_.end()) finish(*run->second);
    else if (const auto reaped = reap_child(info.si_pid)) charge(*reaped, nullptr);
  }
}

/// To the run whose group it was in, for what two that end together leave behind comes to us as one heap.
void Keeper::charge(const Reaped& reaped, Run* otherwise) {
  const auto owner = by_pid_.find(reaped.group);
  Run* run = owner != by_pid_.end() ? owner->second : otherwise;
  if (run) run->used(reaped.usage);
}

void Keeper::finish(Run& run) {
  const pid_t pid = run.process.pid;
  kill(-pid, SIGKILL);
  int status = 0;
  rusage usage{};
  while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  run.used(usage);
  const bool clean = orphans_.end(
      run.process, [&](pid_t other) { return by_pid_.contains(other); },
      [&](const Reaped& reaped) { charge(reaped, &run); });
  run.drain(buffer_, parser_, reporter(run));
  if (auto last = run.held_back()) note(std::move(*last), false);
  Exited exited = ending(run, status);
  memory_.remove(pid);
  remove_group(run);
  if (!clean)
    exited.detail += (exited.detail.empty() ? "" : "\n") + std::string("a process that it started could not be ended");
  note(std::move(exited), true);
  unwatch(run.out.pipe);
  unwatch(run.err.pipe);
  const int watch = run.watch;
  by_watch_.erase(watch);
  by_pid_.erase(pid);
  runs_.erase(run.id);
  if (watch < 0) return;
  inotify_rm_watch(reports_.get(), watch);
  read_reports();  // its last event would wake us up again
}

Exited Keeper::ending(Run& run, int status) const {
  Exited exited;
  exited.trial = run.key.trial;
  exited.attempt = run.key.attempt;
  RunEnd end{status, run.signalled && !told_to_end_, run.cause, run.why, false, run.out.tail, run.err.tail};
  if (run.cause == Cause::None && run.group.ran_out()) {
    end.cause = Cause::Oom;
    end.why = fmt::format("went beyond resources.memory, {}", memory_text(config_.memory));
  }
  if (status != 0) end.memory_killed = memory_kills(read_whole_file("/proc/vmstat")) > run.memory_kills;
  if (!run.signalled || run.cause != Cause::None) end.hint = run.hint(config_);
  judge(end, exited);
  exited.cpu_seconds = run.cpu;
  exited.peak_memory = run.group.peak().value_or(std::max(run.peak, run.largest));
  return exited;
}

KeeperRun::Each Keeper::reporter(Run& run) {
  return [this, &run](TrialReport&& report) {
    run.saw(report, config_);
    if (auto reported = run.number(std::move(report))) note(std::move(*reported), false);
  };
}

void Keeper::note(Fact fact, bool urgent) { tell(Notice{wall_now(), std::move(fact)}, urgent); }

void Keeper::tell(const SpoolLine& line, bool urgent) {
  spool_.add(line);
  news_ = true;
  const double when = urgent ? now_ : now_ + kGather;
  flush_at_ = flush_at_ ? std::min(*flush_at_, when) : when;
}

}  // namespace hone
