#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "hone/rng.h"
#include "model/curve_posterior.h"

namespace hone {
namespace {

using Shape = std::function<double(double)>;

struct Seen {
  std::vector<double> x, y;
};
Seen seen(const Shape& shape, int reports, double noise = 0, std::uint64_t seed = 1, int last = 50) {
  Seen out;
  Rng rng = Rng::stream(seed, "curve");
  for (int x = 1; x <= reports && x < last; ++x) {
    out.x.push_back(x);
    out.y.push_back(shape(x) + noise * rng.normal());
  }
  return out;
}
CurvePrior usual() { return {.level = 0.4, .spread = 0.15, .start = 1.5, .start_spread = 1}; }
CurveForecast forecast(const Seen& curve, const CurvePrior& prior = usual(), double last = 50) {
  return CurvePosterior(1, last).fit(curve.x, curve.y, prior).forecast;
}

TEST(CurvePosterior, FindsWhereCurvesOfItsShapesEndFromTheirFirstHalf) {
  const std::vector<Shape> shapes = {
      [](double x) { return 0.3 + 0.5 * std::pow(x, -0.7); },
      [](double x) { return 0.25 + 0.3 / std::log(x + 1); },
      [](double x) { return 0.2 + 0.6 * std::exp(-x / 9); },
      [](double x) { return 0.35 + 0.5 / (1 + std::pow(x / 6, 2)); },
      [](double) { return 0.5; },
  };
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    SCOPED_TRACE(i);
    const CurveForecast end = forecast(seen(shapes[i], 25, 0.003));
    EXPECT_NEAR(end.quantile(0.5), shapes[i](50), 0.02);
    EXPECT_LT(end.below(shapes[i](50) - 0.1), 0.03);
    EXPECT_GT(end.below(shapes[i](50) + 0.1), 0.97);
    EXPECT_LT(end.quantile(0.95) - end.quantile(0.05), 0.12);
  }
}

// Coverage of 400 curves drawn from the shapes: of the 90 % intervals 0.9 +- 0.045 (3 deviations) if the model were exact; wider
// bounds because the curves' parameters are not drawn from its prior.
TEST(CurvePosterior, CoversTheEndsOfDrawnCurvesAsOftenAsItSays) {
  int in_half = 0, in_ninety = 0, n = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Rng rng = Rng::stream(seed, "drawn");
    const double a = 0.4 + 0.1 * rng.normal(), b = 0.1 + 0.3 * rng.uniform(), tau = std::pow(50, rng.uniform()),
                 delta = 0.5 + 2 * rng.uniform(), noise = std::pow(10, -3 + 1.5 * rng.uniform());
    const Shape shape = [&](double x) { return a + b * std::exp(-std::pow(x / tau, delta)); };
    const Seen curve = seen(shape, 3 + static_cast<int>(rng.below(35)), noise, seed);
    const double u = forecast(curve).below(shape(50) + noise * rng.normal());
    ++n;
    in_half += u > 0.25 && u < 0.75 ? 1 : 0;
    in_ninety += u > 0.05 && u < 0.95 ? 1 : 0;
  }
  EXPECT_GT(in_ninety, 0.84 * n);
  EXPECT_GT(in_half, 0.42 * n);
  EXPECT_LT(in_half, 0.75 * n);
}

TEST(CurvePosterior, ForecastsAreDistributions) {
  const CurveForecast end = forecast(seen([](double x) { return 0.3 + 0.5 / x; }, 8, 0.01));
  double sum = 0, last = -1;
  for (const auto& part : end.parts()) {
    sum += part.weight;
    EXPECT_GT(part.deviation, 0);
  }
  EXPECT_NEAR(sum, 1, 1e-12);
  for (double value = -1; value < 2; value += 0.01) {
    EXPECT_GE(end.below(value), last);
    last = end.below(value);
  }
  EXPECT_NEAR(end.below(-50), 0, 1e-9);
  EXPECT_NEAR(end.below(50), 1, 1e-9);
  for (const double share : {0.01, 0.1, 0.5, 0.9, 0.99}) EXPECT_NEAR(end.below(end.quantile(share)), share, 1e-3);
}

TEST(CurvePosterior, KnowsLessTheEarlierAndTheNoisierACurveIs) {
  const Shape shape = [](double x) { return 0.3 + 0.5 * std::exp(-x / 8); };
  const auto width = [](const CurveForecast& end) { return end.quantile(0.95) - end.quantile(0.05); };
  const double early = width(forecast(seen(shape, 3, 0.002))), middle = width(forecast(seen(shape, 15, 0.002))),
               late = width(forecast(seen(shape, 40, 0.002))), noisy = width(forecast(seen(shape, 40, 0.05)));
  EXPECT_GT(early, 2 * middle);
  EXPECT_GT(middle, 1.5 * late);
  EXPECT_GT(noisy, 3 * late);
}

TEST(CurvePosterior, GivesALateBloomerAChanceThatFallsWithEveryFlatReport) {
  const Shape flat = [](double) { return 0.55; };
  double before = 1;
  for (const int reports : {3, 10, 25, 45}) {
    const double chance = forecast(seen(flat, reports, 0.002)).below(0.45);
    EXPECT_LT(chance, before) << reports;
    before = chance;
  }
  EXPECT_GT(forecast(seen(flat, 3, 0.002)).below(0.45), 0.02);
  EXPECT_LT(before, 0.01);
}

