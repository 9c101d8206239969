#include <gtest/gtest.h>

#include "schedule/desk_for_test.h"

namespace hone {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

ScheduleInputs maximizing(Resource max) {
  ScheduleInputs inputs = epochs(1, max);
  inputs.maximize = true;
  return inputs;
}

TEST(Percentile, LetsTheBestShareOfTheOthersResultsAtThatStepGoOn) {
  Desk desk("percentile", epochs(1, 9), {{"startup", std::int64_t{5}}});
  for (double loss : {0.1, 0.2, 0.3, 0.4, 0.5}) desk.report(desk.begin(9), 1, loss);
  for (int i = 0; i < 5; ++i) desk.end(i, Change::Completed);
  TrialId good = desk.start(), bad = desk.start();
  desk.report(good, 1, 0.2);  // a quarter of the way from the best to the worst of the five: not worse
  EXPECT_EQ(brief(desk.next()), "start 9");
  desk.report(bad, 1, 0.21);  // and of the six, 0.1, 0.2, 0.2, 0.3, 0.4, 0.5, it is 0.2
  EXPECT_EQ(why(desk.next()), "best 0.21 by epoch 1 is worse than what the best 25 % have, 0.2 of 6 trials");
  EXPECT_EQ(brief(desk.next()), "stop 6");
}

TEST(Percentile, ComparesWithResultsOfTheStepAndNotWithAverages) {
  for (const char* name : {"percentile", "median"}) {
    Options options = {{"startup", std::int64_t{1}}};
    if (std::string(name) == "percentile") options["percentile"] = 50.0;
    Desk desk(name, epochs(1, 9), options);
    TrialId other = desk.start();
    desk.report(other, 1, 0.9);
    desk.report(other, 2, 0.1);  // 0.5 on average
    TrialId id = desk.start();
    desk.report(id, 2, 0.3);
    EXPECT_EQ(brief(desk.next()), std::string(name) == "percentile" ? "stop 1" : "start 9");
  }
}

TEST(Percentile, WaitsForOthersAndForTheGrace) {
  Desk desk("percentile", epochs(1, 9), {{"startup", std::int64_t{2}}, {"grace", std::int64_t{2}}});
  TrialId a = desk.start(), b = desk.start(), bad = desk.start();
  desk.report(a, 1, 0.1);
  desk.report(b, 1, 0.1);
  desk.report(bad, 1, 0.9);
  EXPECT_EQ(brief(desk.next()), "start 9") << "within the grace";
  desk.report(a, 2, 0.1);
  desk.report(bad, 2, 0.9);
  EXPECT_EQ(brief(desk.next()), "start 9") << "one other";
  desk.report(b, 3, 0.1);
  desk.report(a, 3, 0.1);
  desk.report(bad, 3, 0.8);
  EXPECT_EQ(brief(desk.next()), "stop 2");
}

TEST(Threshold, StopsWhatLeavesTheLimitsInTheUsersDirection) {
  Desk desk("threshold", maximizing(9), {{"lower", 0.2}, {"grace", std::int64_t{2}}});
  TrialId id = desk.start();
  desk.report(id, 1, -0.1);
  EXPECT_EQ(brief(desk.next()), "start 9") << "within the grace";
  desk.report(id, 2, -0.3);
  EXPECT_EQ(brief(desk.next()), "start 9");
  desk.report(id, 3, -0.15);
  EXPECT_EQ(brief(desk.next(false, 0)), "stop 0");
  EXPECT_EQ(why(desk.next()), "0.15 at epoch 3 is below the lower limit 0.2");
}

TEST(Threshold, StopsAboveTheUpperLimitAndWhatIsNoNumber) {
  Desk desk("threshold", epochs(1, 9), {{"upper", 2.0}});
  TrialId high = desk.start(), nan = desk.start();
  desk.report(high, 1, 2.0);
  EXPECT_EQ(brief(desk.next()), "start 9");
  desk.report(high, 2, 2.1);
  EXPECT_EQ(why(desk.next()), "2.1 at epoch 2 is above the upper limit 2");
  desk.end(high, Change::Stopped);
  desk.report(nan, 1, kNan);
  EXPECT_EQ(why(desk.next()), "no number at epoch 1");
}

TEST(Threshold, LetsATrialThatHasComeToTheEndBe) {
  Desk desk("threshold", epochs(1, 3), {{"upper", 2.0}});
  TrialId id = desk.start();
  desk.report(id, 3, 9);
  EXPECT_EQ(brief(desk.next()), "start 3");
}

TEST(Plateau, EndsATrialThatNoLongerImproves) {
  Desk desk("plateau", maximizing(20), {{"patience", std::int64_t{3}}, {"delta", 0.01}});
  TrialId id = desk.start();
  desk.report(id, 1, -0.5);
  desk.report(id, 2, -0.6);
  desk.report(id, 3, -0.605);
  desk.report(id, 4, -0.608);
  EXPECT_EQ(brief(desk.next()), "start 20") << "two without an improvement of more than 0.01";
  desk.report(id, 5, -0.7);
  desk.report(id, 6, -0.65);
  desk.report(id, 7, -0.71);
  EXPECT_EQ(brief(desk.next()), "start 20");
  desk.report(id, 8, kNan);
  EXPECT_EQ(brief(desk.next(false, 0)), "stop 0");
  EXPECT_EQ(why(desk.next()), "no better than 0.7 at epoch 5 in 3 reports since");
}

TEST(Plateau, NeverComparesATrialWithOthers) {
  Desk desk("plateau", epochs(1, 20), {{"patience", std::int64_t{2}}});
  TrialId good = desk.start(), bad = desk.start();
  for (Resource at = 1; at < 10; ++at) {
    desk.report(good, at, 0.1 / static_cast<double>(at));
    desk.report(bad, at, 9.0 / static_cast<double>(at));
    EXPECT_EQ(brief(desk.next()), "start 20");
  }
}

TEST(Plateau, WaitsForTheGraceAndCountsReportsOnce) {
  Desk desk("plateau", epochs(1, 20), {{"patience", std::int64_t{2}}, {"grace", std::int64_t{4}}});
  TrialId id = desk.start();
  for (Resource at = 1; at <= 3; ++at) desk.report(id, at, 0.5);
  EXPECT_EQ(brief(desk.next()), "start 20") << "within the grace";
  desk.report(id, 4, 0.4);
  desk.report(id, 4, 0.4);
  desk.report(id, 5, 0.4);
  EXPECT_EQ(brief(desk.next()), "start 20") << "the second report at epoch 4 is none";
  desk.report(id, 6, 0.4);
  EXPECT_EQ(brief(desk.next()), "stop 0");
}

TEST(Stoppers, ForgetTheirVerdictWhenTheTrialIsRunAnew) {
  Desk desk("plateau", epochs(1, 20), {{"patience", std::int64_t{1}}});
  TrialId id = desk.start();
  desk.report(id, 1, 0.5);
  desk.report(id, 2, 0.5);
  EXPECT_EQ(brief(desk.next()), "stop 0");
  desk.end(id, Change::Failed);
  desk.resume(id, 20);
  EXPECT_EQ(brief(desk.next()), "start 20");
}

}  // namespace
}  // namespace hone
