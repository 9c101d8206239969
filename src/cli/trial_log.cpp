#include "cli/trial_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace hone {
namespace {

constexpr std::size_t kPiece = 1 << 16;

Error refused(const std::string& path) {
  return {Code::Invalid,
          fmt::format("{}: it is not the file that hone made but something else in its place (a link, a FIFO, a "
                      "device?); look at it yourself",
                      printable(path))};
}

}  // namespace

void LogText::emit(const Each& each) {
  each(printable(partial_), true);
  partial_.clear();
  begun_ = false;
}

void LogText::feed(std::string_view bytes, const Each& each) {
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    if (end > 0) {
      const std::size_t room = kPiece - partial_.size(), part = std::min(end, room);
      partial_.append(bytes.substr(0, part));
      bytes.remove_prefix(part);
      returned_ = false;
      if (partial_.size() < kPiece) continue;
      std::size_t cut = partial_.size();  // not within a character
      while (cut > kPiece - 3 && (partial_[cut - 1] & 0xc0) == 0x80) --cut;
      if ((partial_[cut - 1] & 0xc0) == 0xc0) --cut;
      else cut = partial_.size();
      each(printable(std::string_view(partial_).substr(0, cut)), false);
      partial_.erase(0, cut);
      begun_ = true;
      continue;
    }
    const bool empty = partial_.empty() && !begun_;
    if (bytes[0] == '\n' ? !returned_ : !empty) emit(each);
    returned_ = bytes[0] == '\r' && (!empty || returned_);
    bytes.remove_prefix(1);
  }
}

void LogText::finish(const Each& each) {
  if (!partial_.empty() || begun_) emit(each);
}

bool TrialLog::empty() {
  struct stat status {};
  const auto ready = open();
  return !ready || !*ready || ::fstat(fd_.get(), &status) != 0 || status.st_size == 0;
}

/// False if it is not there.
Result<bool> TrialLog::open() {
  if (fd_) return true;
  const std::string path = folder_ + "/" + file_;
  const Fd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder && errno == ENOENT) return false;
  if (!folder && (errno == ELOOP || errno == ENOTDIR)) return tl::unexpected(refused(folder_));
  // A FIFO would make us wait; a terminal would become ours.
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  Fd file(folder ? ::openat(folder.get(), file_.c_str(), kFlags) : -1);
  if (!file && errno == ENOENT) return false;
  if (!file && errno == ELOOP) return tl::unexpected(refused(path));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0)
    return fail(Code::Unavailable, fmt::format("{}: cannot be read: {}", printable(path), std::strerror(errno)));
  if (!S_ISREG(status.st_mode)) return tl::unexpected(refused(path));
  fd_ = std::move(file);
  return true;
}

/// From offset_ up to `end`.
Result<void> TrialLog::stream(off_t end, LogText& text, const LogText::Each& each) {
  std::string buffer(kPiece, '\0');
  while (offset_ < end) {
    const auto want = static_cast<std::size_t>(std::min<off_t>(static_cast<off_t>(buffer.size()), end - offset_));
    const ssize_t n = ::pread(fd_.get(), buffer.data(), want, offset_);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return fail(Code::Unavailable, fmt::format("{}/{}: cannot be read: {}", folder_, file_, std::strerror(errno)));
    if (n == 0) break;  // cut meanwhile
    offset_ += n;
    text.feed({buffer.data(), static_cast<std::size_t>(n)}, each);
  }
  return {};
}

Result<void> TrialLog::read(std::optional<std::int64_t> last, const LogText::Each& each) {
  const auto there = open();
  if (!there) return tl::unexpected(there.error());
  struct stat status {};
  if (!*there || ::fstat(fd_.get(), &status) != 0) return {};
  offset_ = std::min(offset_, status.st_size);
  if (!last) return stream(status.st_size, text_, each);
  // Once to count, once to show: a file of any size, in little memory.
  const off_t from = offset_;
  std::int64_t lines = 0;
  LogText counter;
  const LogText::Each count = [&](const std::string&, bool whole) { lines += whole ? 1 : 0; };
  if (auto ok = stream(status.st_size, counter, count); !ok) return ok;
  counter.finish(count);
  offset_ = from;
  std::int64_t skip = lines - *last;
  return stream(status.st_size, text_, [&](const std::string& line, bool whole) {
    if (skip <= 0) each(line, whole);
    if (whole) --skip;
  });
}

}  // namespace hone
