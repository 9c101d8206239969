// Programs that do what no program should: nothing outside is touched, the keeper and the other trials go on.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "exec/local_fixture.h"

namespace hone {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

class Hostile : public LocalFixture {
 protected:
  /// The keeper is the same as before and runs another trial.
  void expect_unharmed(pid_t keeper, TrialId trial) {
    EXPECT_THAT(losses(do_run(shell("echo loss=42", trial))), ElementsAre(42));
    EXPECT_EQ(executor_->keeper(), keeper);
    EXPECT_TRUE(alive(keeper));
  }
  std::uintmax_t size_of_files(TrialId trial) const {
    std::uintmax_t size = 0;
    for (const auto& entry : fs::directory_iterator(folder(trial))) {
      std::error_code gone;  // a part of a log that made room meanwhile
      const auto each = fs::is_regular_file(entry.symlink_status(gone)) ? entry.file_size(gone) : 0;
      if (!gone) size += each;
    }
    return size;
  }
};

TEST_F(Hostile, ControlCharactersAndInvalidUtf8ReachNobodysTerminal) {
  const auto notices = do_run(shell(
      R"(printf '\033]0;title\007\033[2Jloss=1 na\377me=2 \302\233x=3\n'; printf '\033[31mred\033[0m \377\376 \000 \233 \b\b' >&2; exit 1)"));
  EXPECT_THAT(losses(notices), ElementsAre(1));
  std::string text = end(notices).detail;
  const Reported report = reports(notices).at(0);
  for (const auto& [name, value] : report.metrics) text += name;
  for (const char c : text)
    EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && static_cast<unsigned char>(c) < 0x80) << int{c};
  EXPECT_THAT(end(notices).detail, HasSubstr("red"));
}