TEST(CurvePosterior, SeesWhereADivergingCurveGoes) {
  const CurveForecast end = forecast(seen([](double x) { return 0.3 + 0.02 * x; }, 20, 0.002));
  EXPECT_LT(end.below(0.6), 0.05);
  EXPECT_GT(end.quantile(0.5), 0.68);
  const CurveForecast wild = forecast(seen([](double x) { return x < 3 ? 0.7 : 1e15 * x; }, 10));
  EXPECT_LT(wild.below(0.5), 0.05);
  EXPECT_GT(wild.quantile(0.5), 5) << "so far away that how far does not matter";
}

TEST(CurvePosterior, GoesOnWithOneReport) {
  const CurveForecast end = forecast(seen([](double) { return 0.7; }, 1));
  EXPECT_GT(end.below(0.7), 0.5) << "it will learn something";
  EXPECT_GT(end.quantile(0.95) - end.quantile(0.05), 0.2);
}

TEST(CurvePosterior, DoesNotCareForUnits) {
  const Seen curve = seen([](double x) { return 0.3 + 0.5 * std::pow(x, -0.5); }, 12, 0.01);
  const CurveForecast end = forecast(curve);
  const double scale = 1e7, shift = -3e8;
  Seen other = curve;
  for (double& y : other.y) y = shift + scale * y;
  for (double& x : other.x) x *= 1000;
  CurvePrior prior = usual();
  prior.level = shift + scale * prior.level;
  prior.spread *= scale;
  const CurveForecast same = CurvePosterior(1000, 50000).fit(other.x, other.y, prior).forecast;
  for (const double share : {0.02, 0.5, 0.98})
    EXPECT_NEAR((same.quantile(share) - shift) / scale, end.quantile(share), 1e-4);
  EXPECT_NEAR(same.below(shift + scale * 0.35), end.below(0.35), 1e-6);
}

TEST(CurvePosterior, ThinsALongCurveWithoutSayingSomethingElse) {
  const Shape shape = [](double x) { return 0.3 + 0.5 * std::exp(-x / 300); };
  const Seen longer = seen(shape, 1500, 0.005, 1, 3000);
  Seen tenth;
  for (std::size_t i = 0; i < longer.x.size(); i += i < 30 ? 1 : 30) {
    tenth.x.push_back(longer.x[i]);
    tenth.y.push_back(longer.y[i]);
  }
  const CurveForecast all = forecast(longer, usual(), 3000), some = forecast(tenth, usual(), 3000);
  EXPECT_NEAR(all.quantile(0.5), 0.3, 0.01);
  EXPECT_NEAR(all.quantile(0.5), some.quantile(0.5), 0.01);
}

TEST(CurvePosterior, LearnsHowTheCurvesOfAStudyAre) {
  // All of them are flat for half the way, then drop.
  const Shape late = [](double x) { return 0.2 + 0.4 / (1 + std::pow(x / 26, 4)); };
  CurvePosterior taught(1, 50);
  const Seen whole = seen(late, 49, 0.003), start = seen(late, 10, 0.003, 2);
  const double before = taught.fit(start.x, start.y, usual()).forecast.below(0.4);
  for (int i = 0; i < 30; ++i) taught.learn(taught.fit(whole.x, whole.y, usual()).habits);
  EXPECT_GT(taught.fit(start.x, start.y, usual()).forecast.below(0.4), 1.5 * before);
}

TEST(CurvePosterior, SketchesAgreeWithTheForecastsThatTheyAreOf) {
  for (const int reports : {1, 4, 20}) {
    const CurveForecast end = forecast(seen([](double x) { return 0.3 + 0.4 / x; }, reports, 0.01));
    const CurveSketch sketch(end);
    for (const double share : {0.002, 0.01, 0.03, 0.2, 0.5}) {
      EXPECT_NEAR(sketch.below(end.quantile(share)) / share, 1, 0.25) << reports << " " << share;
      EXPECT_NEAR(end.below(sketch.quantile(share)) / share, 1, 0.25) << reports << " " << share;
    }
    EXPECT_LT(sketch.below(-1e9), 1e-2);
    EXPECT_GE(sketch.below(1e9), 0.95);
  }
}

TEST(CurvePrior, IsNotMovedByTrialsThatDivergedAndGivesTiesASize) {
  const std::vector<double> first = {0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7}, latest = {0.3, 0.4, 0.5, 0.5, 0.6, 0.7, 0.7};
  std::vector<double> diverged = latest;
  diverged.back() = 1e30;
  EXPECT_EQ(curve_prior(first, latest, 0).level, curve_prior(first, diverged, 0).level);
  EXPECT_EQ(curve_prior(first, latest, 0).spread, curve_prior(first, diverged, 0).spread);
  EXPECT_GT(curve_prior(first, latest, 2).spread, curve_prior(first, latest, 0).spread);
  for (const double value : {0.0, -3.0, 1e9}) {
    const std::vector<double> same(4, value);
    const CurvePrior prior = curve_prior(same, same, 0);
    EXPECT_GT(prior.spread, 0);
    const Seen curve{{1, 2, 3}, {value, value, value}};
    const double chance = forecast(curve, prior).below(value);
    EXPECT_TRUE(chance > 0.2 && chance < 0.8) << value << ": " << chance;
  }
}

TEST(CurvePosterior, ForecastsFromAFirstReportJustBelowTheEnd) {
  CurvePosterior posterior(9999, 10000);
  const std::vector<double> x{9999}, y{0.5};
  const double chance = posterior.fit(x, y, curve_prior(y, y, 0)).forecast.below(0.5);
  EXPECT_TRUE(chance > 0 && chance < 1) << chance;
}

}  // namespace
}  // namespace hone
