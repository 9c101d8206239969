#include "search/flow2.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "search/testing.h"

namespace hone {
namespace {

using lab::number;
using lab::space_of;

Trial trial_of(TrialId id, Config config, std::vector<Report> reports, Phase phase = Phase::Completed) {
  Trial trial = lab::running(id, std::move(config));
  trial.reports = std::move(reports);
  trial.phase = phase;
  return trial;
}

Report report(Resource at, double loss, double excess = 0) {
  return {.at = at, .loss = {loss}, .excess = {excess}, .cost = 2};
}

LocalResult result(std::vector<Report> reports, Phase phase = Phase::Completed, Cause cause = Cause::None) {
  Trial trial = trial_of(0, {}, std::move(reports), phase);
  trial.cause = cause;
  trial.until = 9;
  return LocalResult(trial, phase == Phase::Failed ? Change::Failed : Change::Reported);
}

TEST(LocalResult, ComparesAtTheFurthestFidelityThatBothHaveReported) {
  const LocalResult far = result({report(1, 0.8), report(3, 0.5), report(9, 0.3)});
  EXPECT_TRUE(better(result({report(1, 0.7)}, Phase::Paused), far)) << "0.7 against 0.8, not against 0.3";
  EXPECT_FALSE(better(result({report(1, 0.9)}, Phase::Paused), far));
  EXPECT_TRUE(better(result({report(1, 0.9), report(3, 0.4)}, Phase::Paused), far));
  EXPECT_TRUE(better(far, result({report(2, 0.1)}))) << "nothing in common: the one that came further";
  EXPECT_FALSE(better(far, far));
}

TEST(LocalResult, BreakingFewerConstraintsComesBeforeTheLoss) {
  EXPECT_TRUE(better(result({report(9, 5, 0)}), result({report(9, 1, 0.1)})));
  EXPECT_TRUE(better(result({report(9, 5, 0.1)}), result({report(9, 1, 0.2)})));
  EXPECT_TRUE(better(result({report(9, 1, -3)}), result({report(9, 2, -1)}))) << "both keep them";
}

TEST(LocalResult, AFailureIsJudgedAndALostMachineIsNot) {
  const LocalResult failed = result({report(3, 0.1)}, Phase::Failed, Cause::Exit);
  EXPECT_TRUE(failed.judged() && !failed.known() && !failed.lost());
  EXPECT_TRUE(result({}, Phase::Failed, Cause::Lost).lost());
  EXPECT_FALSE(result({report(3, 0.1)}, Phase::Running).judged()) << "it was asked to run to 9";
  EXPECT_TRUE(result({report(9, 0.1)}, Phase::Running).judged());
  EXPECT_FALSE(result({report(9, std::numeric_limits<double>::quiet_NaN())}).known());
  EXPECT_TRUE(better(result({report(9, 7)}), failed));
}

struct Case {
  explicit Case(Space s, const std::vector<double>& at = {0.5, 0.5}, double loss = 1)
      : space(std::move(s)), walk(space) {
    const Trial start = trial_of(0, space.decode(at), {report(1, loss)});
    thread.emplace(walk, Incumbent{0, start.config, LocalResult(start, Change::Completed)}, 0.1);
  }
  Config place(const Flow2Move& move, TrialId id, int attempt = 0) const {
    Rng rng = Rng::stream(1, "test", static_cast<std::uint64_t>(id));
    return thread->place(walk, 1, move, attempt, rng);
  }
  /// Trial `id` makes the next move and has that loss.
  Flow2Move step(TrialId id, double loss) {
    const Flow2Move move = thread->next(1, id);
    thread->started(id, move);
    const Trial trial = trial_of(id, place(move, id), {report(1, loss)});
    thread->told(walk, trial, LocalResult(trial, Change::Completed), move);
    return move;
  }
  Space space;
  Flow2Walk walk;
  std::optional<Flow2> thread;
};

Space plane() { return space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}}); }

