#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "exec/local_fixture.h"
#include "exec/log_file.h"
#include "exec/memory.h"

namespace hone {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace fs = std::filesystem;

constexpr std::int64_t kMiB = 1 << 20;

using Limits = LocalFixture;

TEST_F(Limits, ARunThatHoldsTooMuchMemoryIsKilledWithoutGrace) {
  options_.settings.memory = 48 * kMiB;
  const auto exited = end(do_run(probe("balloon", "96")));
  EXPECT_EQ(exited.cause, Cause::Oom);
  EXPECT_EQ(exited.code, SIGKILL);
  EXPECT_FALSE(exited.outside);
  EXPECT_THAT(exited.detail, ::testing::ContainsRegex("^used [0-9.]+ MiB, resources.memory is 48 MiB$"));
  EXPECT_GT(exited.peak_memory, 48 * kMiB);
}

TEST_F(Limits, TheMemoryOfAWholeTreeCounts) {
  options_.settings.memory = 64 * kMiB;
  const std::string one = std::string(HONE_PROBE) + " balloon 40";
  EXPECT_EQ(end(do_run(shell("echo started; " + one + " & setsid " + one + " & wait"))).cause, Cause::Oom);
  EXPECT_EQ(read_file(folder() + "/stdout"), "started\n");
  ok(executor_->launch(
      shell(one + " full & while ! [ -e full ]; do sleep 0.01; done; sleep 0.5; kill $!; echo loss=1", 1)));
  const auto notices = until_ended();
  EXPECT_EQ(end(notices).cause, Cause::None);
  EXPECT_THAT(losses(notices), ElementsAre(1));
  EXPECT_GT(end(notices).peak_memory, 40 * kMiB);
}

TEST_F(Limits, PagesThatForkedProcessesShareCountOnce) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer's own pages are many times those of the probe";
#endif
  options_.settings.memory = 64 * kMiB;
  const auto notices = do_run(probe("share", "40"));  // 160 MiB if each counted
  EXPECT_EQ(end(notices).cause, Cause::None) << end(notices).detail;
  EXPECT_THAT(losses(notices), ElementsAre('x'));
  EXPECT_LT(end(notices).peak_memory, 64 * kMiB);
}

TEST_F(Limits, TheCpuTimeOfProcessesThatNobodyWaitedForIsOnRecord) {
  const auto notices = do_run(probe("burners", "0.25"));
  EXPECT_THAT(losses(notices), ElementsAre(1));
  EXPECT_GT(end(notices).cpu_seconds, 0.45);
}

TEST_F(Limits, TheCpuTimeOfATreeThatALimitEndsIsOnRecord) {
  options_.settings.limits.silence = 1;
  const auto exited = end(do_run(probe("burn-below", "0.4")));
  EXPECT_EQ(exited.cause, Cause::Silent);
  EXPECT_GT(exited.cpu_seconds, 0.35);
}

TEST_F(Limits, TheMemoryOfAProcessThatNobodyWaitedForIsOnRecord) {
  const auto notices =
      do_run(shell(std::string(HONE_PROBE) + " balloon 40 full & while ! [ -e full ]; do sleep 0.01; done"));
  EXPECT_GT(end(notices).peak_memory, 40 * kMiB);
}

TEST_F(Limits, OneThatIsAskedToEndAndGrowsIsKilledAtOnce) {
  options_.settings.memory = 48 * kMiB;
  options_.settings.limits.grace = 3600;
  open();
  const fs::path file = root_ / "ready";
  ok(executor_->launch(shell("trap '" + std::string(HONE_PROBE) + " balloon 96' TERM; touch " + file.string() +
                             "; while :; do sleep 0.01; done")));
  ASSERT_TRUE(eventually([&] { return fs::exists(file); }));
  ok(executor_->cancel({0, 1}));
  const auto exited = end(until_ended());  // grace is an hour
  EXPECT_EQ(exited.code, SIGKILL);
  EXPECT_EQ(exited.cause, Cause::Signal);
}

