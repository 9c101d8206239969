#include "store/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace hone {
namespace {

constexpr int kTries = 20;
constexpr useconds_t kPause = 10'000;  // microseconds

/// flock() that is not disturbed by signals: 0 or the error number.
int try_lock(int file, int how) {
  while (flock(file, how | LOCK_NB) != 0)
    if (errno != EINTR) return errno;
  return 0;
}

/// Tells others who holds the lock. A help for messages only, so failures do not matter.
void sign(int file) {
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  const auto text = fmt::format("process {} on {}\n", getpid(), host[0] ? host : "an unknown host");
  if (ftruncate(file, 0) == 0 && pwrite(file, text.data(), text.size(), 0) < 0) return;
}

std::string holder(int file) {
  char text[512];
  const ssize_t size = pread(file, text, sizeof text, 0);
  const std::string who = size > 0 ? trim(printable(std::string_view(text, static_cast<std::size_t>(size)))) : "";
  return who.empty() ? "another process" : who;
}

std::string last_name(std::string_view folder) {
  while (folder.size() > 1 && folder.back() == '/') folder.remove_suffix(1);
  return std::string(folder.substr(folder.find_last_of('/') + 1));
}

}  // namespace

StudyLock::StudyLock(StudyLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

StudyLock& StudyLock::operator=(StudyLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

StudyLock::~StudyLock() {
  if (file_ >= 0) close(file_);
}

Result<StudyLock> lock_study(const std::string& folder) {
  const std::string path = folder + "/lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0)
    return fail(Code::Unavailable,
                fmt::format("{}: {}; it must be a file that can be written", path, std::strerror(errno)));
  StudyLock lock(file);
  int error = 0;
  for (int tries = 0; tries < kTries; ++tries) {
    error = try_lock(file, LOCK_EX);
    if (error != EWOULDBLOCK) break;
    usleep(kPause);
  }
  if (error == EWOULDBLOCK) {
    const auto name = last_name(folder);
    return fail(Code::Conflict, fmt::format("study `{0}` is being run by {1}; wait for its end, or interrupt it there",
                                            name, holder(file)));
  }
  if (error != 0) return fail(Code::Unavailable, fmt::format("{}: cannot be locked: {}", path, std::strerror(error)));
  struct stat info {};
  if (fstat(file, &info) != 0 || info.st_nlink == 0)  // of a study that was deleted while we waited
    return fail(Code::Unavailable, fmt::format("{}: was just removed; try again", path));
  sign(file);
  return lock;
}

bool study_locked(const std::string& folder) {
  const int file = open((folder + "/lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool locked = try_lock(file, LOCK_SH) == EWOULDBLOCK;
  close(file);
  return locked;
}

}  // namespace hone
