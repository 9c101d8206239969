#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>

#include "study/event_json.h"
#include "study/extend.h"
#include "study/study_file.h"

namespace hone {
namespace {

using testing::HasSubstr;

StudySpec spec_of(const std::string& text) {
  auto spec = read_study_file("name: s\nobjective: minimize loss\nseed: 3\n" + text, "s.yaml");
  EXPECT_TRUE(spec) << spec.error().what;
  return *spec;
}

std::string words(const Event& event) { return std::string(kind(event)) + " " + event_body(event); }

/// A study and a world of two slots; everything that happens is kept, so that it can be derived again.
class World {
 public:
  explicit World(const StudySpec& spec) : spec(spec), study(*Study::make(spec)) {}

  void put(Fact fact) {
    log.push_back({now, std::move(fact)});
    study.apply(log.back());
  }
  void steer(Steer what, TrialId trial = 0, int value = 0) {
    const Steered steered{trial, what, value};
    const auto ok = can_steer(study, steered);
    ASSERT_TRUE(ok) << ok.error().what;
    put(steered);
  }
  std::string refused(Steer what, TrialId trial = 0, int value = 0) {
    const auto ok = can_steer(study, {trial, what, value});
    return ok ? "" : ok.error().what;
  }
  void decide() {
    while (true) {
      const auto free = static_cast<int>(study.parallel().value_or(slots) - study.live());
      auto next = study.decide(now, std::max(0, free));
      const auto* event = std::get_if<Event>(&next);
      if (!event) {
        why = std::get<Wait>(next).why;
        return;
      }
      put(event->fact);
      std::visit(
          [&](const auto& fact) {
            if constexpr (requires { fact.trial; })
              if (trial(fact.trial).phase == Phase::Running && trial(fact.trial).live &&
                  (runs.empty() || runs.back() != fact.trial))
                runs.push_back(fact.trial);
          },
          event->fact);
    }
  }
  /// The oldest run reports up to its `until` and ends; `cause`: or fails before it says anything.
  void end_oldest(Cause cause = Cause::None) {
    const TrialId id = runs.front();
    runs.pop_front();
    end(id, cause);
  }
  void end(TrialId id, Cause cause = Cause::None) {
    const Trial& t = trial(id);
    now += 1;
    int n = 0;
    const double x = std::get<double>(t.config[0]);
    const Resource done = t.reports.empty() ? 0 : t.reports.back().at;
    if (cause == Cause::None && t.phase == Phase::Running)
      for (Resource at = done + 1; at <= t.until; ++at)
        put(Reported{id,
                     t.attempt,
                     ++n,
                     {{"loss", std::abs(x - 0.3) + 1.0 / static_cast<double>(at)}, {"epoch", static_cast<double>(at)}},
                     {}});
    put(Exited{.trial = id, .attempt = trial(id).attempt, .cause = cause, .code = cause == Cause::Exit ? 1 : 0});
  }
  void run(int runs_to_end) {
    for (decide(); runs_to_end > 0 && !runs.empty(); --runs_to_end) {
      end_oldest();
      decide();
    }
  }
  const Trial& trial(TrialId id) const { return study.trials()[static_cast<std::size_t>(id)]; }

  /// Every decision of the log follows from what came before it.
  void expect_replay() const {
    Study again = *Study::make(spec);
    for (const Event& event : log) {
      if (is_decision(event)) {
        const int slots = std::visit(
            [](const auto& f) {
              if constexpr (requires { f.free_slots; }) return f.free_slots;
              else return 0;
            },
            event.fact);
        const auto derived = again.decide(event.time, slots);
        ASSERT_TRUE(std::holds_alternative<Event>(derived)) << words(event);
        ASSERT_EQ(words(std::get<Event>(derived)), words(event));
      }
      // As it comes out of the store.
      const auto stored = EventReader().read(kind(event), trial_of(event).value_or(0), event.time, event_body(event));
      ASSERT_TRUE(stored) << stored.error().what;
      again.apply(*stored);
    }
  }

