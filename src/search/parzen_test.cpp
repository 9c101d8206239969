#include "search/parzen.h"

#include <gtest/gtest.h>

#include <cmath>

#include "search/testing.h"

namespace hone {
namespace {

const double kNan = std::nan("");

Parzen parzen(const std::vector<KernelAxis>& axes, const std::vector<std::vector<double>>& points,
              KernelRules rules = {}) {
  std::vector<const std::vector<double>*> pointers;
  for (const auto& point : points) pointers.push_back(&point);
  return Parzen(axes, pointers, rules);
}

KernelAxis continuous() { return {}; }
KernelAxis levels(std::size_t n) { return {.levels = n, .ordered = true, .prior = {}}; }
KernelAxis options(std::vector<double> prior) {
  return {.levels = prior.size(), .ordered = false, .prior = std::move(prior)};
}

/// Mean of the relative density over a regular grid of an axis: its integral, 1 for a density.
double integral(const Parzen& p, int steps) {
  double sum = 0;
  for (int i = 0; i < steps; ++i) sum += std::exp(p.log_density(std::vector<double>{(i + 0.5) / steps}));
  return sum / steps;
}

TEST(Parzen, WithoutPointsItIsThePrior) {
  EXPECT_NEAR(parzen({continuous()}, {}).log_density(std::vector<double>{0.3}), 0, 1e-12);
  EXPECT_NEAR(parzen({options({0.75, 0.25})}, {}).log_density(std::vector<double>{0.25}), std::log(1.5), 1e-12);
}

TEST(Parzen, EveryKindOfAxisIntegratesToOne) {
  EXPECT_NEAR(integral(parzen({continuous()}, {{0.0}, {0.02}, {0.9}, {kNan}}), 20000), 1, 1e-6);
  EXPECT_NEAR(integral(parzen({levels(7)}, {{0.5 / 7}, {6.5 / 7}, {kNan}}), 7), 1, 1e-9);
  EXPECT_NEAR(integral(parzen({options({0.2, 0.3, 0.5})}, {{0.5}, {kNan}}), 3), 1, 1e-12);
  const KernelAxis prior{.levels = 0, .ordered = true, .prior = {}, .mean = 0.9, .sigma = 0.1};
  EXPECT_NEAR(integral(parzen({prior}, {{0.1}, {kNan}}), 20000), 1, 1e-6);
  const KernelAxis levels_prior{.levels = 5, .ordered = true, .prior = {}, .mean = 0.1, .sigma = 0.3};
  EXPECT_NEAR(integral(parzen({levels_prior}, {{0.1}, {kNan}}), 5), 1, 1e-9);
}

TEST(Parzen, IsHighWhereThePointsAre) {
  const Parzen p = parzen({continuous(), options({0.5, 0.5})}, {{0.2, 0.25}, {0.22, 0.25}, {0.8, 0.75}, {0.82, 0.75}});
  const double with = p.log_density(std::vector<double>{0.2, 0.25}),
               against = p.log_density(std::vector<double>{0.2, 0.75});
  EXPECT_GT(with, against) << "it is a joint density: near 0.2 the first option was seen";
}

TEST(Parzen, AnInactiveCoordinateOfAQueryIsIntegratedOver) {
  const Parzen joint = parzen({continuous(), levels(4)}, {{0.2, 0.125}, {0.7, 0.875}});
  double sum = 0;
  for (int k = 0; k < 4; ++k) sum += std::exp(joint.log_density(std::vector<double>{0.3, (k + 0.5) / 4})) / 4;
  EXPECT_NEAR(joint.log_density(std::vector<double>{0.3, kNan}), std::log(sum), 1e-9);
}

TEST(Parzen, SamplesFollowTheDensity) {
  // 20 000 samples into 10 cells: a cell's share has a deviation of at most 0.0036; 0.02 is beyond 5.5 sigma.
  for (const KernelAxis& axis : {continuous(), levels(10), options(std::vector<double>(10, 0.1))}) {
    const Parzen p = parzen({axis}, {{0.05}, {0.15}, {0.55}, {kNan}});
    std::vector<double> share(10), expected(10);
    Rng rng = Rng::stream(3, "samples");
    constexpr int n = 20000;
    for (int i = 0; i < n; ++i) {
      const double x = p.sample(rng)[0];
      ASSERT_GE(x, 0);
      ASSERT_LE(x, 1);
      share[std::min<std::size_t>(9, static_cast<std::size_t>(x * 10))] += 1.0 / n;
    }
    for (int i = 0; i < 1000; ++i) {
      expected[static_cast<std::size_t>(i / 100)] +=
          std::exp(p.log_density(std::vector<double>{(i + 0.5) / 1000})) / 1000;
    }
    for (std::size_t k = 0; k < 10; ++k) EXPECT_NEAR(share[k], expected[k], 0.02) << "cell " << k;
  }
}

TEST(Parzen, StaysFiniteWhereNothingWasSeen) {
  const KernelRules narrow{.prior_weight = 1e-3, .min_bandwidth = 1e-4, .choice_mix = 1e-3};
  const std::vector<std::vector<double>> points(300, std::vector<double>{0, 0.5 / 4000, 0.25});
  const Parzen p = parzen({continuous(), levels(4000), options({1, 0})}, points, narrow);
  EXPECT_TRUE(std::isfinite(p.log_density(std::vector<double>{1, 1, 0.75})));
  EXPECT_TRUE(std::isfinite(p.log_density(std::vector<double>{kNan, kNan, kNan})));
}

TEST(KernelAxis, ComesFromTheDomain) {
  const Space space = lab::space_of({{"a", "float(0, 1)"},
                                     {"b", "float(0, 1, step=0.25)"},
                                     {"c", "[x, y, z]"},
                                     {"d", "pow2(8, 128)"},
                                     {"e", "int(1, 1000, log)"},
                                     {"f", "normal(0, 1)"}});
  const auto axes = KernelAxis::of(space);
  ASSERT_EQ(axes.size(), 6U);
  EXPECT_EQ(axes[0].levels, 0U);
  EXPECT_EQ(axes[1].levels, 5U);
  EXPECT_FALSE(axes[2].ordered);
  EXPECT_EQ(axes[2].prior, (std::vector<double>{1.0 / 3, 1.0 / 3, 1.0 / 3}));
  EXPECT_TRUE(axes[3].ordered);
  EXPECT_EQ(axes[3].levels, 5U);
  EXPECT_EQ(axes[4].levels, 0U) << "unevenly spaced";
  EXPECT_EQ(axes[5].levels, 0U);
}

}  // namespace
}  // namespace hone
