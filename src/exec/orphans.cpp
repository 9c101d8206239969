#include "exec/orphans.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <vector>

namespace hone {
namespace {

constexpr pid_t kNarrow = 256;             // pids: more are looked for in the whole of /proc
constexpr std::int64_t kYoung = 10 * 100;  // ticks in which pids cannot have gone round
constexpr double kPatience = 5;            // seconds

}  // namespace

std::optional<Reaped> reap_child(pid_t pid) {
  Reaped reaped;
  reaped.group = getpgid(pid);  // a zombie has one still
  if (wait4(pid, nullptr, WNOHANG, &reaped.usage) != pid) return std::nullopt;
  return reaped;
}

Orphans::Orphans() : self_(getpid()), loadavg_(open("/proc/loadavg", O_RDONLY | O_CLOEXEC)) {}

/// Our children that are no main processes of runs. A descendant of `main` has got its pid after it, so that for a run
/// that was short only the pids since then are looked at.
std::vector<pid_t> Orphans::find(const ProcessMark& main, const std::function<bool(pid_t)>& is_main) const {
  std::vector<pid_t> found;
  const auto look = [&](const ProcessStat& process) {
    if (process.parent == self_ && process.pid != main.pid && !is_main(process.pid)) found.push_back(process.pid);
  };
  const pid_t last = last_pid(loadavg_);
  if (last >= main.pid && last - main.pid <= kNarrow && boot_ticks() - main.born_from < kYoung) {
    for (pid_t pid = main.pid + 1; pid <= last; ++pid) {
      if (is_main(pid)) continue;
      if (const auto process = read_process(pid)) look(*process);
    }
  } else {
    for (const ProcessStat& process : all_processes()) look(process);
  }
  return found;
}

bool Orphans::end(const ProcessMark& main, const std::function<bool(pid_t)>& is_main,
                  const std::function<void(const Reaped&)>& reaped) const {
  const double deadline = monotonic_now() + kPatience;
  // A killed one's own children become ours in turn, so once more until there is none.
  for (auto left = find(main, is_main); !left.empty(); left = find(main, is_main)) {
    if (monotonic_now() > deadline) return false;
    bool progress = false;
    for (const pid_t pid : left) {
      kill(pid, SIGKILL);  // our child, not yet reaped: the pid is surely its own
      const auto one = reap_child(pid);
      if (!one) continue;
      progress = true;
      reaped(*one);
    }
    if (progress) continue;
    const timespec moment{0, 200'000};
    nanosleep(&moment, nullptr);
  }
  return true;
}

}  // namespace hone
