#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "exec/local_fixture.h"

namespace hone {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

using Takeover = LocalFixture;

TEST_F(Takeover, ACleanEndLeavesNothingBehind) {
  do_run(shell("echo loss=1"));
  const pid_t keeper = executor_->keeper();
  executor_->acknowledged();
  EXPECT_THAT(executor_->list().value(), IsEmpty());
  ok(executor_->close());
  EXPECT_FALSE(alive(keeper));
  EXPECT_FALSE(fs::exists(options_.study_folder + "/keeper"));
  executor_.reset();
}

TEST_F(Takeover, WhatWasNotAcknowledgedIsHandedOutAgain) {
  do_run(shell("echo loss=1"));
  ok(executor_->close());
  open();
  const auto notices = until_ended();
  EXPECT_THAT(losses(notices), ElementsAre(1));
  EXPECT_EQ(end(notices).cause, Cause::None);
  EXPECT_TRUE(executor_->list().value().at(0).ended);
}

TEST_F(Takeover, ACloseKillsWhatStillRuns) {
  open();
  const fs::path file = root_ / "pid";
  ok(executor_->launch(probe("stubborn", file)));
  const pid_t pid = written_pid(file);
  ok(executor_->close());
  EXPECT_FALSE(alive(pid));
  executor_.reset();
}

TEST_F(Takeover, RunsThatAreAttachedToAHoneEndWithItThoughItWasKilled) {
  options_.settings.attached = true;
  const fs::path main = root_ / "main", left = root_ / "left";
  const pid_t hone = other_hone({probe("stubborn", main, 0), probe("parent", left, 1)},
                                [&] { return fs::exists(main) && fs::exists(left); });
  const pid_t keeper = keeper_pid(), first = written_pid(main), second = written_pid(left);
  ASSERT_TRUE(alive(keeper));
  kill_and_reap(hone);
  EXPECT_TRUE(eventually([&] { return !alive(first) && !alive(second) && !alive(keeper); }));
  options_.settings.attached = false;
  open();  // what it wrote last is there
  for (const Exited& exited : ends(until_ended(2))) EXPECT_EQ(exited.code, SIGKILL);
}

TEST_F(Takeover, RunsSurviveTheDeathOfHoneAndNothingOfThemIsLost) {
  const pid_t hone =
      other_hone({shell("echo loss=1; touch started; while ! [ -e go ]; do sleep 0.01; done; echo loss=2; exit 5", 0),
                  shell("echo loss=3; touch other", 1)},
                 [&] { return fs::exists(root_ / "started") && fs::exists(root_ / "other"); });
  kill_and_reap(hone);
  open();
  const auto statuses = executor_->list().value();
  ASSERT_EQ(statuses.size(), 2u);
  EXPECT_FALSE(statuses[0].ended);
  std::ofstream(root_ / "go") << "";
  const auto notices = until_ended(2);
  EXPECT_THAT(losses(notices), ::testing::UnorderedElementsAre(1, 2, 3));
  for (const Exited& exited : ends(notices)) {
    EXPECT_EQ(exited.cause, exited.trial == 0 ? Cause::Exit : Cause::None);
    EXPECT_EQ(exited.code, exited.trial == 0 ? 5 : 0);
  }
  executor_->acknowledged();
  EXPECT_THAT(losses(do_run(shell("echo loss=9", 2))), ElementsAre(9));  // the keeper serves its new master
}

TEST_F(Takeover, ARunThatIsTakenOverKeepsAllOfItsSlots) {
  options_.parallel = 4;
  RunSpec wide = shell("echo loss=1; touch started; while ! [ -e go ]; do sleep 0.01; done");
  wide.slots = 3;
  const pid_t hone = other_hone({wide}, [&] { return fs::exists(root_ / "started"); });
  kill_and_reap(hone);
  open();
  RunSpec other = shell("echo loss=2", 1);
  other.slots = 2;
  const auto launched = executor_->launch(other);
  EXPECT_FALSE(launched) << "one of four is free";
  std::ofstream(root_ / "go") << "";
  until_ended();
  ok(executor_->launch(other));
  EXPECT_THAT(losses(until_ended()), ElementsAre(2));
}

TEST_F(Takeover, WhatEndedWhileNobodyWasThereIsHandedOutAfterTheKeeperHasGone) {
  const pid_t hone = other_hone({shell("echo loss=1; touch started")}, [&] { return fs::exists(root_ / "started"); });
  const pid_t keeper = keeper_pid();
  kill_and_reap(hone);
  ASSERT_TRUE(eventually([&] { return !alive(keeper); }));  // by itself, when nothing runs
  open();
  const auto notices = until_ended();
  EXPECT_THAT(losses(notices), ElementsAre(1));
  EXPECT_EQ(end(notices).cause, Cause::None);
}

TEST_F(Takeover, TheDeathOfHoneAndKeeperEndsTheOldAttemptAndLosesIt) {
  const fs::path file = root_ / "pid";
  // Nothing in its environment tells whose it is: only the record does.
  const pid_t hone = other_hone({run({"env", "-i", HONE_PROBE, "parent", file}), shell("echo loss=1; touch ended", 1)},
                                [&] { return fs::exists(file) && fs::exists(root_ / "ended"); });
  const pid_t daemon = written_pid(file), keeper = keeper_pid();
  ASSERT_GT(keeper, 0);
  const std::string spool = options_.study_folder + "/keeper/1.jsonl";
  ASSERT_TRUE(eventually([&] { return read_file(spool).find("exited") != std::string::npos; }));
  kill_and_reap(hone);
  send_signal(keeper, SIGKILL);
  ASSERT_TRUE(eventually([&] { return !alive(keeper); }));
  EXPECT_TRUE(alive(daemon));
  open();
  EXPECT_FALSE(alive(daemon));
  const auto notices = until_ended(2);
  EXPECT_THAT(losses(notices), ElementsAre(1));
  for (const Exited& exited : ends(notices)) EXPECT_EQ(exited.cause, exited.trial == 0 ? Cause::Lost : Cause::None);
  EXPECT_THAT(losses(do_run(shell("echo loss=9", 2))), ElementsAre(9));
}

TEST_F(Takeover, TheDeathOfTheKeeperAloneLosesItsRunsAndANewOneTakesItsPlace) {
  open();
  const fs::path file = root_ / "pid";
  ok(executor_->launch(probe("parent", file)));
  const pid_t daemon = written_pid(file), keeper = executor_->keeper();
  send_signal(keeper, SIGKILL);
  EXPECT_EQ(end(until_ended()).cause, Cause::Lost);
  EXPECT_FALSE(alive(daemon));
  EXPECT_NE(executor_->keeper(), keeper);
  EXPECT_TRUE(executor_->list().value().at(0).ended);
  EXPECT_THAT(losses(do_run(shell("echo loss=9", 1))), ElementsAre(9));
}

TEST_F(Takeover, TheDeathOfTheKeeperShowsInList) {
  open();
  const fs::path file = root_ / "pid";
  ok(executor_->launch(probe("wait", file)));
  written_pid(file);
  send_signal(executor_->keeper(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return executor_->list().value().at(0).ended; }));
  EXPECT_EQ(end(until_ended()).cause, Cause::Lost);
}

