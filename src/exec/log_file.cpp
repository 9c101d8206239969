#include "exec/log_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <tuple>
#include <utility>

namespace hone {
namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 60;  // more is nobody's log
constexpr std::string_view kGoesOn = "\n[limits.log: what came last is in files beside this one; see hone logs]\n";

struct Parts {
  std::int64_t head = 0;                       // bytes of it that are the stream's
  bool full = false;                           // the head
  std::map<std::int64_t, std::int64_t> parts;  // N → size
};

bool ends_with_note(const Fd& file, std::int64_t size) {
  std::string end(kGoesOn.size(), '\0');
  const std::int64_t at = size - static_cast<std::int64_t>(end.size());
  return at >= 0 && pread(file.get(), end.data(), end.size(), at) == static_cast<ssize_t>(end.size()) && end == kGoesOn;
}

std::int64_t size_of(const Fd& file) {
  struct stat info {};
  return file && fstat(file.get(), &info) == 0 ? static_cast<std::int64_t>(info.st_size) : 0;
}

std::string part_name(const std::string& name, std::int64_t at) { return fmt::format("{}.{}", name, at); }

/// What there is of a log. Names that a trial made up are numbers like any other: they show, and do no harm.
Parts list_parts(int folder, const std::string& name, const Fd& head) {
  Parts found;
  found.head = size_of(head);
  found.full = ends_with_note(head, found.head);
  if (found.full) found.head -= static_cast<std::int64_t>(kGoesOn.size());
  const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(copy < 0 ? nullptr : fdopendir(copy), closedir);
  while (const dirent* entry = entries ? readdir(entries.get()) : nullptr) {
    const std::string_view text = entry->d_name;
    if (text.size() <= name.size() + 1 || !text.starts_with(name) || text[name.size()] != '.') continue;
    std::int64_t at = 0;
    const auto [end, error] = std::from_chars(text.data() + name.size() + 1, text.data() + text.size(), at);
    struct stat info {};
    if (error != std::errc() || end != text.data() + text.size() || at < found.head || at > kLargest) continue;
    if (fstatat(folder, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode))
      found.parts[at] = info.st_size;
  }
  return found;
}

}  // namespace

Fd open_run_file(int folder, const std::string& name, int flags) {
  Fd file(openat(folder, name.c_str(), flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600));
  struct stat info {};
  if (!file || (fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode))) return file;
  errno = EINVAL;
  return {};
}

bool LogWriter::open(int folder, std::string name, std::int64_t limit) {
  folder_ = folder;
  name_ = std::move(name);
  head_most_ = std::max<std::int64_t>(0, limit / 2);
  part_most_ = std::max<std::int64_t>(0, limit / 4);
  head_file_ = open_run_file(folder, name_, O_RDWR | O_APPEND);
  if (!head_file_) return false;
  Parts found = list_parts(folder, name_, head_file_);
  head_ = found.head;
  noted_ = found.full;
  in_head_ = !found.full && found.parts.empty() && head_ < head_most_;
  at_ = head_;
  if (found.parts.empty()) return true;
  at_ = found.parts.rbegin()->first;
  part_ = found.parts.rbegin()->second;
  parts_ = std::move(found.parts);
  parts_.erase(at_);
  part_file_ = open_run_file(folder, part_name(name_, at_), O_WRONLY | O_APPEND);
  return true;
}

/// A full disk loses output, but neither the run nor its reports.
void LogWriter::put(const Fd& file, std::string_view bytes, std::int64_t& size) {
  const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
  if (n > 0) size += n;
}

/// `skip`: bytes that nobody would ever see.
bool LogWriter::next_part(std::int64_t skip) {
  if (part_file_) parts_[at_] = part_;
  const std::int64_t next = (part_file_ ? at_ + part_ : head_) + skip;
  while (parts_.size() > 1) {
    unlinkat(folder_, part_name(name_, parts_.begin()->first).c_str(), 0);
    parts_.erase(parts_.begin());
  }
  const std::string name = part_name(name_, next);
  unlinkat(folder_, name.c_str(), 0);
  part_file_ = open_run_file(folder_, name, O_WRONLY | O_APPEND | O_EXCL);
  at_ = next;
  part_ = 0;
  return static_cast<bool>(part_file_);
}

void LogWriter::write(std::string_view bytes) {
  if (in_head_) {
    const auto room = static_cast<std::size_t>(head_most_ - head_);
    put(head_file_, bytes.substr(0, room), head_);
    if (bytes.size() < room) return;
    bytes.remove_prefix(room);
    in_head_ = bytes.empty();
  }
  if (bytes.empty() || part_most_ == 0) return;
  if (!std::exchange(noted_, true)) {
    std::int64_t note = 0;
    put(head_file_, kGoesOn, note);
  }
  if (const auto kept = static_cast<std::size_t>(2 * part_most_); bytes.size() > 2 * kept) {
    const std::size_t skip = bytes.size() - kept;
    if (!next_part(static_cast<std::int64_t>(skip))) return;
    bytes.remove_prefix(skip);
  }
  while (!bytes.empty()) {
    if ((!part_file_ || part_ >= part_most_) && !next_part(0)) return;
    const auto room = static_cast<std::size_t>(part_most_ - part_);
    const std::int64_t before = part_;
    put(part_file_, bytes.substr(0, room), part_);
    if (part_ == before) return;
    bytes.remove_prefix(std::min(bytes.size(), room));
  }
}

Result<std::string> LogReader::read(std::size_t most) {
  const auto unreadable = [&](const std::string& name) {
    return fail(Code::Unavailable, fmt::format("{}/{}: cannot be read: {}", folder_, name, std::strerror(errno)));
  };
  const Fd folder(openat(AT_FDCWD, folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return errno == ENOENT ? Result<std::string>() : unreadable("");
  const auto open_file = [&](const std::string& name) {
    return Fd(openat(folder.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  };
  Fd file = open_file(name_);
  if (!file && errno != ENOENT) return unreadable(name_);
  const Parts found = list_parts(folder.get(), name_, file);
  std::string text;
  std::int64_t start = 0, size = found.head;
  if (position_ >= size && !found.parts.empty()) {
    auto part = found.parts.upper_bound(position_);
    if (part != found.parts.begin() && std::prev(part)->first + std::prev(part)->second > position_)
      part = std::prev(part);
    if (part == found.parts.end()) return text;
    file = open_file(part_name(name_, part->first));
    if (!file) return errno == ENOENT ? Result<std::string>() : unreadable(part_name(name_, part->first));  // just gone
    std::tie(start, size) = *part;
    if (start > position_)
      text = fmt::format("{}[{} bytes left out by limits.log]\n", at_line_start_ ? "" : "\n", start - position_);
    position_ = std::max(position_, start);
  }
  const std::int64_t left = std::min<std::int64_t>(start + size - position_, static_cast<std::int64_t>(most));
  if (left <= 0 || !file) return text;
  const std::size_t before = text.size();
  text.resize(before + static_cast<std::size_t>(left));
  const ssize_t n = pread(file.get(), text.data() + before, static_cast<std::size_t>(left), position_ - start);
  if (n < 0) return unreadable(name_);
  text.resize(before + static_cast<std::size_t>(n));
  position_ += n;
  if (!text.empty()) at_line_start_ = text.back() == '\n';
  return text;
}

}  // namespace hone
