#include <algorithm>
#include <cmath>

#include "search/sobol_points.h"
#include "search/testing.h"

namespace hone {
namespace {

SobolPoints points(std::size_t dimensions, std::uint64_t seed = 1) {
  return SobolPoints(dimensions, Rng::stream(seed, "sobol scramble"));
}

TEST(SobolPoints, EveryAlignedBlockHasOnePointInEachStratumOfEveryCoordinate) {
  const std::size_t dimensions = 40;
  const SobolPoints sobol = points(dimensions);
  for (const std::uint64_t size : {2U, 8U, 64U, 256U}) {
    for (const std::uint64_t from : {std::uint64_t{0}, size, 7 * size, 1024 * size}) {
      std::vector<std::set<std::uint64_t>> strata(dimensions);
      for (std::uint64_t i = from; i < from + size; ++i) {
        const auto x = sobol.point(i);
        for (std::size_t k = 0; k < dimensions; ++k) {
          ASSERT_GT(x[k], 0);
          ASSERT_LT(x[k], 1);
          strata[k].insert(static_cast<std::uint64_t>(x[k] * static_cast<double>(size)));
        }
      }
      for (std::size_t k = 0; k < dimensions; ++k) EXPECT_EQ(strata[k].size(), size) << k << " from " << from;
    }
  }
}

TEST(SobolPoints, TheFirstTwoCoordinatesFillEveryElementaryInterval) {
  const SobolPoints sobol = points(2);  // a (0, m, 2)-net: scrambling keeps it
  for (std::uint64_t columns = 1; columns <= 256; columns *= 2) {
    std::set<std::pair<std::uint64_t, std::uint64_t>> cells;
    for (std::uint64_t i = 0; i < 256; ++i) {
      const auto x = sobol.point(i);
      cells.emplace(static_cast<std::uint64_t>(x[0] * static_cast<double>(columns)),
                    static_cast<std::uint64_t>(x[1] * static_cast<double>(256 / columns)));
    }
    EXPECT_EQ(cells.size(), 256U) << columns << " columns";
  }
}

TEST(SobolPoints, IntegratesFarBetterThanIndependentDraws) {
  // Mean squared error of the integral of a smooth product in 5 dimensions by 256 points, over 30 scrambles.
  // Independent draws have the variance (prod(1 + 1/12) - 1) / 256. Deterministic.
  double error = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const SobolPoints sobol = points(5, seed);
    double sum = 0;
    for (std::uint64_t i = 0; i < 256; ++i) {
      double product = 1;
      for (const double x : sobol.point(i)) product *= x + 0.5;
      sum += product / 256;
    }
    error += (sum - 1) * (sum - 1) / 30;
  }
  const double independent = (std::pow(1 + 1.0 / 12, 5) - 1) / 256;
  EXPECT_LT(error, independent / 100);
}

TEST(SobolPoints, SeedsGiveDifferentScramblesAndAnIndexTheSamePoint) {
  EXPECT_EQ(points(3).point(17), points(3).point(17));
  EXPECT_NE(points(3, 1).point(17), points(3, 2).point(17));
  const auto x = points(3).point(0);
  EXPECT_NE(x[0], x[1]) << "each coordinate has its own scramble";
}

TEST(SobolPoints, GoesOnBeyondTheTableOfDirectionNumbers) {
  const auto x = points(3700).point(5);
  ASSERT_EQ(x.size(), 3700U);
  for (const double u : x) {
    EXPECT_GE(u, 0);
    EXPECT_LT(u, 1);
  }
  EXPECT_TRUE(points(0).point(5).empty());
  EXPECT_EQ(points(2).point(3), points(2).point((std::uint64_t{1} << 32) + 3));
}

TEST(Sobol, PointsThatConstraintsRejectAreReplacedAndTheOthersStay) {
  const Space all = lab::space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}});
  const Space half = lab::space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}}, {"x <= 0.5"});
  const auto free = lab::make_searcher("sobol", all), constrained = lab::make_searcher("sobol", half);
  int kept = 0;
  for (TrialId id = 0; id < 64; ++id) {
    const Config config = lab::proposed(*free, id), legal = lab::proposed(*constrained, id);
    EXPECT_TRUE(half.allows(legal));
    if (half.allows(config)) {
      EXPECT_EQ(config, legal);
      ++kept;
    }
  }
  EXPECT_EQ(kept, 32) << "a block of 64 has half of its points in each half of x";
}

TEST(Sobol, FollowsTheUsersDistribution) {
  const Space space = lab::space_of({{"z", "normal(10, 2)"}});
  const auto searcher = lab::make_searcher("sobol", space);
  int below = 0;
  for (TrialId id = 0; id < 256; ++id) below += lab::number(lab::proposed(*searcher, id)[0]) < 10;
  EXPECT_EQ(below, 128);
}

}  // namespace
}  // namespace hone
