#include "schedule/rungs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "hone/rng.h"

namespace hone {
namespace {

using Levels = std::vector<Resource>;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(RungLevels, BeginAtTheMinimumAndGoUpByEtaToTheMaximum) {
  EXPECT_EQ(rung_levels(1, 9, 3), (Levels{1, 3, 9}));
  EXPECT_EQ(rung_levels(1, 81, 3), (Levels{1, 3, 9, 27, 81}));  // Li 2018, table 1
  EXPECT_EQ(rung_levels(1, 100, 4), (Levels{1, 4, 16, 64, 100}));
  EXPECT_EQ(rung_levels(2, 27, 3), (Levels{2, 6, 18, 27}));
}

TEST(RungLevels, EndAtTheMaximumHoweverNearTheLastStepIs) {
  EXPECT_EQ(rung_levels(1, 10, 3), (Levels{1, 3, 9, 10}));
  EXPECT_EQ(rung_levels(1, 8, 3), (Levels{1, 3, 8}));
  EXPECT_EQ(rung_levels(9, 10, 3), (Levels{9, 10}));
  EXPECT_EQ(rung_levels(1, 2, 3), (Levels{1, 2}));
}

TEST(RungLevels, AreOneWhereTheMinimumIsTheMaximum) {
  EXPECT_EQ(rung_levels(1, 1, 2), (Levels{1}));
  EXPECT_EQ(rung_levels(7, 7, 3), (Levels{7}));
}

TEST(RungLevels, DoNotOverflow) {
  constexpr Resource max = std::numeric_limits<Resource>::max();
  Levels levels = rung_levels(1, max, 10);
  EXPECT_EQ(levels.back(), max);
  for (std::size_t i = 1; i < levels.size(); ++i) EXPECT_LT(levels[i - 1], levels[i]);
}

TEST(RungEntry, PutsNanLastAndBreaksTiesByTrial) {
  EXPECT_LT((RungEntry{1, 9}), (RungEntry{2, 0}));
  EXPECT_LT((RungEntry{1, 3}), (RungEntry{1, 4}));
  EXPECT_LT((RungEntry{kInf, 9}), (RungEntry{kNan, 0}));
  EXPECT_LT((RungEntry{kNan, 0}), (RungEntry{kNan, 1}));
  EXPECT_FALSE((RungEntry{kNan, 1}) < (RungEntry{kNan, 1}));
}

TEST(ReportAt, IsTheFirstReportAtTheLevelOrBeyond) {
  Trial trial;
  trial.reports = {{1, {0.9}, {}, 0}, {4, {0.5}, {}, 0}, {9, {0.1}, {}, 0}};
  EXPECT_EQ(report_at(trial, 1)->loss[0], 0.9);
  EXPECT_EQ(report_at(trial, 3)->loss[0], 0.5);
  EXPECT_EQ(report_at(trial, 4)->loss[0], 0.5);
  EXPECT_EQ(report_at(trial, 10), nullptr);
}

TEST(RungResults, KnowPlacesAndTheQuota) {
  RungResults rung(1, 3);
  for (int i = 0; i < 7; ++i) rung.insert({10.0 - i, i}, nullptr);
  EXPECT_EQ(rung.size(), 7);
  EXPECT_EQ(rung.quota(), 2);
  EXPECT_EQ(rung.place({4, 6}), 1);
  EXPECT_TRUE(rung.goes_on({5, 5}));
  EXPECT_FALSE(rung.goes_on({6, 4}));
  rung.erase({4, 6});
  EXPECT_EQ(rung.place({5, 5}), 1);
}

TEST(RungResults, KnowTheBestOfThoseThatWait) {
  RungResults rung(1, 3);
  for (int i = 0; i < 4; ++i) rung.insert({1.0 + i, i}, nullptr);
  EXPECT_EQ(rung.first_waiting(), std::nullopt);
  rung.wait({3, 2});
  rung.wait({2, 1});
  EXPECT_EQ(rung.first_waiting()->trial, 1);
  rung.replace({3, 2}, {0.5, 2}, nullptr);
  EXPECT_EQ(rung.first_waiting()->trial, 2) << "it still waits, with its new result";
  rung.go_on({0.5, 2});
  EXPECT_EQ(rung.first_waiting()->trial, 1);
  EXPECT_EQ(rung.size(), 4);
}

TEST(RungPlan, DividesTheTrialsByEta) {
  ScheduleInputs inputs;
  inputs.max = 27;
  inputs.trials = 20;
  Bracket bracket = rung_plan(inputs, 3).at(0);
  EXPECT_EQ(bracket.s, 3);
  ASSERT_EQ(bracket.rungs.size(), 4u);
  std::vector<std::int64_t> n, r;
  for (const Rung& rung : bracket.rungs) {
    n.push_back(rung.n);
    r.push_back(rung.r);
  }
  EXPECT_EQ(n, (std::vector<std::int64_t>{20, 6, 2, 1}));
  EXPECT_EQ(r, (std::vector<std::int64_t>{1, 3, 9, 27}));
  inputs.trials.reset();
  EXPECT_EQ(rung_plan(inputs, 3).at(0).rungs.at(2).n, 0);
}

TEST(Wording, ShowsValuesInTheUsersDirection) {
  ScheduleInputs inputs;
  inputs.maximize = true;
  inputs.unit = "tree";
  Wording words(inputs);
  EXPECT_EQ(words.value(-0.93), "0.93");
  EXPECT_EQ(words.value(0.0), "0");
  EXPECT_EQ(words.rung(0, 4), "rung 1 (tree 4)");
}

TEST(Ordinal, KnowsTheTeens) {
  EXPECT_EQ(ordinal(1), "1st");
  EXPECT_EQ(ordinal(2), "2nd");
  EXPECT_EQ(ordinal(3), "3rd");
  EXPECT_EQ(ordinal(11), "11th");
  EXPECT_EQ(ordinal(112), "112th");
  EXPECT_EQ(ordinal(101), "101st");
}

TEST(RungEntry, PutsFeasibleBeforeUnknownBeforeInfeasible) {
  const auto entry = [](TrialId trial, double loss, std::vector<double> excess) {
    const Report report{1, {loss}, std::move(excess), 0};
    return rung_entry(trial, &report);
  };
  const std::vector<RungEntry> in_order = {entry(9, 0.5, {}),         entry(8, 0.6, {-2, 0}),    entry(7, 0.1, {kNan}),
                                           entry(6, 0.2, {kNan, -1}), entry(5, 0.9, {0.1, 0.1}), entry(4, 0.1, {0.3}),
                                           entry(3, 0.1, {0.2, 0.2}), entry(2, 0, {kInf, kNan}), entry(1, kNan, {}),
                                           rung_entry(0, nullptr)};
  for (std::size_t i = 1; i < in_order.size(); ++i) {
    EXPECT_LT(in_order[i - 1], in_order[i]) << i;
    EXPECT_FALSE(in_order[i] < in_order[i - 1]) << i;
  }
}

/// Constrained domination (Deb et al. 2002, definition 1).
bool before(const std::vector<double>& a, double va, const std::vector<double>& b, double vb) {
  if (va != vb) return va < vb;
  return a[0] <= b[0] && a[1] <= b[1] && a != b;
}

// Whatever comes, changes and goes: nobody stands before one that dominates it, and the first of those that wait is found.
TEST(RungResults, KeepConstrainedDominationWithSeveralObjectives) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Rng rng = Rng::stream(seed, "rungs");
    RungResults rung(1, 3, 2);
    std::map<TrialId, Report> reports;
    std::set<TrialId> waiting;
    const auto entry = [&](TrialId id) { return rung_entry(id, &reports.at(id)); };
    const auto draw = [&] {
      const double some[] = {-1, 0, kNan, 0.5, rng.uniform()};
      const auto loss = [&] { return static_cast<double>(rng.below(8)); };
      return Report{1, {loss(), loss()}, {some[rng.below(5)]}, 0};
    };
    for (TrialId id = 0; id < 60; ++id) {
      reports[id] = draw();
      rung.insert(entry(id), &reports[id]);
      if (rng.below(2) == 0) {
        rung.wait(entry(id));
        waiting.insert(id);
      }
      const auto other = static_cast<TrialId>(rng.below(static_cast<std::uint64_t>(id) + 1));
      if (reports.contains(other) && rng.below(4) == 0) {
        const RungEntry old = entry(other);
        reports[other] = draw();
        rung.replace(old, entry(other), &reports[other]);
      } else if (reports.contains(other) && rng.below(6) == 0) {
        rung.erase(entry(other));
        reports.erase(other);
        waiting.erase(other);
      }
      ASSERT_EQ(rung.size(), static_cast<std::int64_t>(reports.size()));
      std::map<std::int64_t, TrialId> order;
      for (const auto& [trial, report] : reports) order[rung.place(entry(trial))] = trial;
      ASSERT_EQ(order.size(), reports.size());
      for (const auto& [a, x] : reports)
        for (const auto& [b, y] : reports)
          if (before(x.loss, entry(a).violation, y.loss, entry(b).violation)) {
            ASSERT_LT(rung.place(entry(a)), rung.place(entry(b))) << "seed " << seed;
          }
      std::optional<TrialId> first;
      for (const auto& [place, trial] : order)
        if (!first && waiting.contains(trial)) first = trial;
      const auto found = rung.first_waiting();
      ASSERT_EQ(found ? std::optional(found->trial) : std::nullopt, first) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace hone
