#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "schedule/desk_for_test.h"

namespace hone {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const double kNan = std::numeric_limits<double>::quiet_NaN();

double falls(double x, double end) { return end + 0.6 / x; }

/// Reports from `from` to `to`, until the scheduler wants something of the trial; where that was, 0: nowhere.
Resource train(Desk& desk, TrialId id, Resource from, Resource to, const std::function<double(double)>& loss,
               const std::function<double(Resource)>& excess = {}) {
  for (Resource at = from; at <= to; ++at) {
    Report fresh{at, {loss(static_cast<double>(at)) + 0.002 * std::sin(7.0 * static_cast<double>(at))}, {}, 0};
    if (excess) fresh.excess = {excess(at)};
    desk.report(id, fresh);
    if (const std::string move = brief(desk.next(true, 0)); move != "wait") {
      EXPECT_EQ(move.substr(move.find(' ') + 1), std::to_string(id));
      return at;
    }
  }
  return 0;
}
TrialId whole(Desk& desk, double end, Resource max = 27, const std::function<double(Resource)>& excess = {}) {
  const TrialId id = desk.start();
  EXPECT_EQ(train(
                desk, id, 1, max, [&](double x) { return falls(x, end); }, excess),
            0);
  desk.end(id, Change::Completed);
  return id;
}

const Options kSoon = {{"startup", std::int64_t{3}}};

TEST(Curve, PausesWhatWillNotBeatTheBestAndSaysWhatItExpects) {
  Desk desk("curve", epochs(1, 27), kSoon);
  for (const double end : {0.30, 0.29, 0.28, 0.27}) whole(desk, end);
  const TrialId id = desk.start();
  const Resource at = train(desk, id, 1, 26, [](double) { return 0.9; });
  ASSERT_GT(at, 0);
  EXPECT_LE(at, 13);
  EXPECT_EQ(brief(desk.next(true, 0)), "pause 4");
  const std::string words = why(desk.next());
  EXPECT_THAT(words, StartsWith("epoch " + std::to_string(at) + ": "));
  EXPECT_THAT(words, HasSubstr(" % to beat the 0.29"));  // 0.27 + 0.6 / 27
  EXPECT_THAT(words, HasSubstr(" of trial 3; expected "));
  EXPECT_THAT(words, HasSubstr(" with 90 %, under 5 %"));
  desk.end(id, Change::Paused);
  EXPECT_EQ(brief(desk.next()), "start 27");
}

TEST(Curve, LeavesAloneWhatMayBeatTheBest) {
  Desk desk("curve", epochs(1, 27), kSoon);
  for (const double end : {0.30, 0.29, 0.28, 0.27, 0.25, 0.2}) whole(desk, end);
}

TEST(Curve, ComparesWithWhatIsToComeBeforeAnyTrialHasEnded) {
  Desk desk("curve", epochs(1, 50), kSoon);
  for (int i = 0; i < 5; ++i) desk.start();
  std::string words;
  for (Resource at = 1; at <= 40 && words.empty(); ++at) {
    for (TrialId id = 0; id < 5; ++id) {
      desk.report(id, at, falls(static_cast<double>(at), id == 2 ? 0.1 : 0.5 + 0.02 * static_cast<double>(id)));
      const Move move = desk.next(true, 0);
      EXPECT_NE(brief(move), "pause 2");
      if (std::holds_alternative<Pause>(move)) words = why(move);
      if (!words.empty()) break;
    }
  }
  EXPECT_THAT(words, HasSubstr("or better that is to come of trial 2"));
}

TEST(Curve, RevivesAPausedTrialWhenAPromiseIsNotKept) {
  Desk desk("curve", epochs(1, 50), kSoon);
  for (int i = 0; i < 5; ++i) desk.start();
  std::vector<TrialId> paused;
  for (Resource at = 1; at <= 30; ++at) {
    for (TrialId id = 0; id < 5; ++id) {
      if (desk.trial(id).phase != Phase::Running) continue;
      desk.report(id, at, falls(static_cast<double>(at), id == 2 ? 0.1 : 0.5 + 0.02 * static_cast<double>(id)));
      if (brief(desk.next(true, 0)) == "wait") continue;
      desk.end(id, Change::Paused);
      paused.push_back(id);
    }
  }
  ASSERT_FALSE(paused.empty());
  EXPECT_EQ(brief(desk.next()), "start 50") << "as long as trial 2 is as good as it looks";
  desk.end(2, Change::Failed);
  const Move move = desk.next();
  ASSERT_TRUE(std::holds_alternative<Resume>(move)) << brief(move);
  EXPECT_EQ(std::get<Resume>(move).until, 50);
  EXPECT_THAT(why(move), StartsWith("revived: "));
}

TEST(Curve, GivesSlotsThatHaveNothingBetterToAPausedTrialWithSomeChanceAndIsPatientWithIt) {
  Desk desk("curve", epochs(1, 27), {{"startup", std::int64_t{1}}, {"p", 0.5}});
  whole(desk, 0.30);
  const TrialId id = desk.start();
  // Falls behind slowly: its chance passes a third, the bar of two trials, long before it is gone.
  const auto behind = [](double x) { return falls(x, 0.28 + 0.004 * x); };
  const Resource at = train(desk, id, 1, 26, behind);
  ASSERT_GT(at, 0);
  EXPECT_THAT(why(desk.next(true, 0)), HasSubstr("under 33 %"));
  desk.end(id, Change::Paused);
  EXPECT_EQ(brief(desk.next(true)), "start 27");
  EXPECT_EQ(brief(desk.next(false, 0)), "wait");
  ASSERT_EQ(brief(desk.next(false)), "resume 1 to 27");
  EXPECT_THAT(why(desk.next(false)), StartsWith("revived: no new trial may start, and it has "));
  desk.resume(id, 27);
  EXPECT_EQ(brief(desk.next(false)), "wait");
  desk.report(id, at + 1, behind(static_cast<double>(at + 1)));
  EXPECT_EQ(brief(desk.next(false, 0)), "wait") << "a fifth of the bar holds for it now";
}

TEST(Curve, DoesNotPauseAtTheEndOfAStudyWhatItWouldReviveAtOnce) {
  Desk desk("curve", epochs(1, 27), {{"startup", std::int64_t{1}}, {"p", 0.5}});
  whole(desk, 0.30);
  const TrialId id = desk.start();
  const auto behind = [](double x) { return falls(x, 0.28 + 0.004 * x); };
  const Resource at = train(desk, id, 1, 26, behind);
  ASSERT_GT(at, 0);
  EXPECT_EQ(brief(desk.next(true, 0)), "pause 1") << "a new one has a better chance";
  EXPECT_EQ(brief(desk.next(false, 0)), "wait") << "there is no new one";
  Resource gone = at + 1;
  for (; gone < 27; ++gone) {
    desk.report(id, gone, 0.9 + 0.01 * static_cast<double>(gone));
    if (brief(desk.next(false, 0)) != "wait") break;
  }
  ASSERT_EQ(brief(desk.next(false, 0)), "pause 1") << "hopeless now";
  desk.end(id, Change::Paused);
  EXPECT_EQ(brief(desk.next(false)), "wait");
}

TEST(Curve, ForgetsAVerdictThatALaterReportDoesNotBear) {
  Desk desk("curve", epochs(1, 27), {{"startup", std::int64_t{1}}, {"p", 0.5}});
  whole(desk, 0.30);
  const TrialId id = desk.start();
  const Resource at = train(desk, id, 1, 26, [](double x) { return falls(x, 0.28 + 0.004 * x); });
  ASSERT_GT(at, 0);
  ASSERT_EQ(brief(desk.next(false, 0)), "wait");
  desk.report(id, at + 1, 0.2);
  EXPECT_EQ(brief(desk.next(true, 0)), "wait");
}

TEST(Curve, LetsOthersGoWhileARunIsStillEnding) {
  Desk desk("curve", epochs(1, 50), kSoon);
  for (int i = 0; i < 5; ++i) desk.start();
  for (Resource at = 1; at <= 30; ++at) {
    for (TrialId id = 0; id < 5; ++id) {
      if (desk.trial(id).phase != Phase::Running) continue;
      desk.report(id, at, falls(static_cast<double>(at), id == 2 ? 0.1 : 0.5 + 0.02 * static_cast<double>(id)));
      if (brief(desk.next(true, 0)) != "wait") desk.end(id, Change::Paused);
    }
  }
  desk.end(2, Change::Failed);
  const Move first = desk.next();
  ASSERT_TRUE(std::holds_alternative<Resume>(first));
  desk.away.insert(std::get<Resume>(first).trial);
  const Move second = desk.next();
  ASSERT_TRUE(std::holds_alternative<Resume>(second)) << "another one has a chance too";
  EXPECT_NE(std::get<Resume>(second).trial, std::get<Resume>(first).trial);
  for (TrialId id = 0; id < 5; ++id) desk.away.insert(id);
  EXPECT_EQ(brief(desk.next()), "start 50");
  EXPECT_EQ(brief(desk.next(false)), brief(first)) << "nobody else may go, so it is waited for";
}

TEST(Curve, LeavesHopelessPausedTrialsWhenNoNewOneMayStart) {
  Desk desk("curve", epochs(1, 27), kSoon);
  for (const double end : {0.30, 0.29, 0.28, 0.27}) whole(desk, end);
  const TrialId id = desk.start();
  ASSERT_GT(train(desk, id, 1, 26, [](double x) { return 0.9 + 0.01 * x; }), 0);
  desk.end(id, Change::Paused);
  EXPECT_EQ(brief(desk.next(false)), "wait");
}

TEST(Curve, StopsInsteadOfPausingWhereNothingCanGoOn) {
  ScheduleInputs inputs = epochs(1, 27);
  inputs.resumable = false;
  for (const bool told : {false, true}) {
    Options options = kSoon;
    if (told) options["stop"] = std::int64_t{1};
    Desk desk("curve", told ? epochs(1, 27) : inputs, options);
    for (const double end : {0.30, 0.29, 0.28, 0.27}) whole(desk, end);
    const TrialId id = desk.start();
    ASSERT_GT(train(desk, id, 1, 26, [](double) { return 0.9; }), 0);
    EXPECT_EQ(brief(desk.next()), "stop 4");
    desk.end(id, Change::Stopped);
    EXPECT_EQ(brief(desk.next(false)), "wait");
  }
}

TEST(Curve, JudgesNobodyBeforeTheGraceOrTheStartupTrials) {
  Desk late("curve", epochs(1, 27), {{"startup", std::int64_t{3}}, {"grace", std::int64_t{20}}});
  for (const double end : {0.30, 0.29, 0.28, 0.27}) whole(late, end);
  EXPECT_EQ(train(late, late.start(), 1, 26, [](double) { return 0.9; }), 20);
  Desk few("curve", epochs(1, 27), {{"startup", std::int64_t{5}}});
  for (const double end : {0.30, 0.29, 0.28, 0.27}) whole(few, end);
  EXPECT_EQ(train(few, few.start(), 1, 26, [](double) { return 0.9; }), 0);
}

TEST(Curve, LooksAsOftenAsItIsTold) {
  Desk desk("curve", epochs(1, 27), {{"startup", std::int64_t{3}}, {"every", std::int64_t{10}}});
  for (const double end : {0.30, 0.29, 0.28, 0.27}) whole(desk, end);
  const Resource at = train(desk, desk.start(), 1, 26, [](double) { return 0.9; });
  EXPECT_TRUE(at == 11 || at == 21) << at;
}

TEST(Curve, PausesWhatReportsNoNumberOnceThereIsABest) {
  Desk desk("curve", epochs(1, 27), kSoon);
  for (const double end : {0.30, 0.29, 0.28, 0.27}) whole(desk, end);
  const TrialId id = desk.start();
  desk.report(id, 1, 0.8);
  desk.report(id, 2, kNan);
  EXPECT_EQ(brief(desk.next()), "pause 4");
  EXPECT_EQ(why(desk.next()), "nan at epoch 2: not a number to extrapolate");
  desk.end(id, Change::Paused);
  EXPECT_EQ(brief(desk.next(false)), "wait");
}

TEST(Curve, SpeaksInTheUsersDirection) {
  ScheduleInputs inputs = epochs(1, 27);
  inputs.maximize = true;
  Desk desk("curve", inputs, kSoon);
  const auto reaches = [](double end) { return [end](double x) { return -end + 6 / x; }; };
  for (const double end : {90.0, 91.0, 92.0, 93.0}) {
    const TrialId id = desk.start();
    EXPECT_EQ(train(desk, id, 1, 27, reaches(end)), 0);
    desk.end(id, Change::Completed);
  }
  ASSERT_GT(train(desk, desk.start(), 1, 26, [](double) { return -30.0; }), 0);
  const std::string words = why(desk.next());
  EXPECT_THAT(words, HasSubstr("to beat the 92.7"));  // 93 - 6 / 27
  EXPECT_EQ(words.find("expected -"), std::string::npos) << words;
}

TEST(Curve, DoesNotChangeItsMindWithTheUnits) {
  std::vector<std::string> moves[2];
  for (const int scaled : {0, 1}) {
    Desk desk("curve", epochs(1, 27), kSoon);
    Rng rng = Rng::stream(3, "units");
    for (int i = 0; i < 25; ++i) {
      const TrialId id = desk.start();
      const double end = rng.uniform(), speed = rng.uniform();
      bool paused = false;
      for (Resource at = 1; at <= 27 && !paused; ++at) {
        const double loss = end + std::exp(-speed * static_cast<double>(at)) + 0.01 * rng.normal();
        desk.report(id, at, scaled == 0 ? loss : -1e5 + 4096 * loss);
        moves[scaled].push_back(brief(desk.next()));
        paused = moves[scaled].back().starts_with("pause");
      }
      desk.end(id, paused ? Change::Paused : Change::Completed);
    }
  }
  EXPECT_EQ(moves[0], moves[1]);
  EXPECT_GT(std::count_if(moves[0].begin(), moves[0].end(), [](const auto& m) { return m.starts_with("pause"); }), 10);
}

TEST(Curve, TakesNoInfeasibleTrialForTheOneToBeat) {
  Desk desk("curve", epochs(1, 27), kSoon);
  const auto broken = [](Resource) { return 0.2; };
  for (const double end : {0.10, 0.09, 0.08, 0.07}) whole(desk, end, 27, broken);
  whole(desk, 0.3);  // the first that is feasible
  ASSERT_GT(train(desk, desk.start(), 1, 26, [](double) { return 0.9; }), 0);
  EXPECT_THAT(why(desk.next()), HasSubstr(" of trial 4; expected "));
}

TEST(Curve, PausesWhatBreaksAConstraintWhereTheBestMetAll) {
  Desk desk("curve", epochs(1, 27), kSoon);
  const auto from = [](Resource first) { return [first](Resource at) { return at < first ? 0.2 : -0.1; }; };
  for (const double end : {0.30, 0.29, 0.28, 0.27}) whole(desk, end, 27, from(10));
  const TrialId late = desk.start();
  EXPECT_EQ(train(
                desk, late, 1, 26, [](double x) { return falls(x, 0.2); }, from(14)),
            10)
      << "before, the best was infeasible too";
  EXPECT_THAT(why(desk.next()), HasSubstr("(infeasible by 0.2), where the best, trial 3, was feasible"));
  EXPECT_EQ(brief(desk.next(false, 0)), "pause 4") << "nor is it one to go on with at the end";
  desk.end(late, Change::Paused);
  EXPECT_EQ(brief(desk.next(false)), "wait");
  for (TrialId id = 0; id < 4; ++id) desk.end(id, Change::Failed);
  EXPECT_EQ(brief(desk.next(false)), "resume 4 to 27");
  EXPECT_EQ(why(desk.next(false)), "revived: no trial is left to beat");
}

TEST(Curve, ComparesByLossWhereNoConstraintIsKnownYet) {
  Desk desk("curve", epochs(1, 27), kSoon);
  const auto at_the_end = [](Resource at) { return at < 27 ? kNan : -0.1; };
  for (const double end : {0.30, 0.29, 0.28, 0.27, 0.25}) whole(desk, end, 27, at_the_end);
  EXPECT_GT(train(
                desk, desk.start(), 1, 26, [](double) { return 0.9; }, at_the_end),
            0);
}

}  // namespace
}  // namespace hone
