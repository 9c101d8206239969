#include <algorithm>

#include "search/testing.h"

namespace hone {
namespace {

using lab::make_searcher;
using lab::space_of;

std::vector<Config> visit(Searcher& searcher, int trials) {
  std::vector<Config> configs;
  lab::minimize(searcher, trials, [&](const Config& config) {
    configs.push_back(config);
    return 0.0;
  });
  return configs;
}

std::string text(const Config& config) {
  std::string text;
  for (const auto& value : config) text += value_text(value) + " ";
  return text;
}

TEST(Grid, VisitsTheCellsInOrderAndThenEnds) {
  const auto grid = make_searcher("grid", space_of({{"a", "int(1, 2)"}, {"b", "[x, y]"}}));
  const auto configs = visit(*grid, 100);
  ASSERT_EQ(configs.size(), 4U);
  EXPECT_EQ(text(configs[0]), "1 x ");
  EXPECT_EQ(text(configs[1]), "1 y ");
  EXPECT_EQ(text(configs[2]), "2 x ");
  EXPECT_EQ(text(configs[3]), "2 y ");
  EXPECT_TRUE(std::holds_alternative<Exhausted>(grid->ask({.trial = 4, .until = 1, .exact = true})));
}

TEST(Grid, FindsEveryCellOfAnOrderAmongBillionsThatAreNot) {
  std::vector<std::pair<std::string, std::string>> params;
  std::vector<std::string> constraints;
  const std::string names = "abcdefg";
  for (std::size_t i = 0; i < names.size(); ++i) {
    params.push_back({std::string(1, names[i]), "int(1, 30)"});
    if (i > 0) constraints.push_back(std::string(1, names[i - 1]) + " + 3 < " + names[i]);
  }
  const Space space = space_of(params, constraints);
  const auto grid = make_searcher("grid", space);
  const auto configs = visit(*grid, 1000);
  ASSERT_EQ(configs.size(), 792U) << "12 over 7: 30 values less three for each of six gaps";
  EXPECT_EQ(text(configs[0]), "1 5 9 13 17 21 25 ");
  EXPECT_EQ(text(configs[791]), "6 10 14 18 22 26 30 ");
  EXPECT_TRUE(std::is_sorted(configs.begin(), configs.end()));
  EXPECT_TRUE(std::holds_alternative<Exhausted>(grid->ask({.trial = 792, .until = 1, .exact = true})));
}

TEST(Grid, LeavesOutRepeatsOfConditionsAndWhatConstraintsForbid) {
  const Space space =
      space_of({{"m", "[svm, tree]"}, {"depth", "int(1, 4) if m == tree"}, {"w", "int(1, 2)"}}, {"depth * w != 4"});
  const auto grid = make_searcher("grid", space);
  const auto configs = visit(*grid, 100);
  std::set<std::string> texts;
  for (const auto& config : configs) {
    EXPECT_TRUE(space.allows(config));
    EXPECT_TRUE(texts.insert(text(config)).second) << text(config);
  }
  EXPECT_EQ(configs.size(), 2U + 4 * 2 - 2);
}

TEST(Grid, ShuffleVisitsTheSameCellsInAnOrderOfTheSeed) {
  const Space space = space_of({{"a", "int(1, 11)"}, {"b", "int(1, 7)"}});
  const auto in_order = make_searcher("grid", space);
  const auto one = make_searcher("grid", space, 1, {{"shuffle", std::int64_t{1}}});
  const auto two = make_searcher("grid", space, 2, {{"shuffle", std::int64_t{1}}});
  auto cells = visit(*in_order, 100), first = visit(*one, 100), second = visit(*two, 100);
  ASSERT_EQ(cells.size(), 77U);
  EXPECT_NE(first, cells);
  EXPECT_NE(first, second);
  const auto sorted = [](std::vector<Config> configs) {
    std::sort(configs.begin(), configs.end());
    return configs;
  };
  EXPECT_EQ(sorted(first), sorted(cells));
  EXPECT_EQ(sorted(second), sorted(cells));
}

TEST(Grid, RepeatsItselfWithFreshDrawsOfContinuousParameters) {
  const auto grid = make_searcher("grid", space_of({{"lr", "float(0, 1)"}, {"opt", "[sgd, adam, lion]"}}));
  const auto configs = visit(*grid, 12);
  ASSERT_EQ(configs.size(), 12U);
  std::set<double> rates;
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(configs[i][1], configs[i % 3][1]);
    rates.insert(lab::number(configs[i][0]));
  }
  EXPECT_EQ(rates.size(), 12U);
}

TEST(Grid, DoesNotVisitWhatOthersHaveTried) {
  const Space space = space_of({{"a", "int(1, 3)"}});
  const auto grid = make_searcher("grid", space);
  lab::tell_start(*grid, lab::running(0, {std::int64_t{2}}));
  Trial added = lab::running(1, {std::int64_t{1}});
  added.source = "added";
  lab::tell_end(*grid, added);
  EXPECT_EQ(lab::proposed(*grid, 2), (Config{std::int64_t{3}}));
}

TEST(Grid, AProposalThatNeverStartsIsMadeAgain) {
  const auto grid = make_searcher("grid", space_of({{"a", "int(1, 3)"}}));
  EXPECT_EQ(lab::proposed(*grid, 0), lab::proposed(*grid, 7));
}

TEST(Grid, FindsTheFewLegalCellsOfALargeGrid) {
  const Space space = space_of({{"a", "int(1, 1000)"}, {"b", "int(1, 1000)"}}, {"a >= 999", "b % 500 == 0"});
  const auto grid = make_searcher("grid", space);
  const auto configs = visit(*grid, 10);
  ASSERT_EQ(configs.size(), 4U);
  EXPECT_EQ(text(configs[0]), "999 500 ");
  EXPECT_EQ(text(configs[3]), "1000 1000 ");
}

TEST(Grid,
     GoesOnWhereNoCellIsNear) {  // 10^12 cells, the first legal one after more than 10^11, and no rows to leap over
  const Space space = space_of({{"a", "int(1, 1000000)"}, {"b", "int(1, 1000000)"}}, {"a + b / 1000000 >= 900000"});
  const auto grid = make_searcher("grid", space);
  const auto answer = grid->ask({.trial = 0, .until = 1, .exact = true});
  const auto* proposal = std::get_if<Proposal>(&answer);
  ASSERT_NE(proposal, nullptr);
  EXPECT_TRUE(space.allows(proposal->config));
  EXPECT_NE(proposal->why.find("random draw"), std::string::npos) << proposal->why;
  EXPECT_EQ(lab::proposed(*grid, 0), proposal->config);
}

TEST(Grid, NotesOfOtherSearchersAreIgnored) {
  const auto grid = make_searcher("grid", space_of({{"a", "int(1, 3)"}, {"x", "float(0, 1)"}}));
  const Config first = lab::proposed(*grid, 0);
  for (const char* note : {"random", "7x", "-1", "18446744073709551615", "99999999999999999999999"}) {
    lab::tell_start(*grid, lab::running(0, {std::int64_t{2}, 0.5}, note));
  }
  EXPECT_EQ(lab::proposed(*grid, 0), first);
}

}  // namespace
}  // namespace hone