TEST(Flow2, TriesTheOppositeOfADirectionThatWasNoBetterAndThenAnother) {
  Case c(plane());
  const Flow2Move first = c.thread->next(1, 1);
  const Config ahead = c.place(first, 1);
  c.thread->started(1, first);
  const Flow2Move second = c.thread->next(1, 2);
  EXPECT_EQ(second.key, first.key) << "also while the first is on its way";
  EXPECT_EQ(second.sign, -first.sign);
  const Config back = c.place(second, 2);
  for (int k = 0; k < 2; ++k) EXPECT_NEAR(number(ahead[k]) - 0.5, 0.5 - number(back[k]), 1e-9);
  c.thread->started(2, second);
  EXPECT_EQ(c.thread->next(1, 3).key, 3);
}

TEST(Flow2, MovesToWhatIsBetterWithALongerStepAndShortensItInVain) {
  Case c(plane());
  c.step(1, 0.5);
  EXPECT_EQ(c.thread->incumbent().id, 1);
  const double longer = c.thread->step();
  EXPECT_GT(longer, 0.1);
  c.step(2, 0.7);
  c.step(3, 0.7);
  EXPECT_EQ(c.thread->incumbent().id, 1);
  EXPECT_LT(c.thread->step(), longer);
  for (TrialId id = 4; id < 200; ++id) c.step(id, 0.7);
  EXPECT_TRUE(c.thread->converged());
}

TEST(Flow2, ATrialThatIsToldTwiceCountsOnce) {
  Case c(plane());
  const Flow2Move move = c.step(1, 2);
  const double step = c.thread->step();
  const Trial trial = trial_of(1, c.place(move, 1), {report(1, 2)});
  c.thread->told(c.walk, trial, LocalResult(trial, Change::Completed), move);
  EXPECT_EQ(c.thread->step(), step);
}

TEST(Flow2, AMoveChangesEitherNumbersOrOneChoice) {
  Case c(space_of({{"a", "[u, v, w]"}, {"b", "[p, q]"}, {"x", "float(0, 1)"}}), {0.5, 0.2, 0.5});
  const Config before = c.thread->incumbent().config;
  int options = 0;
  for (TrialId id = 1; id <= 100; ++id) {
    const Config after = c.place(c.thread->next(1, id), id);
    const int words = (after[0] != before[0]) + (after[1] != before[1]);
    EXPECT_EQ(words + (after[2] != before[2]), 1);
    options += words;
  }
  EXPECT_GT(options, 25);
  EXPECT_LT(options, 75);
}

TEST(Flow2, AShortStepStillReachesTheNextIntegerNowAndThen) {
  Case c(space_of({{"n", "int(1, 9)"}, {"x", "float(0, 1)"}}));
  int away = 0;
  for (TrialId id = 1; id <= 400; ++id) {
    const double n = number(c.place({0, id, 1}, id)[0]);
    EXPECT_NEAR(n, 5, 4);
    away += n != 5;
  }
  // The step is 0.1 and a level 1/9 wide: |N(0, 0.9)| levels on average, cut to one: it leaves in about 6 of 10.
  EXPECT_GT(away, 180);
  EXPECT_LT(away, 300);
}

TEST(Flow2, WhatAnOptionMakesActiveIsAsItWasWhenItWasLastActive) {
  Case c(space_of({{"m", "[a, b]"}, {"p", "float(0, 1) if m == a"}, {"q", "float(0, 1) if m == b"}}), {0.2, 0.3, 0.5});
  EXPECT_EQ(value_text(c.thread->incumbent().config[0]), "a");
  const Trial other = trial_of(1, c.space.decode(std::vector<double>{0.8, 0.5, 0.9}), {report(1, 0.5)});
  EXPECT_TRUE(c.thread->adopt(c.walk, other, LocalResult(other, Change::Completed)));
  const Config back = c.place({1, 2, 0}, 2);
  EXPECT_EQ(value_text(back[0]), "a");
  EXPECT_EQ(number(back[1]), 0.3);
}

TEST(Flow2, ANoteReadsBackAsTheMoveThatItWas) {
  const auto move = Flow2Move::parse(Flow2Move{17, 21, -1}.text());
  ASSERT_TRUE(move);
  EXPECT_EQ(move->from, 17);
  EXPECT_EQ(move->key, 21);
  EXPECT_EQ(move->sign, -1);
  for (const char* wrong : {"", "start", "1 2", "1 2 x", "1 2 1 5", "1 2 1 "})
    EXPECT_FALSE(Flow2Move::parse(wrong)) << wrong;
}

}  // namespace
}  // namespace hone
