#include "sim/world.h"

#include <gtest/gtest.h>

#include <limits>

namespace hone {
namespace {

constexpr Seconds kForever = std::numeric_limits<Seconds>::infinity();

StudySpec epochs() {
  StudySpec spec;
  spec.fidelity = Fidelity{"epoch", 1, 10};
  return spec;
}
Plan two_workers() {
  Plan plan;
  plan.workers = 2;
  plan.begin = 0;
  plan.metrics.emplace_back("loss", [](const Config&, Resource at, std::uint64_t seed) {
    return static_cast<double>(at) + static_cast<double>(seed) / 10;
  });
  return plan;
}
Trial trial(TrialId id, Resource until, int attempt = 1) {
  Trial trial;
  trial.id = id;
  trial.until = until;
  trial.attempt = attempt;
  trial.seed = 5;
  return trial;
}
/// Everything until nothing is left to happen, in short: "1: trial 0 reports 1.5 at 1", "2: trial 0 exits".
std::vector<std::string> story(World& world, Seconds until = kForever) {
  std::vector<std::string> lines;
  while (world.next() && *world.next() <= until) {
    for (const Notice& notice : world.wait(until)) {
      std::string line = number_text(notice.time) + ": ";
      if (const auto* e = std::get_if<Reported>(&notice.fact)) {
        line += "trial " + std::to_string(e->trial) + " reports " + number_text(e->metrics.at(0).second);
        if (e->metrics.size() > 1) line += " at " + number_text(e->metrics.at(1).second);
      } else if (const auto* e = std::get_if<Exited>(&notice.fact)) {
        line += "trial " + std::to_string(e->trial) + " ends";
        if (e->cause != Cause::None) line += ", " + cause_text(e->cause, e->code);
      }
      lines.push_back(line);
    }
    world.acknowledged();
  }
  return lines;
}
using Lines = std::vector<std::string>;

TEST(World, RunsUnitByUnitAndEndsAtUntil) {
  World world(epochs(), two_workers());
  world.launch(trial(0, 2));
  EXPECT_EQ(world.live(), 1);
  EXPECT_EQ(story(world), (Lines{"1: trial 0 reports 1.5 at 1", "2: trial 0 reports 2.5 at 2", "2: trial 0 ends"}));
  EXPECT_EQ(world.live(), 0);
  EXPECT_EQ(world.units(), 2);
  EXPECT_EQ(world.busy(), 2);
}

TEST(World, AtOneMomentFirstInIsFirstOut) {
  World world(epochs(), two_workers());
  world.launch(trial(3, 1));
  world.launch(trial(1, 1));
  EXPECT_EQ(story(world), (Lines{"1: trial 3 reports 1.5 at 1", "1: trial 3 ends", "1: trial 1 reports 1.5 at 1",
                                 "1: trial 1 ends"}));
}

TEST(World, GoesOnFromTheCheckpointOrStartsOver) {
  for (bool checkpoints : {true, false}) {
    Plan plan = two_workers();
    plan.checkpoints = checkpoints;
    World world(epochs(), plan);
    world.launch(trial(0, 2));
    story(world);
    world.launch(trial(0, 3, 2));
    story(world);
    EXPECT_EQ(world.units(), checkpoints ? 3 : 5);
    EXPECT_EQ(world.launches_of(0), 2);
  }
}

TEST(World, EndsACancelledRunOnceAndLaterIfItTakesTime) {
  Plan plan = two_workers();
  plan.ending = 0.5;
  World world(epochs(), plan);
  world.launch(trial(0, 9));
  EXPECT_EQ(story(world, 1).size(), 1u);
  world.cancel({0, 1});
  world.cancel({0, 1});
  world.cancel({7, 1});
  EXPECT_EQ(story(world), (Lines{"1.5: trial 0 ends, signal 15"}));
  world.launch(trial(0, 2, 2));
  EXPECT_EQ(story(world), (Lines{"2.5: trial 0 reports 2.5 at 2", "2.5: trial 0 ends"}));
}

TEST(World, HandsOutAgainWhatWasNotAcknowledged) {
  World world(epochs(), two_workers());
  world.launch(trial(0, 1));
  EXPECT_EQ(world.wait(kForever).size(), 2u);
  EXPECT_EQ(world.list(), (std::vector<RunKey>{{0, 1}})) << "ended, but nobody has said that he knows";
  EXPECT_FALSE(world.next());
  world.reconnect();
  EXPECT_EQ(world.wait(kForever).size(), 2u);
  world.acknowledged();
  EXPECT_TRUE(world.list().empty());
  world.reconnect();
  EXPECT_FALSE(world.next());
}

TEST(World, SaysWhatNoExecutorCouldDo) {
  World world(epochs(), two_workers());
  world.launch(trial(0, 5));
  world.launch(trial(0, 5));
  EXPECT_EQ(world.broken().size(), 1u) << "twice the same attempt";
  world.launch(trial(1, 5));
  world.launch(trial(2, 5));
  EXPECT_EQ(world.broken().size(), 2u) << "three runs on two workers";
}

TEST(World, LosesCrashesAndHangsByProbability) {
  Plan plan = two_workers();
  plan.workers = 3000;
  plan.faults = {.lost = 0.2, .crash = 0.3, .hang = 0.1, .late = 0, .twice = 0, .nan = 0};
  plan.seed = 3;
  World world(epochs(), plan);
  for (TrialId id = 0; id < 3000; ++id) world.launch(trial(id, 4));
  int lost = 0, crashed = 0, ended = 0;
  while (world.next()) {
    for (const Notice& notice : world.wait(kForever)) {
      const auto* exit = std::get_if<Exited>(&notice.fact);
      if (!exit) continue;
      lost += exit->cause == Cause::Lost;
      crashed += exit->cause == Cause::Exit;
      ended += exit->cause == Cause::None;
    }
    world.acknowledged();
  }
  // Binomial, six standard deviations: fails by chance for one seed in 10^8, and the seed is fixed.
  EXPECT_NEAR(lost, 600, 132);
  EXPECT_NEAR(crashed, 900, 151);
  EXPECT_NEAR(ended, 1200, 161);
  EXPECT_EQ(world.live(), 3000 - lost - crashed - ended) << "those that hang";
}

TEST(World, LosesARunAtTheBeginInTheMiddleAndAfterTheLastReport) {
  using Moment = Faults::Moment;
  const std::vector<std::pair<Moment, Lines>> ways = {
      {Moment::Begin, {"1: trial 0 reports 1.5 at 1", "1: trial 0 ends, lost"}},
      {Moment::Middle, {"1: trial 0 reports 1.5 at 1", "1.5: trial 0 ends, lost"}},
      {Moment::End, {"1: trial 0 reports 1.5 at 1", "2: trial 0 reports 2.5 at 2", "2.25: trial 0 ends, lost"}}};
  for (const auto& [moment, lines] : ways) {
    Plan plan = two_workers();
    plan.faults.marks = {{.what = Faults::Mark::What::Lost, .at = 2, .moment = moment, .times = 2}};
    World world(epochs(), plan);
    world.launch(trial(0, 2));
    EXPECT_EQ(story(world), lines);
    if (moment == Moment::End) continue;  // its checkpoint has nothing left to do
    world.launch(trial(0, 2, 2));
    EXPECT_EQ(story(world).size(), 1u) << "lost once more, without a report";
    world.launch(trial(0, 2, 3));
    EXPECT_EQ(story(world).size(), 2u) << "the third attempt is spared";
  }
}

TEST(World, DeliversLateAndDoubledReports) {
  Plan plan = two_workers();
  plan.faults.late = plan.faults.twice = 1;
  World world(epochs(), plan);
  world.launch(trial(0, 3));
  Lines lines = story(world);
  EXPECT_EQ(lines.size(), 7u) << "three reports twice, and the end";
  EXPECT_NE(lines.back(), "3: trial 0 ends") << "something came after it";
}

}  // namespace
}  // namespace hone