TEST_F(Takeover, ALaunchToADeadKeeperReachesTheNextOneOrIsLost) {
  open();
  kill_and_reap(executor_->keeper());
  const auto notices = do_run(shell("echo loss=1"));
  if (end(notices).cause == Cause::None) return;
  EXPECT_EQ(end(notices).cause, Cause::Lost);
  EXPECT_THAT(losses(do_run(shell("echo loss=1", 0, 2))), ElementsAre(1));
}

TEST_F(Takeover, AKeeperWithoutItsSocketIsReplacedAndItsRunsEnd) {
  const fs::path file = root_ / "pid";
  const pid_t hone = other_hone({probe("parent", file)}, [&] { return fs::exists(file); });
  const pid_t daemon = written_pid(file), keeper = keeper_pid();
  kill_and_reap(hone);
  fs::remove(options_.study_folder + "/keeper/keeper.sock");
  open();
  EXPECT_FALSE(alive(keeper));
  EXPECT_FALSE(alive(daemon));
  EXPECT_EQ(end(until_ended()).cause, Cause::Lost);
}

TEST_F(Takeover, ATerminatedKeeperEndsItsRunsFirst) {
  const fs::path file = root_ / "pid";
  const pid_t hone = other_hone({probe("parent", file)}, [&] { return fs::exists(file); });
  const pid_t daemon = written_pid(file), keeper = keeper_pid();
  kill_and_reap(hone);
  send_signal(keeper, SIGTERM);
  ASSERT_TRUE(eventually([&] { return !alive(keeper); }));
  EXPECT_FALSE(alive(daemon));
  open();
  const auto exited = end(until_ended());
  EXPECT_EQ(exited.cause, Cause::Signal);
  EXPECT_TRUE(exited.outside);
}

TEST_F(Takeover, ARunIsKnownAlsoAfterTheRecordOfItsStartWasDropped) {
  options_.settings.limits.log = 1000;
  open();
  const fs::path file = root_ / "pid";
  ok(executor_->launch(probe("wait", file, 9)));
  const pid_t pid = written_pid(file);
  const fs::path first = options_.study_folder + "/keeper/1.jsonl";
  for (int round = 0; round < 10 && fs::exists(first); ++round) {
    do_run(probe("flood", "100000", round));
    executor_->acknowledged();
  }
  EXPECT_FALSE(fs::exists(first));
  executor_.reset();
  open();
  EXPECT_TRUE(alive(pid));
  bool known = false;
  const auto runs = executor_->list().value();
  for (const RunStatus& status : runs) known = known || (status.key == RunKey{9, 1} && !status.ended);
  EXPECT_TRUE(known);
  ok(executor_->launch(probe("wait", file, 9)));  // the same key: nothing new starts
  ok(executor_->cancel({9, 1}));
  bool ended = false;
  EXPECT_TRUE(eventually([&] {
    const std::vector<Notice> notices = executor_->wait(1).value();
    for (const Exited& exited : ends(notices)) ended = ended || (exited.trial == 9 && exited.code == SIGTERM);
    return ended;
  }));
}

TEST_F(Takeover, ADamagedRecordIsReadAsFarAsItGoes) {
  do_run(shell("echo loss=1"));
  ok(executor_->close());
  const std::string spool = options_.study_folder + "/keeper/1.jsonl";
  std::ofstream(spool, std::ios::app) << "nonsense\n{\"line\":\"exited\"}\n{\"line\":\"repor";
  open();
  EXPECT_THAT(losses(until_ended()), ElementsAre(1));
  EXPECT_THAT(losses(do_run(shell("echo loss=2", 1))), ElementsAre(2));
}

}  // namespace
}  // namespace hone
