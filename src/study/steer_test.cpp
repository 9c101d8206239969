#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "study/world_for_test.h"

namespace hone {
namespace {

using testing::HasSubstr;

TEST(Steer, StoppingTheStudyEndsItsRunsAndThenIt) {
  World world(spec_of(kPlain));
  world.run(1);
  world.steer(Steer::StopStudy);
  world.decide();
  ASSERT_TRUE(world.study.finished());
  EXPECT_EQ(*world.study.finished(), "stopped by the user");
  EXPECT_FALSE(world.study.failed()) << "one trial had a result";
  EXPECT_EQ(world.trial(1).phase, Phase::Stopped);
  EXPECT_THAT(world.refused(Steer::StopStudy), HasSubstr("the study has ended"));
  world.expect_replay();
}

TEST(Steer, APausedTrialWaitsForTheUserWhileOthersGoOn) {
  World world(spec_of(kPlain));
  world.decide();
  world.steer(Steer::Pause, 0);
  EXPECT_THAT(world.refused(Steer::Pause, 0), HasSubstr("is paused already"));
  world.put(Exited{.trial = 0, .attempt = 1, .cause = Cause::Signal, .code = 15});
  world.runs.pop_front();
  world.run(100);
  EXPECT_FALSE(world.study.finished()) << "it waits for the user";
  EXPECT_THAT(world.why, HasSubstr("paused by the user"));
  EXPECT_EQ(world.study.trials().size(), 6U);
  EXPECT_EQ(world.trial(0).attempt, 1);
  world.steer(Steer::Resume, 0);
  world.run(1);
  EXPECT_EQ(world.trial(0).phase, Phase::Completed);
  EXPECT_EQ(world.trial(0).attempt, 2);
  EXPECT_TRUE(world.study.finished());
  world.expect_replay();
}

TEST(Steer, StoppingATrialEndsItForGood) {
  World world(spec_of(kAsha));
  world.run(3);
  world.steer(Steer::Stop, world.runs.front());
  const TrialId id = world.runs.front();
  EXPECT_EQ(world.trial(id).phase, Phase::Stopped);
  EXPECT_THAT(world.refused(Steer::Stop, id), HasSubstr("is stopped already"));
  EXPECT_THAT(world.refused(Steer::Retry, id), HasSubstr("only a failed trial"));
  EXPECT_THAT(world.refused(Steer::Stop, 99), HasSubstr("there are trials 0 to"));
  world.run(100);
  EXPECT_TRUE(world.study.finished());
  EXPECT_EQ(world.trial(id).attempt, 1);
  world.expect_replay();
}

TEST(Steer, ATrialThatTheSchedulerPausedIsNotTheUsersToResume) {
  World world(spec_of(kAsha));
  world.run(2);
  ASSERT_EQ(world.trial(0).phase, Phase::Paused);
  EXPECT_THAT(world.refused(Steer::Resume, 0), HasSubstr("until the scheduler auto promotes it"));
  EXPECT_THAT(world.refused(Steer::Pause, 0), HasSubstr("until the scheduler auto promotes it"));
  EXPECT_EQ(world.refused(Steer::Stop, 0), "");
}

TEST(Steer, AFailedTrialIsRetriedAlsoAfterTheEndOfTheStudy) {
  for (const char* file : {kPlain, kAsha}) {
    World world(spec_of(file));
    world.decide();
    world.end_oldest(Cause::Exit);
    world.run(100);
    ASSERT_TRUE(world.study.finished());
    ASSERT_EQ(world.trial(0).phase, Phase::Failed);
    const std::size_t trials = world.study.trials().size();
    world.steer(Steer::Retry, 0);
    EXPECT_FALSE(world.study.finished());
    EXPECT_THAT(world.refused(Steer::Retry, 0), HasSubstr("is waiting"));
    world.run(100);
    EXPECT_TRUE(world.study.finished());
    EXPECT_FALSE(world.trial(0).reports.empty());
    EXPECT_EQ(world.study.trials().size(), trials) << "nothing else was started";
    world.expect_replay();
  }
}

TEST(Steer, ParallelHoldsUntilItIsSetAgain) {
  World world(spec_of(kPlain));
  world.steer(Steer::Parallel, 0, 4);
  world.decide();
  EXPECT_EQ(world.study.running(), 4);
  EXPECT_THAT(world.refused(Steer::Parallel, 0, 0), HasSubstr("use 1 or more"));
  world.steer(Steer::Parallel, 0, 1);
  world.run(3);
  EXPECT_EQ(world.study.running(), 1);
  EXPECT_EQ(world.study.parallel(), 1);
  world.expect_replay();
}

TEST(Oom, ATrialThatRanOutOfMemoryIsTriedOnceMoreAlone) {
  World world(spec_of(kPlain));
  world.decide();
  world.end(0, Cause::Oom);
  world.runs.pop_front();
  world.decide();
  EXPECT_EQ(world.trial(0).phase, Phase::Waiting) << "it does not count yet";
  EXPECT_EQ(world.study.running(), 2) << "the others are not held up";
  while (world.trial(0).attempt == 1) {
    world.end_oldest();
    world.decide();
  }
  EXPECT_EQ(world.study.running(), 1);
  EXPECT_EQ(world.study.live(), 1) << "alone";
  EXPECT_THAT(words(world.log.back()), HasSubstr(R"("alone":true)"));
  world.end(0, Cause::Oom);
  world.runs.clear();
  world.decide();
  EXPECT_EQ(world.trial(0).phase, Phase::Failed);
  EXPECT_EQ(world.trial(0).cause, Cause::Oom);
  world.run(100);
  EXPECT_TRUE(world.study.finished());
  world.expect_replay();
}

TEST(Oom, TheOthersAreHeldBackBeforeItHasWaitedForLong) {
  StudySpec spec = spec_of(kPlain);
  spec.stop.trials = 1000;
  World world(spec);
  world.decide();
  world.end(0, Cause::Oom);
  world.runs.pop_front();
  world.decide();
  int ended = 0;
  for (; world.trial(0).attempt == 1 && ended < 1000; ++ended) {
    world.end_oldest();
    world.decide();
  }
  EXPECT_EQ(ended, 11) << "ten, and the one that was left then";
  EXPECT_EQ(world.study.live(), 1);
  world.end_oldest();
  world.decide();
  EXPECT_EQ(world.study.live(), 2) << "and on they go";
  world.expect_replay();
}

TEST(Steer, WhatATrialReportsOnItsWayIntoAPauseCounts) {
  StudySpec spec = spec_of(
      "space: {x: 'float(0, 1)'}\nsearcher: random\nscheduler: none\n"
      "fidelity: {name: epoch, min: 1, max: 4}\nstop: {trials: 3}\n");
  World world(spec);
  world.decide();
  const auto report = [&](TrialId id, int n) {
    world.put(Reported{id, 1, n, {{"loss", 10.0 - n}, {"epoch", static_cast<double>(n)}}, {}});
  };
  for (const TrialId id : {0, 1}) {
    report(id, 1);
    world.steer(Steer::Pause, id);
    report(id, 2);
    report(id, 3);
  }
  report(1, 4);
  for (const TrialId id : {0, 1}) world.put(Exited{.trial = id, .attempt = 1});
  world.runs.clear();
  EXPECT_EQ(world.trial(0).reports.back().at, 3);
  EXPECT_EQ(world.trial(0).phase, Phase::Waiting) << "it stays paused";
  EXPECT_EQ(world.trial(1).phase, Phase::Completed) << "it was there all the same";
  EXPECT_EQ(world.trial(1).reports.back().loss[0], 6);
  world.steer(Steer::Resume, 0);
  world.run(100);
  EXPECT_EQ(world.trial(0).reports.back().at, 4);
  EXPECT_TRUE(world.study.finished());
  world.expect_replay();
}

TEST(Steer, ARetryAfterTheEndStartsNothingElse) {
  World world(spec_of(kPlain));
  world.decide();
  world.end_oldest(Cause::Exit);
  world.run(1);
  world.steer(Steer::StopStudy);
  world.decide();
  const std::size_t trials = world.study.trials().size();
  for (const TrialId id : world.runs) world.put(Exited{.trial = id, .attempt = 1, .cause = Cause::Signal, .code = 15});
  world.runs.clear();
  world.steer(Steer::Retry, 0);
  world.run(100);
  EXPECT_TRUE(world.study.finished());
  EXPECT_EQ(world.trial(0).phase, Phase::Completed);
  EXPECT_EQ(world.study.trials().size(), trials);
  world.expect_replay();
}

TEST(Oom, WithOneSlotItIsTriedAgainAtOnceAndMaySucceed) {
  World world(spec_of(kPlain));
  world.slots = 1;
  world.decide();
  world.end_oldest(Cause::Oom);
  world.run(1);
  EXPECT_EQ(world.trial(0).phase, Phase::Completed);
  EXPECT_EQ(world.trial(0).attempt, 2);
}

TEST(Oom, AStudyThatEndsBeforeTheSecondTryCountsItAsFailed) {
  World world(spec_of(kPlain));
  world.decide();
  world.end(0, Cause::Oom);
  world.runs.pop_front();
  world.steer(Steer::StopStudy);
  world.decide();
  EXPECT_EQ(world.trial(0).phase, Phase::Failed);
  EXPECT_EQ(world.trial(0).cause, Cause::Oom);
}

TEST(Oom, NoSecondTryIfTheUserDoesNotWantIt) {
  StudySpec spec = spec_of(kPlain);
  spec.limits.oom_retry = false;
  World world(spec);
  world.decide();
  world.end_oldest(Cause::Oom);
  EXPECT_EQ(world.trial(0).phase, Phase::Failed);
}

TEST(Steer, WithoutASlotAStudyWithNothingLeftToDoEnds) {
  World world(spec_of(kPlain));
  world.run(3);
  world.slots = 0;
  while (!world.runs.empty()) {
    world.end_oldest();
    world.decide();
  }
  EXPECT_FALSE(world.study.finished()) << "one is still to start";
  world.slots = 1;
  world.decide();
  world.slots = 0;
  world.end_oldest();
  world.decide();
  EXPECT_TRUE(world.study.finished());
  world.expect_replay();
}

TEST(Steer, ARetryThatDidNotComeAboutLeavesTheTrialFailed) {
  World world(spec_of(kPlain));
  world.decide();
  world.end_oldest(Cause::Exit);
  world.steer(Steer::Retry, 0);
  world.steer(Steer::StopStudy);
  world.decide();
  EXPECT_TRUE(world.study.finished());
  EXPECT_EQ(world.trial(0).phase, Phase::Failed);
  EXPECT_EQ(world.trial(0).cause, Cause::Exit);
}

}  // namespace
}  // namespace hone
