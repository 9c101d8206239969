#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedule/desk_for_test.h"
#include "schedule/foretell.h"

namespace hone {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A trial to `until` that reports a loss at each of 1, 3, 9 ... on its way, and pauses.
TrialId pass(Desk& desk, const std::vector<double>& losses, Resource until) {
  const TrialId id = desk.begin(until);
  Resource at = 1;
  for (const double loss : losses) {
    desk.report(id, at, loss);
    at *= 3;
  }
  desk.end(id, Change::Paused);
  return id;
}

TEST(Auto, StartsAtTheSecondRungUntilTheLowestHasShownThatItForetells) {
  Desk desk("auto", epochs(1, 27));
  EXPECT_EQ(brief(desk.next()), "start 3");
  EXPECT_THAT(
      why(desk.next()),
      HasSubstr("rung 1 (epoch 1) is passed over until 8 trials have shown whether its order is that of the next"));
  for (int i = 0; i < 7; ++i) pass(desk, {0.1 * i, 0.2 * i}, 3);
  desk.resume(0, 9);
  desk.resume(1, 9);
  EXPECT_EQ(brief(desk.next()), "start 3") << "seven trials say too little";
  pass(desk, {0.9, 0.9}, 3);
  EXPECT_EQ(brief(desk.next()), "start 1");
  EXPECT_THAT(why(desk.next()), Not(HasSubstr("passed over")));
}

TEST(Auto, PassesOverARungWhoseOrderIsNotThatOfTheNext) {
  Desk desk("auto", epochs(1, 27));
  // Rung 2 (epoch 3) has nothing to do with rung 3 (epoch 9), and rung 1 nothing with rung 2.
  const std::vector<double> first{3, 1, 4, 1.5, 9, 2, 6, 5}, second{1, 2, 3, 4, 5, 6, 7, 8},
      third{5, 2, 8, 1, 3, 7, 4, 6};
  for (std::size_t i = 0; i < first.size(); ++i) pass(desk, {first[i], second[i], third[i]}, 9);
  EXPECT_EQ(brief(desk.next()), "resume 3 to 27") << "rung 3 still counts";
  desk.resume(3, 27);
  desk.resume(1, 27);
  EXPECT_EQ(brief(desk.next()), "start 9");
  EXPECT_THAT(why(desk.next()), HasSubstr("rung 2 (epoch 3) is passed over since its order is not that of rung 3"));
  const auto passed = desk.passed_rungs();
  ASSERT_EQ(passed.size(), 2U);
  EXPECT_EQ(passed[0].r, 1);
  EXPECT_EQ(desk.standing(4), "rung 3 (epoch 9): 3 is 3rd of 8, top 2 go on");
  pass(desk, {9, 9}, 3);
  EXPECT_THAT(desk.standing(8),
              HasSubstr("rung 2 (epoch 3): 9 is 9th of 9, top 3 go on; the rung is passed over since"));
  EXPECT_EQ(passed[1].r, 3);
  EXPECT_THAT(passed[1].why,
              HasSubstr("since its order is not that of rung 3 (rank correlation 0.19 of 8 trials, least 0.5)"));
}

TEST(Auto, PlansToPassTheLowestRung) {
  ScheduleInputs inputs = epochs(1, 9);
  const auto passed = [&] {
    std::vector<bool> out;
    const std::vector<Bracket> plan = find_scheduler("auto")->plan(inputs, {});
    for (const Rung& rung : plan.front().rungs) out.push_back(rung.passed);
    return out;
  };
  EXPECT_EQ(passed(), (std::vector<bool>{true, false, false}));
  inputs.min = 9;
  EXPECT_EQ(passed(), std::vector<bool>{false}) << "nothing to pass on to";
}

TEST(Foretell, ATrialThatBeganBeyondARungIsNoneOfItsResults) {
  Foretell foretell(epochs(1, 9), {1, 3, 9}, true), alone = foretell;
  Trial trial;
  for (TrialId id = 0; id < 40; ++id) {
    trial.id = id;
    const double loss = static_cast<double>(id);
    // The best ten of rung 1 went on, and a bracket began at rung 2.
    if (id < 20) trial.reports = {{1, {loss}, {}, 0}};
    else trial.reports = {{3, {-loss}, {}, 0}};
    if (id < 10) trial.reports.push_back({3, {id % 2 == 0 ? loss : -loss}, {}, 0});
    foretell.tell(trial, Change::Reported);
    if (id < 20) alone.tell(trial, Change::Reported);
  }
  EXPECT_EQ(foretell.pairs(0), 10);
  EXPECT_EQ(foretell.correlation(0), alone.correlation(0));
}

TEST(Auto, SaysSoWhereTheNextRungDoesNotTellTrialsApart) {
  Desk desk("auto", epochs(1, 27));
  for (int i = 0; i < 8; ++i) pass(desk, {0.1 * i, 0.5}, 3);
  for (TrialId id : {0, 1}) desk.resume(id, 9);
  EXPECT_EQ(brief(desk.next()), "start 3");
  EXPECT_THAT(
      why(desk.next()),
      HasSubstr("rung 1 (epoch 1) is passed over since all 8 trials are alike at rung 2, so that it has nothing "
                "to foretell"));
  // What it took for no use may turn out to be of some.
  for (int i = 0; i < 200; ++i) pass(desk, {0.01 * i, 0.01 * i}, 3);
  for (Move move = desk.next(); std::holds_alternative<Resume>(move); move = desk.next())
    desk.resume(std::get<Resume>(move).trial, std::get<Resume>(move).until);
  EXPECT_EQ(brief(desk.next()), "start 1");
}

TEST(Auto, CountsARungAgainOnceItForetells) {
  Desk desk("auto", epochs(1, 9));
  for (const double loss : {4.0, 1.0, 3.0, 2.0, 8.0, 6.0, 7.0, 5.0}) pass(desk, {loss, 1 / loss}, 3);
  EXPECT_THAT(why(desk.next(true)), HasSubstr("on to epoch 9"));
  for (TrialId id : {4, 6}) desk.resume(id, 9);
  EXPECT_THAT(why(desk.next()), HasSubstr("rank correlation -1.00 of 8 trials"));
  for (int i = 0; i < 200; ++i) pass(desk, {0.01 * i, 0.01 * i + 10}, 3);
  bool counts = false;
  for (int i = 0; i < 100 && !counts; ++i) {
    Move move = desk.next();
    if (auto* resume = std::get_if<Resume>(&move)) desk.resume(resume->trial, resume->until);
    else counts = brief(move) == "start 1";
  }
  EXPECT_TRUE(counts);
}

TEST(Auto, PassesOverARungThatTakesMostOfTheTime) {
  Desk desk("auto", epochs(1, 9));
  for (int i = 0; i < 8; ++i) {
    const TrialId id = desk.begin(3);
    desk.report(id, 1, {1.0 * i}, 100);  // most of it to start it
    desk.report(id, 3, {1.0 * i}, 102);
    desk.end(id, Change::Paused);
  }
  for (TrialId id : {0, 1}) desk.resume(id, 9);
  EXPECT_EQ(brief(desk.next()), "start 3") << "though the orders are the same";
}

TEST(Auto, LeavesOutARungJustBelowTheTop) {
  Desk desk("auto", epochs(1, 10));
  for (int i = 0; i < 6; ++i) pass(desk, {0.1 * i, 0.2 * i}, 3);
  EXPECT_EQ(brief(desk.next()), "resume 0 to 10");
}

TEST(Auto, StopsTrialsThatCannotGoOnLater) {
  ScheduleInputs inputs = epochs(1, 9);
  inputs.resumable = false;
  Desk desk("auto", inputs);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(brief(desk.next()), "start 9");
    const TrialId id = desk.begin(9);
    desk.report(id, 1, 1 - 0.1 * i);
    EXPECT_EQ(brief(desk.next()), "start 9") << "nobody is stopped at the lowest rung yet";
    desk.report(id, 3, 0.1 * i);
    if (i < 2) continue;
    EXPECT_EQ(brief(desk.next()), "stop " + std::to_string(id));
    desk.end(id, Change::Stopped);
  }
}

