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

TEST(Steer, AMemberThatTheUserPausedHoldsUpNoPopulation) {
  World world(
      spec_of("space: {x: 'float(0, 1)'}\nsearcher: random\nscheduler: {pbt: {population: 4, interval: 3}}\n"
              "fidelity: {name: epoch, min: 1, max: 9}\nstop: {trials: 4}\n"));
  world.slots = 1;
  world.decide();
  world.steer(Steer::Pause, 0);
  world.put(Exited{.trial = 0, .attempt = 1, .cause = Cause::Signal, .code = 15});
  world.runs.clear();
  world.decide();
  world.end_oldest(Cause::Exit);  // one that fails
  world.run(100);
  EXPECT_FALSE(world.study.finished()) << "it waits for the user";
  EXPECT_THAT(world.why, HasSubstr("paused by the user"));
  for (TrialId id = 2; id < 4; ++id) EXPECT_EQ(world.trial(id).reports.back().at, 9) << id;
  world.steer(Steer::Resume, 0);
  world.run(100);
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

TEST(Steer, ASchedulersPauseDoesNotTakeATrialFromTheUserWhoPausedIt) {
  World world(
      spec_of("space: {x: 'float(0, 1)'}\nsearcher: random\nscheduler: {curve: {startup: 3}}\n"
              "fidelity: {name: epoch, min: 1, max: 27}\nstop: {trials: 5}\n"));
  world.slots = 1;
  const auto report = [&](TrialId id, int at, double loss) {
    const int n = world.trial(id).reports_seen + 1;
    world.put(Reported{id, world.trial(id).attempt, n, {{"loss", loss}, {"epoch", static_cast<double>(at)}}, {}});
  };
  const auto curve = [](double end, int at) { return end + 0.6 / at + 0.002 * std::sin(7.0 * at); };
  for (TrialId id = 0; id < 4; ++id) {
    world.decide();
    for (int at = 1; at <= 27; ++at) report(id, at, curve(0.3 - 0.01 * static_cast<double>(id), at));
    world.put(Exited{.trial = id, .attempt = 1});
  }
  world.decide();
  const auto wants_pause = [&] {
    const auto next = world.study.decide(world.now, 0);
    const auto* event = std::get_if<Event>(&next);
    return event && std::holds_alternative<Paused>(event->fact);
  };
  for (int at = 1; at < 27 && !wants_pause(); ++at) report(4, at, 0.9);
  ASSERT_TRUE(wants_pause());
  // In the moment after its last report it is lost, and the user pauses it.
  world.put(Exited{.trial = 4, .attempt = 1, .cause = Cause::Lost});
  world.runs.clear();
  world.steer(Steer::Pause, 4);
  world.decide();
  EXPECT_EQ(world.trial(4).phase, Phase::Waiting);
  EXPECT_TRUE(world.trial(4).held);
  EXPECT_THAT(world.why, HasSubstr("paused by the user"));
  world.steer(Steer::Resume, 4);
  world.decide();
  EXPECT_TRUE(world.study.finished()) << "now the scheduler has it, and sees no chance for it";
  EXPECT_FALSE(world.trial(4).held);
  world.expect_replay();
}

TEST(Steer, ASlotForEachTrialIsOneThatThereIs) {
  const StudySpec spec = spec_of(
      "space: {x: 'float(0, 1)'}\nsearcher: random\nparallel: 6\n"
      "fidelity: {name: epoch, min: 1, max: 9}\nstop: {trials: 6}\n");
  for (const int slots : {2, 6}) {
    World world(spec);
    world.slots = slots;
    world.decide();
    EXPECT_EQ(world.trial(0).until, slots == 6 ? 9 : 3) << slots << " of 6 that are wanted";
    world.run(100);
    EXPECT_TRUE(world.study.finished());
    for (const Trial& trial : world.study.trials())
      EXPECT_TRUE(slots < 6 || (trial.until == 9 && trial.attempt == 1)) << trial.id;
    world.expect_replay();
  }
}

TEST(Steer, APausedRunThatIsStillEndingHoldsUpNobody) {
  World world(
      spec_of("space: {x: 'float(0, 1)'}\nsearcher: random\nscheduler: asha\nlimits: {grace: 5s}\n"
              "fidelity: {name: epoch, min: 1, max: 9}\nstop: {trials: 12}\n"));
  world.slots = 1;
  for (int trial = 0; trial < 2; ++trial) {
    world.decide();
    world.end_oldest();
  }
  world.slots = 2;
  world.decide();
  ASSERT_EQ(world.runs.size(), 2U);
  const TrialId best = world.runs.front();
  world.put(Reported{best, 1, 1, {{"loss", 0.0}, {"epoch", 1}}, {}});
  world.end(world.runs.back());
  world.runs.clear();
  world.now += 6;  // it does not end by itself within its grace
  world.decide();
  EXPECT_EQ(world.trial(best).phase, Phase::Paused);
  EXPECT_TRUE(world.trial(best).live);
  EXPECT_EQ(world.study.live(), 2) << "it deserves to go on, and cannot yet: a new trial has its place";
  world.put(Exited{.trial = best, .attempt = 1, .cause = Cause::Signal, .code = 15});
  world.decide();
  EXPECT_EQ(world.trial(best).phase, Phase::Running);
  EXPECT_EQ(world.trial(best).until, 3);
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
