#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "exec/local_fixture.h"

namespace hone {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

using Local = LocalFixture;

TEST_F(Local, WhatARunPrintsIsReportedBeforeItsEnd) {
  const auto notices =
      do_run(shell("echo epoch=1 loss=0.5; echo nothing; echo 'loss: 0.25' >&2; printf 'epoch=3 loss=0.125'"));
  EXPECT_THAT(losses(notices), ::testing::UnorderedElementsAre(0.5, 0.25, 0.125));
  EXPECT_EQ(reports(notices).at(0).n, 1);
  EXPECT_EQ(reports(notices).at(2).n, 3);
  EXPECT_TRUE(std::holds_alternative<Exited>(notices.back().fact));
  EXPECT_EQ(end(notices).cause, Cause::None);
  EXPECT_GT(end(notices).peak_memory, 0);
  EXPECT_EQ(read_file(folder() + "/stdout"), "epoch=1 loss=0.5\nnothing\nepoch=3 loss=0.125");
  EXPECT_EQ(read_file(folder() + "/stderr"), "loss: 0.25\n");
}

TEST_F(Local, TheReportFileIsReadUpToItsEnd) {
  const auto notices =
      do_run(shell(R"(echo '{"loss": 1}' >> $HONE_REPORT; sleep 0.05; echo '{"loss": 2, "x": "nan"}' >> $HONE_REPORT
    printf '{"infeasible": "too big"}' >> $HONE_REPORT)"));
  EXPECT_THAT(losses(notices), ElementsAre(1, 2));
  EXPECT_EQ(reports(notices).back().infeasible, "too big");
}

TEST_F(Local, AReportFileThatIsWrittenOverIsReadAgain) {
  const auto notices =
      do_run(shell(R"(echo '{"loss": 1.000001}' > $HONE_REPORT; sleep 0.3; echo '{"loss": 2}' > $HONE_REPORT)"));
  EXPECT_THAT(losses(notices), ElementsAre(1.000001, 2));
}

TEST_F(Local, AReportIsHandedOutWhileItsRunGoesOn) {
  open();
  ok(executor_->launch(shell("echo loss=1; sleep 1000")));
  std::vector<Notice> notices;
  EXPECT_TRUE(eventually([&] {
    const std::vector<Notice> more = executor_->wait(1).value();
    notices.insert(notices.end(), more.begin(), more.end());
    return !notices.empty();
  }));
  EXPECT_THAT(losses(notices), ElementsAre(1));
  EXPECT_FALSE(executor_->list().value().at(0).ended);
  ok(executor_->cancel({0, 1}));
  EXPECT_EQ(end(until_ended()).code, SIGTERM);
}

TEST_F(Local, ItsFolderIsMadeForTheUserAlone) {
  do_run(shell("echo $HONE_DIR; pwd; echo $GREETING; cat $HONE_DIR/../params.json"));
  EXPECT_EQ(read_file(folder() + "/stdout"), folder() + "/files\n" + root_.string() + "\nhello\n{}\n");
  struct stat info {};
  for (const char* name : {"", "/files"}) {
    ASSERT_EQ(stat((folder() + name).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u) << name;
  }
  for (const char* name : {"/stdout", "/stderr", "/params.json", "/report.1"}) {
    ASSERT_EQ(stat((folder() + name).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(Local, TheRunsEnvironmentBeatsTheInheritedOne) {
  open();
  RunSpec spec = shell("echo $GREETING $EXTRA");
  spec.env.emplace_back("GREETING", "bye");
  spec.env.emplace_back("EXTRA", "one");
  spec.env.emplace_back("EXTRA", "two");
  do_run(spec);
  EXPECT_EQ(read_file(folder() + "/stdout"), "bye two\n");
}

TEST_F(Local, FailuresCarryTheirCauseAndLastWords) {
  const auto failed = end(do_run(shell("echo out; for i in $(seq 40); do echo line $i >&2; done; exit 3")));
  EXPECT_EQ(failed.cause, Cause::Exit);
  EXPECT_EQ(failed.code, 3);
  EXPECT_THAT(failed.detail, ::testing::StartsWith("line 21\n"));
  EXPECT_THAT(failed.detail, ::testing::EndsWith("line 40"));
  const auto quiet = end(do_run(shell("printf 'a\\033[31mb\\007'; exit 1", 1)));
  EXPECT_EQ(quiet.detail, "ab?");
}

TEST_F(Local, ASignalFromOutsideIsToldFromOneOfItsOwn) {
  const auto own = end(do_run(shell("kill -SEGV $$")));
  EXPECT_EQ(own.cause, Cause::Signal);
  EXPECT_EQ(own.code, SIGSEGV);
  EXPECT_FALSE(own.outside);
  const auto outside = end(do_run(shell("kill -KILL $$", 1)));
  EXPECT_EQ(outside.code, SIGKILL);
  EXPECT_TRUE(outside.outside);
}

TEST_F(Local, ACommandThatCannotBeStartedIsAnExit) {
  const auto missing = end(do_run(run({"no-such-program-here"})));
  EXPECT_EQ(missing.cause, Cause::Exit);
  EXPECT_EQ(missing.code, 127);
  EXPECT_EQ(missing.detail, "command not found: no-such-program-here");
  EXPECT_THAT(end(do_run(run({"./nowhere"}, 1))).detail, "command not found: ./nowhere");
  std::ofstream(root_ / "plain") << "text";
  const auto plain = end(do_run(run({"./plain"}, 2)));
  EXPECT_EQ(plain.code, 126);
  EXPECT_THAT(plain.detail, HasSubstr("Permission denied"));
  std::ofstream(root_ / "script") << "#!/no/such/interpreter\n";
  fs::permissions(root_ / "script", fs::perms::owner_all);
  EXPECT_THAT(end(do_run(run({"./script"}, 3))).detail, HasSubstr("the interpreter in its first line does not exist"));
  EXPECT_THAT(read_file(folder(3) + "/stderr"), HasSubstr("hone: cannot run ./script"));
}

TEST_F(Local, AScriptWithoutAFirstLineRunsInAShell) {
  std::ofstream(root_ / "script") << "echo loss=$1\n";
  fs::permissions(root_ / "script", fs::perms::owner_all);
  EXPECT_THAT(losses(do_run(run({"./script", "4"}))), ElementsAre(4));
}

TEST_F(Local, AFolderThatIsGoneIsNamed) {
  options_.settings.cwd = root_ / "gone";
  const auto exited = end(do_run(shell("true")));
  EXPECT_EQ(exited.code, 126);
  EXPECT_THAT(exited.detail, HasSubstr("cannot enter the folder " + options_.settings.cwd));
}

TEST_F(Local, WhatCannotBeWrittenIsLostAndNotTheCommandsFault) {
  std::ofstream(folder()) << "in the way";
  const auto exited = end(do_run(shell("true")));
  EXPECT_EQ(exited.cause, Cause::Lost);
  EXPECT_THAT(exited.detail, HasSubstr("cannot make 0: Not a directory"));
}

TEST_F(Local, NoDescriptorIsInheritedAndInputIsEmpty) {
  const Fd leak(::open("/dev/null", O_RDONLY));  // without close-on-exec
  std::signal(SIGHUP, SIG_IGN);
  const auto notices = do_run(probe("inspect"));
  std::signal(SIGHUP, SIG_DFL);
  EXPECT_EQ(read_file(folder() + "/stdout"), "descriptors:; input: /dev/null; blocked=0 ignored=0 loss=0\n");
  EXPECT_EQ(end(notices).cause, Cause::None);
}

TEST_F(Local, ADaemonisedGrandchildEndsWithItsRun) {
  const fs::path file = root_ / "pid";
  // The shell stays until the daemon has written its pid, then ends.
  const auto notices = do_run(shell(std::string(HONE_PROBE) + " daemon " + file.string() + "; while ! [ -e " +
                                    file.string() + " ]; do :; done; echo loss=1"));
  EXPECT_EQ(end(notices).cause, Cause::None);
  EXPECT_FALSE(alive(written_pid(file)));
}

TEST_F(Local, ADaemonisedGrandchildEndsWhenItsRunIsCancelled) {
  open();
  const fs::path file = root_ / "pid";
  ok(executor_->launch(probe("parent", file)));
  const pid_t daemon = written_pid(file);
  EXPECT_TRUE(alive(daemon));
  ok(executor_->cancel({0, 1}));
  const auto exited = end(until_ended());
  EXPECT_EQ(exited.code, SIGTERM);
  EXPECT_FALSE(exited.outside);
  EXPECT_FALSE(alive(daemon));
}

TEST_F(Local, OneThatIgnoresBeingAskedIsKilledAfterGrace) {
  options_.settings.limits.grace = 0.1;
  open();
  const fs::path file = root_ / "pid";
  ok(executor_->launch(probe("stubborn", file)));
  written_pid(file);
  ok(executor_->cancel({0, 1}));
  const auto exited = end(until_ended());
  EXPECT_EQ(exited.code, SIGKILL);
  EXPECT_FALSE(exited.outside);
}

TEST_F(Local, OneThatEndsWellWhenAskedHasNoCause) {
  open();
  ok(executor_->launch(shell("trap 'echo loss=7; exit 0' TERM; touch ready; while :; do sleep 0.01; done")));
  ASSERT_TRUE(eventually([&] { return fs::exists(root_ / "ready"); }));
  ok(executor_->cancel({0, 1}));
  const auto notices = until_ended();
  EXPECT_EQ(end(notices).cause, Cause::None);
  EXPECT_THAT(losses(notices), ElementsAre(7));
}

TEST_F(Local, SilenceEndsARunAndOutputDoesNot) {
  options_.settings.limits.silence = 0.3;
  EXPECT_EQ(end(do_run(shell("echo loss=1; sleep 1000"))).cause, Cause::Silent);
}

TEST_F(Local, TheTimeLimitHoldsAlsoIfNobodyAsksForIt) {
  options_.settings.limits.time = 0.01;
  const auto exited = end(do_run(shell("sleep 1000")));
  EXPECT_EQ(exited.cause, Cause::Timeout);
  EXPECT_FALSE(exited.outside);
}

TEST_F(Local, AnotherAttemptAppendsToTheSameFiles) {
  do_run(shell("echo one; touch $HONE_DIR/checkpoint"));
  ok(executor_->launch(shell("echo two; ls $HONE_DIR", 0, 2)));
  EXPECT_EQ(end(until_ended()).attempt, 2);
  EXPECT_EQ(read_file(folder() + "/stdout"), "one\ntwo\ncheckpoint\n");
}

TEST_F(Local, LaunchingAKeyTwiceIsLaunchingItOnce) {
  open();
  const RunSpec spec = shell("echo x >> count; sleep 0.1");
  ok(executor_->launch(spec));
  ok(executor_->launch(spec));
  until_ended();
  ok(executor_->launch(spec));
  do_run(shell("true", 1));
  EXPECT_EQ(read_file(root_ / "count"), "x\n");
}

TEST_F(Local, CancellingAnUnknownRunIsSuccess) {
  open();
  EXPECT_TRUE(executor_->cancel({99, 1}));
}

TEST_F(Local, TwoRunsGoOnAtTheSameTime) {
  open();
  // Each waits for the other: one after the other they would never end.
  ok(executor_->launch(shell("touch a; while ! [ -e b ]; do sleep 0.01; done; echo loss=1", 0)));
  ok(executor_->launch(shell("touch b; while ! [ -e a ]; do sleep 0.01; done; echo loss=2", 1)));
  EXPECT_THAT(losses(until_ended(2)), ::testing::UnorderedElementsAre(1, 2));
}

TEST_F(Local, ALongLineAndBinaryOutputDoNoHarm) {
  EXPECT_THAT(losses(do_run(probe("long"))), ElementsAre(1));
  EXPECT_THAT(losses(do_run(probe("binary", "", 1))), Contains(2));
  EXPECT_EQ(fs::file_size(folder(1) + "/stdout"), 100000u + 8u);
}

TEST_F(Local, AStudyMayLieDeeperThanASocketsAddressReaches) {
  options_.study_folder = root_ / std::string(120, 'd') / std::string(120, 'e');
  fs::create_directories(options_.study_folder);
  EXPECT_THAT(losses(do_run(shell("echo loss=1"))), ElementsAre(1));
}

TEST_F(Local, DevicesAreGivenOutAndTakenBack) {
  options_.resources.gpu = 1'000'000;
  options_.machine.gpus = {"3", "5"};
  open();
  EXPECT_EQ(executor_->slots(), 2);
  for (int round = 0; round < 2; ++round) {
    ok(executor_->launch(shell("echo $CUDA_VISIBLE_DEVICES; while ! [ -e go ]; do sleep 0.01; done", 2 * round)));
    ok(executor_->launch(shell("echo $CUDA_VISIBLE_DEVICES; touch go", 2 * round + 1)));
    until_ended(2);
    fs::remove(root_ / "go");
  }
  EXPECT_EQ(read_file(folder(0) + "/stdout") + read_file(folder(1) + "/stdout"), "3\n5\n");
  EXPECT_EQ(read_file(folder(2) + "/stdout") + read_file(folder(3) + "/stdout"), "3\n5\n");
}

TEST_F(Local, APatternThatIsNoneIsRefusedBeforeAnythingStarts) {
  options_.settings.patterns = {{"loss", "("}};
  const auto opened = LocalExecutor::open(options_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::Invalid);
  EXPECT_FALSE(fs::exists(options_.study_folder + "/keeper"));
}

TEST_F(Local, AWaitEndsEarlyWhenItIsInterrupted) {
  int ends_of_pipe[2];
  ASSERT_EQ(pipe(ends_of_pipe), 0);
  const Fd reading(ends_of_pipe[0]), writing(ends_of_pipe[1]);
  options_.wakers = {reading.get()};
  open();
  ASSERT_EQ(write(writing.get(), "x", 1), 1);
  EXPECT_THAT(executor_->wait(1e6).value(), IsEmpty());
}

}  // namespace
}  // namespace hone
