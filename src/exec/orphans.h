// Ends what a run's main process leaves behind.
#pragma once

#include <sys/resource.h>

#include <functional>
#include <optional>
#include <vector>

#include "exec/process.h"

namespace hone {

struct Reaped {
  pid_t group = 0;  // its process group
  rusage usage{};
};
/// Reaps our child `pid` if it has ended.
std::optional<Reaped> reap_child(pid_t pid);

class Orphans {
 public:
  Orphans();
  /// Kills and reaps every descendant of a run whose main process `main` has just ended (it may still be a zombie) and
  /// was a subreaper: what it had below it are our children now, whatever session or group they moved to. `is_main`
  /// names our other children, which are left alone. False if some of it would not die within seconds (it is in the
  /// kernel, or not ours). REQUIRES: only the calling thread starts and reaps children of this process.
  /// `reaped`: what each of them, and those that it had waited for, used.
  bool end(const ProcessMark& main, const std::function<bool(pid_t)>& is_main,
           const std::function<void(const Reaped&)>& reaped) const;

 private:
  std::vector<pid_t> find(const ProcessMark& main, const std::function<bool(pid_t)>& is_main) const;

  pid_t self_;
  Fd loadavg_;  // whose last field is the pid that was given out last
};

}  // namespace hone
