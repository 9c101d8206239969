#include "model/pareto.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "hone/rng.h"

namespace hone {
namespace {

using Rows = std::vector<std::vector<double>>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Values on a coarse grid, so that there are ties; one in twenty is not finite if `wild`.
Rows random_rows(std::uint64_t seed, std::size_t n, std::size_t m, std::uint64_t levels, bool wild = false) {
  Rng rng = Rng::stream(seed, "rows");
  Rows rows(n, std::vector<double>(m));
  for (auto& row : rows)
    for (double& x : row) {
      x = static_cast<double>(rng.below(levels)) / static_cast<double>(levels);
      if (wild && rng.below(20) == 0) x = rng.below(2) ? std::nan("") : kInfinity;
    }
  return rows;
}

std::vector<int> peeled_ranks(const Rows& rows) {
  std::vector<int> ranks(rows.size(), -1);
  for (int rank = 0; std::count(ranks.begin(), ranks.end(), -1) > 0; ++rank) {
    const auto before = ranks;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      bool dominated = before[i] >= 0;
      for (std::size_t j = 0; j < rows.size(); ++j) dominated |= before[j] < 0 && dominates(rows[j], rows[i]);
      if (!dominated) ranks[i] = rank;
    }
  }
  return ranks;
}

/// By inclusion and exclusion over all subsets.
double brute_volume(const Rows& points, const std::vector<double>& reference) {
  double sum = 0;
  for (std::size_t subset = 1; subset < (std::size_t{1} << points.size()); ++subset) {
    double product = 1;
    for (std::size_t k = 0; k < reference.size(); ++k) {
      double corner = -kInfinity;
      for (std::size_t i = 0; i < points.size(); ++i)
        if (subset >> i & 1) corner = std::max(corner, points[i][k]);
      product *= std::max(0.0, reference[k] - corner);
    }
    sum += __builtin_popcountll(subset) % 2 ? product : -product;
  }
  return sum;
}

TEST(Pareto, RanksArePeeledFrontByFront) {
  EXPECT_EQ(nondominated_ranks({{1, 4}, {2, 2}, {4, 1}, {2, 3}, {5, 5}, {2, 2}}), (std::vector<int>{0, 0, 0, 1, 2, 0}));
  EXPECT_EQ(nondominated_ranks({}), std::vector<int>{});
  EXPECT_EQ(nondominated_ranks({{3}, {1}, {2}, {1}}), (std::vector<int>{2, 0, 1, 0}));
  for (std::size_t m = 1; m <= 5; ++m)
    for (const std::uint64_t levels : {3, 10, 1000}) {
      const Rows rows = random_rows(m, 60, m, levels, true);
      EXPECT_EQ(nondominated_ranks(rows), peeled_ranks(rows)) << m << " objectives, " << levels << " levels";
    }
}

TEST(Pareto, ANanIsTheWorstThatCanBe) {
  EXPECT_EQ(nondominated_ranks({{1, std::nan("")}, {1, 7}, {std::nan(""), 0}, {1, kInfinity}}),
            (std::vector<int>{1, 0, 0, 1}));
  EXPECT_FALSE(dominates(std::vector{std::nan("")}, std::vector{kInfinity}));
  EXPECT_EQ(hypervolume({{0, std::nan("")}, {-kInfinity, 0}, {0.5, 0.5}}, std::vector{1.0, 1.0}), 0.25);
}

TEST(Pareto, TenThousandRowsAreRankedWithoutComparingAllPairs) {
  for (const std::size_t m : {2, 3}) {  // one front, and 10 000 of them: the two extremes
    Rows front, chain;
    for (int i = 0; i < 10000; ++i) {
      const double x = i, y = 10000 - i;
      front.push_back(m == 2 ? std::vector{x, y} : std::vector{x, y, std::abs(5000.0 - i)});
      chain.push_back(std::vector<double>(m, x));
    }
    EXPECT_EQ(nondominated_ranks(front), std::vector<int>(10000, 0));
    EXPECT_EQ(nondominated_ranks(chain)[9999], 9999);
  }
}

TEST(Pareto, CrowdingIsTheGapBetweenTheNeighbours) {
  const Rows rows = {{0, 10}, {1, 6}, {4, 4}, {10, 0}, {5, 11}};
  const auto distance = crowding(rows, nondominated_ranks(rows));
  EXPECT_EQ(distance[0], kInfinity);
  EXPECT_DOUBLE_EQ(distance[1], 0.4 + 0.6);
  EXPECT_DOUBLE_EQ(distance[2], 0.9 + 0.6);
  EXPECT_EQ(distance[3], kInfinity);
  EXPECT_EQ(distance[4], kInfinity) << "alone in its rank";
  const Rows flat = {{1, 5}, {1, 5}, {1, 5}, {1, 5}};
  EXPECT_EQ(crowding(flat, nondominated_ranks(flat)), std::vector<double>(4, 0)) << "all agree";
  const Rows wild = {{0, kInfinity}, {1, 3}, {2, 1}, {std::nan(""), 0}};
  for (const double d : crowding(wild, nondominated_ranks(wild))) EXPECT_FALSE(std::isnan(d));
}

TEST(Pareto, HypervolumeOfKnownFronts) {
  EXPECT_EQ(hypervolume({}, std::vector{1.0, 1.0}), 0);
  EXPECT_EQ(hypervolume({{2.0}, {3.0}, {7.0}}, std::vector{5.0}), 3);
  EXPECT_EQ(hypervolume({{1, 3}, {2, 2}, {3, 1}, {3, 3}}, std::vector{4.0, 4.0}), 6);
  EXPECT_EQ(hypervolume({{1, 3}, {5, 0}, {0, 4}}, std::vector{4.0, 4.0}), 3) << "two are not below the reference";
  EXPECT_EQ(hypervolume({{0, 0, 0}}, std::vector{1.0, 2.0, 3.0}), 6);
  EXPECT_EQ(hypervolume({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, std::vector{2.0, 2.0, 2.0}), 7);
  Rows line;  // n points on x + y = 1: 1/2 - 1/(2n), for a staircase of n - 1 steps
  for (int i = 0; i <= 1000; ++i) line.push_back({i / 1000.0, 1 - i / 1000.0});
  EXPECT_NEAR(hypervolume(line, std::vector{1.0, 1.0}), 0.5 - 0.5 / 1000, 1e-12);
}

TEST(Pareto, HypervolumeAgreesWithInclusionAndExclusion) {
  for (std::size_t m = 1; m <= 6; ++m)
    for (const std::uint64_t levels : {4, 1000})
      for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const Rows rows = random_rows(seed, 9, m, levels);
        const std::vector<double> reference(m, 0.9);
        EXPECT_NEAR(hypervolume(rows, reference), brute_volume(rows, reference), 1e-12) << m << " objectives";
      }
}

TEST(Pareto, AContributionIsWhatIsLostWithoutThePoint) {
  for (std::size_t m = 1; m <= 5; ++m)
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const Rows rows = random_rows(seed, 12, m, seed == 1 ? 3 : 1000);
      const std::vector<double> reference(m, 0.9);
      const auto contributions = hypervolume_contributions(rows, reference);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        Rows without = rows;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_NEAR(contributions[i], hypervolume(rows, reference) - hypervolume(without, reference), 1e-12);
      }
    }
}

TEST(Pareto, TheReferenceLiesATenthBeyondTheWorst) {
  EXPECT_EQ(reference_point({{0, 5, 0}, {10, 5, 0}, {kInfinity, std::nan(""), 0}}),
            (std::vector<double>{11, 5.5, 0.1}));
  EXPECT_EQ(reference_point({{std::nan("")}}), std::vector<double>{0.1});
}

}  // namespace
}  // namespace hone
