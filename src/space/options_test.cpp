#include <gtest/gtest.h>

#include <limits>

#include "hone/registry.h"

namespace hone {
namespace {

using Type = OptionRow::Type;

std::vector<OptionRow> rows() {
  return {{"candidates", Type::Int, std::int64_t{24}, 1, 1000, {}, "how many"},
          {"gamma", Type::Float, 0.1, 0, 1, {}, "which share"},
          {"shuffle", Type::Bool, std::int64_t{0}, 0, 1, {}, "in which order"},
          {"kind", Type::Word, std::string("stop"), 0, 0, {"stop", "promote"}, "which kind"},
          {"grace", Type::Int, Value(), 1, 9, {}, "decided by the algorithm"}};
}

TEST(Options, FallbacksFillWhatIsNotGiven) {
  const auto options = check_options("searcher.x", rows(), {});
  ASSERT_TRUE(options);
  EXPECT_EQ(option_int(*options, "candidates"), 24);
  EXPECT_EQ(option_float(*options, "gamma"), 0.1);
  EXPECT_FALSE(option_bool(*options, "shuffle"));
  EXPECT_EQ(option_word(*options, "kind"), "stop");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(options->at("grace")));
}

TEST(Options, ValuesTakeTheTypeOfTheirRow) {
  const auto options = check_options("searcher.x", rows(),
                                     {{"candidates", 64.0},
                                      {"gamma", std::int64_t{1}},
                                      {"shuffle", std::string("yes")},
                                      {"kind", std::string("promote")}});
  ASSERT_TRUE(options) << options.error().what;
  EXPECT_EQ(option_int(*options, "candidates"), 64);
  EXPECT_EQ(option_float(*options, "gamma"), 1.0);
  EXPECT_TRUE(option_bool(*options, "shuffle"));
  EXPECT_EQ(option_word(*options, "kind"), "promote");
}

TEST(Options, AWrongOneSaysWhereWhatAndRemedy) {
  const auto what = [](const Options& given) { return check_options("searcher.x", rows(), given).error().what; };
  EXPECT_EQ(what({{"candidats", std::int64_t{3}}}), "searcher.x.candidats: unknown option; did you mean candidates?");
  EXPECT_EQ(what({{"zzz", std::int64_t{3}}}),
            "searcher.x.zzz: unknown option; it takes candidates, gamma, shuffle, kind, grace");
  EXPECT_EQ(what({{"candidates", 2.5}}), "searcher.x.candidates: 2.5 is not a whole number from 1 to 1000");
  EXPECT_EQ(what({{"candidates", std::int64_t{0}}}), "searcher.x.candidates: 0 is not a whole number from 1 to 1000");
  EXPECT_EQ(what({{"gamma", std::string("big")}}), "searcher.x.gamma: big is not a number from 0 to 1");
  EXPECT_EQ(what({{"gamma", std::numeric_limits<double>::quiet_NaN()}}),
            "searcher.x.gamma: nan is not a number from 0 to 1");
  EXPECT_EQ(what({{"shuffle", std::int64_t{2}}}), "searcher.x.shuffle: 2 is not yes or no");
  EXPECT_EQ(what({{"kind", std::string("stopp")}}), "searcher.x.kind: stopp is not one of stop, promote");
  EXPECT_EQ(check_options("searcher.random", {}, {{"a", std::int64_t{1}}}).error().what,
            "searcher.random.a: unknown option; it takes none");
}

TEST(Options, EveryMistakeIsListed) {
  const auto what = check_options("searcher.x", rows(), {{"gamma", 2.0}, {"kind", 1.5}}).error().what;
  EXPECT_EQ(what, "searcher.x.gamma: 2 is not a number from 0 to 1\nsearcher.x.kind: 1.5 is not one of stop, promote");
}

}  // namespace
}  // namespace hone
