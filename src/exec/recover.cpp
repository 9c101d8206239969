#include "exec/recover.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <set>
#include <string_view>

namespace hone {
namespace {

constexpr double kPatience = 10;  // seconds for a killed process to vanish
constexpr int kRounds = 1000;

/// Does its environment, as it was at its exec, hold NAME=VALUE where it begins with `prefix`?
bool has_variable(pid_t pid, const std::string& prefix) {
  const Fd file(open(fmt::format("/proc/{}/environ", pid).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return false;  // not ours, or a kernel thread
  std::string text;
  char buffer[16384];
  for (ssize_t n = 0; text.size() < (8u << 20) && (n = read(file.get(), buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  return text.starts_with(prefix) || text.find(std::string(1, '\0') + prefix) != std::string::npos;
}

/// This process and those above it.
std::set<pid_t> ancestry(const std::map<pid_t, ProcessStat>& processes) {
  std::set<pid_t> line{1};
  for (auto at = processes.find(getpid()); at != processes.end() && line.insert(at->first).second;)
    at = processes.find(at->second.parent);
  return line;
}

class Leftovers {
 public:
  Leftovers(const std::vector<ProcessMark>& roots, const std::string& study_folder) {
    if (!study_folder.empty()) variable_ = "HONE_DIR=" + study_folder + "/";
    for (const ProcessMark& mark : roots)
      if (const auto process = find_process(mark)) wanted_.insert({process->pid, process->born});
  }

  /// Stops those that were not seen before; false once there is none.
  bool stop_new() {
    std::map<pid_t, ProcessStat> processes;
    for (const ProcessStat& process : all_processes()) processes[process.pid] = process;
    const std::set<pid_t> spared = ancestry(processes);
    bool any = false;
    for (const auto& [pid, process] : processes) {
      if (process.gone() || spared.contains(pid) || stopped_.contains({pid, process.born})) continue;
      if (!below(process, processes) && (variable_.empty() || !has_variable(pid, variable_))) continue;
      wanted_.insert({pid, process.born});
      Fd fd = open_process(process);
      if (!fd) continue;
      any = signal_process(fd, SIGSTOP) || any;
      stopped_.emplace(std::pair(pid, process.born), std::move(fd));
    }
    return any;
  }

  bool kill_all() {
    bool all = true;
    for (const auto& [key, fd] : stopped_) signal_process(fd, SIGKILL);
    for (const auto& [key, fd] : stopped_) all = await_end(fd, kPatience) && all;
    return all;
  }

 private:
  /// Is it, or one above it, wanted?
  bool below(ProcessStat process, const std::map<pid_t, ProcessStat>& processes) const {
    for (int depth = 0; depth < 10000; ++depth) {
      if (wanted_.contains({process.pid, process.born})) return true;
      const auto parent = processes.find(process.parent);
      if (parent == processes.end() || parent->first <= 1) return false;
      process = parent->second;
    }
    return false;
  }

  std::string variable_;
  std::set<std::pair<pid_t, std::int64_t>> wanted_;  // (pid, start)
  std::map<std::pair<pid_t, std::int64_t>, Fd> stopped_;
};

}  // namespace

bool end_leftovers(const std::vector<ProcessMark>& roots, const std::string& study_folder) {
  Leftovers leftovers(roots, study_folder);
  for (int round = 0; round < kRounds && leftovers.stop_new(); ++round) {
  }
  return leftovers.kill_all();
}

}  // namespace hone
