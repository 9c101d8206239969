// What the process trees of runs hold in memory, sampled: for machines without a cgroup to do it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "exec/fd.h"
#include "exec/process.h"

namespace hone {

std::string memory_text(std::int64_t bytes);  // 512 MiB, 2.1 GiB

/// Knows a tree by its main process, which must be a subreaper: all that it started stays below it. A new process is
/// found by its pid, which is greater than those that were given out before, so that a sample costs as much as the
/// trees are large, whatever else the machine runs.
class TreeMemory {
 public:
  TreeMemory();
  /// REQUIRES: `main` has just been started and not been reaped.
  void add(const ProcessMark& main);
  void remove(pid_t main);
  bool empty() const { return trees_.empty(); }
  /// Looks at every tree once.
  void sample();
  /// By the last sample, pages that several of its processes share counted in each of them.
  std::int64_t resident(pid_t main) const;
  /// Now, shared pages counted once (PSS). Slow: the kernel walks its page tables.
  std::int64_t proportional(pid_t main) const;

 private:
  struct Tree {
    std::map<pid_t, std::int64_t> born;  // its processes
    std::int64_t resident = 0;
  };
  void find_new();
  bool adopt(const ProcessStat& process);

  Fd loadavg_;                   // whose last field is the pid that was given out last
  pid_t last_ = 0, before_ = 0;  // of the last sample, and of the one before it
  int samples_ = 0;
  std::map<pid_t, Tree> trees_;  // by main process
  std::map<pid_t, pid_t> main_;  // process → its tree
};

}  // namespace hone