TEST_F(Hostile, ALineOfHundredsOfMegabytesIsPassedOver) {
  options_.settings.limits.log = 1 << 20;
  const auto notices = do_run(shell("head -c 200000000 /dev/zero | tr '\\0' =; echo; echo loss=1"));
  EXPECT_THAT(losses(notices), ElementsAre(1));
  EXPECT_LT(size_of_files(0), (1u << 20) + 1000u);
#ifndef __SANITIZE_ADDRESS__  // whose own memory would be measured
  const auto status = read_file("/proc/" + std::to_string(executor_->keeper()) + "/status");
  const auto peak = status.find("VmHWM:");
  ASSERT_NE(peak, status.npos);
  EXPECT_LT(std::stol(status.substr(peak + 6)), 100'000) << "KiB, of the keeper";
#endif
}

TEST_F(Hostile, AMillionReportsAreThinnedAndTheLastOneCounts) {
  options_.settings.limits.log = 100'000;
  open();
  ok(executor_->launch(shell(std::string(HONE_PROBE) + " flood 1000000 && touch done")));
  ASSERT_TRUE(eventually([&] { return fs::exists(root_ / "done"); })) << "nobody reads, and it is not held up";
  const auto notices = until_ended();
  const auto values = losses(notices);
  EXPECT_LT(values.size(), 70000u);
  EXPECT_EQ(values.at(65535), 65536);
  EXPECT_EQ(values.back(), 1000000);
  EXPECT_EQ(reports(notices).back().n, static_cast<int>(values.size()));
  EXPECT_EQ(end(notices).cause, Cause::None);
  std::uintmax_t spool = 0;
  for (const auto& entry : fs::directory_iterator(options_.study_folder + "/keeper"))
    if (entry.is_regular_file()) spool += entry.file_size();
  EXPECT_LT(spool, 16u << 20);
  EXPECT_LT(size_of_files(0), 101'000u);
}

TEST_F(Hostile, AFloodOnBothStreamsFillsNoDiskAndOtherTrialsGoOn) {
  options_.settings.limits.log = 100'000;
  open();
  const pid_t keeper = executor_->keeper();
  ok(executor_->launch(shell("yes & yes >&2 & wait")));
  expect_unharmed(keeper, 1);
  ASSERT_TRUE(eventually([&] { return size_of_files(0) > 150'000; }));
  ok(executor_->cancel({0, 1}));
  until_ended();
  EXPECT_LT(size_of_files(0), 201'000u);
}

TEST_F(Hostile, WhateverBecomesOfTheReportFileTheKeeperGoesOn) {
  open();
  const pid_t keeper = executor_->keeper();
  const fs::path secret = root_ / "secret";
  std::ofstream(secret) << "loss=666\n";
  TrialId trial = 0;
  for (const std::string& change :
       {std::string("mkfifo $HONE_REPORT"), "ln -s " + secret.string() + " $HONE_REPORT",
        std::string("ln -s /dev/zero $HONE_REPORT"), std::string("mkdir $HONE_REPORT"), std::string("true"),
        std::string("echo '{\"loss\": 9}' > $HONE_REPORT"), std::string("ln -s $HONE_REPORT $HONE_REPORT")}) {
    const auto notices = do_run(shell(
        "echo '{\"loss\": 1}' >> $HONE_REPORT; sleep 0.02; rm $HONE_REPORT; " + change + "; echo loss=2", trial++));
    EXPECT_THAT(losses(notices), ::testing::UnorderedElementsAre(1, 2)) << change;
    EXPECT_EQ(end(notices).cause, Cause::None);
    expect_unharmed(keeper, trial++);
  }
  const auto cut =
      do_run(shell("echo '{\"loss\": 1, \"n\": 12345}' > $HONE_REPORT; sleep 0.05; : > $HONE_REPORT; sleep 0.05; "
                   "echo '{\"loss\": 3}' >> $HONE_REPORT",
                   trial++));
  EXPECT_EQ(losses(cut).back(), 3);
  expect_unharmed(keeper, trial);
}

TEST_F(Hostile, WhatIsInTheWayOfAnAttemptIsRefusedAndNotFollowed) {
  open();
  const pid_t keeper = executor_->keeper();
  const fs::path outside = root_ / "outside";
  fs::create_directory(outside);
  std::ofstream(outside / "file") << "mine";
  const std::string target = (outside / "file").string();
  TrialId trial = 0;
  for (const std::string& change :
       {std::string("mkfifo report.2"), "ln -s " + target + " report.2", std::string("mkdir report.2"),
        "rm stdout; ln -s " + target + " stdout", std::string("rm stderr; mkfifo stderr"),
        "rm params.json; ln -s " + target + " params.json", std::string("rm stdout; ln -s /dev/full stdout"),
        "cd ..; mv $HONE_TRIAL away.$HONE_TRIAL; ln -s " + outside.string() + " $HONE_TRIAL"}) {
    RunSpec spec = shell("cd $HONE_DIR/..; " + change, trial);
    spec.env.emplace_back("HONE_TRIAL", std::to_string(trial));
    EXPECT_EQ(end(do_run(spec)).cause, Cause::None) << change;
    const auto exited = end(do_run(shell("echo x; touch $HONE_DIR/x", trial, 2)));
    EXPECT_EQ(exited.cause, Cause::Lost) << change;
    EXPECT_THAT(exited.detail, ::testing::StartsWith("cannot make " + std::to_string(trial))) << change;
    expect_unharmed(keeper, trial + 1);
    trial += 2;
  }
  EXPECT_EQ(read_file(outside / "file"), "mine");
  EXPECT_EQ(std::distance(fs::directory_iterator(outside), {}), 1);
}

TEST_F(Hostile, TwoAttemptsOfOneTrialNeverRunAtTheSameTime) {
  open();
  ok(executor_->launch(
      shell("touch one; touch $HONE_DIR/mine; while ! [ -e go ]; do sleep 0.01; done; ls $HONE_DIR", 0, 1)));
  ASSERT_TRUE(eventually([&] { return fs::exists(root_ / "one"); }));
  RunSpec second = shell("touch two", 0, 2);
  second.fresh = true;
  ok(executor_->launch(second));
  const auto refused = end(until_ended());
  EXPECT_EQ(refused.attempt, 2);
  EXPECT_EQ(refused.cause, Cause::Lost);
  EXPECT_EQ(refused.detail, "attempt 1 of it has not ended");
  EXPECT_FALSE(fs::exists(root_ / "two"));
  std::ofstream(root_ / "go") << "";
  EXPECT_EQ(end(until_ended()).attempt, 1);
  EXPECT_EQ(read_file(folder() + "/stdout"), "mine\n");
  RunSpec third = shell("touch two", 0, 3);
  third.fresh = true;
  EXPECT_EQ(end(do_run(third)).cause, Cause::None);
  EXPECT_TRUE(fs::exists(root_ / "two"));
  EXPECT_TRUE(fs::exists(folder() + "/files.before-3/mine"));
}

}  // namespace
}  // namespace hone
