#include "sim/table_study.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "sim/simulator.h"
#include "study/study_file.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

StudySpec spec_of(const std::string& more) {
  auto spec = read_study_file("objective: minimize loss\nspace: {x: \"float(0, 1)\"}\nseed: 1\n" + more, "study");
  EXPECT_TRUE(spec.has_value()) << (spec ? "" : spec.error().what);
  return *spec;
}

/// Row i has x = i / 10 and the values 10 i + unit, or as given.
CurveTable table_of(std::size_t rows, std::size_t units) {
  CurveTable table{"t.csv", {"x"}, {}, units, {}, {}};
  for (std::size_t i = 0; i < rows; ++i) {
    table.configs.push_back({fmt::format("{}", static_cast<double>(i) / 10)});
    for (std::size_t k = 1; k <= units; ++k) table.values.push_back(static_cast<double>(10 * i + k));
  }
  return table;
}

SimResult run(const StudySpec& spec, const CurveTable& table, const Faults& faults = {}) {
  const auto study = study_on_table(spec, table, faults);
  EXPECT_TRUE(study.has_value()) << (study ? "" : study.error().what);
  auto result = simulate(study->spec, study->plan);
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().what);
  EXPECT_THAT(result->broken, ElementsAre());
  EXPECT_THAT(rederive(study->spec, result->log, study->plan.around), ElementsAre()) << "replay is not live";
  return std::move(*result);
}

std::vector<std::string> trace(const SimResult& result) {
  std::vector<std::string> lines;
  for (const Improvement& at : result.trace)
    lines.push_back(fmt::format("{} s, {} units: {} by {}", at.seconds, at.units, at.best, at.trial));
  return lines;
}

std::vector<double> xs(const SimResult& result) {
  std::vector<double> all;
  for (const Trial& trial : result.study.trials()) all.push_back(std::get<double>(trial.config[0]));
  return all;
}

TEST(TableStudy, DrawsEachRowOnceAndEndsWithThem) {
  const auto result =
      run(spec_of("searcher: random\nscheduler: none\nfidelity: {max: 2}\nparallel: 3\n"), table_of(7, 2));
  auto drawn = xs(result);
  EXPECT_FALSE(std::is_sorted(drawn.begin(), drawn.end()));
  std::sort(drawn.begin(), drawn.end());
  EXPECT_THAT(drawn, ElementsAre(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6));
  EXPECT_EQ(*result.study.finished(), "every row of the table has a trial");
  EXPECT_EQ(result.units, 14);
  EXPECT_EQ(result.seconds, 6);  // three rounds of two units
  EXPECT_DOUBLE_EQ(result.utilisation, 14.0 / (3 * 6));
}

TEST(TableStudy, AnswersAProposalByTheNearestUntriedRow) {
  auto spec = spec_of("searcher: random\nscheduler: none\nparallel: 2\ninitial: [{x: 0.52}, {x: 0.12}]\n");
  spec.searcher.name = "sobol";
  const auto result = run(spec, table_of(10, 1));
  // The initial points take rows 5 and 1; Sobol's first points after them are answered by what is left nearby.
  ASSERT_EQ(result.study.trials().size(), 10u);
  std::set<double> rows;
  for (std::size_t i = 2; i < 10; ++i) rows.insert(xs(result)[i]);
  EXPECT_EQ(rows.size(), 8u);
  EXPECT_FALSE(rows.contains(0.5) || rows.contains(0.1));
}

TEST(TableStudy, PaysOnlyForUnitsThatAResumedTrialHasNotRun) {
  CurveTable table = table_of(3, 9);
  for (std::size_t row = 0; row < 3; ++row)
    for (double unit = 1; unit <= 9; ++unit) table.seconds.push_back(unit * (static_cast<double>(row) + 0.5));
  const auto result = run(spec_of("searcher: random\nscheduler: asha\nfidelity: {max: 9}\nparallel: 1\n"), table);
  // Rung 1 costs 0.5 + 1.5 + 2.5; row 0, the best, goes on from 1 to 3 and from 3 to 9 at half a second a unit.
  EXPECT_EQ(result.units, 3 + 2 + 6);
  EXPECT_DOUBLE_EQ(result.seconds, 4.5 + 1 + 3);
}

TEST(TableStudy, TracesEachImprovementAtTheEndOfItsUnit) {
  CurveTable table = table_of(2, 3);
  table.values = {9, 7, 8, 6, 6.5, 5};
  table.seconds = {1, 2, 4, 0.5, 3, 3.5};
  auto spec = spec_of("searcher: random\nscheduler: none\nfidelity: {max: 3}\nparallel: 2\n");
  for (std::uint64_t seed = 1; seed < 9; ++seed) {
    spec.seed = seed;
    const auto result = run(spec, table);
    const int first = xs(result)[0] == 0 ? 0 : 1, second = 1 - first;
    EXPECT_THAT(trace(result), ElementsAre(fmt::format("0.5 s, 1 units: 6 by {}", second),
                                           fmt::format("3.5 s, 5 units: 5 by {}", second)));
    EXPECT_EQ(result.seconds, 4);
  }
}

