// `repeat: k`: several runs of one configuration, of which searcher and scheduler hear the mean.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "study/ledger.h"
#include "study/world_for_test.h"

namespace hone {
namespace {

using Changes = std::vector<Change>;

class RepeatTest : public ::testing::Test {
 protected:
  static StudySpec spec(Resource max, int repeat) {
    StudySpec spec;
    spec.objectives = {{"loss", false, Aggregate::Last}};
    if (max > 1) spec.fidelity = Fidelity{"epoch", 1, max};
    spec.repeat = repeat;
    return spec;
  }
  Changes apply(Fact fact) {
    std::vector<Told> told;
    ledger_.apply({++now_, std::move(fact)}, told);
    Changes changes;
    for (const Told& one : told) changes.push_back(one.change);
    return changes;
  }
  /// One run of trial 0: a report for each value, at epochs 1, 2 ... or without.
  Changes run(int attempt, const std::vector<double>& losses, int from = 1, bool epochs = true) {
    Changes all;
    for (std::size_t i = 0; i < losses.size(); ++i) {
      Metrics metrics{{"loss", losses[i]}};
      if (epochs) metrics.emplace_back("epoch", static_cast<double>(from) + static_cast<double>(i));
      for (const Change change : apply(Reported{0, attempt, static_cast<int>(i) + 1, metrics, {}}))
        all.push_back(change);
    }
    for (const Change change : apply(Exited{.trial = 0, .attempt = attempt})) all.push_back(change);
    return all;
  }
  const Trial& trial() const { return ledger_.trials()[0]; }

  Seconds now_ = 0;
  Ledger ledger_{spec(1, 3)};
};

TEST_F(RepeatTest, TheMeanIsToldOnceAllRunsHaveEnded) {
  apply(Started{.trial = 0, .until = 1, .seed = 5});
  EXPECT_EQ(run_seed(trial()), 5U);
  EXPECT_EQ(run(1, {1.0}, 1, false), Changes{});
  EXPECT_EQ(trial().phase, Phase::Waiting);
  EXPECT_FALSE(ledger_.best()) << "one run says nothing yet";
  apply(Relaunched{.trial = 0, .repeat = 1});
  const std::uint64_t second = run_seed(trial());
  EXPECT_NE(second, 5U);
  EXPECT_EQ(run(2, {2.0}, 1, false), Changes{});
  apply(Relaunched{.trial = 0, .repeat = 2});
  EXPECT_NE(run_seed(trial()), second);
  EXPECT_EQ(run(3, {6.0}, 1, false), (Changes{Change::Reported, Change::Completed}));
  EXPECT_DOUBLE_EQ(trial().reports.back().loss[0], 3.0);
  EXPECT_EQ(ledger_.best(), 0);
}

TEST_F(RepeatTest, WithAFidelityTheMeanIsToldWhereAllRunsHaveReported) {
  ledger_ = Ledger(spec(9, 2));
  apply(Started{.trial = 0, .until = 3});
  EXPECT_EQ(run(1, {9, 8, 7}), Changes{});
  apply(Relaunched{.trial = 0, .repeat = 1});
  EXPECT_EQ(run(2, {1, 2, 3}), (Changes{Change::Reported, Change::Reported, Change::Reported, Change::Paused}));
  ASSERT_EQ(trial().reports.size(), 3U);
  EXPECT_EQ(trial().reports[0].loss[0], 5);
  apply(Resumed{.trial = 0, .until = 5});
  EXPECT_EQ(trial().repeat, 0) << "each run goes on from its own checkpoint";
  EXPECT_EQ(run(3, {6, 5}, 4), Changes{});
  apply(Relaunched{.trial = 0, .repeat = 1});
  EXPECT_EQ(run(4, {4, 1}, 4), (Changes{Change::Reported, Change::Reported, Change::Paused}));
  EXPECT_EQ(trial().reports.back().loss[0], 3);
  EXPECT_EQ(trial().reports.back().at, 5);
}

TEST_F(RepeatTest, ALostRunIsRunAgainAndNotCountedTwice) {
  apply(Started{.trial = 0, .until = 1});
  run(1, {1.0}, 1, false);
  apply(Relaunched{.trial = 0, .repeat = 1});
  apply(Reported{0, 2, 1, {{"loss", 100.0}}, {}});
  apply(Exited{.trial = 0, .attempt = 2, .cause = Cause::Lost});
  EXPECT_EQ(trial().phase, Phase::Waiting);
  EXPECT_EQ(trial().repeat, 1);
  apply(Relaunched{.trial = 0, .repeat = 1});
  run(3, {2.0}, 1, false);
  apply(Relaunched{.trial = 0, .repeat = 2});
  run(4, {3.0}, 1, false);
  EXPECT_DOUBLE_EQ(trial().reports.back().loss[0], 2.0);
  EXPECT_EQ(trial().phase, Phase::Completed);
}

TEST_F(RepeatTest, AFailedRunFailsTheConfiguration) {
  apply(Started{.trial = 0, .until = 1});
  run(1, {1.0}, 1, false);
  apply(Relaunched{.trial = 0, .repeat = 1});
  EXPECT_EQ(apply(Exited{.trial = 0, .attempt = 2, .cause = Cause::Exit, .code = 3}), Changes{Change::Failed});
  EXPECT_EQ(trial().phase, Phase::Failed);
  EXPECT_FALSE(ledger_.best());
}

TEST_F(RepeatTest, AStudyRunsEveryConfigurationSoOftenAndCountsItOnce) {
  World world(spec_of("space: {x: \"float(0, 1)\"}\nsearcher: random\nstop: {trials: 4}\nrepeat: 3\n"));
  world.run(1000);
  ASSERT_TRUE(world.study.finished());
  EXPECT_EQ(world.study.trials().size(), 4U);
  for (const Trial& trial : world.study.trials()) {
    EXPECT_EQ(trial.attempt, 3);
    EXPECT_EQ(trial.repeats.size(), 3U);
    EXPECT_EQ(trial.phase, Phase::Completed);
  }
  world.expect_replay();
}

TEST_F(RepeatTest, GoesWithRungs) {
  World world(spec_of(std::string(kAsha) + "repeat: 2\n"));
  world.run(5000);
  ASSERT_TRUE(world.study.finished());
  bool resumed = false;
  for (const Trial& trial : world.study.trials()) {
    if (trial.reports.empty()) continue;
    ASSERT_EQ(trial.repeats.size(), 2U);
    EXPECT_EQ(trial.repeats[0].back().at, trial.repeats[1].back().at);
    resumed = resumed || !trial.legs.empty();
  }
  EXPECT_TRUE(resumed) << "some were promoted";
  world.expect_replay();
}

}  // namespace
}  // namespace hone
