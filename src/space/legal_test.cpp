#include "space/legal.h"

#include <gmock/gmock.h>

#include <functional>

#include "space/for_test.h"
#include "space/value.h"

namespace hone {
namespace {

using for_test::random_unit;
using for_test::space_of;
using testing::HasSubstr;

std::function<Config(Rng&)> drawing(const Space& space) {
  return [&space](Rng& rng) { return space.draw(random_unit(space, rng)); };
}

/// Everything that is proposed until Exhausted, at most `most`.
std::vector<Config> all_picks(const Space& space, std::size_t most, const std::function<Config(Rng&)>& draw) {
  Legal legal(space);
  std::vector<Config> picks;
  for (std::uint64_t i = 0; picks.size() < most; ++i) {
    Rng rng = Rng::stream(4, "picks", i);
    auto picked = legal.pick(rng, draw);
    if (std::holds_alternative<Exhausted>(picked)) break;
    picks.push_back(std::get<Config>(std::move(picked)));
    legal.tried(picks.back());
  }
  return picks;
}

void expect_complete(const Space& space, const std::vector<Config>& picks) {
  std::vector<Config> expected;
  for (std::uint64_t i = 0; i < space.cells(); ++i) {
    const auto config = space.cell(i);
    if (config && space.allows(*config)) expected.push_back(*config);
  }
  EXPECT_THAT(picks, testing::UnorderedElementsAreArray(expected));
}

TEST(Legal, GivesEachLegalConfigOfAFiniteSpaceOnceAndThenNone) {
  const Space plain = space_of({{"a", "int(1, 6)"}, {"b", "[x, y, z]"}});
  expect_complete(plain, all_picks(plain, 1000, drawing(plain)));
  const Space nested =
      space_of({{"m", "[x, y]"}, {"n", "int(1, 9) if m == y"}, {"k", "float(0, 1, step=0.1) if n > 4"}},
               {"n % 2 == 1 or n > 6", "k != 0.5"});
  expect_complete(nested, all_picks(nested, 1000, drawing(nested)));
  const Space narrow = space_of({{"a", "int(0, 31)"}, {"b", "int(0, 31)"}, {"c", "int(0, 31)"}}, {"a + b + c == 90"});
  const auto picks = all_picks(narrow, 1000, drawing(narrow));
  EXPECT_EQ(picks.size(), 10u);
  expect_complete(narrow, picks);
}

TEST(Legal, IsExactEvenIfTheSearcherInsistsOnOneConfig) {
  const Space space = space_of({{"a", "int(1, 5)"}, {"b", "int(1, 5)"}}, {"a <= b"});
  const auto picks = all_picks(space, 1000, [&](Rng&) { return space.decode(std::vector{0.9, 0.1}); });
  EXPECT_EQ(picks.size(), 15u);
  expect_complete(space, picks);
}

TEST(Legal, GivesTheOneConfigOfASpaceWithoutFreeParameters) {
  const Space space = space_of({{"k", "3"}, {"d", "= k * 2"}});
  EXPECT_EQ(all_picks(space, 10, drawing(space)).size(), 1u);
}

TEST(Legal, TakesTheFirstLegalDrawAsItIs) {
  const Space space = space_of({{"x", "float(0, 1)"}}, {"x > 0.5"});
  const Legal legal(space);
  int calls = 0;
  Rng rng = Rng::stream(1, "first");
  const auto picked = legal.pick(rng, [&](Rng&) { return space.decode(std::vector{++calls < 3 ? 0.25 : 0.75}); });
  EXPECT_EQ(std::get<Config>(picked), (Config{Value(0.75)}));
  EXPECT_EQ(calls, 3);
}

TEST(Legal, NeverRefusesARepetitionInASpaceThatIsNotFinite) {
  const Space space = space_of({{"x", "float(0, 1)"}});
  Legal legal(space);
  const Config config = {Value(0.5)};
  legal.tried(config);
  EXPECT_TRUE(legal.fresh(config));
}

TEST(Legal, RepairsWhatDrawsHardlyEverMeet) {
  const std::vector<std::pair<for_test::Texts, std::vector<std::string>>> cases = {
      {{{"width", "int(1, 4000)"}, {"depth", "int(1, 900)"}}, {"width % 64 == 1", "depth * width <= 4096"}},
      {{{"a", "int(0, 10000)"}, {"b", "int(0, 10000)"}}, {"a + b == 10"}},
      {{{"a", "int(0, 1000000)"}, {"b", "int(0, 1000000)"}, {"x", "float(0, 1)"}}, {"a + b == 1000000", "a < b"}},
      {{{"a", "float(0, 1)"}, {"b", "float(0, 1)"}, {"c", "float(0, 1)"}, {"d", "float(0, 1)"}},
       {"a + b + c + d < 0.004"}},
      {{{"a", "float(0, 1)"}, {"b", "float(0, 1)"}}, {"abs(a - b) < 1e-6"}},
      {{{"m", "[p, q]"}, {"x", "float(0, 1) if m == q"}, {"n", "int(1, 100000)"}},
       {"m == q", "x > 0.9999", "n in [5, 77]"}},
      {{{"a", "float(1e-6, 1, log)"}, {"b", "float(1e-6, 1, log)"}}, {"a > 1000 * b", "a * b < 3e-9"}}};
  for (const auto& [texts, constraints] : cases) {
    const Space space = space_of(texts, constraints);
    int failures = 0;
    for (std::uint64_t i = 0; i < 50; ++i) {
      Rng rng = Rng::stream(9, "repair", i);
      const auto picked = Legal(space).pick(rng, drawing(space));
      const auto* config = std::get_if<Config>(&picked);
      if (config == nullptr) {
        ++failures;
        continue;
      }
      EXPECT_TRUE(space.allows(*config));
      EXPECT_EQ(space.decode(space.encode(*config)), *config);
    }
    EXPECT_EQ(failures, 0) << constraints[0];
  }
}

TEST(Legal, StartsTheRepairFromTheSearchersProposal) {
  const Space space = space_of({{"a", "float(0, 1)"}, {"b", "float(0, 1)"}}, {"a + b <= 1.9 or a < 0.01"});
  int near = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    Rng rng = Rng::stream(2, "near", i);
    const auto picked = Legal(space).pick(rng, [&](Rng&) { return space.decode(std::vector{0.96, 0.96}); });
    const Config config = std::get<Config>(picked);
    near += as_double(config[0]) == 0.96 || as_double(config[1]) == 0.96 ? 1 : 0;
  }
  EXPECT_GT(near, 60);  // mostly one coordinate was enough
}

TEST(Legal, DependsOnTheGeneratorAlone) {
  const Space space = space_of({{"a", "int(0, 10000)"}, {"b", "int(0, 10000)"}}, {"a + b == 10"});
  Rng one = Rng::stream(1, "same"), two = Rng::stream(1, "same");
  EXPECT_EQ(std::get<Config>(Legal(space).pick(one, drawing(space))),
            std::get<Config>(Legal(space).pick(two, drawing(space))));
}

TEST(Legal, TellsConfigsApartThatReadAlike) {
  const Space space = space_of({{"a", "[1, '1', x]"}, {"b", "[yz, z]"}});
  Legal legal(space);
  legal.tried({Value(std::int64_t{1}), Value("z")});
  EXPECT_TRUE(legal.fresh({Value("1"), Value("z")}));
  EXPECT_TRUE(legal.fresh({Value("x"), Value("yz")}));
  EXPECT_FALSE(legal.fresh({Value(std::int64_t{1}), Value("z")}));
}

TEST(Satisfiable, IsProvenInSmallFiniteSpaces) {
  EXPECT_TRUE(satisfiable(space_of({{"a", "int(0, 1000)"}, {"b", "int(0, 1000)"}}, {"a * b == 999000"}), 1));
  const auto none = satisfiable(space_of({{"a", "int(0, 99)"}, {"b", "int(0, 99)"}}, {"a >= 0", "a + b == 200"}), 1);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::Invalid);
  EXPECT_EQ(
      none.error().what,
      "constraints: none of the 10000 configurations meets them; constraints[1] `a + b == 200` never held; relax it");
}

TEST(Satisfiable, IsSearchedForElsewhere) {
  EXPECT_TRUE(satisfiable(space_of({{"x", "float(0, 1)"}}), 1));
  EXPECT_TRUE(satisfiable(space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}}, {"x + y > 1.99999"}), 1));
  const auto none = satisfiable(space_of({{"a", "float(0, 1)"}, {"b", "float(0, 1)"}}, {"a + b == 3"}), 1);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().what,
              HasSubstr("no configuration that meets them was found in 20000 draws and their repair"));
  EXPECT_THAT(none.error().what, HasSubstr("constraints[0] `a + b == 3` never held"));
  EXPECT_THAT(satisfiable(space_of({{"k", "0"}, {"d", "= 1 / k"}}), 1).error().what, HasSubstr("never defined"));
}

}  // namespace
}  // namespace hone
