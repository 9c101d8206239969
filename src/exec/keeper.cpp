#include "exec/keeper.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <optional>

#include "exec/keeper_loop.h"

namespace hone {
namespace {

constexpr int kListener = 3, kStudy = 4, kFolder = 5;  // the descriptors that it keeps

/// A child's signals are those of a fresh program: all default here and blocked, so that only the mask is left to be
/// reset.
void quiet_signals() {
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
}

std::optional<rlimit> raise_file_limit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max) return std::nullopt;
  const rlimit raised{files.rlim_max, files.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? std::optional(files) : std::nullopt;
}

/// The descriptors that it keeps get fixed numbers; all others are closed.
bool settle(const KeeperPlace& place) {
  const int targets[] = {kListener, kStudy, kFolder};
  int copies[] = {place.listener, place.study, place.keeper};
  for (int& fd : copies) fd = fcntl(fd, F_DUPFD_CLOEXEC, 16);
  const int opened = open("/dev/null", O_RDWR | O_CLOEXEC);
  const int null = fcntl(opened, F_DUPFD_CLOEXEC, 16);
  for (int fd = 0; fd < 3; ++fd)
    if (dup2(null, fd) < 0) return false;
  for (int i = 0; i < 3; ++i)
    if (dup3(copies[i], targets[i], O_CLOEXEC) < 0) return false;
  return close_range(kFolder + 1, ~0U, 0) == 0 && fchdir(kStudy) == 0;
}

}  // namespace

int keeper_main(const KeeperPlace& place) {
  quiet_signals();
  setsid();
  prctl(PR_SET_NAME, "hone-keeper");
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || !settle(place)) return 3;
  fcntl(kListener, F_SETFL, O_NONBLOCK);
  const auto keeper = std::make_unique<Keeper>(Keeper::Inputs{kListener, kFolder, place.spool, raise_file_limit()});
  return keeper->loop();
}

}  // namespace hone