TEST(Auto, RunsEveryTrialToTheEndWhereThereIsASlotForEach) {
  ScheduleInputs inputs = epochs(1, 27);
  inputs.trials = 8;
  inputs.slots = 8;
  Desk desk("auto", inputs);
  desk.slots = 8;
  EXPECT_EQ(brief(desk.next()), "start 27");
  EXPECT_EQ(why(desk.next()), "there is a slot for each trial, so all run to the end");
  desk.slots = 7;
  EXPECT_EQ(brief(desk.next()), "start 3") << "the machine has fewer than are wanted";
  desk.finish(desk.begin(3), 0.5);
  EXPECT_THAT(desk.standing(0), testing::HasSubstr("rung")) << "as without";
  EXPECT_FALSE(desk.passed_rungs().empty());
  desk.slots = 8;
  EXPECT_EQ(brief(desk.next()), "resume 0 to 27") << "and now it has as many";
  inputs.slots = 7;
  EXPECT_EQ(brief(Desk("auto", inputs).next()), "start 3");
}

TEST(Auto, RunsEveryTrialToTheEndWhereThereAreNoRungs) {
  Desk desk("auto", epochs(1, 1));
  EXPECT_EQ(brief(desk.next()), "start 1");
}

TEST(Foretell, ComparesTheOrderThatIsUsedFeasibleOnesFirst) {
  for (const bool constrained : {true, false}) {
    Foretell foretell(epochs(1, 9), {1, 3, 9}, true);
    for (TrialId id = 0; id < 12; ++id) {
      Trial trial;
      trial.id = id;
      const auto x = static_cast<double>(id);
      const std::vector<double> excess = constrained ? std::vector<double>{x - 4} : std::vector<double>{};
      // The loss of the feasible ones and how much the others break the constraint are ordered alike, all losses are not.
      const double early = constrained && id > 4 ? -x : x;
      trial.reports = {{1, {constrained ? early : -x}, excess, 0}, {3, {x}, excess, 0}};
      foretell.tell(trial, Change::Reported);
    }
    EXPECT_EQ(foretell.counts(0), constrained);
    ASSERT_TRUE(foretell.correlation(0).has_value());
    EXPECT_NEAR(*foretell.correlation(0), constrained ? 1 : -1, 1e-12);
  }
}

}  // namespace
}  // namespace hone
