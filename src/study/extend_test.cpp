#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "study/world_for_test.h"

namespace hone {
namespace {

using testing::HasSubstr;

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

TEST(Extend, AutoReplacesAnAlgorithmWhereItIsWrittenAndWhatIsNotWrittenStays) {
  const std::string body = "space: {x: 'float(0, 1)'}\nfidelity: {max: 9}\nstop: {trials: 12}\n";
  const StudySpec study = spec_of(body + "searcher: {tpe: {candidates: 64}}\nscheduler: median\n");
  const auto names = [&](const std::string& more) {
    const auto spec = extended_spec(study, spec_of(body + more));
    EXPECT_TRUE(spec) << spec.error().what;
    return spec->searcher.name + " " + spec->scheduler.name + (spec->searcher.options.empty() ? "" : " with options");
  };
  EXPECT_EQ(names(""), "tpe median with options");
  EXPECT_EQ(names("scheduler: auto\n"), "tpe auto with options");
  EXPECT_EQ(names("searcher: auto\nscheduler: auto\n"), "auto auto");
  EXPECT_EQ(names("searcher: {auto: {}}\n"), "auto median");
  EXPECT_EQ(names("scheduler: {auto:}\n"), "tpe auto with options");
  const auto option =
      read_study_file("name: s\nobjective: minimize loss\nseed: 3\n" + body, "s.yaml", {{"scheduler", "auto"}});
  EXPECT_EQ(extended_spec(study, *option)->scheduler.name, "auto") << "on the command line";
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
