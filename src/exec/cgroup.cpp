#include "exec/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <sstream>
#include <string_view>

#include "base/text.h"
#include "exec/process.h"

namespace hone {
namespace {

constexpr long kCgroup2 = 0x63677270;  // CGROUP2_SUPER_MAGIC of linux/magic.h

std::string read_at(const Fd& folder, const std::string& name) {
  const Fd file(openat(folder.get(), name.c_str(), O_RDONLY | O_CLOEXEC));
  return file ? read_small_file(file.get()) : std::string();
}

/// A control file takes what it is given by one write, or refuses it as a whole.
bool write_at(const Fd& folder, const std::string& name, const std::string& text) {
  const Fd file(openat(folder.get(), name.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  return file && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

Fd open_folder(const Fd& at, const std::string& name) {
  return Fd(openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

bool has_word(const std::string& text, std::string_view word) {
  std::stringstream words(text);
  for (std::string each; words >> each;)
    if (each == word) return true;
  return false;
}

/// The value beside a name in a file of `name value` lines.
std::int64_t value_of(const std::string& text, std::string_view name) {
  std::stringstream lines(text);
  std::string each;
  for (std::int64_t value = 0; lines >> each >> value;)
    if (each == name) return value;
  return 0;
}

/// Of version 2: the line `0::/path`.
std::optional<std::string> own_path(const std::string& groups) {
  std::stringstream lines(groups);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("0::/") && line.find("/..") == line.npos) return line.substr(3);
  return std::nullopt;
}

}  // namespace

Fd MemoryGroup::entrance() const { return Fd(openat(folder_.get(), "cgroup.procs", O_WRONLY | O_CLOEXEC)); }

bool MemoryGroup::ran_out() const { return folder_ && value_of(read_at(folder_, "memory.events"), "oom_kill") > 0; }

std::optional<std::int64_t> MemoryGroup::peak() const {
  return folder_ ? parse_bytes(trim(read_at(folder_, "memory.peak"))) : std::nullopt;
}

std::optional<std::string> MemoryGroups::usual_mount() {
  for (const char* mount : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    struct statfs info {};
    if (statfs(mount, &info) == 0 && info.f_type == kCgroup2) return mount;
  }
  return std::nullopt;
}

std::optional<MemoryGroups> MemoryGroups::make(const std::string& mount, const std::string& groups, pid_t self,
                                               pid_t parent) {
  const auto path = own_path(groups);
  if (!path) return std::nullopt;
  Fd own(::open((mount + *path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own || !has_word(read_at(own, "cgroup.controllers"), "memory")) return std::nullopt;
  MemoryGroups result(std::move(own), fmt::format("hone-keeper-{}", self));
  std::vector<pid_t> others;
  std::stringstream members(read_at(result.own_, "cgroup.procs"));
  for (pid_t pid = 0; members >> pid;)
    if (pid != self) others.push_back(pid);
  const bool parent_only = others.size() == 1 && others[0] == parent;
  if (!result.delegate(parent_only ? std::vector<pid_t>{self, parent} : std::vector<pid_t>{self})) return std::nullopt;
  result.sweep();
  return result;
}

/// Removes what keepers that were killed left: a group that holds a process does not go.
void MemoryGroups::sweep() {
  const int copy = openat(own_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(copy < 0 ? nullptr : fdopendir(copy), closedir);
  while (const dirent* entry = entries ? readdir(entries.get()) : nullptr)
    if (std::string_view(entry->d_name).starts_with("hone-")) remove(entry->d_name);
}

/// False if the system does not let us; the destructor puts it back as it was.
bool MemoryGroups::delegate(const std::vector<pid_t>& members) {
  if (has_word(read_at(own_, "cgroup.subtree_control"), "memory")) return leaf_.clear(), true;  // it is so already
  if (mkdirat(own_.get(), leaf_.c_str(), 0755) != 0 && errno != EEXIST) return leaf_.clear(), false;
  const Fd leaf = open_folder(own_, leaf_);
  for (const pid_t pid : members)
    if (!leaf || !write_at(leaf, "cgroup.procs", std::to_string(pid))) return false;
  return write_at(own_, "cgroup.subtree_control", "+memory");
}

void MemoryGroups::take_back() {
  if (!own_ || leaf_.empty()) return;
  write_at(own_, "cgroup.subtree_control", "-memory");
  std::stringstream members(read_at(open_folder(own_, leaf_), "cgroup.procs"));
  for (std::string pid; members >> pid;) write_at(own_, "cgroup.procs", pid);
  unlinkat(own_.get(), leaf_.c_str(), AT_REMOVEDIR);
}

MemoryGroups::~MemoryGroups() { take_back(); }

MemoryGroup MemoryGroups::open(const std::string& name, std::int64_t limit) {
  if (mkdirat(own_.get(), name.c_str(), 0755) != 0 && errno != EEXIST) return {};
  Fd folder = open_folder(own_, name);
  if (!folder || !write_at(folder, "memory.max", std::to_string(limit))) {
    remove(name);
    return {};
  }
  write_at(folder, "memory.swap.max", "0");  // not there without swap accounting
  write_at(folder, "memory.oom.group", "1");
  return MemoryGroup(std::move(folder));
}

void MemoryGroups::remove(const std::string& name) { unlinkat(own_.get(), name.c_str(), AT_REMOVEDIR); }

}  // namespace hone
