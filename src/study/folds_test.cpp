// Folds of a cross-validation as fidelity: `objective: maximize acc mean`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "study/world_for_test.h"

namespace hone {
namespace {

using testing::HasSubstr;

class FoldsTest : public ::testing::Test {
 protected:
  static World world(const std::string& more) {
    const std::string text =
        "name: s\nobjective: maximize acc mean\nseed: 3\nspace: {x: 'float(0, 1)'}\nsearcher: random\n"
        "fidelity: {name: fold, min: 2, max: 6}\n" +
        more;
    return World(*read_study_file(text, "s.yaml"));
  }
  /// The scores of one run of a trial, from fold `from` on, and its end.
  static void run(World& world, TrialId id, int from, const std::vector<double>& scores, bool named = true) {
    int n = 0;
    for (const double score : scores) {
      Metrics metrics{{"acc", score}};
      if (named) metrics.emplace_back("fold", static_cast<double>(from + n));
      world.put(Reported{id, world.trial(id).attempt, ++n, metrics, {}});
    }
    world.put(Exited{.trial = id, .attempt = world.trial(id).attempt});
  }
  static double mean(const World& world, TrialId id) { return -world.trial(id).reports.back().loss[0]; }
};

TEST_F(FoldsTest, AProgramThatGoesOnAndOneThatStartsOverHaveTheSameMean) {
  for (const bool over : {false, true}) {
    World one = world("scheduler: sh\nstop: {trials: 1}\n");
    one.decide();
    run(one, 0, 1, {0.8, 0.6});
    EXPECT_DOUBLE_EQ(mean(one, 0), 0.7);
    one.decide();
    ASSERT_EQ(one.trial(0).until, 6);
    if (over) run(one, 0, 1, {0.1, 0.2, 0.4, 0.2, 0.6, 0.4});  // what it says again does not count again
    else run(one, 0, 3, {0.4, 0.2, 0.6, 0.4});
    EXPECT_DOUBLE_EQ(mean(one, 0), 0.5) << (over ? "over" : "on");
    EXPECT_EQ(one.trial(0).reports.size(), 6U);
    EXPECT_EQ(one.trial(0).phase, Phase::Completed);
  }
}

TEST_F(FoldsTest, ARunThatWasLostKeepsTheFoldsThatItReported) {
  World one = world("scheduler: none\nstop: {trials: 1}\n");
  one.decide();
  one.put(Reported{0, 1, 1, {{"acc", 0.8}, {"fold", 1}}, {}});
  one.put(Exited{.trial = 0, .attempt = 1, .cause = Cause::Lost});
  one.decide();
  run(one, 0, 2, {0.6, 0.4, 0.6, 0.4, 0.8});
  EXPECT_NEAR(mean(one, 0), 0.6, 1e-15);
}

TEST_F(FoldsTest, ScoresWithoutANumberHaveNoneTwiceInTheirMean) {
  World one = world("scheduler: none\nstop: {trials: 1}\n");
  one.decide();
  run(one, 0, 1, {0.8, 0.6}, false);  // two of six, and it ends well: it has come as far as it was asked to
  EXPECT_EQ(one.trial(0).reports.back().at, 6);
  EXPECT_DOUBLE_EQ(mean(one, 0), 0.7);
}

TEST_F(FoldsTest, TheBestIsOneWithTheMostFolds) {
  World two = world("scheduler: sh\nstop: {trials: 3}\n");
  two.slots = 3;
  two.decide();
  run(two, 0, 1, {0.7, 0.7});
  run(two, 1, 1, {0.9, 0.9});
  run(two, 2, 1, {0.8, 0.8});
  EXPECT_EQ(two.study.best(), 1);
  two.decide();
  ASSERT_EQ(two.trial(1).phase, Phase::Running);
  run(two, 1, 3, {0.1, 0.1, 0.1, 0.1});
  EXPECT_EQ(two.study.best(), 1) << "0.37 of six folds; nobody else has six";
}

TEST_F(FoldsTest, ALuckyFoldReachesNoTarget) {
  World one = world("scheduler: none\nstop: {trials: 9, target: 0.75}\n");
  one.slots = 1;
  one.decide();
  one.put(Reported{0, 1, 1, {{"acc", 1.0}, {"fold", 1}}, {}});
  one.decide();
  EXPECT_EQ(one.study.finished(), nullptr);
  EXPECT_EQ(one.trial(0).phase, Phase::Running);
  for (int fold = 2; fold <= 6; ++fold)
    one.put(Reported{0, 1, fold, {{"acc", 0.8}, {"fold", static_cast<double>(fold)}}, {}});
  one.decide();
  EXPECT_EQ(one.trial(0).phase, Phase::Stopped) << "the mean of all six is above it";
}

TEST_F(FoldsTest, PopulationsAndPlateausDoNotGoByMeans) {
  const std::string text =
      "objective: minimize loss mean\nspace: {x: 'float(0, 1)'}\nfidelity: {name: fold, max: 6}\nstop: {trials: 9}\n";
  for (const std::string scheduler : {"pbt", "pb2", "plateau"}) {
    const auto spec = read_study_file(text + "scheduler: " + scheduler + "\n", "f", {}, check_study);
    ASSERT_FALSE(spec);
    EXPECT_THAT(spec.error().what,
                HasSubstr("scheduler: " + scheduler + " compares what trials report now, not the mean"));
    EXPECT_THAT(spec.error().what, HasSubstr("write `minimize loss last`"));
  }
}

}  // namespace
}  // namespace hone
