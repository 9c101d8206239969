#include "exec/folder_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "exec/fd.h"

namespace hone {
namespace {

constexpr std::size_t kRemoveLevels = 32, kCopyLevels = 100;
constexpr int kMostMoved = 1'000'000;
constexpr std::size_t kPiece = 1 << 20;

/// A folder that is being walked through.
struct Level {
  std::string name;  // in the one above
  std::unique_ptr<DIR, int (*)(DIR*)> entries{nullptr, closedir};
  Fd copy = {};                   // the folder that it is copied to
  struct timespec times[2] = {};  // its own, of the last access and change

  int fd() const { return dirfd(entries.get()); }
};

/// Of a folder that is not entered through a link or onto another file system.
class Walk {
 public:
  /// `force`: folders that their owner may not read or change are made so that he may.
  Walk(int parent, std::string shown, bool force) : shown_(std::move(shown)), force_(force) {
    struct statx info {};
    if (statx(parent, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &info) == 0)
      device_ = {info.stx_dev_major, info.stx_dev_minor};
  }

  /// Opens a folder at the end of `levels`. errno: ENOTDIR or ELOOP if it is none, EXDEV if something is mounted there.
  bool enter(int at, const std::string& name) {
    Fd folder = open(at, name);
    if (!folder && errno == EACCES && force_ && make_accessible(at, name)) folder = open(at, name);
    struct statx info {};
    if (!folder || statx(folder.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS, &info) != 0) return false;
    const std::pair device(info.stx_dev_major, info.stx_dev_minor);
    const bool mounted = (info.stx_attributes_mask & info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    if (mounted || device_ != device) return errno = EXDEV, false;
    if (force_ && (info.stx_mode & 0700) != 0700) fchmod(folder.get(), 0700);
    Level level;
    level.name = name;
    level.times[0] = {info.stx_atime.tv_sec, info.stx_atime.tv_nsec};
    level.times[1] = {info.stx_mtime.tv_sec, info.stx_mtime.tv_nsec};
    mode = info.stx_mode;
    level.entries.reset(fdopendir(folder.get()));
    if (!level.entries) return false;
    folder.release();
    levels.push_back(std::move(level));
    return true;
  }
  /// The next entry of the last folder but `.` and `..`.
  std::optional<std::string> next() {
    while (const dirent* entry = readdir(levels.back().entries.get())) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") return name;
    }
    return std::nullopt;
  }
  tl::unexpected<Error> error(const std::string& name = {}) const {
    const int number = errno;
    std::string path = shown_;
    for (std::size_t i = 1; i < levels.size(); ++i) path += "/" + levels[i].name;
    if (!name.empty()) path += "/" + name;
    return fail(number == EEXIST ? Code::Conflict : Code::Unavailable,
                fmt::format("{}: {}", printable(path),
                            number == EXDEV    ? "another file system is mounted there; unmount it"
                            : number == EMLINK ? "too many folders in each other; remove some"
                                               : std::strerror(number)));
  }

  std::vector<Level> levels;
  unsigned mode = 0;  // of the folder entered last
  int moved = 0;      // folders moved up so far

