#include "exec/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string_view>

#include "base/text.h"

namespace hone {
namespace {

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::string read_path(const char* path) {
  const Fd file(open(path, O_RDONLY | O_CLOEXEC));
  return file ? read_small_file(file.get()) : std::string();
}

template <class T>
T number(std::string_view text) {
  T value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::int64_t page_size() {
  static const long size = sysconf(_SC_PAGESIZE);
  return size;
}

/// Fields of /proc/PID/stat. The name in parentheses may hold anything, so counting starts after the last one.
std::optional<ProcessStat> parse_stat(pid_t pid, std::string_view text) {
  const auto close = text.rfind(')');
  if (close == std::string_view::npos) return std::nullopt;
  ProcessStat process;
  process.pid = pid;
  std::size_t at = close + 1;
  for (int field = 3; field <= 24; ++field) {
    at = text.find_first_not_of(' ', at);
    if (at == std::string_view::npos) return std::nullopt;
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (field == 3) process.state = word[0];
    if (field == 4) process.parent = number<pid_t>(word);
    if (field == 22) process.born = number<std::int64_t>(word);
    if (field == 24) process.resident = number<std::int64_t>(word) * page_size();
    at = end;
  }
  return process;
}

}  // namespace

std::string read_small_file(int fd) {
  char buffer[4096];
  const ssize_t n = pread(fd, buffer, sizeof buffer, 0);
  return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string();
}

std::string read_whole_file(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; file && (n = read(file.get(), buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  return text;
}

double monotonic_now() { return seconds_of(CLOCK_MONOTONIC); }
double wall_now() { return seconds_of(CLOCK_REALTIME); }

std::string boot_id() { return trim(read_path("/proc/sys/kernel/random/boot_id")); }

std::int64_t boot_ticks() {
  // The kernel counts ticks of 10 ms (USER_HZ) in this field on every Linux, by rounding down.
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 100 + now.tv_nsec / 10'000'000;
}

std::optional<ProcessStat> read_process(pid_t pid) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
  const Fd file(open(path, O_RDONLY | O_CLOEXEC));
  return file ? parse_stat(pid, read_small_file(file.get())) : std::nullopt;
}

std::vector<ProcessStat> all_processes() {
  std::vector<ProcessStat> processes;
  const std::unique_ptr<DIR, int (*)(DIR*)> proc(opendir("/proc"), closedir);
  if (!proc) return processes;
  while (const dirent* entry = readdir(proc.get())) {
    const pid_t pid = number<pid_t>(entry->d_name);
    if (pid <= 0) continue;
    if (const auto process = read_process(pid)) processes.push_back(*process);
  }
  return processes;
}

pid_t last_pid(const Fd& loadavg) {
  const std::string text = read_small_file(loadavg.get());
  const auto blank = text.rfind(' ');
  return blank == std::string::npos ? 0 : number<pid_t>(std::string_view(text).substr(blank + 1));
}

ProcessMark this_process() {
  const auto self = read_process(getpid());
  const std::int64_t born = self ? self->born : 0;
  return {getpid(), born, born, boot_id()};
}

std::optional<ProcessStat> find_process(const ProcessMark& mark) {
  if (mark.pid <= 0 || mark.boot != boot_id()) return std::nullopt;
  const auto process = read_process(mark.pid);
  if (!process || process->gone() || process->born < mark.born_from || process->born > mark.born_to)
    return std::nullopt;
  return process;
}

Fd open_process(const ProcessStat& process) {
  Fd fd(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  if (!fd) return fd;
  const auto again = read_process(process.pid);  // the descriptor is of whoever had the pid at the call
  return again && again->born == process.born ? std::move(fd) : Fd();
}

bool signal_process(const Fd& process, int signal) {
  return process && syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

bool await_end(const Fd& process, double seconds) {
  const double deadline = monotonic_now() + seconds;
  while (true) {
    pollfd entry{process.get(), POLLIN, 0};
    const double left = deadline - monotonic_now();
    const int n = poll(&entry, 1, left > 0 ? static_cast<int>(left * 1000) + 1 : 0);
    if (n > 0) return true;
    if (n == 0 && left <= 0) return false;
    if (n < 0 && errno != EINTR) return false;
  }
}

}  // namespace hone
