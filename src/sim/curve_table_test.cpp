#include "sim/curve_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/fault_plan.h"
#include "sim/recorded.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string mistake(const CurveFiles& files) {
  const auto table = read_curve_table(files);
  return table ? "" : table.error().what;
}
Space space_of(const std::vector<std::pair<std::string, std::string>>& params) {
  std::vector<Param> all;
  for (const auto& [name, text] : params) all.push_back(*parse_param(name, text));
  return *Space::make(std::move(all));
}

TEST(CurveTable, HasConfigurationsAndValuesInOneFile) {
  const auto table =
      read_curve_table({"t.csv", "config,lr,l1,test_loss_final,v0,v1\n0,0.1,3,9,1.5,\n1,0.2,4,9,nan,2\n", {}, {}, {}});
  ASSERT_TRUE(table.has_value()) << table.error().what;
  EXPECT_THAT(table->columns, ElementsAre("lr", "l1", "test_loss_final"));
  EXPECT_THAT(table->configs[1], ElementsAre("0.2", "4", "9"));
  EXPECT_EQ(table->units, 2u);
  EXPECT_EQ(table->values[0], 1.5);
  EXPECT_TRUE(std::isnan(table->values[1])) << "an empty cell";
  EXPECT_TRUE(std::isnan(table->values[2])) << "nan";
  EXPECT_TRUE(table->seconds.empty());
}

TEST(CurveTable, TakesConfigurationsAndSecondsFromTheFilesBesideItByTheirNumber) {
  const auto table = read_curve_table({"t.val_accuracy.csv",
                                       "config,e1,e2\n0,50,60\n1,70,80\n",
                                       "config,lr\n1,0.2\n0,0.1\n",
                                       "config,e2,e1\n1,9,4\n0,5,2\n",
                                       {}});
  ASSERT_TRUE(table.has_value()) << table.error().what;
  EXPECT_THAT(table->columns, ElementsAre("lr"));
  EXPECT_THAT(table->configs, ElementsAre(ElementsAre("0.1"), ElementsAre("0.2")));
  EXPECT_THAT(table->seconds, ElementsAre(2, 5, 4, 9));
}

TEST(CurveTable, ReadsValuesAndSecondsBySize) {
  const auto table = read_curve_table({"t.csv",
                                       "config,acc@0.5,acc@1,train_seconds@0.5,train_seconds@1\n0,0.7,0.8,3,5\n",
                                       "config,booster\n0,dart\n",
                                       {},
                                       {}});
  ASSERT_TRUE(table.has_value()) << table.error().what;
  EXPECT_THAT(table->values, ElementsAre(0.7, 0.8));
  EXPECT_THAT(table->seconds, ElementsAre(3, 5));
}

TEST(CurveTable, TakesTheMeansOfSampleSizeCurvesAndOfRepeatedRuns) {
  const auto sizes =
      read_curve_table({"t.csv", "learner,stat,a0,a1\nKNN,mean,0.4,0.3\nKNN,stderr,0.1,0.1\n", {}, {}, {}});
  ASSERT_TRUE(sizes.has_value()) << sizes.error().what;
  EXPECT_THAT(sizes->values, ElementsAre(0.4, 0.3));
  const auto runs = read_curve_table({"b.t.csv",
                                      "index,seed0,seed1\n01,1,2\n10,4,\n",
                                      {},
                                      {},
                                      R"({"search_space_in_index_order": {"act": ["relu", "tanh"], "n": [16, 32]}})"});
  ASSERT_TRUE(runs.has_value()) << runs.error().what;
  EXPECT_THAT(runs->values, ElementsAre(1.5, 4));
  EXPECT_THAT(runs->configs, ElementsAre(ElementsAre("relu", "32"), ElementsAre("tanh", "16")));
}

TEST(CurveTable, SaysInOneLineWhatIsWrong) {
  EXPECT_EQ(mistake({"t.csv", "", {}, {}, {}}),
            "t.csv: a table has a line of names and at least one row; it has nothing");
  EXPECT_EQ(mistake({"t.csv", "config,lr,v0\n0,1\n", {}, {}, {}}), "t.csv: row 1 has 2 cells instead of 3");
  EXPECT_EQ(mistake({"t.csv", "lr,lr,v0\n0,1,2\n", {}, {}, {}}), "t.csv: two columns are named lr; rename one");
  EXPECT_EQ(mistake({"t.csv", "lr,v0\n0,x1\n", {}, {}, {}}),
            "t.csv: row 1, v0: x1 is no number; leave it empty if nothing was measured");
  EXPECT_THAT(mistake({"t.csv", "lr,loss\n0,1\n", {}, {}, {}}), HasSubstr("t.csv: no value columns"));
  EXPECT_THAT(mistake({"t.csv", "lr,v0,e1\n0,1,1\n", {}, {}, {}}), HasSubstr("columns of v and of e"));
  EXPECT_THAT(mistake({"t.csv", "config,v0\n0,1\n", {}, {}, {}}), HasSubstr("no configs.csv beside it"));
  EXPECT_EQ(mistake({"t.csv", "config,v0\n7,1\n", "config,lr\n0,1\n", {}, {}}),
            "configs.csv: no config 7, which is in t.csv");
  EXPECT_THAT(
      mistake({"t.csv", "index,seed0\n05,1\n", {}, {}, R"({"search_space_in_index_order": {"a": [1], "b": [1]}})"}),
      HasSubstr("row 1: index 05 is not one digit for each of the 2 parameters"));
  EXPECT_THAT(mistake({"t.csv", "lr,v0\n\"0,1\n", {}, {}, {}}), HasSubstr("t.csv: no CSV: "));
}

