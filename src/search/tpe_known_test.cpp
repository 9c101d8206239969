#include "search/tpe_known.h"

#include <algorithm>
#include <cmath>

#include "search/testing.h"

namespace hone {
namespace {

struct Case {
  Space space = lab::space_of({{"x", "float(0, 1)"}});
  Trials trials;

  explicit Case(int objectives = 1, std::size_t most = 20) : trials(space, objectives, most) {}
  void tell(TrialId id, std::vector<double> loss, double excess = 0, Phase phase = Phase::Completed) {
    Trial trial = lab::running(id, {0.5});
    trial.phase = phase;
    if (!loss.empty()) trial.reports.push_back({.at = 1, .loss = std::move(loss), .excess = {excess}, .cost = 1});
    trials.tell(trial, phase == Phase::Failed ? Change::Failed : Change::Completed);
  }
};

TEST(Known, AllTrialsWhileTheyAreFewBestFirstThenFailuresThenPending) {
  Case c;
  c.tell(0, {0.9});
  c.tell(1, {}, 0, Phase::Running);
  c.tell(2, {}, 0, Phase::Failed);
  c.tell(3, {0.1});
  c.tell(4, {0.0}, 1);
  const Known known = c.trials.known(1);
  EXPECT_EQ(known.ids, (std::vector<TrialId>{3, 0, 4, 2, 1})) << "4 breaks an outcome constraint";
  EXPECT_EQ(known.with_loss, 3U);
  EXPECT_EQ(known.ended, 4U);
}

TEST(Known, LaterHalfOfThemAreTheBestAndTheOthersStandForAll) {
  Case c;
  for (TrialId id = 0; id < 1000; ++id) c.tell(id, {static_cast<double>(id)});
  const Known known = c.trials.known(10);
  ASSERT_EQ(known.points.size(), 20U);
  double weight = 0, mean = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    weight += known.points[i].weight;
    if (i < 10) {
      EXPECT_EQ(known.ids[i], static_cast<TrialId>(i));
    } else {
      mean += static_cast<double>(known.ids[i]) / 10;
    }
  }
  EXPECT_NEAR(weight, 1000, 1e-9);
  EXPECT_NEAR(mean, 505, 270) << "three deviations of a mean of ten";
  EXPECT_TRUE(std::is_sorted(known.ids.begin(), known.ids.end()));
}

// Falkner, Klein, Hutter 2018: the model of the highest budget with enough results, and of no other.
TEST(Known, LearnsFromTheHighestRungWithEnoughResultsAlone) {
  Trials trials(lab::space_of({{"x", "float(0, 1)"}}), 1, 20, 3);
  std::vector<Trial> all;
  const auto ends = [&](TrialId id, Resource until, double loss) {
    if (static_cast<std::size_t>(id) == all.size()) {
      all.push_back(lab::running(id, {0.5}));
      trials.tell(all.back(), Change::Started);
    }
    Trial& trial = all[static_cast<std::size_t>(id)];
    trial.until = until;
    trial.phase = Phase::Paused;
    trial.reports.push_back({.at = until, .loss = {loss}, .excess = {}, .cost = 1});
    trials.tell(trial, Change::Paused);
  };
  ends(0, 1, 0.5);
  ends(1, 1, 0.3);
  EXPECT_FALSE(trials.ready());
  ends(2, 1, 0.4);
  EXPECT_TRUE(trials.ready());
  EXPECT_EQ(trials.known(1).ids, (std::vector<TrialId>{1, 2, 0}));
  ends(1, 3, 0.9);
  ends(2, 3, 0.1);
  EXPECT_EQ(trials.known(1).ids, (std::vector<TrialId>{1, 2, 0})) << "by their results at 1, as before";
  ends(0, 3, 0.2);
  EXPECT_EQ(trials.level(), 3);
  EXPECT_EQ(trials.known(1).ids, (std::vector<TrialId>{2, 0, 1}));
  ends(3, 1, 0.0);
  EXPECT_EQ(trials.known(1).ids, (std::vector<TrialId>{2, 0, 1})) << "what ran less far is not heard";
}

TEST(Known, OfSeveralObjectivesTheFrontComesFirstAndInfeasibleOnesNever) {
  Case c(2);
  c.tell(0, {0.1, 0.9});
  c.tell(1, {0.9, 0.9});
  c.tell(2, {0.9, 0.1});
  c.tell(3, {0.0, 0.0}, 1);
  c.tell(4, {0.5, std::nan("")});
  const Known known = c.trials.known(2);
  EXPECT_EQ(known.ids, (std::vector<TrialId>{0, 2, 1, 3, 4}));
  EXPECT_EQ(known.with_loss, 4U);
}

}  // namespace
}  // namespace hone
