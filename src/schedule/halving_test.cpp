#include "schedule/halving.h"

#include <gtest/gtest.h>

#include "schedule/desk_for_test.h"

namespace hone {
namespace {

using Table = std::vector<std::vector<std::pair<std::int64_t, Resource>>>;

Table table(const std::vector<Bracket>& brackets) {
  Table rows;
  for (const Bracket& bracket : brackets) {
    rows.emplace_back();
    for (const Rung& rung : bracket.rungs) rows.back().push_back({rung.n, rung.r});
  }
  return rows;
}

TEST(Hyperband, HasTheBracketsOfThePapersTable) {  // Li 2018, table 1: R = 81, eta = 3
  EXPECT_EQ(table(hyperband_shapes(epochs(1, 81), 3)), (Table{{{81, 1}, {27, 3}, {9, 9}, {3, 27}, {1, 81}},
                                                              {{34, 3}, {11, 9}, {3, 27}, {1, 81}},
                                                              {{15, 9}, {5, 27}, {1, 81}},
                                                              {{8, 27}, {2, 81}},
                                                              {{5, 81}}}));
  EXPECT_EQ(hyperband_shapes(epochs(1, 81), 3).front().s, 4);
}

TEST(Hyperband, BeginsAtTheMinimumOfTheFidelity) {
  EXPECT_EQ(table(hyperband_shapes(epochs(4, 64), 4)),
            (Table{{{16, 4}, {4, 16}, {1, 64}}, {{6, 16}, {1, 64}}, {{3, 64}}}));
  EXPECT_EQ(table(hyperband_shapes(epochs(5, 5), 4)), (Table{{{1, 5}}}));
}

TEST(Hyperband, CanBePlannedOverAnyRange) {
  const auto most = std::numeric_limits<Resource>::max();
  for (const Bracket& bracket : hyperband_shapes(epochs(1, most), 2)) {
    EXPECT_GT(bracket.rungs.front().n, 0);
    EXPECT_EQ(bracket.rungs.back().r, most);
  }
}

TEST(Hyperband, PlansAsManyRoundsAsThereAreTrials) {
  ScheduleInputs inputs = epochs(1, 9);  // 9, 3, 1; 5, 1; 3
  Shapes shapes = hyperband_shapes(inputs, 3);
  inputs.trials = 17 + 9 + 4;
  EXPECT_EQ(table(halving_plan(inputs, 3, shapes)), (Table{{{18, 1}, {6, 3}, {2, 9}}, {{9, 3}, {2, 9}}, {{3, 9}}}));
  inputs.trials = 7;
  EXPECT_EQ(table(halving_plan(inputs, 3, shapes)), (Table{{{7, 1}, {2, 3}, {1, 9}}}));
}

TEST(Sh, FillsARungBeforeAnybodyGoesOnAndWaitsForItsLast) {
  Desk desk("sh", epochs(1, 9));
  for (int i = 0; i < 8; ++i) desk.finish(desk.start(), 0.1 * (8 - i));
  EXPECT_EQ(why(desk.next()), "bracket 1, rung 1 (epoch 1): trial 9 of 9");
  TrialId last = desk.start();
  EXPECT_EQ(why(desk.next()), "bracket 1, rung 1 (epoch 1) waits for 1 of its 9 trials");
  desk.finish(last, 0.15);
  EXPECT_EQ(why(desk.next()), "bracket 1, rung 1 (epoch 1): 0.1 is 1st of 9, top 3 go on; on to epoch 3");
  for (TrialId id : {7, 8, 6}) {
    EXPECT_EQ(brief(desk.next()), "resume " + std::to_string(id) + " to 3");
    desk.resume(id, 3);
  }
  EXPECT_EQ(why(desk.next()), "bracket 1, rung 2 (epoch 3) waits for 3 of its 3 trials");
  EXPECT_EQ(desk.standing(5), "bracket 1, rung 1 (epoch 1): 0.3 is 4th of 9, top 3 go on");
  desk.finish(7, 0.5);
  desk.finish(8, 0.4);
  desk.finish(6, 0.3);
  EXPECT_EQ(brief(desk.next()), "resume 6 to 9");
  desk.resume(6, 9);
  EXPECT_EQ(brief(desk.next()), "wait") << "the bracket has not ended";
  desk.finish(6, 0.3, true);
  EXPECT_EQ(why(desk.next()), "bracket 2, rung 1 (epoch 1): trial 1 of 9");
}

TEST(Sh, BeginsABracketWithNTrials) {
  Desk desk("sh", epochs(1, 9), {{"n", std::int64_t{4}}, {"eta", std::int64_t{2}}});
  for (double loss : {0.4, 0.3, 0.2, 0.1}) desk.finish(desk.start(), loss);
  for (TrialId id : {3, 2}) {
    EXPECT_EQ(brief(desk.next()), "resume " + std::to_string(id) + " to 2");
    desk.resume(id, 2);
    desk.finish(id, 0.1);
  }
  EXPECT_EQ(brief(desk.next()), "resume 2 to 4") << "ties by trial";
}

TEST(Sh, NeverWaitsForTheDeadAndCountsThemAsWorst) {
  Desk desk("sh", epochs(1, 9));
  for (int i = 0; i < 7; ++i) desk.finish(desk.start(), 0.1 * i);
  desk.end(desk.start(), Change::Failed);
  desk.end(desk.start(), Change::Failed);
  for (TrialId id : {0, 1, 2}) {
    EXPECT_EQ(brief(desk.next()), "resume " + std::to_string(id) + " to 3") << "three of nine, though seven live";
    desk.resume(id, 3);
  }
  desk.end(0, Change::Failed);
  desk.end(1, Change::Failed);
  desk.finish(2, 0.7);
  EXPECT_EQ(why(desk.next()), "bracket 1, rung 2 (epoch 3): 0.7 is 1st of 3, top 1 go on; on to epoch 9");
  desk.resume(2, 9);
  desk.end(2, Change::Failed);
  EXPECT_EQ(
      why(desk.next()),
      "bracket 1, rung 1 (epoch 1): 0.3 is 4th of 9, top 3 go on, and those before it have failed or ended; on to "
      "epoch 3");
}

TEST(Sh, GoesOnWithTheNextBracketWhenAWholeRungFails) {
  Desk desk("sh", epochs(1, 9));
  for (int i = 0; i < 9; ++i) desk.end(desk.start(), Change::Failed);
  EXPECT_EQ(why(desk.next()), "bracket 2, rung 1 (epoch 1): trial 1 of 9");
  EXPECT_EQ(brief(desk.next(false)), "wait");
}

TEST(Sh, MakesDoWithTheTrialsThatItHasWhenNoMoreMayStart) {
  Desk desk("sh", epochs(1, 9));
  for (int i = 0; i < 7; ++i) desk.finish(desk.start(), 0.1 * i);
  for (TrialId id : {0, 1}) {
    EXPECT_EQ(brief(desk.next(false)), "resume " + std::to_string(id) + " to 3");
    desk.resume(id, 3);
    desk.finish(id, 0.1);
  }
  EXPECT_EQ(brief(desk.next()), "resume 0 to 9") << "the bracket is closed, also if trials may start again";
  desk.resume(0, 9);
  desk.finish(0, 0.1, true);
  EXPECT_EQ(brief(desk.next(false)), "wait");
  EXPECT_EQ(why(desk.next()), "bracket 2, rung 1 (epoch 1): trial 1 of 9");
}

TEST(Sh, RevivesATrialThatTheUserRetries) {
  Desk desk("sh", epochs(1, 3));
  TrialId dead = desk.start();
  desk.end(dead, Change::Failed);
  desk.run(0.2);
  desk.resume(dead, 1);
  desk.run(0.3);
  EXPECT_EQ(why(desk.next()), "bracket 1, rung 1 (epoch 1) waits for 1 of its 3 trials");
  desk.finish(dead, 0.1);
  EXPECT_EQ(why(desk.next()), "bracket 1, rung 1 (epoch 1): 0.1 is 1st of 3, top 1 go on; on to epoch 3");
}

TEST(Sh, TakesAnEarlyEndForAResultOnlyWhereTheTrialCame) {
  Desk desk("sh", epochs(2, 6));
  TrialId early = desk.start(), full = desk.start(), other = desk.start();
  desk.report(early, 1, 0.01);
  desk.end(early, Change::Completed);
  desk.report(full, 2, 0.2);
  desk.end(full, Change::Completed);
  desk.finish(other, 0.3);
  EXPECT_EQ(brief(desk.next()), "resume 2 to 6") << "the best has ended, the one at epoch 1 is not compared";
}

TEST(Sh, PromotesByFrontsWhereThereAreSeveralObjectives) {
  ScheduleInputs inputs = epochs(1, 3);
  inputs.objectives = 2;
  Desk desk("sh", inputs);
  const std::vector<std::vector<double>> losses = {{0.1, 0.9}, {0.2, 0.8}, {0.05, 0.7}};
  for (const auto& loss : losses) {
    TrialId id = desk.start();
    desk.report(id, 1, loss);
    desk.end(id, Change::Paused);
  }
  EXPECT_EQ(why(desk.next()), "bracket 1, rung 1 (epoch 1): front 1 of 2, 1st of 3, top 1 go on; on to epoch 3");
  EXPECT_EQ(brief(desk.next()), "resume 2 to 3");
}

TEST(Hyperband, RunsItsBracketsInTurnAndThenFromTheStart) {
  Desk desk("hyperband", epochs(1, 9));
  std::vector<std::string> started;
  for (int i = 0; i < 50; ++i) {
    Move move = desk.next();
    if (auto* resume = std::get_if<Resume>(&move)) {
      const Resume to = *resume;
      desk.resume(to.trial, to.until);
      desk.finish(to.trial, 0.1, to.until == 9);
      continue;
    }
    ASSERT_TRUE(std::holds_alternative<Start>(move)) << why(move);
    const std::string words = why(move);
    if (words.find(": trial 1 of") != std::string::npos) started.push_back(words);
    const Start start = std::get<Start>(move);
    desk.finish(desk.begin(start.until, start.bracket), 0.1, start.until == 9);
  }
  EXPECT_EQ(started, (std::vector<std::string>{"bracket 2 of round 1, rung 1 (epoch 1): trial 1 of 9",
                                               "bracket 1 of round 1, rung 1 (epoch 3): trial 1 of 5",
                                               "bracket 0 of round 1, rung 1 (epoch 9): trial 1 of 3",
                                               "bracket 2 of round 2, rung 1 (epoch 1): trial 1 of 9",
                                               "bracket 1 of round 2, rung 1 (epoch 3): trial 1 of 5",
                                               "bracket 0 of round 2, rung 1 (epoch 9): trial 1 of 3",
                                               "bracket 2 of round 3, rung 1 (epoch 1): trial 1 of 9"}));
}

TEST(Dehb, PromotesInItsFirstBracketAndFillsTheRungsOfAllOthersWithNewTrials) {
  Desk desk("dehb", epochs(1, 9));
  std::vector<std::string> moves;
  for (int i = 0; i < 13 + 6 + 3 + 13; ++i) {
    Move move = desk.next();
    if (auto* resume = std::get_if<Resume>(&move)) {
      const Resume to = *resume;
      desk.resume(to.trial, to.until);
      desk.finish(to.trial, 0.1, to.until == 9);
    } else {
      ASSERT_TRUE(std::holds_alternative<Start>(move)) << why(move);
      const Start start = std::get<Start>(move);
      desk.finish(desk.begin(start.until, start.bracket), 0.1, start.until == 9);
    }
    if (moves.empty() || moves.back() != brief(move).substr(0, 6) + brief(move).back()) {
      moves.push_back(brief(move).substr(0, 6) + brief(move).back());
    }
  }
  EXPECT_EQ(moves, (std::vector<std::string>{"start 1", "resume3", "resume9", "start 3", "start 9", "start 1",
                                             "start 3", "start 9"}))
      << "9, 3, 1; 5, 1; 3 more at 9; then 9, 3, 1 new ones";
  EXPECT_EQ(desk.standing(5), "bracket 2 of round 1, rung 1 (epoch 1): 0.1 is 6th of 9, top 3 go on");
  EXPECT_EQ(desk.standing(9),
            "bracket 1 of round 1, rung 1 (epoch 3): 0.1 is 1st of 6, and the next rung is filled with new trials");
}

TEST(Dehb, BeginsTheNextBracketWhereARungWaits) {
  Desk desk("dehb", epochs(1, 9));
  for (int i = 0; i < 9; ++i) desk.start();
  EXPECT_EQ(why(desk.next()), "bracket 1 of round 1, rung 1 (epoch 3): trial 1 of 5");
  EXPECT_EQ(why(desk.next(false)), "bracket 2 of round 1, rung 1 (epoch 1) waits for 9 of its 9 trials");
  desk.start();
  for (int i = 0; i < 9; ++i) desk.finish(i, 0.1 * i);
  EXPECT_EQ(brief(desk.next()), "resume 0 to 3") << "older brackets first";
}

TEST(Dehb, PlansNewTrialsInAllBracketsButTheFirst) {
  ScheduleInputs inputs = epochs(1, 9);
  Shapes shapes = hyperband_shapes(inputs, 3);
  inputs.trials = 9 + 5 + 1 + 3 + 4;
  EXPECT_EQ(table(evolving_plan(inputs, 3, shapes)),
            (Table{{{9, 1}, {3, 3}, {1, 9}}, {{5, 3}}, {{1, 9}}, {{3, 9}}, {{4, 1}}}));
  inputs.trials = 5;
  EXPECT_EQ(table(evolving_plan(inputs, 3, shapes)), (Table{{{5, 1}, {1, 3}, {1, 9}}}));
  inputs.trials.reset();
  EXPECT_EQ(table(evolving_plan(inputs, 3, shapes)), (Table{{{9, 1}, {3, 3}, {1, 9}}, {{5, 3}}, {{1, 9}}, {{3, 9}}}));
}

// A study whose maximum was raised tells its trials again, with bracket -1.
TEST(Hyperband, TakesTheBestOfTrialsFromOtherLevelsFurther) {
  Desk desk("hyperband", epochs(1, 9));
  for (double loss : {0.1, 0.2, 0.3}) desk.finish(desk.begin(3, -1), loss);
  EXPECT_EQ(brief(desk.next()), "resume 0 to 9");
  desk.resume(0, 9);
  EXPECT_EQ(why(desk.next()), "bracket 2 of round 1, rung 1 (epoch 1): trial 1 of 9");
}

}  // namespace
}  // namespace hone