TEST_F(Limits, ALimitThatANewHoneBringsHoldsForWhatRunsAlready) {
  const std::string one = std::string(HONE_PROBE) + " balloon 40";
  const fs::path file = root_ / "started";
  kill_and_reap(other_hone({shell(one + " & " + one + " & touch " + file.string() + "; wait")},
                           [&] { return fs::exists(file); }));
  options_.settings.memory = 64 * kMiB;
  open();
  EXPECT_EQ(end(until_ended()).cause, Cause::Oom);
}

TEST_F(Limits, AFailureThatSaysOutOfMemoryIsOom) {
  const auto failed =
      end(do_run(shell("echo 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 9 GiB' >&2; exit 1")));
  EXPECT_EQ(failed.cause, Cause::Oom);
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.detail, HasSubstr("Tried to allocate"));
  EXPECT_EQ(end(do_run(shell("echo 'CUDA out of memory, made the batch smaller'", 1))).cause, Cause::None);
}

TEST_F(Limits, OpenFilesAreLimited) {
  options_.settings.limits.files = 77;
  do_run(shell("ulimit -Sn; ulimit -Hn"));
  EXPECT_EQ(read_file(folder() + "/stdout"), "77\n77\n");
}

TEST_F(Limits, MoreOpenFilesThanThereMayBeAreAsManyAsThereMay) {
  options_.settings.limits.files = 2'000'000'000;
  const auto notices = do_run(shell("echo loss=1"));
  EXPECT_THAT(losses(notices), ElementsAre(1));
}

TEST_F(Limits, TheLogKeepsHeadAndTailOfAllAttempts) {
  options_.settings.limits.log = 1000;
  const auto notices = do_run(shell("echo first; head -c 5000 /dev/zero | tr '\\0' x; echo; echo loss=1"));
  EXPECT_THAT(losses(notices), ElementsAre(1));
  ok(executor_->launch(shell("echo more", 0, 2)));
  until_ended();
  LogReader reader(folder(), "stdout");
  std::string shown;
  for (std::string part = reader.read().value(); !part.empty(); part = reader.read().value()) shown += part;
  EXPECT_THAT(shown, StartsWith("first\nxxx"));
  EXPECT_THAT(shown, ::testing::EndsWith("xxx\nloss=1\nmore\n"));
  EXPECT_THAT(shown, ::testing::ContainsRegex("x\n\\[[0-9]+ bytes left out by limits.log\\]\nx"));
}

TEST_F(Limits, ARunWithoutItsMetricIsToldWhichNameMayHaveBeenMeant) {
  options_.settings.names = {"val_acc", "epoch"};
  options_.settings.objectives = 1;
  const auto near = end(do_run(shell("for i in 1 2 3; do echo step=$i val_accuracy: 0.$i; done")));
  EXPECT_EQ(near.cause, Cause::None);
  EXPECT_EQ(near.detail, "no metric seen in 3 lines; did you mean val_accuracy?");
  const auto failed = end(do_run(shell("echo Val_Acc=0.5; echo broken >&2; exit 1", 1)));
  EXPECT_EQ(failed.detail, "no metric seen in 2 lines; did you mean Val_Acc?\nbroken");
  EXPECT_EQ(end(do_run(shell("echo hello", 2))).detail, "no metric seen in 1 line; it must print val_acc=VALUE");
  EXPECT_EQ(end(do_run(shell("echo epoch=1 valacc=0.5", 3))).detail, "no val_acc seen in 1 line; did you mean valacc?");
  EXPECT_EQ(end(do_run(shell("echo epoch=1; echo val_acc=0.5", 4))).detail, "");
  EXPECT_EQ(end(do_run(shell("echo '{\"infeasible\": \"too big\"}' >> $HONE_REPORT", 5))).detail, "");
}

