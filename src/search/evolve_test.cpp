#include "search/evolve.h"

#include <cmath>
#include <map>

#include "search/testing.h"

namespace hone {
namespace {

using lab::space_of;

Breeder breeder_of(const Space& space, BreedRules rules = {}) { return {space, rules}; }

TEST(Breeder, ChildrenOfNumbersSpreadAroundTheirParentsAndStayInTheRange) {
  // Without mutation's share (one coordinate of 40) a child's coordinate has the parents' mean: SBX is unbiased away
  // from the bounds. 4000 values with deviation below 0.11: the tolerance of 0.01 is more than 5 standard errors.
  std::vector<std::pair<std::string, std::string>> params;
  for (int i = 0; i < 40; ++i) params.emplace_back("x" + std::to_string(i), "float(0, 1)");
  const Space space = space_of(params);
  const Breeder breeder = breeder_of(space, {.crossover = 1, .crossover_eta = 5});
  const std::vector<double> a(40, 0.4), b(40, 0.6);
  double sum = 0;
  int outside = 0, between = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    Rng rng = Rng::stream(i, "test");
    std::vector<double> child = breeder.child(rng, a, b);
    Rng other = Rng::stream(i, "test");
    const std::vector<double> mirrored = breeder.child(other, b, a);
    for (std::size_t k = 0; k < 40; ++k) {
      ASSERT_GE(child[k], 0);
      ASSERT_LE(child[k], 1);
      sum += (child[k] + mirrored[k]) / 2;
      outside += child[k] < 0.4 || child[k] > 0.6;
      between += child[k] > 0.4 && child[k] < 0.6;
    }
  }
  EXPECT_NEAR(sum / 4000, 0.5, 0.01);
  EXPECT_GT(outside, 600);
  EXPECT_GT(between, 600);
}

TEST(Breeder, AMutationMovesANumberWithLevelsByOneAtLeast) {
  const Space space = space_of({{"n", "int(1, 8)"}});
  const Space log = space_of({{"n", "int(1, 1000000, log)"}});
  const Space step = space_of({{"n", "float(0, 1, step=0.25)"}});
  const Space rank = space_of({{"n", "ordinal(s, m, l)"}});
  for (const Space& each : {space, log, step, rank}) {
    const Breeder breeder = breeder_of(each, {.crossover = 0, .mutation_eta = 1000});
    Rng rng = Rng::stream(1, "test");
    for (int i = 0; i < 200; ++i) {
      const Config before = each.decode(std::vector<double>{rng.uniform()});
      std::vector<double> x = each.encode(before);
      breeder.mutate(rng, x);
      ASSERT_NE(each.decode(x), before);
    }
  }
}

TEST(Breeder, AMutationOfAChoiceTakesEachOtherOptionAsOften) {
  const Space space = space_of({{"c", "[a, b, c, d]"}});
  std::map<std::string, int> count;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    Rng rng = Rng::stream(i, "test");
    std::vector<double> x = space.encode({std::string("b")});
    breeder_of(space).mutate(rng, x);
    ++count[value_text(space.decode(x)[0])];
  }
  EXPECT_EQ(count.count("b"), 0u);
  for (const char* option : {"a", "c", "d"}) EXPECT_NEAR(count[option], 1000, 130) << "5 standard deviations";
}

TEST(Breeder, ABranchIsInheritedAsAWhole) {
  const Space space = space_of({{"m", "[svm, mlp]"},
                                {"C", "float(0, 1) if m == svm"},
                                {"g", "float(0, 1) if m == svm"},
                                {"lr", "float(0, 1) if m == mlp"},
                                {"width", "int(1, 9) if m == mlp"}});
  const Breeder breeder = breeder_of(space);
  const Config svm = {std::string("svm"), 0.25, 0.75, {}, {}}, mlp = {std::string("mlp"), {}, {}, 0.5, std::int64_t{3}};
  int switched = 0, intact = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    Rng rng = Rng::stream(i, "test");
    const Config child = space.decode(breeder.child(rng, space.encode(svm), space.encode(mlp)));
    if (child[0] != mlp[0]) continue;
    ++switched;
    intact += child == mlp;  // else it was mutated: 1 - (2/3)^3 of the time, or less
  }
  EXPECT_GT(switched, 50);
  EXPECT_GT(intact, switched / 5);
}

TEST(Evolution, DoesNotRunWhatRunsOrHasRun) {
  const Space space = space_of({{"a", "[p, q, r]"}, {"n", "int(1, 4)"}, {"x", "float(0, 1)"}});
  const auto searcher = lab::make_searcher("ga", space);
  lab::minimize(*searcher, 12, [](const Config& c) { return lab::number(c[2]); });
  std::set<Config> seen;
  for (TrialId id = 100; id < 400; ++id) {  // 300 at a time: nothing is waited for
    const Config config = lab::proposed(*searcher, id);
    EXPECT_TRUE(seen.insert(config).second);
    lab::tell_start(*searcher, lab::running(id, config));
  }
}

TEST(Evolution, ThePopulationFitsTheLengthOfTheStudy) {
  const PopulationDefault fallback{0.1, 10};
  Options options = {{"population", std::monostate()}};
  const auto size = [&](std::optional<std::int64_t> trials) {
    return population_size({.space = Space(), .trials = trials}, options, fallback);
  };
  EXPECT_EQ(size(20), 10u);
  EXPECT_EQ(size(500), 50u);
  EXPECT_EQ(size(100000), 100u);
  EXPECT_EQ(size(std::nullopt), 20u);
  options["population"] = std::int64_t{7};
  EXPECT_EQ(size(100000), 7u);
}

}  // namespace
}  // namespace hone
