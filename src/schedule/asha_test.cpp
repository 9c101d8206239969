#include <gtest/gtest.h>

#include "schedule/desk_for_test.h"

namespace hone {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
const Options kTwo = {{"eta", std::int64_t{2}}};
const Options kStop = {{"stop", std::int64_t{1}}};

TEST(Asha, StartsAtTheLowestRungUntilOneInEtaCanBePromoted) {
  Desk desk("asha", epochs(1, 9));
  EXPECT_EQ(brief(desk.next()), "start 1");
  desk.run(0.5);
  desk.run(0.3);
  EXPECT_EQ(brief(desk.next()), "start 1");
  desk.run(0.4);
  EXPECT_EQ(brief(desk.next()), "resume 1 to 3");
  EXPECT_EQ(why(desk.next()), "rung 1 (epoch 1): 0.3 is 1st of 3, top 1 go on; on to epoch 3");
}

TEST(Asha, SaysWhereATrialStandsThatWaits) {
  Desk desk("asha", epochs(1, 9));
  desk.run(0.5);
  desk.run(0.3);
  EXPECT_EQ(desk.standing(1), "rung 1 (epoch 1): 0.3 is 1st of 2, too few to send one on");
  desk.run(0.4);
  EXPECT_EQ(desk.standing(2), "rung 1 (epoch 1): 0.4 is 2nd of 3, top 1 go on");
  desk.resume(1, 3);
  EXPECT_EQ(desk.standing(1), "") << "it runs";
  desk.end(2, Change::Stopped);
  EXPECT_EQ(desk.standing(2), "") << "it has left";
}

TEST(Asha, PromotesFromTheHighestRungFirst) {
  Desk desk("asha", epochs(1, 4), kTwo);
  for (double loss : {0.1, 0.2, 0.3, 0.4}) desk.run(loss);
  desk.resume(0, 2);
  desk.finish(0, 0.1);
  desk.resume(1, 2);
  desk.finish(1, 0.05);
  for (double loss : {0.01, 0.02}) desk.finish(desk.begin(1), loss);
  EXPECT_EQ(brief(desk.next()), "resume 1 to 4");
  desk.resume(1, 4);
  EXPECT_EQ(brief(desk.next()), "resume 4 to 2");
}

TEST(Asha, CountsAResultOnReportButResumesOnlyWhatIsPaused) {
  Desk desk("asha", epochs(1, 9));
  TrialId best = desk.start();
  desk.run(0.5);
  desk.run(0.6);
  desk.report(best, 1, 0.1);
  EXPECT_EQ(brief(desk.next()), "start 1") << "the best has reported and is still ending";
  desk.end(best, Change::Paused);
  EXPECT_EQ(brief(desk.next()), "resume 0 to 3");
}

TEST(Asha, LetsOthersGoWhileARunIsStillEnding) {
  Desk desk("asha", epochs(1, 9));
  for (const double loss : {0.1, 0.2, 0.3, 0.4, 0.5, 0.6}) desk.run(loss);
  desk.away = {0};
  EXPECT_EQ(brief(desk.next()), "resume 1 to 3") << "among the first two as well";
  desk.resume(1, 3);
  EXPECT_EQ(brief(desk.next()), "start 1");
  EXPECT_EQ(brief(desk.next(false)), "resume 0 to 3") << "nobody else may go, so it is waited for";
  desk.away.clear();
  EXPECT_EQ(brief(desk.next()), "resume 0 to 3");
}

TEST(Asha, NeverSendsTheSecondBestOfAClosedRungBecauseTheBestIsStillEnding) {
  Desk desk("asha", epochs(1, 9));
  desk.run(0.1);
  desk.run(0.2);
  desk.away = {0};
  EXPECT_EQ(brief(desk.next(false)), "resume 0 to 3");
}

TEST(Asha, BreaksTiesByTrialAndRanksNanLast) {
  Desk desk("asha", epochs(1, 9));
  desk.run(kNan);
  desk.run(0.5);
  desk.run(0.5);
  EXPECT_EQ(brief(desk.next()), "resume 1 to 3");
}

TEST(Asha, LetsFailedTrialsLeaveTheirRungs) {
  Desk desk("asha", epochs(1, 9));
  for (double loss : {0.1, 0.2, 0.3}) desk.run(loss);
  desk.resume(0, 3);
  desk.end(0, Change::Failed);
  EXPECT_EQ(brief(desk.next()), "start 1") << "two results are left, fewer than eta";
  desk.run(0.9);
  EXPECT_EQ(brief(desk.next()), "resume 1 to 3");
}

TEST(Asha, ClosesRungsOneByOneSoThatOneTrialReachesTheTop) {
  Desk desk("asha", epochs(1, 9));
  desk.run(0.2);
  TrialId late = desk.start();
  EXPECT_EQ(brief(desk.next(false)), "wait") << "trial 1 may still come in";
  EXPECT_EQ(why(desk.next(false)), "rung 1 (epoch 1) waits for 1 of its trials");
  desk.finish(late, 0.1);
  EXPECT_EQ(brief(desk.next(false)), "resume 1 to 3");
  EXPECT_EQ(why(desk.next(false)), "rung 1 (epoch 1): 0.1 is 1st of 2, and no more can come; on to epoch 3");
  desk.resume(1, 3);
  EXPECT_EQ(brief(desk.next(false)), "wait");
  desk.finish(1, 0.1);
  EXPECT_EQ(brief(desk.next(false)), "resume 1 to 9") << "and nobody else of rung 1";
  desk.resume(1, 9);
  desk.finish(1, 0.1, true);
  EXPECT_EQ(brief(desk.next(false)), "wait");
}

TEST(Asha, SendsTheNextBestOfAClosedRungWhenTheOneSentHasFailed) {
  Desk desk("asha", epochs(1, 9));
  desk.run(0.1);
  desk.run(0.2);
  desk.resume(0, 3);
  desk.end(0, Change::Failed);
  EXPECT_EQ(brief(desk.next(false)), "resume 1 to 3");
}

TEST(Asha, PromotesTheWholeShareOfAClosedRungAndNoMore) {
  Desk desk("asha", epochs(1, 9));
  for (int i = 0; i < 8; ++i) desk.finish(desk.begin(1), 0.1 * i);
  std::vector<TrialId> promoted;
  for (Move move = desk.next(false); std::holds_alternative<Resume>(move); move = desk.next(false)) {
    Resume resume = std::get<Resume>(move);
    desk.resume(resume.trial, resume.until);
    desk.finish(resume.trial, 0.1, resume.until == 9);
    if (resume.until == 3) promoted.push_back(resume.trial);
  }
  EXPECT_EQ(promoted, (std::vector<TrialId>{0, 1}));
  EXPECT_EQ(desk.trial(0).until, 9);
}

TEST(Asha, SendsAnotherWhereAllWhoWentOnEndedByThemselvesBelowTheNextRung) {
  Desk desk("asha", epochs(1, 9));
  for (int i = 0; i < 6; ++i) desk.finish(desk.begin(1), 0.1 * i);
  for (TrialId id = 0; id < 2; ++id) {
    EXPECT_EQ(brief(desk.next(false)), "resume " + std::to_string(id) + " to 3");
    desk.resume(id, 3);
  }
  desk.report(0, 2, 0.1);
  desk.end(0, Change::Completed);
  EXPECT_EQ(brief(desk.next(false)), "wait") << "trial 1 may still come";
  desk.report(1, 2, 0.1);
  desk.end(1, Change::Completed);
  ASSERT_EQ(brief(desk.next(false)), "resume 2 to 3");
  desk.resume(2, 3);
  EXPECT_EQ(brief(desk.next(false)), "wait") << "one at a time";
  desk.finish(2, 0.1);
  EXPECT_EQ(brief(desk.next(false)), "resume 2 to 9");
  desk.resume(2, 9);
  desk.finish(2, 0.1, true);
  EXPECT_EQ(brief(desk.next(false)), "wait") << "one has come to the top";
}

TEST(Asha, DoesNothingWithoutAFreeSlot) {
  Desk desk("asha", epochs(1, 9));
  EXPECT_EQ(brief(desk.next(true, 0)), "wait");
}

TEST(Asha, NeverResumesATrialThatEndedByItself) {
  Desk desk("asha", epochs(1, 9));
  TrialId done = desk.start();
  desk.report(done, 1, 0.1);
  desk.end(done, Change::Completed);
  desk.run(0.2);
  desk.run(0.3);
  EXPECT_EQ(brief(desk.next()), "start 1") << "the best third is trial 0, which has ended";
  EXPECT_EQ(brief(desk.next(false)), "resume 1 to 3");
}

TEST(Asha, CountsATrialThatSkippedTheLevelByItsFirstReportBeyond) {
  Desk desk("asha", epochs(2, 18));
  TrialId id = desk.start();
  desk.report(id, 1, 0.01);
  desk.report(id, 5, 0.3);
  desk.end(id, Change::Paused);
  desk.run(0.2, 2);
  desk.run(0.4, 2);
  EXPECT_EQ(brief(desk.next()), "resume 1 to 6");
}

TEST(Asha, CorrectsAResultWhenItsReportComesAfterThePause) {
  Desk desk("asha", epochs(2, 18));
  TrialId id = desk.start();
  desk.report(id, 1, 0.9);
  desk.end(id, Change::Paused);
  desk.run(0.2, 2);
  desk.run(0.4, 2);
  EXPECT_EQ(brief(desk.next()), "resume 1 to 6");
  desk.report(id, 2, 0.1);
  EXPECT_EQ(brief(desk.next()), "resume 0 to 6");
}

// A study that was extended tells its trials again, one by one, under levels that they never ran for.
TEST(Asha, AcceptsTrialsOfOtherLevels) {
  Desk desk("asha", epochs(2, 18));  // levels 2, 6, 18
  TrialId low = desk.begin(1);
  desk.finish(low, 0.5);
  EXPECT_EQ(brief(desk.next()), "resume 0 to 2") << "it has to reach the first rung";
  TrialId middle = desk.begin(9);
  desk.report(middle, 1, 0.3);
  desk.report(middle, 9, 0.2);
  desk.end(middle, Change::Paused);
  TrialId top = desk.begin(18);
  desk.finish(top, 0.1, true);
  desk.end(top, Change::Paused);
  desk.end(99, Change::Paused);
  desk.end(98, Change::Completed);
  desk.report(97, 3, 0.1);
  desk.end(97, Change::Failed);
  desk.resume(low, 2);
  EXPECT_EQ(brief(desk.next()), "start 2");
  TrialId other = desk.run(0.3, 2);
  EXPECT_EQ(brief(desk.next()), "start 2") << "the best of rung 1 has gone on";
  desk.finish(desk.begin(7), 0.3);
  desk.finish(desk.begin(7), 0.4);
  EXPECT_EQ(brief(desk.next()), "start 2") << "the best of rung 2 is at the top";
  desk.end(top, Change::Failed);
  EXPECT_EQ(brief(desk.next()), "resume 1 to 18");
  desk.end(other, Change::Stopped);
}

TEST(Asha, StoppedByTheUserIsAsIfItHadNeverCome) {
  Desk desk("asha", epochs(1, 9));
  for (double loss : {0.1, 0.2, 0.3}) desk.run(loss);
  desk.end(0, Change::Stopped);
  EXPECT_EQ(brief(desk.next()), "start 1");
  EXPECT_EQ(brief(desk.next(false)), "resume 1 to 3");
}

TEST(Asha, ComparesNobodyWithinTheGrace) {
  Desk desk("asha", epochs(1, 27), {{"grace", std::int64_t{5}}});
  EXPECT_EQ(brief(desk.next()), "start 5");
  for (double loss : {0.3, 0.2, 0.1}) desk.run(loss, 5);
  EXPECT_EQ(brief(desk.next()), "resume 2 to 15");
  Desk stopping("asha", epochs(1, 27), {{"grace", std::int64_t{5}}, {"stop", std::int64_t{1}}});
  for (int i = 0; i < 3; ++i) stopping.start();
  for (Resource at : {1, 4}) {
    for (TrialId id : {0, 1, 2}) stopping.report(id, at, 0.1 * static_cast<double>(id));
  }
  EXPECT_EQ(brief(stopping.next()), "start 27");
  for (TrialId id : {0, 1, 2}) stopping.report(id, 5, 0.1 * static_cast<double>(id));
  EXPECT_EQ(brief(stopping.next()), "stop 2");
}

TEST(Asha, PromotesByFrontsWhereThereAreSeveralObjectives) {
  ScheduleInputs inputs = epochs(1, 9);
  inputs.objectives = 2;
  Desk desk("asha", inputs);
  const std::vector<std::vector<double>> losses = {{0.5, 0.5}, {0.2, 0.9}, {0.1, 0.4}};
  for (const auto& loss : losses) {
    TrialId id = desk.start();
    desk.report(id, 1, loss);
    desk.end(id, Change::Paused);
  }
  EXPECT_EQ(brief(desk.next()), "resume 2 to 3");
  EXPECT_EQ(why(desk.next()), "rung 1 (epoch 1): front 1 of 2, 1st of 3, top 1 go on; on to epoch 3");
  desk.end(2, Change::Failed);
  desk.report(desk.begin(1), 1, {0.1, 0.95});
  desk.end(3, Change::Paused);
  EXPECT_EQ(brief(desk.next()), "resume 0 to 3") << "the three are one front; of its ends the first";
}

TEST(AshaStop, LetsTrialsRunOnAndStopsOnceAtEachRung) {
  Desk desk("asha", epochs(1, 9), kStop);
  EXPECT_EQ(brief(desk.next()), "start 9");
  TrialId a = desk.start(), b = desk.start(), c = desk.start();
  desk.report(a, 1, 0.3);
  desk.report(b, 1, 0.4);
  EXPECT_EQ(brief(desk.next()), "start 9") << "fewer than eta results: both go on";
  desk.report(c, 1, 0.5);
  EXPECT_EQ(brief(desk.next(true, 0)), "stop 2") << "needs no slot";
  EXPECT_EQ(why(desk.next()), "rung 1 (epoch 1): 0.5 is 3rd of 3, top 1 go on");
  desk.end(c, Change::Stopped);
  EXPECT_EQ(brief(desk.next()), "start 9");
  desk.report(a, 2, 9.0);
  EXPECT_EQ(brief(desk.next()), "start 9") << "epoch 2 is no rung";
}

TEST(AshaStop, JudgesNothingAtTheTop) {
  Desk desk("asha", epochs(1, 3), kStop);
  for (double loss : {0.1, 0.2}) {
    TrialId id = desk.start();
    desk.report(id, 1, loss);
    desk.report(id, 3, loss);
    desk.end(id, Change::Completed);
  }
  TrialId id = desk.start();
  desk.report(id, 1, 0.05);
  desk.report(id, 3, 5.0);
  EXPECT_EQ(brief(desk.next()), "start 3");
}

TEST(AshaStop, IsUsedWhenTheCommandCannotGoOn) {
  ScheduleInputs inputs = epochs(1, 9);
  inputs.resumable = false;
  Desk desk("asha", inputs);
  EXPECT_EQ(brief(desk.next()), "start 9");
}

TEST(AshaStop, ForgetsFailedTrialsAndVerdictsOfTheEnded) {
  Desk desk("asha", epochs(1, 9), kStop);
  TrialId a = desk.start(), b = desk.start(), c = desk.start(), d = desk.start();
  desk.report(a, 1, 0.1);
  desk.end(a, Change::Failed);
  desk.report(b, 1, 0.3);
  desk.report(c, 1, 0.4);
  EXPECT_EQ(brief(desk.next()), "start 9");
  desk.report(d, 1, 0.5);
  EXPECT_EQ(brief(desk.next()), "stop 3");
  desk.end(d, Change::Failed);
  EXPECT_EQ(brief(desk.next()), "start 9");
}

TEST(Asha, PromotesFeasibleTrialsFirstThenThoseThatBreakTheConstraintsByLess) {
  for (const char* name : {"asha", "asyncband", "sh", "hyperband"}) {
    SCOPED_TRACE(name);
    Desk desk(name, epochs(1, 9), name[0] == 'a' && name[4] ? Options{{"brackets", std::int64_t{1}}} : Options{});
    desk.measured({0.1}, {0.3});
    desk.measured({0.2}, {0.2});
    desk.measured({0.9}, {-1.0});
    desk.measured({0.3}, {0.2});
    desk.measured({kNan}, {-1.0});
    for (int i = 0; i < 4; ++i) desk.measured({0.4}, {0.5});
    std::vector<TrialId> promoted;
    for (int i = 0; i < 3; ++i) {
      const Move move = desk.next(false);
      ASSERT_TRUE(std::holds_alternative<Resume>(move)) << brief(move);
      promoted.push_back(std::get<Resume>(move).trial);
      desk.resume(promoted.back(), 3);
    }
    EXPECT_EQ(promoted, (std::vector<TrialId>{2, 1, 3}));
    EXPECT_NE(desk.standing(0).find("rung 1 (epoch 1): 0.1 (infeasible by 0.3) is 4th of 9, top 3 go on"),
              std::string::npos)
        << desk.standing(0);
  }
}

TEST(Asha, ComparesByLossWhereNoConstraintIsKnownYet) {
  Desk desk("asha", epochs(1, 9));
  desk.measured({0.5}, {kNan});
  desk.measured({0.3}, {kNan});
  desk.measured({0.4}, {kNan});
  EXPECT_EQ(brief(desk.next()), "resume 1 to 3");
  EXPECT_EQ(why(desk.next()),
            "rung 1 (epoch 1): 0.3 (not known to be feasible) is 1st of 3, top 1 go on; on to epoch 3");
  desk.measured({0.9}, {-0.1});
  EXPECT_EQ(brief(desk.next()), "resume 3 to 3") << "known to be feasible";
  Desk two("asha", epochs(1, 9));
  two.measured({0.1}, {kNan, 0.2});
  two.measured({0.2}, {kNan, -0.2});
  two.measured({0.3}, {kNan, 0.1});
  EXPECT_EQ(brief(two.next()), "resume 1 to 3") << "the constraint that is known decides";
}

TEST(Asha, PromotesFeasibleFrontsFirstWhereThereAreSeveralObjectives) {
  ScheduleInputs inputs = epochs(1, 9);
  inputs.objectives = 2;
  Desk desk("asha", inputs);
  desk.measured({0.1, 0.1}, {0.3});
  desk.measured({0.1, 0.2}, {0.2});
  desk.measured({0.5, 0.6}, {0.0});
  desk.measured({0.4, 0.5}, {0.0});
  EXPECT_EQ(brief(desk.next()), "resume 3 to 3");
  EXPECT_EQ(why(desk.next()), "rung 1 (epoch 1): front 1 of 2, 1st of 4, top 1 go on; on to epoch 3");
  EXPECT_EQ(desk.standing(2), "rung 1 (epoch 1): front 2 of 2, 2nd of 4, top 1 go on");
  EXPECT_EQ(desk.standing(0), "rung 1 (epoch 1): infeasible by 0.3, 4th of 4, top 1 go on");
}

TEST(AshaStop, StopsWhatIsInfeasibleAmongFeasibleTrials) {
  Desk desk("asha", epochs(1, 9), kStop);
  for (TrialId id = 0; id < 3; ++id) desk.start();
  desk.report(0, {1, {0.3}, {-1}, 0});
  desk.report(1, {1, {0.4}, {-1}, 0});
  desk.report(2, {1, {0.1}, {2}, 0});
  EXPECT_EQ(brief(desk.next(true, 0)), "stop 2");
  EXPECT_EQ(why(desk.next()), "rung 1 (epoch 1): 0.1 (infeasible by 2) is 3rd of 3, top 1 go on");
  desk.end(2, Change::Failed);
  desk.start();
  desk.report(3, {1, {0.2}, {-1}, 0});
  EXPECT_EQ(brief(desk.next(true, 0)), "wait") << "the failed one has left, and this is the first of three";
}

}  // namespace
}  // namespace hone
