#include "exec/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace hone {
namespace {

/// A child that waits to be killed.
pid_t sleeper() {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_NAME, "odd) R 1 (");  // what a parser must not stumble over
  while (true) pause();
}

TEST(Process, ItsStartIsOnTheClockOfBootTicks) {
  const std::int64_t before = boot_ticks();
  const pid_t pid = sleeper();
  const std::int64_t after = boot_ticks();
  const auto process = read_process(pid);
  ASSERT_TRUE(process);
  EXPECT_EQ(process->parent, getpid());
  EXPECT_GE(process->born, before);
  EXPECT_LE(process->born, after);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  EXPECT_FALSE(read_process(pid));
}

TEST(Process, AMarkIsFoundOnlyWhileItMeansTheSameProcess) {
  const ProcessMark self = this_process();
  EXPECT_TRUE(find_process(self));
  ProcessMark other = self;
  other.boot = "another";
  EXPECT_FALSE(find_process(other));
  other = self;
  other.born_from = other.born_to = self.born_to + 1;  // its pid was used again
  EXPECT_FALSE(find_process(other));
  EXPECT_FALSE(find_process({}));
}

TEST(Process, AZombieIsGone) {
  const std::int64_t before = boot_ticks();
  const pid_t pid = sleeper();
  const ProcessMark mark{pid, before, boot_ticks(), boot_id()};
  const auto process = find_process(mark);
  ASSERT_TRUE(process);
  const Fd fd = open_process(*process);
  ASSERT_TRUE(fd);
  EXPECT_FALSE(await_end(fd, 0));
  EXPECT_TRUE(signal_process(fd, SIGKILL));
  EXPECT_TRUE(await_end(fd, 60));
  EXPECT_FALSE(find_process(mark));
  waitpid(pid, nullptr, 0);
  EXPECT_FALSE(open_process(*process));
}

TEST(Process, TheLastPidIsAtLeastThatOfANewChild) {
  const Fd loadavg(open("/proc/loadavg", O_RDONLY | O_CLOEXEC));
  const pid_t pid = sleeper();
  const pid_t last = last_pid(loadavg);
  EXPECT_GT(last, 0);
  if (last >= pid) SUCCEED();
  else EXPECT_LT(last, pid / 2) << "only when pids have gone round";
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

}  // namespace
}  // namespace hone
