#include "search/parzen.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <utility>

#include "search/testing.h"

namespace hone {
namespace {

const double kNan = std::nan("");

/// A density and what it is made of.
struct Density {
  std::vector<KernelAxis> axes;
  std::vector<std::vector<double>> points;
  Parzen parzen;

  Density(std::vector<KernelAxis> of, std::vector<std::vector<double>> at, const KernelRules& rules = {},
          std::vector<std::size_t> members = {}, const std::vector<double>& given = {},
          std::vector<double> weights = {})
      : axes(std::move(of)), points(std::move(at)), parzen(make(rules, std::move(members), given, weights)) {}
  double log(std::vector<double> x) const {
    std::vector<Place> places;
    for (std::size_t k = 0; k < x.size(); ++k) places.push_back(Place::of(axes[k], x[k]));
    return parzen.log_density(places);
  }
  std::vector<double> sample(Rng& rng) const {
    std::vector<double> x(axes.size(), kNan);
    parzen.sample(rng, x);
    return x;
  }

 private:
  Parzen make(const KernelRules& rules, std::vector<std::size_t> members, const std::vector<double>& given,
              const std::vector<double>& weights) {
    if (members.empty()) {
      members.resize(axes.size());
      std::iota(members.begin(), members.end(), std::size_t{0});
    }
    std::vector<WeightedPoint> all;
    for (std::size_t i = 0; i < points.size(); ++i) all.push_back({points[i].data(), weights.empty() ? 1 : weights[i]});
    return Parzen(axes, members, all, rules, given);
  }
};

KernelAxis continuous() { return {}; }
KernelAxis levels(std::size_t n) { return KernelAxis::even_levels(n); }
KernelAxis options(std::vector<double> prior) { return KernelAxis::options(std::move(prior)); }
KernelAxis of(const std::string& domain) { return KernelAxis::of(lab::space_of({{"x", domain}}))[0]; }
KernelAxis with_prior(const std::string& domain, double mu, double sigma) {
  Param x = *parse_param("x", domain);
  x.prior = Normal{.mu = mu, .sigma = sigma};
  return KernelAxis::of(*Space::make({x}))[0];
}

/// Mean of the relative density over a regular grid of an axis: its integral, 1 for a density.
double integral(const Density& p, int steps) {
  double sum = 0;
  for (int i = 0; i < steps; ++i) sum += std::exp(p.log({(i + 0.5) / steps}));
  return sum / steps;
}

/// The same over the levels of an axis.
double sum_of_levels(const Density& p) {
  double sum = 0;
  for (const double centre : p.axes[0].centres) sum += std::exp(p.log({centre}));
  return sum / static_cast<double>(p.axes[0].levels);
}

TEST(Parzen, WithoutPointsItIsThePrior) {
  EXPECT_NEAR(Density({continuous()}, {}).log({0.3}), 0, 1e-12);
  EXPECT_NEAR(Density({options({0.75, 0.25})}, {}).log({0.25}), std::log(1.5), 1e-12);
}

TEST(Parzen, EveryKindOfAxisIntegratesToOne) {
  EXPECT_NEAR(integral(Density({continuous()}, {{0.0}, {0.02}, {0.9}, {kNan}}), 20000), 1, 1e-6);
  EXPECT_NEAR(integral(Density({levels(7)}, {{0.5 / 7}, {6.5 / 7}, {kNan}}), 7), 1, 1e-9);
  EXPECT_NEAR(integral(Density({options({0.2, 0.3, 0.5})}, {{0.5}, {kNan}}), 3), 1, 1e-12);
  EXPECT_NEAR(sum_of_levels(Density({of("int(1, 20, log)")}, {{0.0}, {0.4}, {1.0}, {kNan}})), 1, 1e-9);
  EXPECT_NEAR(sum_of_levels(Density({of("float(0, 1, step=0.3)")}, {{0.2}, {0.9}})), 1, 1e-9);
}

TEST(Parzen, AUsersPriorIntegratesToOneHoweverMuchItIsTrusted) {
  for (const double trust : {1.0, 0.3, 0.0}) {
    KernelAxis numeric = with_prior("float(0, 1)", 0.9, 0.1), whole = with_prior("int(1, 5)", 1, 1);
    numeric.trust = whole.trust = trust;
    EXPECT_NEAR(integral(Density({numeric}, {{0.1}, {kNan}}), 20000), 1, 1e-6);
    EXPECT_NEAR(sum_of_levels(Density({whole}, {{0.1}, {kNan}})), 1, 1e-9);
  }
}

TEST(Parzen, AJointDensityIntegratesToOneWhateverIsInactiveOrGiven) {
  const std::vector<KernelAxis> axes = {options({0.5, 0.5}), continuous(), levels(4)};
  const std::vector<std::vector<double>> points = {{0.25, 0.2, kNan}, {0.75, kNan, 0.125}, {0.75, kNan, 0.875}};
  const auto integrated = [&](const Density& p, int first) {
    double sum = 0;
    for (int o = 0; o < first; ++o) {
      for (int i = 0; i < 2000; ++i) {
        for (int k = 0; k < 4; ++k) {
          sum += std::exp(p.log({(o + 0.5) / first, (i + 0.5) / 2000, (k + 0.5) / 4})) / (first * 2000 * 4);
        }
      }
    }
    return sum;
  };
  EXPECT_NEAR(integrated(Density(axes, points), 2), 1, 1e-5);
  EXPECT_NEAR(integrated(Density(axes, points, {}, {1, 2}, {0.75, kNan, kNan}, {3, 1, 2}), 1), 1, 1e-5);
}

TEST(Parzen, WhatIsGivenWeighsThePointsThatHaveIt) {
  const std::vector<KernelAxis> axes = {options({0.5, 0.5}), continuous()};
  const std::vector<std::vector<double>> points = {{0.25, 0.2}, {0.25, 0.22}, {0.75, 0.8}};
  const KernelRules rules{.min_bandwidth = 0.1, .spread = 0, .clip = 0};
  const Density joint(axes, points, rules), first(axes, points, rules, {1}, {0.25, kNan});
  // p(x | o) = p(o, x) / p(o)
  EXPECT_NEAR(first.log({kNan, 0.3}), joint.log({0.25, 0.3}) - joint.log({0.25, kNan}), 1e-9);
  EXPECT_GT(first.log({kNan, 0.2}), first.log({kNan, 0.8}));
}

TEST(Parzen, IsHighWhereThePointsAre) {
  const Density p({continuous(), options({0.5, 0.5})}, {{0.2, 0.25}, {0.22, 0.25}, {0.8, 0.75}, {0.82, 0.75}});
  EXPECT_GT(p.log({0.2, 0.25}), p.log({0.2, 0.75})) << "it is a joint density: near 0.2 the first option was seen";
}

TEST(Parzen, AHeavyPointCountsAsSeveral) {
  const Density heavy({continuous()}, {{0.2}, {0.7}}, {}, {}, {}, {3, 1});
  EXPECT_GT(heavy.log({0.2}), heavy.log({0.7}) + 0.5);
}

TEST(Parzen, FewPointsAlikeDoNotSettleAChoice) {
  // Each kernel keeps 4 / (4 + 1 + n) of the prior, or 0.2 of it: n = 2 leaves 4/7 and, with the prior, (1 + 2 * 4/7) / 3.
  const std::vector<double> even(4, 0.25);
  EXPECT_NEAR(Density({options(even)}, {{0.1}, {0.1}}).log({0.6}), std::log((1 + 8.0 / 7) / 3), 1e-12);
  const std::vector<std::vector<double>> many(99, {0.1});
  EXPECT_NEAR(Density({options(even)}, many).log({0.6}), std::log((1 + 99 * 0.2) / 100), 1e-12);
}

TEST(Parzen, AnInactiveCoordinateOfAQueryIsIntegratedOver) {
  const Density joint({continuous(), levels(4)}, {{0.2, 0.125}, {0.7, 0.875}});
  double sum = 0;
  for (int k = 0; k < 4; ++k) sum += std::exp(joint.log({0.3, (k + 0.5) / 4})) / 4;
  EXPECT_NEAR(joint.log({0.3, kNan}), std::log(sum), 1e-9);
}

TEST(Parzen, SamplesFollowTheDensity) {
  // 20 000 samples into 10 cells: a cell's share has a deviation of at most 0.0036; 0.02 is beyond 5.5 sigma.
  for (const KernelAxis& axis :
       {continuous(), levels(10), options(std::vector<double>(10, 0.1)), with_prior("float(0, 1)", 0.8, 0.2)}) {
    const Density p({axis}, {{0.05}, {0.15}, {0.55}, {kNan}});
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
      expected[static_cast<std::size_t>(i / 100)] += std::exp(p.log({(i + 0.5) / 1000})) / 1000;
    }
    for (std::size_t k = 0; k < 10; ++k) EXPECT_NEAR(share[k], expected[k], 0.02) << "cell " << k;
  }
}

TEST(Parzen, StaysFiniteWhereNothingWasSeen) {
  const KernelRules narrow{.prior_weight = 1e-3, .min_bandwidth = 1e-4, .clip = 0, .mix = 1e-3, .choice_mix = 1e-3};
  std::vector<KernelAxis> axes(80, continuous());
  axes.push_back(levels(30));
  axes.push_back(options({1, 0}));
  std::vector<double> point(80, 0.3);
  point.insert(point.end(), {0.5 / 30, 0.25});
  const Density p(axes, std::vector<std::vector<double>>(300, point), narrow);
  EXPECT_TRUE(std::isfinite(p.log(point)));
  EXPECT_TRUE(std::isfinite(p.log(std::vector<double>(82, 1.0))));
  EXPECT_TRUE(std::isfinite(p.log(std::vector<double>(82, kNan))));
}

TEST(KernelAxis, CellsOfALogarithmicRangeAreThoseOfTheSpace) {
  const Space space = lab::space_of({{"n", "int(1, 12, log)"}});
  const KernelAxis axis = KernelAxis::of(space)[0];
  ASSERT_EQ(axis.levels, 12U);
  for (int i = 0; i < 500; ++i) {
    const std::vector<double> x = {(i + 0.5) / 500};
    EXPECT_EQ(axis.centres[axis.level_at(x[0])], space.encode(space.decode(x))[0]) << x[0];
  }
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
  EXPECT_EQ(axes[4].levels, 0U) << "as good as continuous";
  EXPECT_EQ(axes[5].levels, 0U);
}

}  // namespace
}  // namespace hone
