#include "model/fanova.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace hone {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Fanova of(const std::vector<ForestAxis>& axes, int rows, const std::function<double(const double*)>& value,
          std::vector<double> inactive = {}) {
  Rng rng = Rng::stream(1, "fanova");
  std::vector<double> x, y;
  inactive.resize(axes.size(), 0.0);
  for (int i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < axes.size(); ++k) {
      const bool off = rng.uniform() < inactive[k];
      const double u = rng.uniform();
      x.push_back(off ? kNan : axes[k].categories > 0 ? std::floor(u * static_cast<double>(axes[k].categories)) : u);
    }
    y.push_back(value(&x[x.size() - axes.size()]));
  }
  Forest forest(axes, {.trees = 16}, 1);
  forest.fit(x, y);
  return fanova(forest, inactive);
}

TEST(Fanova, GivesTheSharesOfAnAdditiveFunctionAsComputedByHand) {
  // Variances: 9/12 of 3 x0, 1/12 of x1, nothing of x2.
  const Fanova out = of({{}, {}, {}}, 2000, [](const double* x) { return 3 * x[0] + x[1]; });
  EXPECT_NEAR(out.single[0], 0.9, 0.015);
  EXPECT_NEAR(out.single[1], 0.1, 0.015);
  EXPECT_LT(out.single[2], 0.002);
  for (const FanovaPair& pair : out.pairs) EXPECT_LT(pair.share, 0.01);
}

TEST(Fanova, FindsAParameterWhoseBestValueLiesInTheMiddle) {
  const Fanova out = of({{}, {}}, 1000, [](const double* x) { return std::pow(x[0] - 0.5, 2); });
  EXPECT_GT(out.single[0], 0.97) << "its rank correlation is nought";
}

TEST(Fanova, TellsAnInteractionFromEffectsOfTheirOwn) {
  const Fanova out = of({{}, {}, {}}, 3000, [](const double* x) { return (x[0] - 0.5) * (x[2] - 0.5); });
  ASSERT_FALSE(out.pairs.empty());
  EXPECT_EQ(out.pairs[0].a, 0U);
  EXPECT_EQ(out.pairs[0].b, 2U);
  EXPECT_GT(out.pairs[0].share, 0.85);
  for (const double share : out.single) EXPECT_LT(share, 0.05);
}

TEST(Fanova, CountsTheOptionsOfACategoryAsEquallyLikely) {
  // Options 0, 1, 2 give 0, 0, 3: variance 2; x gives 12 / 12 of sqrt(12) x: 1.
  const Fanova out =
      of({{.categories = 3}, {}}, 2000, [](const double* x) { return (x[0] == 2 ? 3 : 0) + std::sqrt(12) * x[1]; });
  EXPECT_NEAR(out.single[0], 2.0 / 3, 0.02);
  EXPECT_NEAR(out.single[1], 1.0 / 3, 0.02);
}

TEST(Fanova, TakesInactiveAsAValueOfItsOwn) {
  // Inactive half of the time: 0 then, else 2. The variance is 1, all of axis 0.
  const Fanova out = of({{}, {}}, 500, [](const double* x) { return std::isnan(x[0]) ? 0 : 2; }, {0.5, 0});
  EXPECT_NEAR(out.single[0], 1, 1e-9);
  EXPECT_NEAR(out.single[1], 0, 1e-9);
}

TEST(Fanova, OfAConstantThereIsNothingToShare) {
  const Fanova out = of({{}, {}}, 50, [](const double*) { return 7; });
  EXPECT_EQ(out.single, (std::vector<double>{0, 0}));
  EXPECT_TRUE(out.pairs.empty());
}

}  // namespace
}  // namespace hone
