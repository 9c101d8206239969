#include "study/ledger.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hone {
namespace {

StudySpec make_spec(Resource max = 9) {
  StudySpec spec;
  spec.objectives = {{"acc", true, Aggregate::Last}};
  if (max > 1) spec.fidelity = Fidelity{"epoch", 1, max};
  return spec;
}

class LedgerTest : public ::testing::Test {
 protected:
  void with(StudySpec spec) { ledger_ = Ledger(spec); }
  std::vector<Change> apply(Seconds time, Fact fact) {
    std::vector<Told> told;
    ledger_.apply({time, std::move(fact)}, told);
    std::vector<Change> changes;
    for (const Told& one : told) changes.push_back(one.change);
    return changes;
  }
  std::vector<Change> start(Seconds time, TrialId id, Resource until) {
    return apply(time, Started{.trial = id, .until = until});
  }
  std::vector<Change> report(Seconds time, int n, Metrics metrics, TrialId id = 0, int attempt = 1) {
    return apply(time, Reported{id, attempt, n, std::move(metrics), {}});
  }
  std::vector<Change> exit(Seconds time, Cause cause = Cause::None, int code = 0, TrialId id = 0, int attempt = 1) {
    return apply(time, Exited{.trial = id, .attempt = attempt, .cause = cause, .code = code});
  }
  const Trial& trial(TrialId id = 0) const { return ledger_.trials()[static_cast<std::size_t>(id)]; }

