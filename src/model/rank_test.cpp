#include "model/rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "hone/rng.h"

namespace hone {
namespace {

using ::testing::ElementsAre;

TEST(Rank, SharesTheMeanOfThePlacesAmongEqualValues) { EXPECT_THAT(ranks({3, 1, 3, 2}), ElementsAre(3.5, 1, 3.5, 2)); }

TEST(Rank, CorrelationIsOfTheOrderAlone) {
  EXPECT_DOUBLE_EQ(rank_correlation({1, 2, 3, 4}, {1, 10, 100, 1e9}), 1);
  EXPECT_DOUBLE_EQ(rank_correlation({1, 2, 3, 4}, {4, 3, 2, 1}), -1);
  EXPECT_NEAR(rank_correlation({1, 2, 3, 4, 5}, {2, 1, 4, 3, 5}), 1 - 6 * 4 / 120.0, 1e-12);  // squared differences: 4
  EXPECT_TRUE(std::isnan(rank_correlation({1, 1, 1}, {1, 2, 3})));
}

// The best third by x, as a rung sends it on: places lie in a third of the range, so the ratio is 3. All 600 pairs have 0.786,
// the third 0.529 (standard deviation 0.053). The correction is for straight lines, which ranks are not: it comes to 0.879
// (0.029), a little too much. Bounds of the means of 40: 5 standard errors.
TEST(Rank, SelectionByXHidesACorrelationThatIsFoundAgain) {
  double chosen = 0, found = 0;
  for (std::uint64_t draw = 0; draw < 40; ++draw) {
    std::vector<std::pair<double, double>> pairs;
    Rng rng = Rng::stream(1, "rank test", draw);
    for (int i = 0; i < 600; ++i) {
      const double x = rng.normal();
      pairs.emplace_back(x, 0.8 * x + 0.6 * rng.normal());
    }
    std::sort(pairs.begin(), pairs.end());
    std::vector<double> x, y;
    for (std::size_t i = 0; i < 200; ++i) {
      x.push_back(pairs[i].first);
      y.push_back(pairs[i].second);
    }
    chosen += rank_correlation(x, y) / 40;
    found += unrestricted(rank_correlation(x, y), 3) / 40;
  }
  EXPECT_NEAR(chosen, 0.529, 0.042);
  EXPECT_NEAR(found, 0.879, 0.023);
}

}  // namespace
}  // namespace hone