TEST_F(Limits, ARunWithoutReportsIsRemarkedUponOnceWhileItGoesOn) {
  options_.settings.names = {"val_acc"};
  options_.settings.objectives = 1;
  open();
  const std::string print = "for i in $(seq 25); do echo step=$i val_accuracy=0.$i; done; ";
  const std::string report = "echo '{\"val_acc\": 1}' >> $HONE_REPORT; ";
  ok(executor_->launch(shell(print + print + print + "touch a; sleep 1000", 3)));
  std::vector<std::string> remarks;
  while (remarks.empty()) {
    ASSERT_TRUE(executor_->wait(1e6));  // returns for a remark alone
    remarks = executor_->remarks();
  }
  ok(executor_->launch(shell(report + print + print + "touch b; sleep 1000", 4)));
  ok(executor_->launch(shell(print + "echo val_acc=1; " + print + "touch c; sleep 1000", 5)));
  ok(executor_->launch(shell(print + "touch d; sleep 1000", 6)));
  EXPECT_TRUE(eventually([&] {
    for (const char* name : {"a", "b", "c", "d"})
      if (!fs::exists(root_ / name)) return false;
    return true;
  }));
  for (TrialId trial = 3; trial <= 6; ++trial) ok(executor_->cancel({trial, 1}));
  for (int left = 4; left > 0;) {  // all that was printed has been read when they have ended
    const auto notices = executor_->wait(kDeadline);
    ASSERT_TRUE(notices);
    left -= static_cast<int>(ends(*notices).size());
    for (std::string& remark : executor_->remarks()) remarks.push_back(std::move(remark));
  }
  EXPECT_THAT(remarks, ElementsAre("trial 3: no metric seen in 40 lines; did you mean val_accuracy?"));
}

TEST_F(Limits, OneThatWeEndedIsNotBlamedForItsMetric) {
  options_.settings.names = {"val_acc"};
  options_.settings.objectives = 1;
  open();
  ok(executor_->launch(shell("touch ready; sleep 1000")));
  ASSERT_TRUE(eventually([&] { return fs::exists(root_ / "ready"); }));
  ok(executor_->cancel({0, 1}));
  EXPECT_EQ(end(until_ended()).detail, "");
}

TEST_F(Limits, ParallelMayChangeWhileItRuns) {
  options_.parallel = 1;
  open();
  EXPECT_EQ(executor_->slots(), 1);
  EXPECT_EQ(executor_->bound(), "parallel");
  executor_->set_parallel(99);
  EXPECT_EQ(executor_->slots(), 8);
  EXPECT_EQ(executor_->bound(), "CPU");
  ok(executor_->launch(shell("touch a; while ! [ -e b ]; do sleep 0.01; done", 0)));
  ok(executor_->launch(shell("touch b; while ! [ -e a ]; do sleep 0.01; done", 1)));
  until_ended(2);
}

TEST(TreeMemory, AProcessOfAnotherTreeIsNotCounted) {
  TreeMemory memory;
  const pid_t child = fork();
  if (child == 0) {
    while (true) pause();
  }
  const auto process = read_process(child);
  ASSERT_TRUE(process);
  memory.add({child, process->born, process->born, boot_id()});
  const pid_t sibling = fork();
  if (sibling == 0) {
    while (true) pause();
  }
  memory.sample();
  memory.sample();
  const std::int64_t alone = read_process(child)->resident;  // it may still be about to pause
  EXPECT_EQ(memory.resident(child).sum, memory.resident(child).largest);
  EXPECT_LT(std::abs(memory.resident(child).sum - alone), alone / 4);
  EXPECT_GT(memory.proportional(child), 0);
  EXPECT_LE(memory.proportional(child), alone + kMiB);
  memory.remove(child);
  EXPECT_TRUE(memory.empty());
  EXPECT_EQ(memory.resident(child).sum, 0);
  for (const pid_t pid : {child, sibling}) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
}

TEST(TreeMemory, AmountsAreWrittenForPeople) {
  EXPECT_EQ(memory_text(48 * kMiB), "48 MiB");
  EXPECT_EQ(memory_text(2048 * kMiB), "2 GiB");
  EXPECT_EQ(memory_text(2150 * kMiB), "2.1 GiB");
}

}  // namespace
}  // namespace hone