TEST(Recorded, LeavesOutWhatIsOutsideTheSpaceAndWhatIsRepeated) {
  const CurveTable table{"t.csv", {"lr", "kind"}, {{"0.1", "a"}, {"7", "a"}, {"0.1", "a"}, {"0.2", "b"}},
                         1,       {1, 2, 3, 4},   {}};
  const auto rows = recorded_rows(table, space_of({{"lr", "float(0, 1)"}, {"kind", "[a, b]"}}));
  ASSERT_TRUE(rows.has_value()) << rows.error().what;
  EXPECT_THAT(rows->rows, ElementsAre(0, 3));
  EXPECT_THAT(rows->values, ElementsAre(1, 4));
  EXPECT_EQ(rows->outside, 1u);
  EXPECT_EQ(rows->repeated, 1u);
  EXPECT_EQ(rows->why_outside, "row 2: lr: 7 is outside float(0, 1)");
  const auto held = recorded_rows(table, space_of({{"lr", "float(0, 1)"}, {"kind", "b"}}));
  ASSERT_TRUE(held.has_value()) << held.error().what;
  EXPECT_THAT(held->rows, ElementsAre(3)) << "a constant leaves the rows with its value";
}

TEST(Recorded, DoesNotLookAtCellsOfInactiveParameters) {
  const CurveTable table{"t.csv", {"kind", "depth"}, {{"tree", "3"}, {"line", "0"}, {"line", ""}}, 1, {1, 2, 3}, {}};
  const auto rows = recorded_rows(table, space_of({{"kind", "[tree, line]"}, {"depth", "int(1, 9) if kind == tree"}}));
  ASSERT_TRUE(rows.has_value()) << rows.error().what;
  EXPECT_THAT(rows->rows, ElementsAre(0, 1));
  EXPECT_EQ(rows->configs[1][1].index(), 0u) << "inactive";
}

TEST(Recorded, SaysWhichParametersAreNoColumns) {
  const CurveTable table{"t.csv", {"lr"}, {{"5"}}, 1, {1}, {}};
  EXPECT_EQ(recorded_rows(table, space_of({{"lr", "float(0, 1)"}, {"width", "int(1, 9)"}})).error().what,
            "space.width: no column of t.csv, which has lr; leave it out or --fix it");
  EXPECT_EQ(recorded_rows(table, space_of({{"lr", "float(0, 1)"}})).error().what,
            "t.csv: none of its 1 rows is in the space: row 1: lr: 5 is outside float(0, 1)");
}

TEST(FaultPlan, ReadsChancesMarksAndWorkers) {
  const auto faults = read_fault_plan(
      "lost: 0.1\noom: 0.2\nat: [{unit: 3, fault: nan, trial: 7}, {unit: 9, fault: crash, moment: end, times: 4}]\n"
      "workers: [{seconds: 5, there: 2}]\n",
      "f");
  ASSERT_TRUE(faults.has_value()) << faults.error().what;
  EXPECT_EQ(faults->lost, 0.1);
  ASSERT_EQ(faults->marks.size(), 2u);
  EXPECT_EQ(faults->marks[0].trial, 7);
  EXPECT_EQ(faults->marks[1].what, Faults::Mark::What::Crash);
  EXPECT_EQ(faults->marks[1].moment, Faults::Moment::End);
  EXPECT_EQ(faults->marks[1].times, 4);
  EXPECT_EQ(faults->oom, 0.2);
  ASSERT_EQ(faults->workers.size(), 1u);
  EXPECT_EQ(faults->workers[0].workers, 2);
}

TEST(FaultPlan, NamesEveryMistakeWithItsLine) {
  const auto faults =
      read_fault_plan("lots: 1\nnan: 2\nat: [{unit: 0, fault: nap, moment: start}]\nworkers: 3\n", "f.yaml");
  ASSERT_FALSE(faults.has_value());
  EXPECT_EQ(faults.error().what,
            "f.yaml:1: faults.lots: unknown fault; did you mean lost?\n"
            "f.yaml:2: faults.nan: 2 is no number from 0 to 1\n"
            "f.yaml:3: faults.at[0].unit: 0 is no whole number from 1 on\n"
            "f.yaml:3: faults.at[0].fault: unknown fault; did you mean nan?\n"
            "f.yaml:3: faults.at[0].moment: unknown moment; use one of begin, end, middle\n"
            "f.yaml:4: faults.workers: a list is needed");
}

}  // namespace
}  // namespace hone
