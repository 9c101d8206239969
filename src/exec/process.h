// Processes as /proc shows them, named so that a reused pid is never taken for the old one.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exec/fd.h"

namespace hone {

/// A process of this boot or an earlier one. Its start in clock ticks since boot lies in [born_from, born_to].
struct ProcessMark {
  pid_t pid = 0;
  std::int64_t born_from = 0, born_to = 0;
  std::string boot;
};
struct ProcessStat {
  pid_t pid = 0, parent = 0;
  char state = '?';
  std::int64_t born = 0;
  std::int64_t resident = 0;  // bytes
  bool gone() const { return state == 'Z' || state == 'X'; }
};

std::string boot_id();
std::int64_t boot_ticks();  // now, in the unit and clock of ProcessStat::born
std::optional<ProcessStat> read_process(pid_t pid);
std::vector<ProcessStat> all_processes();
pid_t last_pid(const Fd& loadavg);  // given out in this pid namespace; 0 if unknown
ProcessMark this_process();

/// The process behind a mark if it lives still.
std::optional<ProcessStat> find_process(const ProcessMark& mark);
/// A descriptor that means exactly this process; empty if it is gone or another has its pid.
Fd open_process(const ProcessStat& process);
bool signal_process(const Fd& process, int signal);
/// Waits until it has ended; false after `seconds`.
bool await_end(const Fd& process, double seconds);

/// A kernel file that is kept open and read again from its start.
std::string read_small_file(int fd);
std::string read_whole_file(const std::string& path);  // of the kernel; empty if it cannot be read
double monotonic_now();
double wall_now();

}  // namespace hone
