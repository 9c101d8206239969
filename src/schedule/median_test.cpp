#include <gtest/gtest.h>

#include "schedule/desk_for_test.h"

namespace hone {
namespace {

const Options kEarly = {{"startup", std::int64_t{3}}};

TEST(Median, StopsWhatIsWorseThanTheMedianOfTheOthersAverages) {
  Desk desk("median", epochs(1, 9), kEarly);
  for (double loss : {0.1, 0.2, 0.3}) {
    TrialId id = desk.start();
    desk.report(id, 1, loss);
    desk.report(id, 2, loss + 0.2);  // averages by epoch 2: 0.2, 0.3, 0.4
  }
  TrialId id = desk.start();
  desk.report(id, 1, 0.35);
  EXPECT_EQ(brief(desk.next(true, 0)), "stop 3");
  EXPECT_EQ(why(desk.next()), "best 0.35 by epoch 1 is worse than the median 0.2 of 3 trials");
  desk.end(id, Change::Stopped);
  EXPECT_EQ(brief(desk.next()), "start 9");
}

TEST(Median, LooksAtTheBestSoFarNotAtTheLatest) {
  Desk desk("median", epochs(1, 9), kEarly);
  for (double loss : {0.1, 0.2, 0.3}) {
    TrialId id = desk.start();
    desk.report(id, 1, loss);
    desk.report(id, 2, loss + 0.2);
  }
  TrialId id = desk.start();
  desk.report(id, 1, 0.2);  // equal to the median: not strictly worse
  EXPECT_EQ(brief(desk.next()), "start 9");
  desk.report(id, 2, 0.9);  // best 0.2 against a median of 0.3
  EXPECT_EQ(brief(desk.next()), "start 9");
}

TEST(Median, ComparesMeansOfScoresAtTheSameNumberOfFoldsOnly) {
  ScheduleInputs folds = epochs(1, 9);
  folds.unit = "fold";
  folds.mean = true;
  for (const char* name : {"median", "percentile"}) {
    Desk desk(name, folds, kEarly);
    for (double mean : {0.2, 0.3, 0.4}) {
      TrialId id = desk.start();
      desk.report(id, 1, mean + 0.3);  // the means of one fold, of two
      desk.report(id, 2, mean);
    }
    TrialId lucky = desk.start();
    desk.report(lucky, 1, 0.1);
    EXPECT_EQ(brief(desk.next()), "start 9");
    desk.report(lucky, 2, 0.35);
    EXPECT_EQ(brief(desk.next()), "stop 3") << "the first fold is part of the mean";
    EXPECT_EQ(why(desk.next()).substr(0, 34), "mean 0.35 by fold 2 is worse than ");
    // Nobody has four folds, though all have more or fewer.
    Desk jumps(name, folds, kEarly);
    for (double mean : {0.2, 0.3, 0.4}) {
      TrialId id = jumps.start();
      jumps.report(id, 2, mean);
      jumps.report(id, 6, mean);
    }
    TrialId other = jumps.start();
    jumps.report(other, 4, 0.9);
    EXPECT_EQ(brief(jumps.next()), "start 9");
    jumps.report(other, 6, 0.9);
    EXPECT_EQ(brief(jumps.next()), "stop 3");
  }
}

TEST(Median, WaitsForStartupTrialsAndForTheGrace) {
  Desk desk("median", epochs(1, 9), {{"startup", std::int64_t{2}}, {"grace", std::int64_t{3}}});
  TrialId a = desk.start(), b = desk.start(), bad = desk.start();
  for (Resource at = 1; at <= 3; ++at) {
    desk.report(a, at, 0.1);
    if (at == 3) {
      desk.report(bad, at, 0.9);
      EXPECT_EQ(brief(desk.next()), "start 9") << "one other is fewer than two";
    } else {
      desk.report(bad, at, 0.9);
      EXPECT_EQ(brief(desk.next()), "start 9") << "within the grace";
    }
    desk.report(b, at, 0.1);
  }
  desk.report(a, 4, 0.1);
  desk.report(b, 4, 0.1);
  desk.report(bad, 4, 0.9);
  EXPECT_EQ(brief(desk.next()), "stop 2");
}

TEST(Median, CountsOthersThatJumpedOverTheStep) {
  Desk desk("median", epochs(1, 9), {{"startup", std::int64_t{2}}});
  TrialId a = desk.start(), b = desk.start(), c = desk.start();
  desk.report(a, 1, 0.2);
  desk.report(a, 9, 0.0);  // jumps over 2; counts there with its mean up to 2
  desk.report(b, 1, 0.1);
  desk.report(b, 4, 0.1);
  desk.report(c, 2, 0.16);  // a step nobody reported at; median of 0.1 and 0.2 is 0.15
  EXPECT_EQ(brief(desk.next()), "stop 2");
  EXPECT_EQ(why(desk.next()), "best 0.16 by epoch 2 is worse than the median 0.15 of 2 trials");
}

TEST(Median, DoesNotJudgeAtTheLastFidelity) {
  Desk desk("median", epochs(1, 3), {{"startup", std::int64_t{1}}});
  TrialId a = desk.start();
  desk.report(a, 3, 0.1);
  desk.end(a, Change::Completed);
  TrialId b = desk.start();
  desk.report(b, 3, 0.9);
  EXPECT_EQ(brief(desk.next()), "start 3");
}

TEST(Median, TakesNanForTheWorst) {
  Desk desk("median", epochs(1, 9), {{"startup", std::int64_t{1}}});
  desk.report(desk.start(), 1, 0.5);
  desk.report(desk.start(), 1, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(brief(desk.next()), "stop 1");
}

TEST(None, StartsAtTheMaximumAndNothingElse) {
  Desk desk("none", epochs(1, 9));
  EXPECT_EQ(brief(desk.next()), "start 9");
  EXPECT_EQ(brief(desk.next(false)), "wait");
  EXPECT_EQ(brief(desk.next(true, 0)), "wait");
}

TEST(Median, TakesAnInfeasibleTrialForWorseThanFeasibleOnes) {
  for (const char* name : {"median", "percentile"}) {
    Desk desk(name, epochs(1, 9), kEarly);
    for (double loss : {0.1, 0.2, 0.3}) desk.report(desk.start(), {1, {loss}, {-1}, 0});
    desk.report(desk.start(), {1, {0.01}, {0.5}, 0});
    EXPECT_EQ(brief(desk.next()), "stop 3");
    EXPECT_EQ(why(desk.next()).substr(0, 55), "best 0.01 (infeasible by 0.5) by epoch 1 is worse than ") << name;
  }
}

TEST(Median, StopsAmongInfeasibleTrialsThoseThatBreakTheConstraintsByMore) {
  Desk desk("median", epochs(1, 9), kEarly);
  for (double excess : {0.1, 0.2, 0.3}) desk.report(desk.start(), {1, {0.1}, {excess}, 0});
  desk.report(desk.start(), {1, {9.0}, {0.15}, 0});
  EXPECT_EQ(brief(desk.next()), "start 9") << "not because all are infeasible";
  desk.report(desk.start(), {1, {0.01}, {0.25}, 0});
  EXPECT_EQ(brief(desk.next()), "stop 4");
  EXPECT_EQ(why(desk.next()),
            "best 0.01 (infeasible by 0.25) by epoch 1 is worse than the median 0.1 (infeasible by 0.2) of 4 trials");
}

TEST(Median, ComparesByLossWhereNoConstraintIsKnownYet) {
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  Desk desk("median", epochs(1, 9), kEarly);
  for (double loss : {0.1, 0.2, 0.3}) desk.report(desk.start(), {1, {loss}, {unknown}, 0});
  desk.report(desk.start(), {1, {0.15}, {unknown}, 0});
  EXPECT_EQ(brief(desk.next()), "start 9");
  desk.report(desk.start(), {1, {0.25}, {unknown}, 0});
  EXPECT_EQ(brief(desk.next()), "stop 4");
}

}  // namespace
}  // namespace hone
