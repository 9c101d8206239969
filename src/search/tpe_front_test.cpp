#include "search/tpe_front.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace hone {
namespace {

using Losses = std::vector<std::vector<double>>;
using Order = std::vector<std::size_t>;

TEST(BestOfFronts, TakesWholeRanksInOrderWhileTheyFit) {
  const Losses losses = {{3, 3}, {1, 2}, {2, 1}, {4, 4}, {2, 3}};
  EXPECT_EQ(best_of_fronts(losses, 3), (Order{1, 2, 4}));
  EXPECT_EQ(best_of_fronts(losses, 9), (Order{1, 2, 4, 0, 3}));
}

TEST(BestOfFronts, SpreadsOverAFrontThatDoesNotFit) {
  Losses line;  // 11 points on a straight front
  for (int i = 0; i <= 10; ++i) line.push_back({i / 10.0, 1 - i / 10.0});
  const Order three = best_of_fronts(line, 3);
  ASSERT_EQ(three.size(), 3U);
  EXPECT_EQ(three[0], 5U) << "the middle covers most";
  EXPECT_LT(std::min(three[1], three[2]), 4U);
  EXPECT_GT(std::max(three[1], three[2]), 6U);
}

TEST(BestOfFronts, EqualPointsGoByTheirOrder) {
  EXPECT_EQ(best_of_fronts({{1, 1}, {1, 1}, {1, 1}}, 2), (Order{0, 1}));
  EXPECT_TRUE(best_of_fronts({}, 3).empty());
}

}  // namespace
}  // namespace hone
