#include "sim/nearest_row.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "hone/rng.h"

namespace hone {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double apart(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const bool x = std::isnan(a[k]), y = std::isnan(b[k]);
    sum += x && y ? 0 : x || y ? 1 : (a[k] - b[k]) * (a[k] - b[k]);
  }
  return sum;
}

TEST(NearestRow, FindsWhatLookingAtAllOfThemFindsWhileTheyAreTakenAway) {
  Rng rng = Rng::stream(1, "points");
  // Few values a coordinate, so that there are many ties; a fifth of the third coordinate is inactive.
  const auto point = [&] {
    return std::vector<double>{static_cast<double>(rng.below(5)) / 4, rng.uniform(),
                               rng.uniform() < 0.2 ? kNone : static_cast<double>(rng.below(3)) / 2};
  };
  std::vector<std::vector<double>> points;
  for (int i = 0; i < 400; ++i) points.push_back(point());
  NearestRow rows(points);
  for (std::size_t left = points.size(); left > 0; --left) {
    ASSERT_EQ(rows.left(), left);
    const auto query = point();
    std::size_t best = points.size();
    for (std::size_t i = 0; i < points.size(); ++i)
      if (rows.has(i) && (best == points.size() || apart(points[i], query) < apart(points[best], query))) best = i;
    const auto found = rows.nearest(query);
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->row, best);
    ASSERT_DOUBLE_EQ(found->distance, std::sqrt(apart(points[best], query)));
    ASSERT_TRUE(rows.remove(best));
    ASSERT_FALSE(rows.remove(best)) << "it is gone already";
  }
  EXPECT_FALSE(rows.nearest(point()).has_value());
}

TEST(NearestRow, PrefersTheFirstOfEqualRows) {
  NearestRow rows(std::vector<std::vector<double>>(50, {0.5}));
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(rows.nearest(std::vector<double>{0.1})->row, i);
    rows.remove(i);
  }
}

}  // namespace
}  // namespace hone
