// Control groups (version 2) that hold runs to their memory: one a run, below the keeper's own group.
//
// A group that has processes of its own gives no controllers to those below it, so the keeper moves itself, and its
// parent if nobody else is there, into a leaf. Where that is not allowed (the group is not delegated, others live in it,
// the mount is read-only) all is put back as it was and runs are sampled instead (memory.h).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exec/fd.h"

namespace hone {

/// A run's group. Empty if there is none.
class MemoryGroup {
 public:
  MemoryGroup() = default;
  explicit MemoryGroup(Fd folder) : folder_(std::move(folder)) {}
  explicit operator bool() const { return static_cast<bool>(folder_); }
  /// For writing: whoever writes "0" to it moves in.
  Fd entrance() const;
  bool ran_out() const;                      // the kernel killed something in it
  std::optional<std::int64_t> peak() const;  // bytes; older kernels do not say

 private:
  Fd folder_;
};

class MemoryGroups {
 public:
  /// `mount`: where version 2 is mounted; `groups`: the contents of /proc/self/cgroup. Nothing if it cannot be had.
  static std::optional<MemoryGroups> make(const std::string& mount, const std::string& groups, pid_t self,
                                          pid_t parent);
  /// The place where version 2 is mounted usually; nothing if it is mounted nowhere.
  static std::optional<std::string> usual_mount();
  MemoryGroups(MemoryGroups&&) noexcept = default;
  MemoryGroups& operator=(MemoryGroups&&) = delete;
  ~MemoryGroups();  // moves back whom it moved

  /// A group `name` of at most `limit` bytes, without swap, whose processes are killed together.
  MemoryGroup open(const std::string& name, std::int64_t limit);
  /// REQUIRES: all of its processes have been reaped.
  void remove(const std::string& name);

 private:
  MemoryGroups(Fd own, std::string leaf) : own_(std::move(own)), leaf_(std::move(leaf)) {}
  bool delegate(const std::vector<pid_t>& members);
  void sweep();
  void take_back();

  Fd own_;  // the group that the keeper was started in
  std::string leaf_;
};

}  // namespace hone