  StudySpec spec;
  Study study;
  std::vector<Event> log;
  std::deque<TrialId> runs;
  Seconds now = 100;
  int slots = 2;
  std::string why;
};

const char* const kPlain = "space: {x: 'float(0, 1)'}\nsearcher: random\nstop: {trials: 6}\n";
const char* const kAsha =
    "space: {x: 'float(0, 1)'}\nsearcher: tpe\nfidelity: {name: epoch, min: 1, max: 9}\nstop: {trials: 12}\n";

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
  EXPECT_THAT(world.refused(Steer::Resume, 0), HasSubstr("until the scheduler asha promotes it"));
  EXPECT_THAT(world.refused(Steer::Pause, 0), HasSubstr("until the scheduler asha promotes it"));
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

void extend(World& world, const StudySpec& given) {
  auto spec = extended_spec(world.study.spec(), given);
  ASSERT_TRUE(spec) << spec.error().what;
  auto made = Study::make(*spec);
  ASSERT_TRUE(made) << made.error().what;
  world.put(Extended{std::make_shared<const StudySpec>(made->spec())});
}

TEST(Extend, MoreTrialsGoOnWhereTheStudyEnded) {
  World world(spec_of(kAsha));
  world.run(1000);
  ASSERT_TRUE(world.study.finished());
  StudySpec more = spec_of(kAsha);
  more.stop.trials = 40;
  extend(world, more);
  EXPECT_FALSE(world.study.finished());
  EXPECT_EQ(world.trial(0).phase, Phase::Paused) << "it may be promoted again";
  world.run(1000);
  EXPECT_TRUE(world.study.finished());
  EXPECT_EQ(world.study.trials().size(), 40U);
  int among = 0;  // `rung 1 (epoch 1): 0.31 is 2nd of 40`: those of before are compared with
  for (const Event& event : world.log)
    if (const auto* resumed = std::get_if<Resumed>(&event.fact))
      if (const auto at = resumed->why.find(" of "); at != std::string::npos)
        among = std::max(among, std::atoi(resumed->why.c_str() + at + 4));
  EXPECT_GT(among, 28);
  world.expect_replay();
}

TEST(Extend, WhatTheEndCutOffGoesOn) {
  World world(spec_of(kPlain));
  world.run(1);
  world.steer(Steer::StopStudy);
  world.decide();
  for (const TrialId id : {1, 2}) world.put(Exited{.trial = id, .attempt = 1, .cause = Cause::Signal, .code = 15});
  world.runs.clear();
  ASSERT_EQ(world.trial(1).phase, Phase::Stopped);
  StudySpec more = spec_of(kPlain);
  more.stop.trials = 8;
  extend(world, more);
  world.run(100);
  EXPECT_EQ(world.trial(1).phase, Phase::Completed);
  EXPECT_EQ(world.trial(2).phase, Phase::Completed);
  EXPECT_EQ(world.study.trials().size(), 8U);
  world.expect_replay();
}

TEST(Extend, OldTrialsStayUsableInAWiderSpaceWithNewParameters) {
  World world(spec_of("space: {x: 'float(0, 1)', opt: [sgd, adam]}\nsearcher: tpe\nstop: {trials: 12}\n"));
  world.run(1000);
  StudySpec spec = spec_of("space: {x: 'float(0, 2)', opt: [sgd, adam, lion]}\nsearcher: tpe\nstop: {trials: 30}\n");
  extend(world, spec);
  for (TrialId id = 0; id < 12; ++id) EXPECT_FALSE(world.trial(id).silent) << id;
  world.run(1000);
  EXPECT_TRUE(world.study.finished());
  EXPECT_EQ(world.study.trials().size(), 30U);
  bool beyond = false;
  for (TrialId id = 12; id < 30; ++id) beyond = beyond || std::get<double>(world.trial(id).config[0]) > 1;
  EXPECT_TRUE(beyond);
  world.expect_replay();
}

TEST(Extend, TrialsOutsideANarrowerSpaceAreKeptButNotLearntFrom) {
  World world(spec_of(kPlain));
  world.run(1000);
  extend(world, spec_of("space: {x: 'float(0, 0.5)'}\nsearcher: random\nstop: {trials: 9}\n"));
  for (TrialId id = 0; id < 6; ++id)
    EXPECT_EQ(world.trial(id).silent, std::get<double>(world.trial(id).config[0]) > 0.5) << id;
  world.run(1000);
  EXPECT_TRUE(world.study.finished());
  EXPECT_EQ(world.study.trials().size(), 9U);
  world.expect_replay();
}

TEST(Extend, AFurtherFidelityTakesCompletedTrialsUpAgain) {
  World world(spec_of(kAsha));
  world.run(1000);
  const TrialId best = *world.study.best();
  ASSERT_EQ(world.trial(best).phase, Phase::Completed);
  extend(world, spec_of("space: {x: 'float(0, 1)'}\nsearcher: tpe\nfidelity: {name: epoch, min: 1, max: 27}\n"
                        "stop: {trials: 13}\n"));
  EXPECT_EQ(world.trial(best).phase, Phase::Paused);
  world.run(1000);
  EXPECT_TRUE(world.study.finished());
  EXPECT_EQ(world.trial(*world.study.best()).reports.back().at, 27);
  world.expect_replay();
}

TEST(Extend, AGridVisitsEveryCellOfTheNewSpace) {
  World world(spec_of("space: {x: 'float(0, 1, step=0.25)'}\nsearcher: grid\n"));
  world.run(1000);
  ASSERT_EQ(world.study.trials().size(), 5U);
  extend(world,
         spec_of("space:\n  x: float(0, 2, step=0.25)\n  y: {domain: 'int(0, 1)', default: 0}\nsearcher: grid\n"));
  world.run(1000);
  EXPECT_TRUE(world.study.finished());
  EXPECT_EQ(world.study.trials().size(), 18U);
  world.expect_replay();
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

TEST(Extend, WhatIsMeasuredCannotChange) {
  const StudySpec spec = spec_of(kAsha);
  StudySpec given = spec_of(kAsha);
  given.objectives[0].maximize = true;
  given.seed = 4;
  given.fidelity->max = 3;
  const auto refused = extended_spec(spec, given);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("objective: a study cannot change it"));
  EXPECT_THAT(refused.error().what, HasSubstr("seed: a study cannot change it"));
  EXPECT_THAT(refused.error().what, HasSubstr("fidelity.max: 3 is less than it was"));
  given = spec_of(
      "space: {x: 'float(0, 1)', y: 'float(0, 1)'}\nsearcher: tpe\n"
      "fidelity: {name: epoch, min: 1, max: 9}\nstop: {trials: 12}\n");
  const auto new_param = extended_spec(spec, given);
  ASSERT_FALSE(new_param);
  EXPECT_THAT(new_param.error().what, HasSubstr("space.y: is new; say what the trials before had"));
}

}  // namespace
}  // namespace hone