  Ledger ledger_{make_spec()};
};

using Changes = std::vector<Change>;

TEST_F(LedgerTest, ARunThatReachesItsUntilBelowTheMaximumIsPaused) {
  EXPECT_EQ(start(1, 0, 3), Changes{Change::Started});
  EXPECT_EQ(report(2, 1, {{"epoch", 1}, {"acc", 0.5}}), Changes{Change::Reported});
  EXPECT_EQ(report(3, 2, {{"epoch", 3}, {"acc", 0.6}}), Changes{Change::Reported});
  EXPECT_EQ(exit(4), Changes{Change::Paused});
  EXPECT_EQ(trial().phase, Phase::Paused);
  EXPECT_EQ(trial().reports.back().loss[0], -0.6);
  EXPECT_EQ(trial().reports.back().cost, 2);
  EXPECT_FALSE(trial().live);
}

TEST_F(LedgerTest, ARunThatReachesTheMaximumOrEndsEarlyByItselfIsCompleted) {
  start(1, 0, 9), report(2, 1, {{"epoch", 9}, {"acc", 0.5}});
  EXPECT_EQ(exit(3), Changes{Change::Completed});
  start(4, 1, 9), report(5, 1, {{"epoch", 4}, {"acc", 0.5}}, 1);
  EXPECT_EQ(exit(6, Cause::None, 0, 1), Changes{Change::Completed});
}

TEST_F(LedgerTest, ReportsSeenLateOrFromAnOlderAttemptAreIgnored) {
  start(1, 0, 3);
  EXPECT_EQ(report(2, 1, {{"epoch", 1}, {"acc", 0.5}}), Changes{Change::Reported});
  EXPECT_EQ(report(2, 1, {{"epoch", 2}, {"acc", 0.6}}), Changes{}) << "the same n again";
  exit(3, Cause::Lost);
  EXPECT_EQ(trial().phase, Phase::Waiting);
  apply(4, Relaunched{.trial = 0});
  EXPECT_EQ(report(5, 7, {{"epoch", 2}, {"acc", 0.6}}), Changes{}) << "attempt 1 is over";
  EXPECT_EQ(report(5, 1, {{"epoch", 1}, {"acc", 0.9}}, 0, 2), Changes{})
      << "a program that started over repeats epoch 1";
  EXPECT_EQ(report(6, 2, {{"epoch", 2}, {"acc", 0.6}}, 0, 2), Changes{Change::Reported});
  EXPECT_EQ(trial().reports.size(), 2u);
  EXPECT_EQ(trial().reports[0].loss[0], -0.5);
}

TEST_F(LedgerTest, ADoubledExitIsOneExit) {
  start(1, 0, 9), report(2, 1, {{"epoch", 9}, {"acc", 0.5}}), exit(3);
  EXPECT_EQ(exit(4, Cause::Exit, 1), Changes{});
  EXPECT_EQ(trial().phase, Phase::Completed);
  EXPECT_EQ(ledger_.live(), 0);
}

TEST_F(LedgerTest, TheFidelityMayStandOnALineOfItsOwn) {
  start(1, 0, 9);
  EXPECT_EQ(report(2, 1, {{"epoch", 4}}), Changes{});
  EXPECT_EQ(report(2, 2, {{"acc", 0.7}}), Changes{Change::Reported});
  EXPECT_EQ(trial().reports.back().at, 4);
}

TEST_F(LedgerTest, TheFidelityMayBeNamedInThePlural) {
  start(1, 0, 9);
  report(2, 1, {{"epochs", 4}, {"acc", 0.7}});
  EXPECT_EQ(trial().reports.back().at, 4);
}

TEST_F(LedgerTest, ReportsThatNeverNameTheFidelityCount) {
  start(1, 0, 3), report(2, 1, {{"acc", 0.1}}), report(3, 2, {{"acc", 0.2}});
  EXPECT_EQ(trial().reports.back().at, 2);
}

TEST_F(LedgerTest, AProgramThatPrintsItsResultOnceAtTheEndHasComeAsFarAsAsked) {
  start(1, 0, 3), report(2, 1, {{"acc", 0.1}});
  EXPECT_EQ(exit(3), (Changes{Change::Reported, Change::Paused}));
  EXPECT_EQ(trial().reports.back().at, 3);
  apply(4, Resumed{.trial = 0, .until = 9});
  EXPECT_EQ(report(5, 1, {{"acc", 0.4}}, 0, 2), Changes{}) << "counts as 1, which is known";
  EXPECT_EQ(exit(6, Cause::None, 0, 0, 2), (Changes{Change::Reported, Change::Completed}));
  EXPECT_EQ(trial().reports.back().at, 9);
  EXPECT_EQ(trial().reports.back().loss[0], -0.4);
}

TEST_F(LedgerTest, WithoutAMetricOrWithANonFiniteOneATrialFails) {
  start(1, 0, 9);
  EXPECT_EQ(exit(2), Changes{Change::Failed});
  EXPECT_EQ(trial(0).cause, Cause::NoMetric);
  start(3, 1, 9), report(4, 1, {{"epoch", 9}, {"acc", NAN}}, 1);
  EXPECT_EQ(exit(5, Cause::None, 0, 1), Changes{Change::Failed});
  EXPECT_EQ(trial(1).cause, Cause::NotFinite);
  EXPECT_FALSE(ledger_.best());
}

TEST_F(LedgerTest, OwnFailuresAreRetriedAsOftenAsAllowedAndLostOnesByThemselves) {
  StudySpec spec = make_spec();
  spec.limits.retries = 1;
  with(spec);
  start(1, 0, 9);
  EXPECT_EQ(exit(2, Cause::Exit, 3), Changes{}) << "algorithms never see a retry";
  apply(3, Relaunched{.trial = 0});
  EXPECT_EQ(exit(4, Cause::Lost, 0, 0, 2), Changes{});
  apply(5, Relaunched{.trial = 0});
  EXPECT_EQ(exit(6, Cause::Exit, 3, 0, 3), Changes{Change::Failed});
  EXPECT_EQ(cause_text(trial().cause, trial().code), "exit 3");
}

TEST_F(LedgerTest, ARetryAfterALossThatIsNotFiniteCanSucceedAtTheSameFidelity) {
  StudySpec spec = make_spec();
  spec.limits.retries = 1;
  for (const std::int64_t repeat : {1, 2}) {
    spec.repeat = static_cast<int>(repeat);
    with(spec);
    start(1, 0, 9);
    int attempt = 1;
    for (; attempt < repeat; ++attempt) {
      report(2, 1, {{"epoch", 9}, {"acc", 0.7}}, 0, attempt), exit(3, Cause::None, 0, 0, attempt);
      apply(3, Relaunched{.trial = 0, .fresh = true, .repeat = attempt});
    }
    report(4, 1, {{"epoch", 3}, {"acc", 0.5}}, 0, attempt), report(4, 2, {{"epoch", 9}, {"acc", NAN}}, 0, attempt);
    EXPECT_EQ(exit(5, Cause::None, 0, 0, attempt), Changes{}) << repeat;
    apply(5, Relaunched{.trial = 0, .repeat = trial().repeat});
    report(6, 1, {{"epoch", 9}, {"acc", 0.7}}, 0, attempt + 1);
    EXPECT_EQ(exit(7, Cause::None, 0, 0, attempt + 1), Changes{Change::Completed}) << repeat;
    EXPECT_DOUBLE_EQ(trial().reports.back().loss[0], -0.7) << repeat;
  }
}

TEST_F(LedgerTest, TheUsersRetryAfterALossThatIsNotFiniteCanSucceedToo) {
  start(1, 0, 9), report(2, 1, {{"epoch", 3}, {"acc", 0.5}}), report(3, 2, {{"epoch", 9}, {"acc", NAN}});
  EXPECT_EQ(exit(4), Changes{Change::Failed});
  EXPECT_EQ(apply(5, Steered{.trial = 0, .what = Steer::Retry}), Changes{Change::Resumed});
  apply(5, Relaunched{.trial = 0});
  report(6, 1, {{"epoch", 9}, {"acc", 0.7}}, 0, 2);
  EXPECT_EQ(exit(7, Cause::None, 0, 0, 2), Changes{Change::Completed});
}

TEST_F(LedgerTest, ATrialThatIsLostAgainAndAgainWithoutAReportFails) {
  start(1, 0, 9);
  for (int attempt = 1; attempt <= kMaxLosses; ++attempt) {
    exit(1 + attempt, Cause::Lost, 0, 0, attempt);
    EXPECT_EQ(trial().phase, Phase::Waiting);
    apply(2 + attempt, Relaunched{.trial = 0});
  }
  EXPECT_EQ(exit(99, Cause::Lost, 0, 0, kMaxLosses + 1), Changes{Change::Failed});
}

TEST_F(LedgerTest, ARunWithNothingLeftToDoAfterALossIsRunAgainFromAnEmptyFolder) {
  start(1, 0, 3);
  exit(2, Cause::Lost);
  apply(3, Relaunched{.trial = 0});
  EXPECT_EQ(exit(4, Cause::None, 0, 0, 2), Changes{}) << "its checkpoint was past the reports that were lost";
  EXPECT_EQ(trial().phase, Phase::Waiting);
  EXPECT_TRUE(trial().fresh);
  apply(5, Relaunched{.trial = 0, .fresh = true});
  report(6, 1, {{"epoch", 3}, {"acc", 0.6}}, 0, 3);
  EXPECT_EQ(exit(7, Cause::None, 0, 0, 3), Changes{Change::Paused});
  apply(8, Resumed{.trial = 0, .until = 9});
  EXPECT_FALSE(trial().fresh);
}

TEST_F(LedgerTest, ARunThatSaysNothingWithoutALossBeforeItHasNoMetric) {
  start(1, 0, 3);
  EXPECT_EQ(exit(2), Changes{Change::Failed});
  EXPECT_EQ(trial().cause, Cause::NoMetric);
}

TEST_F(LedgerTest, AResultAtTheEndThatNamesNoFidelityIsOneAtTheEndOnly) {
  start(1, 0, 3);
  EXPECT_EQ(report(2, 1, {{"acc", 0.5}}), Changes{}) << "another may follow";
  EXPECT_EQ(exit(3), (Changes{Change::Reported, Change::Paused}));
  ASSERT_EQ(trial().reports.size(), 1u);
  EXPECT_EQ(trial().reports[0].at, 3);
}

TEST_F(LedgerTest, ReportsThatNameNoFidelityAreCountedOnceARunHasTwo) {
  start(1, 0, 9);
  EXPECT_EQ(report(2, 1, {{"acc", 0.5}}), Changes{});
  EXPECT_EQ(report(3, 2, {{"acc", 0.6}}), Changes{Change::Reported});
  ASSERT_EQ(trial().reports.size(), 2u);
  EXPECT_EQ(trial().reports[0].at, 1);
  EXPECT_EQ(trial().reports[0].loss[0], -0.5);
  EXPECT_EQ(trial().reports[1].loss[0], -0.6);
  start(4, 1, 9);
  EXPECT_EQ(report(5, 1, {{"acc", 0.5}}, 1), Changes{Change::Reported}) << "the program is known by now";
}

TEST_F(LedgerTest, WhatWasKeptBackCountsThoughAnotherRunHadTwoReportsFirst) {
  start(1, 0, 9), start(1, 1, 9);
  report(2, 1, {{"acc", 0.5}}, 0), report(2, 1, {{"acc", 0.3}}, 1);
  report(3, 2, {{"acc", 0.6}}, 0);
  EXPECT_EQ(report(3, 2, {{"acc", 0.4}}, 1), Changes{Change::Reported});
  ASSERT_EQ(trial(1).reports.size(), 2u);
  EXPECT_EQ(trial(1).reports[0].loss[0], -0.3);
  EXPECT_EQ(trial(1).reports[1].at, 2);
}

TEST_F(LedgerTest, ARunThatTheUserPausedAtALossThatIsNotFiniteFailsAtItsEnd) {
  start(1, 0, 1), report(2, 1, {{"acc", NAN}});
  apply(3, Steered{.trial = 0, .what = Steer::Pause});
  EXPECT_EQ(exit(4), Changes{Change::Failed}) << "it has come to its end, and says nothing more";
}

TEST_F(LedgerTest, WhatAPausedRunSaysOnItsWayOutCounts) {
  start(1, 0, 9), report(2, 1, {{"epoch", 3}, {"acc", 0.5}});
  EXPECT_EQ(apply(3, Paused{.trial = 0}), Changes{Change::Paused});
  EXPECT_EQ(report(4, 2, {{"epoch", 4}, {"acc", 0.6}}), Changes{Change::Reported});
  EXPECT_EQ(trial().reports.back().at, 4);
  EXPECT_EQ(exit(5), Changes{});
  EXPECT_EQ(trial().phase, Phase::Paused);
  apply(6, Resumed{.trial = 0, .until = 9});
  apply(7, Paused{.trial = 0});
  EXPECT_EQ(report(8, 1, {{"epoch", 9}, {"acc", 0.7}}, 0, 2), Changes{Change::Reported});
  EXPECT_EQ(exit(9, Cause::None, 0, 0, 2), Changes{Change::Completed}) << "nothing is left to resume it for";
  EXPECT_EQ(ledger_.best(), 0);
  start(10, 1, 3), report(11, 1, {{"epoch", 3}, {"acc", 0.5}}, 1), apply(12, Paused{.trial = 1});
  EXPECT_EQ(report(13, 2, {{"epoch", 4}, {"acc", 0.6}}, 1), Changes{}) << "its checkpoint is known to be at 3";
}

TEST_F(LedgerTest, AStoppedRunStaysLiveUntilItsProcessHasEnded) {
  start(1, 0, 9);
  EXPECT_EQ(apply(2, Stopped{.trial = 0}), Changes{Change::Stopped});
  EXPECT_EQ(ledger_.live(), 1);
  EXPECT_TRUE(ledger_.running().empty());
  EXPECT_EQ(exit(3, Cause::Signal, 15), Changes{});
  EXPECT_EQ(ledger_.live(), 0);
  EXPECT_EQ(trial().phase, Phase::Stopped);
}

TEST_F(LedgerTest, TheBestIsFeasibleNotFailedAndAtTheHighestFidelityReached) {
  StudySpec spec = make_spec();
  spec.outcomes = {{"ms", true, 20}};
  with(spec);
  for (TrialId id = 0; id < 4; ++id) start(1, id, 9);
  report(2, 1, {{"epoch", 1}, {"acc", 0.9}, {"ms", 5}}, 0);
  EXPECT_EQ(ledger_.best(), 0);
  report(3, 1, {{"epoch", 3}, {"acc", 0.6}, {"ms", 5}}, 1);
  EXPECT_EQ(ledger_.best(), 1) << "higher fidelity counts first";
  report(4, 1, {{"epoch", 3}, {"acc", 0.8}, {"ms", 50}}, 2);
  EXPECT_EQ(ledger_.best(), 1) << "2 breaks the outcome constraint";
  report(5, 1, {{"epoch", 3}, {"acc", 0.7}, {"ms", 5}}, 3);
  EXPECT_EQ(ledger_.best(), 3);
  exit(6, Cause::Exit, 1, 3);
  EXPECT_EQ(ledger_.best(), 1) << "3 failed";
}

TEST_F(LedgerTest, BestAndMeanOfTheReportsMayCount) {
  StudySpec spec = make_spec();
  spec.objectives[0].aggregate = Aggregate::Best;
  with(spec);
  start(1, 0, 9), report(2, 1, {{"epoch", 1}, {"acc", 0.8}}), report(3, 2, {{"epoch", 2}, {"acc", 0.6}});
  EXPECT_EQ(trial().reports.back().loss[0], -0.8);
  spec.objectives[0].aggregate = Aggregate::Mean;
  with(spec);
  start(1, 0, 9), report(2, 1, {{"epoch", 1}, {"acc", 0.8}}), report(3, 2, {{"epoch", 2}, {"acc", 0.6}});
  EXPECT_NEAR(trial().reports.back().loss[0], -0.7, 1e-15);
}

TEST_F(LedgerTest, WithoutAFidelityTheLastReportCounts) {
  with(make_spec(1));
  start(1, 0, 1), report(2, 1, {{"acc", 0.8}}), report(3, 2, {{"acc", 0.6}});
  ASSERT_EQ(trial().reports.size(), 1u);
  EXPECT_EQ(trial().reports[0].loss[0], -0.6);
  EXPECT_EQ(exit(4), Changes{Change::Completed});
}

TEST_F(LedgerTest, TimeInWhichNothingRanAndTimeSetBackDoNotCount) {
  start(100, 0, 9);
  report(110, 1, {{"epoch", 1}, {"acc", 0.8}});
  report(50, 2, {{"epoch", 2}, {"acc", 0.8}});
  EXPECT_EQ(ledger_.elapsed(), 10);
  exit(120, Cause::Lost);
  EXPECT_EQ(ledger_.elapsed(), 20);
  apply(5000, Relaunched{.trial = 0});
  EXPECT_EQ(ledger_.elapsed(), 20) << "nothing ran over night";
}

TEST_F(LedgerTest, AKnownResultIsATrialThatNeverRan) {
  EXPECT_EQ(apply(1, Added{0, {}, {{"acc", 0.4}}, "initial"}), Changes{Change::Completed});
  EXPECT_EQ(trial().source, "initial");
  EXPECT_EQ(trial().reports.back().at, 9);
  EXPECT_EQ(ledger_.started(), 0) << "not counted by stop.trials";
}

TEST_F(LedgerTest, AKnownResultThatIsNotFiniteIsAFailedTrialButNoFailureOfThisStudy) {
  EXPECT_EQ(apply(1, Added{0, {}, {{"acc", std::nan("")}}, "initial"}), Changes{Change::Failed});
  EXPECT_EQ(trial().phase, Phase::Failed);
  EXPECT_EQ(trial().cause, Cause::NotFinite);
  EXPECT_EQ(ledger_.failed(), 0) << "stop.failed is about what was run";
  apply(2, Steered{.trial = 0, .what = Steer::Retry, .value = 0});
  apply(3, Relaunched{.trial = 0});
  EXPECT_EQ(exit(4, Cause::Exit, 3), Changes{Change::Failed});
  EXPECT_EQ(ledger_.failed(), 1);
}

TEST_F(LedgerTest, AReportOfInfeasibilityEndsTheTrial) {
  start(1, 0, 9);
  EXPECT_EQ(apply(2, Reported{0, 1, 1, {}, "too large"}), Changes{Change::Failed});
  EXPECT_EQ(trial().cause, Cause::Infeasible);
}

TEST_F(LedgerTest, TheFrontHoldsWhatNothingDominates) {
  StudySpec spec = make_spec(1);
  spec.objectives = {{"acc", true, Aggregate::Last}, {"ms", false, Aggregate::Last}};
  with(spec);
  const double points[][2] = {{0.9, 30}, {0.8, 10}, {0.7, 20}, {0.9, 25}};
  for (TrialId id = 0; id < 4; ++id) {
    start(1, id, 1);
    report(2, 1, {{"acc", points[id][0]}, {"ms", points[id][1]}}, id);
    exit(3, Cause::None, 0, id);
  }
  EXPECT_EQ(ledger_.front(), (std::vector<TrialId>{3, 1}));
}

TEST_F(LedgerTest, NothingChangesAfterTheEndButRunsThatWereStillEnding) {
  start(1, 0, 9), start(1, 1, 9);
  report(2, 1, {{"epoch", 9}, {"acc", 0.5}}), exit(3);
  apply(4, Stopped{.trial = 1});
  apply(5, Finished{"trial limit reached", false});
  EXPECT_EQ(start(6, 2, 9), Changes{});
  EXPECT_EQ(ledger_.live(), 1);
  exit(7, Cause::Signal, 15, 1);
  EXPECT_EQ(ledger_.live(), 0);
}

TEST_F(LedgerTest, TheFrontIsFeasibleNondominatedAndAtTheHighestFidelity) {
  StudySpec spec = make_spec();
  spec.objectives.push_back({"ms", false, Aggregate::Last});
  spec.outcomes.push_back({.metric = "mib", .at_most = true, .bound = 100});
  with(spec);
  const auto add = [&](TrialId id, double epoch, double acc, double ms, double mib) {
    apply(static_cast<double>(id), Added{.trial = id,
                                         .config = {},
                                         .metrics = {{"epoch", epoch}, {"acc", acc}, {"ms", ms}, {"mib", mib}},
                                         .source = {}});
  };
  add(0, 3, 0.9, 1, 1);     // dominates all, but came less far
  add(1, 9, 0.5, 5, 1);     // on the front
  add(2, 9, 0.5, 6, 1);     // dominated by 1
  add(3, 9, 0.4, 4, 1);     // on the front
  add(4, 9, 0.99, 1, 101);  // too large
  add(5, 9, 0.5, 5, 1);     // equal to 1: neither dominates the other
  add(6, 9, 0.6, std::nan(""), 1);
  EXPECT_EQ(ledger_.front(), (std::vector<TrialId>{1, 5, 3}));
  EXPECT_EQ(ledger_.candidates(), (std::vector<TrialId>{1, 2, 5, 3}));
}

}  // namespace
}  // namespace hone
