#include "search/population.h"

#include <cmath>
#include <limits>

#include "search/testing.h"

namespace hone {
namespace {

class PopulationTest : public ::testing::Test {
 protected:
  void report(TrialId id, std::vector<double> losses, std::vector<double> excess = {}, Resource at = 1) {
    Trial trial = lab::running(id, {0.5});
    trial.reports.push_back({.at = at, .loss = std::move(losses), .excess = std::move(excess), .cost = 1});
    population.tell(trial, Change::Reported);
  }
  std::vector<TrialId> ids() const {
    std::vector<TrialId> out;
    for (const Member& member : population.members()) out.push_back(member.id);
    return out;
  }
  Space space = lab::space_of({{"x", "float(0, 1)"}});
  Population population{space, 4};
};

TEST_F(PopulationTest, RanksByDominationThenCrowdingThenYouth) {
  report(0, {5, 5});
  report(1, {0, 4});
  report(2, {4, 0});
  report(3, {1, 3});
  EXPECT_EQ(ids(), (std::vector<TrialId>{2, 1, 3, 0})) << "the ends of the front, its middle, the dominated one";
  EXPECT_EQ(population.front_size(), 3u);
  report(4, {1.1, 2.9});
  EXPECT_EQ(ids(), (std::vector<TrialId>{2, 1, 4, 3})) << "the dominated one has left";
  report(5, {0.9, 3.1});
  EXPECT_EQ(ids(), (std::vector<TrialId>{2, 1, 4, 5})) << "3 stood where it is most crowded";
}

TEST_F(PopulationTest, WithOneObjectiveItKeepsTheBest) {
  for (const double loss : {4.0, 2.0, 3.0, 1.0, 2.0, 9.0}) report(static_cast<TrialId>(loss * 10), {loss});
  EXPECT_EQ(ids(), (std::vector<TrialId>{10, 20, 30, 40}));
  report(50, {2});
  EXPECT_EQ(ids(), (std::vector<TrialId>{10, 50, 20, 30})) << "the younger of two equal ones comes first";
}

TEST_F(PopulationTest, FeasibleTrialsComeFirstWhateverTheUnitsOfTheConstraints) {
  report(0, {1, 1}, {-1, -1});
  report(1, {0, 0}, {1000, -1});
  report(2, {0, 0}, {-1, 0.001});
  report(3, {0, 0}, {100, -1});
  EXPECT_EQ(ids(), (std::vector<TrialId>{0, 3, 2, 1})) << "a tenth of the worst, then the worst of either constraint";
  report(4, {0, 0}, {std::nan(""), -1});
  EXPECT_EQ(ids(), (std::vector<TrialId>{0, 3, 2, 1})) << "an unknown constraint is as bad as can be";
  report(5, {2, 2}, {0, 0});
  EXPECT_EQ(ids(), (std::vector<TrialId>{0, 5, 3, 2}));
  EXPECT_EQ(population.front_size(), 1u);
}

TEST_F(PopulationTest, LossesOfDifferentFidelitiesAreNotCompared) {
  report(0, {1, 1}, {}, 1);
  report(1, {9, 9}, {}, 3);
  EXPECT_EQ(ids(), (std::vector<TrialId>{1, 0})) << "who came further stands first";
  EXPECT_EQ(population.members()[1].rank, 0) << "nobody as far dominates it";
  for (TrialId id = 2; id < 6; ++id) report(id, {0, 0}, {}, 3);
  EXPECT_EQ(ids(), (std::vector<TrialId>{5, 4, 3, 2})) << "0 and 1 are forgotten";
  report(0, {7, 7}, {}, 9);
  EXPECT_EQ(ids()[0], 0) << "and 0 is taken back when it was promoted";
}

TEST_F(PopulationTest, FailuresAndValuesThatAreNotFiniteAreNotInIt) {
  report(0, {1, std::nan("")});
  report(1, {1, std::numeric_limits<double>::infinity()});
  report(2, {});
  EXPECT_TRUE(ids().empty());
  report(3, {1, 1});
  Trial failed = lab::running(3, {0.5});
  failed.reports.push_back({.at = 1, .loss = {1, 1}, .excess = {}, .cost = 1});
  failed.phase = Phase::Failed;
  failed.cause = Cause::Lost;
  population.tell(failed, Change::Failed);
  EXPECT_EQ(ids().size(), 1u) << "its machine was lost, not the result";
  failed.cause = Cause::Exit;
  population.tell(failed, Change::Failed);
  EXPECT_TRUE(ids().empty());
}

}  // namespace
}  // namespace hone