TEST(TableStudy, ReadsTheValueAsTheObjectiveSays) {
  auto spec = spec_of("searcher: random\nscheduler: none\nfidelity: {max: 3}\n");
  spec.objectives[0] = {"accuracy", true};
  const auto result = run(spec, table_of(4, 3));
  EXPECT_EQ(result.trace.back().best, 33);
  EXPECT_EQ(result.trace.front().best, result.trace.front().trial >= 0 ? 10 * 10 * xs(result)[0] + 1 : 0);
}

TEST(TableStudy, FailsATrialWhoseCellIsEmpty) {
  CurveTable table = table_of(3, 3);
  table.values[5] = std::numeric_limits<double>::quiet_NaN();  // the last of row 1
  const auto result = run(spec_of("searcher: random\nscheduler: none\nfidelity: {max: 3}\n"), table);
  for (const Trial& trial : result.study.trials()) {
    const bool empty = std::get<double>(trial.config[0]) == 0.1;
    EXPECT_EQ(trial.phase, empty ? Phase::Failed : Phase::Completed);
    EXPECT_EQ(trial.cause, empty ? Cause::NotFinite : Cause::None);
  }
}

TEST(TableStudy, RunsTheWholeCurveWithoutAFidelity) {
  const auto result = run(spec_of("searcher: random\nscheduler: none\n"), table_of(2, 5));
  EXPECT_EQ(result.units, 10);
  EXPECT_EQ(result.seconds, 10);
  EXPECT_EQ(result.study.trials()[0].reports.back().loss[0], 10 * 10 * xs(result)[0] + 5) << "the last value counts";
}

TEST(TableStudy, HasTheTrialsOfTheLostWorkersRunAgainWhenTheyAreBack) {
  Faults faults;
  faults.workers = {{.at = 2.5, .workers = 0}, {.at = 10, .workers = 2}};
  const auto result =
      run(spec_of("searcher: random\nscheduler: none\nfidelity: {max: 4}\nparallel: 2\n"), table_of(4, 4), faults);
  // Units 1 and 2 of two trials, eight seconds of nothing, units 3 and 4, then two more trials.
  EXPECT_EQ(result.seconds, 16);
  EXPECT_EQ(result.units, 16);
  EXPECT_DOUBLE_EQ(result.utilisation, (2 * 2.5 + 2 * 6) / (2 * 2.5 + 2 * 6));
  for (const Trial& trial : result.study.trials()) EXPECT_EQ(trial.phase, Phase::Completed);
  EXPECT_EQ(result.study.trials()[0].attempt, 2);
}

TEST(TableStudy, PlaysWhatIsMarked) {
  Faults faults;
  using What = Faults::Mark::What;
  faults.marks = {{What::Nan, 4, 0}, {What::Crash, 2, 1}, {What::Lost, 3, 2}, {What::Never, 2, 3}};
  const auto result = run(spec_of("searcher: random\nscheduler: none\nfidelity: {max: 4}\n"), table_of(4, 4), faults);
  const auto& trials = result.study.trials();
  EXPECT_EQ(trials[0].cause, Cause::NotFinite);
  EXPECT_EQ(trials[1].cause, Cause::Exit);
  EXPECT_EQ(trials[1].reports.size(), 1u);
  EXPECT_EQ(trials[2].phase, Phase::Completed);
  EXPECT_EQ(trials[2].attempt, 2);
  EXPECT_EQ(trials[3].phase, Phase::Completed);
  EXPECT_EQ(trials[3].reports.size(), 3u);
}

TEST(TableStudy, CopesWithEveryTrialOfARungFailing) {
  Faults faults;
  faults.marks = {{Faults::Mark::What::Crash, 2, {}}};
  const auto result =
      run(spec_of("searcher: random\nscheduler: asha\nfidelity: {max: 9}\nparallel: 4\n"), table_of(10, 9), faults);
  EXPECT_EQ(result.study.trials().size(), 10u);
  for (const Trial& trial : result.study.trials()) EXPECT_LE(trial.reports.back().at, 1);
}

TEST(TableStudy, StaysTheSameUnderFaultsThatCostTrials) {
  Faults faults{.lost = 0.1, .crash = 0.05, .late = 0.2, .twice = 0.2, .nan = 0.05, .never = 0.1, .past = 0.2};
  const auto spec = spec_of(
      "searcher: tpe\nscheduler: asha\nfidelity: {max: 9}\nparallel: 4\nlimits: {time: 60, retries: 1}\n"
      "stop: {trials: 40}\n");
  const auto once = run(spec, table_of(11, 9), faults), again = run(spec, table_of(11, 9), faults);
  EXPECT_EQ(trace(once), trace(again));
  EXPECT_EQ(once.log.size(), again.log.size());
  EXPECT_EQ(once.study.trials().size(), 11u);
}

TEST(TableStudy, SaysWhatATableCannotPlay) {
  const auto mistake = [](const std::string& more, std::size_t units) {
    const auto study = study_on_table(spec_of(more), table_of(3, units));
    return study ? "" : study.error().what;
  };
  EXPECT_EQ(mistake("fidelity: {max: 9}\n", 4), "fidelity.max: 9 is beyond the 4 units of t.csv; use at most 4");
  EXPECT_EQ(mistake("outcome_constraints: [latency <= 3]\n", 1),
            "outcome_constraints: latency is not in the table, whose value is loss; leave it out");
  EXPECT_THAT(mistake("searcher: {command: ./mine}\n", 1), HasSubstr("searcher: command asks a program"));
}

}  // namespace
}  // namespace hone
