// How domains are laid out on [0, 1]: round trips, spelling and distributions.
#include "space/axis.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "space/for_test.h"
#include "space/value.h"

namespace hone {
namespace {

using for_test::random_unit;
using for_test::space_of;
using testing::ElementsAre;

double number(const Value& value) { return as_double(value); }

// Round trips.

class RoundTrip : public testing::TestWithParam<const char*> {};

TEST_P(RoundTrip, DecodingWhatWasEncodedGivesTheSameBits) {
  const Space space = space_of({{"x", GetParam()}});
  Rng rng = Rng::stream(7, GetParam());
  for (int i = 0; i < 100'000; ++i) {
    double u = rng.uniform();
    if (i % 10 == 1) u = std::ldexp(u, -static_cast<int>(rng.below(60)));      // near 0
    if (i % 10 == 2) u = 1 - std::ldexp(u, -static_cast<int>(rng.below(60)));  // near 1
    if (i < 2) u = i;
    const Config config = i % 2 == 0 ? space.decode(std::vector{u}) : space.draw(std::vector{u});
    const std::vector<double> unit = space.encode(config);
    ASSERT_TRUE(unit[0] >= 0 && unit[0] <= 1) << unit[0];
    ASSERT_EQ(space.decode(unit), config) << "at " << number_text(u) << ": " << value_text(config[0]);
    const auto checked = space.check({{"x", config[0]}});
    ASSERT_TRUE(checked) << checked.error().what;
    ASSERT_EQ(*checked, config);
  }
}

TEST_P(RoundTrip, StaysNearThePointOfTheCube) {
  const Space space = space_of({{"x", GetParam()}});
  const bool log = std::string(GetParam()).find("log") != std::string::npos;
  if (space.finite() && (log || space.cells() < 10'000'000)) return;             // coarse, at least near lo
  if (space.decode(std::vector{0.0}) == space.decode(std::vector{1.0})) return;  // one value
  for (int i = 0; i <= 1000; ++i) {
    const double u = i / 1000.0;
    const double back = space.encode(space.decode(std::vector{u}))[0];
    EXPECT_NEAR(back, u, 1e-6) << GetParam();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Domains, RoundTrip,
    testing::Values(
        "float(0, 1)", "float(-1, 1)", "float(1e-4, 1e-1, log)", "float(1e-12, 1e3, log)", "float(1e-200, 1e200, log)",
        "float(0.5, 2, log)", "float(999, 1000)", "float(-1e6, 1e-3)", "float(1e-30, 3e-30)",
        "float(0.1234567890123456, 0.9876543210987654)", "float(0.1234567890123456, 0.9876543210987654, log)",
        "float(3, 3)", "float(1e40, 7e45)", "float(0.85, 0.98, step=0.01)", "float(0, 1, step=1e-9)",
        "float(1, 100, log, step=0.5)", "float(0, 1, step=0.3)", "float(0.1, 0.10000001)", "int(2, 32)",
        "int(0, 1000000000000)", "int(-4611686018427387904, 4611686018427387904)",
        "int(0, 4000000000000000000, step=3)", "int(0, 2251799813685248)", "int(16, 512, log)",
        "int(1, 35184372088832, log)", "int(1, 1000, log, step=16)", "int(5, 5)", "int(0, 100, step=7)", "[a, b, c]",
        "[1, 2.5, x]", "pow2(8, 1024)", "ordinal(s, m, l)", "normal(0.3, 0.1, lo=0, hi=0.6)", "normal(0, 1)",
        "normal(1000, 0.01)", "normal(0, 1, lo=5)", "normal(0, 1, hi=-30)", "normal(0, 1, lo=3, hi=3.001)",
        "normal(1e-5, 1e-6, lo=0)", "lognormal(0, 1)", "lognormal(-5, 2, hi=0.1)", "lognormal(0, 0.5, lo=1, hi=9)",
        "normal(0, 1, lo=-1, hi=8)", "lognormal(0, 3, lo=0)", "piecewise([0, 0.01], [0.1, 0.3])",
        "piecewise([-5, -4.123456789012345], [0, 1e-3], [1, 2], [1000, 2000])",
        "piecewise([0, 1], [2, 3], [4, 5], [6, 7], [8, 9.123], [10, 11], [12, 13], [14, 14.000123456789])"));

TEST(Decode, IsTotalOutsideTheCube) {
  const Space space = space_of({{"x", "float(2, 8)"}, {"n", "int(1, 9)"}, {"c", "[a, b, c]"}, {"z", "normal(0, 1)"}});
  const double nan = std::nan("");
  EXPECT_EQ(space.decode(std::vector{-3.0, -3.0, -3.0, 0.5}), space.decode(std::vector{0.0, 0.0, 0.0, 0.5}));
  EXPECT_EQ(space.decode(std::vector{9.0, 9.0, 9.0, 0.5}), space.decode(std::vector{1.0, 1.0, 1.0, 0.5}));
  EXPECT_EQ(space.decode(std::vector{nan, nan, nan, nan}), (Config{5.0, std::int64_t{5}, std::string("b"), 0.0}));
  for (const double u : {-1e300, 0.0, 1.0, 1e300}) {
    EXPECT_TRUE(std::isfinite(number(space.decode(std::vector{u, u, u, u})[3]))) << u;
  }
}

TEST(Encode, KeepsShortUserValuesBitByBit) {
  for (const auto& [text, values] :
       std::map<std::string, std::vector<double>>{{"float(0, 1)", {0.1, 0.123456789, 1.0 / 3}},
                                                  {"float(1e-4, 1e-1, log)", {0.01, 0.00123, 3e-4}},
                                                  {"normal(0.3, 0.1, lo=0, hi=0.6)", {0.3, 0.25, 0.123456}},
                                                  {"lognormal(0, 1)", {1, 0.5, 12.25}},
                                                  {"piecewise([0, 0.01], [0.1, 0.3])", {0.01, 0.005, 0.1, 0.2999}}}) {
    const Space space = space_of({{"x", text}});
    for (const double value : values) {
      const double back = number(space.decode(space.encode({Value(value)}))[0]);
      if (value == 1.0 / 3) EXPECT_NEAR(back, value, 1e-14);
      else EXPECT_EQ(back, value) << text;
    }
  }
}

TEST(Encode, LaysOptionsAndStepsOutInTheMiddleOfTheirCells) {
  const Space space =
      space_of({{"c", "[a, b, c, d]"}, {"x", "float(0, 1, step=0.5)"}, {"n", "int(1, 10)"}, {"k", "3"}});
  EXPECT_THAT(space.encode({Value("b"), Value(1.0), Value(std::int64_t{1}), Value(std::int64_t{3})}),
              ElementsAre(0.375, 5.0 / 6, 0.05));
  EXPECT_THAT(space.free(), ElementsAre(0, 1, 2));
}

TEST(Float, WritesShortDecimals) {
  const Space space =
      space_of({{"x", "float(1e-4, 1e-1, log)"}, {"m", "float(0.85, 0.98, step=0.01)"}, {"y", "float(0, 1)"}});
  Rng rng = Rng::stream(3, "short");
  for (int i = 0; i < 1000; ++i) {
    const Config config = space.draw(random_unit(space, rng));
    EXPECT_LE(space.text(0, config[0]).size(), 18u) << space.text(0, config[0]);
    EXPECT_LE(space.text(1, config[1]).size(), 4u) << space.text(1, config[1]);
    EXPECT_LE(space.text(2, config[2]).size(), 17u) << space.text(2, config[2]);
  }
}

// Distributions. Seeds are fixed; the stated rate is that of a correct sampler with a new seed.

/// Kolmogorov-Smirnov against U(0, 1): fails a correct sampler with probability 1e-6 (2 exp(-2 t^2) = 1e-6 at 2.694).
void expect_uniform(std::vector<double> values, const std::string& what) {
  std::sort(values.begin(), values.end());
  const double n = static_cast<double>(values.size());
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = values[i], k = static_cast<double>(i);
    worst = std::max({worst, std::abs(x - k / n), std::abs(x - (k + 1) / n)});
  }
  EXPECT_LT(worst * std::sqrt(n), 2.694) << what;
}

std::vector<Value> draws(const std::string& text, int count, std::optional<Domain> prior = {},
                         std::vector<double> weights = {}) {
  Param param = *parse_param("x", text);
  param.prior = std::move(prior);
  if (!weights.empty()) std::get<Choice>(param.domain).weights = std::move(weights);
  const auto space = Space::make({param});
  EXPECT_TRUE(space) << (space ? "" : space.error().what);
  Rng rng = Rng::stream(11, text);
  std::vector<Value> values;
  for (int i = 0; i < count; ++i) values.push_back(space->draw(std::vector{rng.uniform()})[0]);
  return values;
}

TEST(Draw, FollowsEachContinuousDistribution) {
  const auto check = [](const std::string& text, const std::function<double(double)>& cdf) {
    std::vector<double> positions;
    for (const Value& value : draws(text, 50'000)) positions.push_back(cdf(number(value)));
    expect_uniform(std::move(positions), text);
  };
  check("float(2, 6)", [](double x) { return (x - 2) / 4; });
  check("float(1e-5, 1, log)", [](double x) { return std::log(x / 1e-5) / std::log(1e5); });
  check("normal(3, 2)", [](double x) { return normal_cdf((x - 3) / 2); });
  check("lognormal(1, 0.5)", [](double x) { return normal_cdf((std::log(x) - 1) / 0.5); });
  check("normal(0, 1, lo=-1, hi=0.5)",
        [](double x) { return (normal_cdf(x) - normal_cdf(-1)) / (normal_cdf(0.5) - normal_cdf(-1)); });
  check("normal(0, 1, lo=6)", [](double x) { return 1 - normal_cdf(-x) / normal_cdf(-6); });
  check("piecewise([0, 1], [10, 30])", [](double x) { return x <= 1 ? x / 2 : 0.5 + (x - 10) / 40; });
}

/// Pearson's chi-square against given shares; `limit` is the 1 - 1e-6 quantile for the degrees of freedom in use.
void expect_shares(const std::vector<Value>& values, const std::vector<std::pair<Value, double>>& shares, double limit,
                   const std::string& what) {
  double statistic = 0;
  std::size_t seen = 0;
  for (const auto& [value, share] : shares) {
    const auto count = std::count(values.begin(), values.end(), value);
    const double expected = share * static_cast<double>(values.size());
    seen += static_cast<std::size_t>(count);
    if (expected == 0) EXPECT_EQ(count, 0) << what;
    else statistic += (static_cast<double>(count) - expected) * (static_cast<double>(count) - expected) / expected;
  }
  EXPECT_EQ(seen, values.size()) << what;
  EXPECT_LT(statistic, limit) << what;
}

TEST(Draw, FollowsWeightsLogIntsAndSteps) {
  const double sixteen = 57.0, two = 27.7, three = 30.7,
               nine = 45.1;  // chi-square 1 - 1e-6, by degrees of freedom (<=)
  expect_shares(draws("[a, b, c, d]", 40'000), {{"a", 0.25}, {"b", 0.25}, {"c", 0.25}, {"d", 0.25}}, three, "equal");
  expect_shares(draws("[a, b, c, d]", 40'000, {}, {1, 0, 5, 2}), {{"a", 0.125}, {"b", 0}, {"c", 0.625}, {"d", 0.25}},
                two, "weights");
  std::vector<std::pair<Value, double>> shares;
  const double width = std::log(16.5 / 0.5);
  for (std::int64_t i = 1; i <= 16; ++i) {
    const double x = static_cast<double>(i);
    shares.emplace_back(i, std::log((x + 0.5) / (x - 0.5)) / width);
  }
  expect_shares(draws("int(1, 16, log)", 100'000), shares, sixteen, "log int");
  shares.clear();
  for (std::int64_t i = 0; i < 10; ++i) shares.emplace_back(i * 3, 0.1);
  expect_shares(draws("int(0, 29, step=3)", 40'000), shares, nine, "step");
  expect_shares(draws("float(0, 1, step=0.4)", 40'000), {{0.0, 1.0 / 3}, {0.4, 1.0 / 3}, {0.8, 1.0 / 3}}, two,
                "float step");
}

TEST(Draw, FollowsAPriorWithinTheRange) {
  const Domain prior = Normal{0.25, 0.1};
  std::vector<double> positions;
  const double below = normal_cdf(-2.5), mass = normal_cdf(7.5) - below;
  for (const Value& value : draws("float(0, 1)", 50'000, prior)) {
    positions.push_back((normal_cdf((number(value) - 0.25) / 0.1) - below) / mass);
  }
  expect_uniform(std::move(positions), "prior");
  positions.clear();
  const double low = normal_cdf(-2.49), high = normal_cdf(7.5);
  for (const Value& value : draws("float(0.001, 1, log)", 50'000, prior)) {  // in x, whatever the scale
    positions.push_back((normal_cdf((number(value) - 0.25) / 0.1) - low) / (high - low));
  }
  expect_uniform(std::move(positions), "prior on a log scale");
  std::vector<std::pair<Value, double>> shares;
  const double total = normal_cdf(2.5) - normal_cdf(-2.5);
  for (std::int64_t i = 1; i <= 5; ++i) {
    const double x = static_cast<double>(i) - 3;
    shares.emplace_back(i, (normal_cdf(x + 0.5) - normal_cdf(x - 0.5)) / total);
  }
  expect_shares(draws("int(1, 5)", 50'000, Domain(Normal{3, 1})), shares, 33.4, "int prior");
  const auto powers = draws("pow2(8, 128)", 20'000, Domain(Normal{32, 8}));
  EXPECT_GT(std::count(powers.begin(), powers.end(), Value(std::int64_t{32})), 15'000);
}

TEST(Decode, IgnoresWeightsAndPriors) {
  Param param = *parse_param("x", "[a, b]");
  std::get<Choice>(param.domain).weights = {0, 1};
  Param other = *parse_param("y", "float(0, 1)");
  other.prior = Normal{0.9, 0.01};
  const auto space = Space::make({param, other});
  EXPECT_EQ(space->decode(std::vector{0.2, 0.25}), (Config{Value("a"), Value(0.25)}));
  EXPECT_EQ(space->draw(std::vector{0.2, 0.25})[0], Value("b"));
}

}  // namespace
}  // namespace hone
