#include "schedule/rungs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

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

}  // namespace
}  // namespace hone
