#include "exec/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "exec/folder_tree.h"

namespace hone {
namespace {

Error error_of(const std::string& path) {
  return {errno == EEXIST   ? Code::Conflict
          : errno == ENOENT ? Code::NotFound
                            : Code::Unavailable,
          fmt::format("{}: {}", printable(path), std::strerror(errno))};
}

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

bool has_marker(const Fd& folder) {
  struct stat info {};
  return fstatat(folder.get(), kMarker, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode);
}

}  // namespace

Result<void> mark_folder(const std::string& path) {
  const std::string marker = path + "/" + kMarker;
  const Fd file(open(marker.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  constexpr std::string_view text = "This folder belongs to Hone, which may remove what is in it.\n";
  if (file) return write(file.get(), text.data(), text.size()) > 0 ? Result<void>() : tl::unexpected(error_of(marker));
  return errno == EEXIST ? Result<void>() : tl::unexpected(error_of(marker));
}

Result<MarkedFolder> MarkedFolder::open(const std::string& given) {
  const std::string path = without_slashes(given);
  const auto slash = path.rfind('/');
  const std::string above = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  Fd parent(::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Fd folder(parent ? openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) : -1);
  if (!folder) return tl::unexpected(error_of(path));
  if (!has_marker(folder))
    return invalid(fmt::format("{}: is no folder of Hone's (there is no {} in it); remove it yourself if you mean it",
                               printable(path), kMarker));
  return MarkedFolder(path, std::move(parent), std::move(folder));
}

/// The folder that holds the last name of a path.
Result<Fd> MarkedFolder::enter(const std::string& path, std::string& last) const {
  Fd at(fcntl(folder_.get(), F_DUPFD_CLOEXEC, 3));
  last.clear();
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string name = path.substr(start, end - start);
    start = end + 1;
    if (name.empty() || name == "." || name == ".." || name == kMarker || name.find('\0') != std::string::npos)
      return invalid(fmt::format("{}: is no path below {}", printable(path), printable(path_)));
    if (!last.empty()) at.reset(openat(at.get(), last.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!at) return tl::unexpected(error_of(path_ + "/" + path));
    last = name;
  }
  return at;
}

Result<void> MarkedFolder::remove(const std::string& path) {
  std::string name;
  const auto at = enter(path, name);
  if (!at) return at.error().code == Code::NotFound ? Result<void>() : tl::unexpected(at.error());
  return remove_tree(at->get(), name, path_ + "/" + path);
}

Result<CopyCount> MarkedFolder::copy(const std::string& from, const std::string& to) {
  if (to == from || to.starts_with(from + "/"))
    return invalid(fmt::format("{}: cannot be copied into itself", printable(path_ + "/" + from)));
  std::string from_name, to_name;
  const auto from_at = enter(from, from_name);
  if (!from_at) return tl::unexpected(from_at.error());
  const auto to_at = enter(to, to_name);
  if (!to_at) return tl::unexpected(to_at.error());
  return copy_tree(from_at->get(), from_name, to_at->get(), to_name, path_ + "/" + from);
}

Result<void> MarkedFolder::rename(const std::string& from, const std::string& to) {
  std::string from_name, to_name;
  const auto from_at = enter(from, from_name);
  if (!from_at) return tl::unexpected(from_at.error());
  const auto to_at = enter(to, to_name);
  if (!to_at) return tl::unexpected(to_at.error());
  const int done =
      renameat2(from_at->get(), from_name.c_str(), to_at->get(), to_name.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
  if (done == 0) return {};
  // Not every file system knows the flag; an empty folder is all that could be lost then.
  if (done == EINVAL && renameat(from_at->get(), from_name.c_str(), to_at->get(), to_name.c_str()) == 0) return {};
  return tl::unexpected(error_of(path_ + "/" + from));
}

Result<void> MarkedFolder::remove_whole() {
  const auto slash = path_.rfind('/');
  const std::string name = slash == std::string::npos ? path_ : path_.substr(slash + 1);
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(
      fdopendir(openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), closedir);
  while (const dirent* entry = entries ? readdir(entries.get()) : nullptr) {
    const std::string_view each = entry->d_name;
    if (each != "." && each != ".." && each != kMarker) names.emplace_back(each);
  }
  for (const std::string& each : names)
    if (auto ok = remove_tree(folder_.get(), each, path_ + "/" + each); !ok) return ok;
  if (unlinkat(folder_.get(), kMarker, 0) != 0 && errno != ENOENT)
    return tl::unexpected(error_of(path_ + "/" + kMarker));
  if (unlinkat(parent_.get(), name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    return tl::unexpected(error_of(path_));
  return {};
}

}  // namespace hone