 private:
  static Fd open(int at, const std::string& name) {
    return Fd(openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  }
  /// Programs leave folders that not even their owner may read or change.
  static bool make_accessible(int at, const std::string& name) {
    const Fd path(openat(at, name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    return path && chmod(fmt::format("/proc/self/fd/{}", path.get()).c_str(), 0700) == 0;
  }

  std::string shown_;
  bool force_;
  std::pair<unsigned, unsigned> device_;
};

bool is_folder(int at, const std::string& name) {
  struct stat info {};
  return fstatat(at, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

/// Removes what is no folder, enters what is one; what is gone meanwhile is no matter. False with errno.
bool remove_entry(Walk& walk, int at, const std::string& name) {
  if (unlinkat(at, name.c_str(), 0) == 0 || errno == ENOENT) return true;
  const int error = errno;
  if (is_folder(at, name)) return walk.enter(at, name) || errno == ENOENT;
  errno = error;
  return false;
}

/// A folder deeper than there are levels becomes one of the first folder's.
bool move_up(Walk& walk, const std::string& name) {
  while (walk.moved < kMostMoved) {
    const std::string up = fmt::format(".removing-{}", walk.moved++);
    if (renameat(walk.levels.back().fd(), name.c_str(), walk.levels.front().fd(), up.c_str()) == 0) return true;
    if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR) return false;
  }
  return errno = EMLINK, false;
}

/// The bytes between two offsets; both files stand there.
bool copy_bytes(int from, int to, off_t start, off_t end) {
  bool by_kernel = true;
  std::unique_ptr<char[]> buffer;
  for (off_t at = start; at < end;) {
    const auto want = std::min(kPiece * 64, static_cast<std::size_t>(end - at));
    off_t in = at, out = at;
    ssize_t n = by_kernel ? copy_file_range(from, &in, to, &out, want, 0) : -1;
    if (n < 0 && by_kernel) by_kernel = errno == EINTR;  // not on every file system
    if (n == 0) return true;                             // it became shorter
    if (!by_kernel) {
      if (!buffer) buffer = std::make_unique_for_overwrite<char[]>(kPiece);
      n = pread(from, buffer.get(), std::min(kPiece, want), at);
      if (n == 0) return true;
      if (n < 0 && errno != EINTR) return false;
      for (ssize_t done = 0; done < n;) {
        const ssize_t m = pwrite(to, buffer.get() + done, static_cast<std::size_t>(n - done), at + done);
        if (m < 0 && errno != EINTR) return false;
        if (m > 0) done += m;
      }
    }
    if (n > 0) at += n;
  }
  return true;
}

/// A regular file, holes as holes. False with errno.
bool copy_file(int from_at, int to_at, const std::string& name, CopyCount& count) {
  const Fd from(openat(from_at, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (!from || fstat(from.get(), &info) != 0) return false;
  if (!S_ISREG(info.st_mode)) return true;  // something else is there by now
  const Fd to(openat(to_at, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!to) return false;
  const bool shared = ioctl(to.get(), FICLONE, from.get()) == 0;  // Btrfs, XFS, bcachefs
  count.bytes += info.st_size;
  count.shared += shared ? info.st_size : 0;
  if (!shared && ftruncate(to.get(), info.st_size) != 0) return false;
  for (off_t at = shared ? info.st_size : 0; at < info.st_size;) {
    off_t data = lseek(from.get(), at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // the rest is a hole
    if (data < 0) data = at;                // the file system does not know
    off_t end = lseek(from.get(), data, SEEK_HOLE);
    if (end < 0 || end > info.st_size) end = info.st_size;
    if (!copy_bytes(from.get(), to.get(), data, end)) return false;
    at = std::max(end, at + 1);
  }
  const timespec times[2] = {info.st_atim, info.st_mtim};
  return fchmod(to.get(), info.st_mode & 0777) == 0 && futimens(to.get(), times) == 0;
}

bool copy_link(int from_at, int to_at, const std::string& name, std::size_t size) {
  std::string target(size + 1, '\0');
  const ssize_t n = readlinkat(from_at, name.c_str(), target.data(), target.size());
  if (n < 0) return errno == EINVAL || errno == ENOENT;  // none any more
  target.resize(static_cast<std::size_t>(n));
  return symlinkat(target.c_str(), to_at, name.c_str()) == 0;
}

/// Makes the folder that the last level is copied to.
bool make_copy(Walk& walk, int at, const std::string& name) {
  if (mkdirat(at, name.c_str(), 0700) != 0) return false;
  Fd& copy = walk.levels.back().copy;
  copy.reset(openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  return copy && fchmod(copy.get(), (walk.mode & 0777) | 0700) == 0;
}

Result<void> copy_entry(Walk& walk, const std::string& name, CopyCount& count) {
  const int from = walk.levels.back().fd(), to = walk.levels.back().copy.get();
  struct stat info {};
  if (fstatat(from, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? Result<void>() : walk.error(name);
  if (S_ISREG(info.st_mode) && !copy_file(from, to, name, count)) return walk.error(name);
  if (S_ISLNK(info.st_mode) && !copy_link(from, to, name, static_cast<std::size_t>(info.st_size)))
    return walk.error(name);
  if (!S_ISDIR(info.st_mode)) return {};
  if (walk.levels.size() >= kCopyLevels) return errno = EMLINK, walk.error(name);
  if (!walk.enter(from, name)) return walk.error(name);
  return make_copy(walk, to, name) ? Result<void>() : walk.error();
}

Result<CopyCount> copy_all(Walk& walk, int from_parent, const std::string& from, int to_parent, const std::string& to) {
  CopyCount count;
  if (!walk.enter(from_parent, from) || !make_copy(walk, to_parent, to)) return walk.error();
  while (!walk.levels.empty()) {
    if (const auto name = walk.next()) {
      if (auto ok = copy_entry(walk, *name, count); !ok) return tl::unexpected(ok.error());
      continue;
    }
    if (futimens(walk.levels.back().copy.get(), walk.levels.back().times) != 0) return walk.error();
    walk.levels.pop_back();
  }
  return count;
}

}  // namespace

Result<void> remove_tree(int parent, const std::string& name, const std::string& shown) {
  Walk walk(parent, shown, true);
  if (!remove_entry(walk, parent, name)) return walk.error();
  bool again = false;  // something was moved into the first folder
  while (!walk.levels.empty()) {
    Level& last = walk.levels.back();
    const auto entry = walk.next();
    if (entry && walk.levels.size() >= kRemoveLevels && is_folder(last.fd(), *entry)) {
      again = true;
      if (!move_up(walk, *entry)) return walk.error(*entry);
    } else if (entry) {
      if (!remove_entry(walk, last.fd(), *entry)) return walk.error(*entry);
    } else if (walk.levels.size() == 1 && std::exchange(again, false)) {
      rewinddir(last.entries.get());
    } else {
      const int above = walk.levels.size() == 1 ? parent : walk.levels[walk.levels.size() - 2].fd();
      if (unlinkat(above, last.name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) return walk.error();
      walk.levels.pop_back();
    }
  }
  return {};
}

Result<CopyCount> copy_tree(int from_parent, const std::string& from, int to_parent, const std::string& to,
                            const std::string& shown) {
  struct stat info {};
  if (fstatat(to_parent, to.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0)
    return fail(Code::Conflict,
                fmt::format("{}: cannot be copied: {} is there already", printable(shown), printable(to)));
  Walk walk(from_parent, shown, false);
  auto copied = copy_all(walk, from_parent, from, to_parent, to);
  if (!copied) static_cast<void>(remove_tree(to_parent, to, shown));
  return copied;
}

}  // namespace hone
