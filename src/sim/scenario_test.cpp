#include "sim/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace hone {
namespace {

using testing::HasSubstr;

const std::string kGood = R"(name: small
description: Two points.
study: |
  objective: minimize loss
  space: {x: [1, 2]}
  searcher: grid
  scheduler: none
  seed: 1
workers: 2
objective: x * 10
seconds: x
expect: {trials: 2, completed: ">= 2", seconds: 1..2, best_value: 10, best_trial: 0, ended: well}
)";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  auto at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}
std::string mistake(const std::string& text) {
  auto read = read_scenario(text, "small.hone");
  return read ? "" : read.error().what;
}

TEST(Scenario, RunsAndMeetsWhatItExpects) {
  auto scenario = read_scenario(kGood, "small.hone");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().what;
  auto result = simulate(scenario->spec, scenario->plan, scenario->trouble);
  ASSERT_TRUE(result.has_value()) << result.error().what;
  EXPECT_EQ(unmet(*scenario, *result), std::vector<std::string>{});
  EXPECT_EQ(result->seconds, 2);
  EXPECT_EQ(result->utilisation, 0.75);
}

TEST(Scenario, SaysWhichExpectationsAreNotMet) {
  auto scenario = read_scenario(
      with("trials: 2, completed: \">= 2\"", "trials: 3, completed: \">= 9\", resumed: 1, wings: 2"), "f");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().what;
  auto result = simulate(scenario->spec, scenario->plan, scenario->trouble);
  EXPECT_EQ(unmet(*scenario, *result),
            (std::vector<std::string>{"trials: 2 instead of 3", "completed: 2 instead of >= 9",
                                      "resumed: 0 instead of 1", "wings: no such count"}));
}

TEST(Scenario, NamesMistakesWithTheirLine) {
  EXPECT_THAT(mistake(with("workers: 2", "workrs: 2")),
              HasSubstr("small.hone:9: workrs: unknown key; did you mean workers?"));
  EXPECT_THAT(mistake(with("workers: 2", "workers: 0")), HasSubstr("small.hone:9: workers: 0 is no number from 1"));
  EXPECT_THAT(mistake(with("x * 10", "z * 10")), HasSubstr("small.hone:10: loss: "));
  EXPECT_THAT(mistake(with("seconds: x", "faults: {lots: 1}")), HasSubstr("faults.lots: unknown fault"));
  EXPECT_THAT(mistake(with("searcher: grid", "sercher: grid")), HasSubstr("study: "));
  EXPECT_THAT(mistake("[1, 2]"), HasSubstr("a scenario is a map"));
  EXPECT_THAT(mistake("name: x\n"), HasSubstr("expect: missing"));
}

TEST(Curve, IsANumberOverParametersAndTheUnit) {
  auto space = Space::make({*parse_param("x", "float(0, 1)"), *parse_param("y", "float(0, 1) if x > 0.5")});
  ASSERT_TRUE(space.has_value()) << space.error().what;
  auto loss = curve("(x - 0.5) ** 2 + 1 / at", *space);
  ASSERT_TRUE(loss.has_value()) << loss.error().what;
  EXPECT_DOUBLE_EQ((*loss)({1.0, 0.5}, 4, 0), 0.5);
  auto other = curve("y + 1", *space);
  EXPECT_TRUE(std::isnan((*other)({0.1, std::monostate{}}, 1, 0))) << "y is inactive";
  EXPECT_FALSE(curve("q", *space).has_value());
}

}  // namespace
}  // namespace hone
