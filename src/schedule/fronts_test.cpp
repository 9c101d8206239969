#include "schedule/fronts.h"

#include <gtest/gtest.h>

#include <limits>

#include "hone/rng.h"
#include "model/pareto.h"

namespace hone {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Fronts, MoveWhomANewcomerDominatesDownTogether) {
  Fronts fronts(2);
  fronts.insert(0, {2, 2});
  fronts.insert(1, {3, 3});
  fronts.insert(2, {1, 4});
  EXPECT_EQ(fronts.front(0), 0u);
  EXPECT_EQ(fronts.front(1), 1u);
  EXPECT_EQ(fronts.front(2), 0u);
  fronts.insert(3, {1, 1});
  EXPECT_EQ(fronts.front(3), 0u);
  EXPECT_EQ(fronts.front(0), 1u);
  EXPECT_EQ(fronts.front(2), 1u);
  EXPECT_EQ(fronts.front(1), 2u);
  EXPECT_EQ(fronts.place(3), 1);
  EXPECT_EQ(fronts.place(1), 4);
}

TEST(Fronts, OrderAFrontByCrowding) {
  Fronts fronts(2);
  fronts.insert(0, {0.0, 1.0});
  fronts.insert(1, {0.1, 0.85});
  fronts.insert(2, {0.2, 0.7});  // between close neighbours
  fronts.insert(3, {0.3, 0.6});
  fronts.insert(4, {1.0, 0.0});
  EXPECT_EQ(fronts.place(0), 1);
  EXPECT_EQ(fronts.place(4), 2);
  EXPECT_EQ(fronts.place(3), 3) << "a wide gap on one side";
  for (TrialId trial : {1, 2, 3}) fronts.wait(trial, true);
  EXPECT_EQ(fronts.first_waiting(), 3);
  fronts.wait(3, false);
  EXPECT_EQ(fronts.first_waiting(), fronts.place(1) < fronts.place(2) ? 1 : 2);
}

TEST(Fronts, PutUnknownLossesLast) {
  Fronts fronts(2);
  fronts.insert(0, {});
  fronts.insert(1, {5, kNan});
  fronts.insert(2, {1, 1});
  EXPECT_EQ(fronts.place(2), 1);
  EXPECT_EQ(fronts.place(1), 2);
  EXPECT_EQ(fronts.place(0), 3);
}

// Whatever comes and goes in whatever order, the fronts are those of sorting everything anew.
TEST(Fronts, AreThoseOfSortingAnew) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Rng rng = Rng::stream(seed, "fronts");
    const std::size_t m = 2 + seed % 3;
    Fronts fronts(m);
    std::map<TrialId, std::vector<double>> all;
    std::set<TrialId> waiting;
    for (TrialId id = 0; id < 120; ++id) {
      std::vector<double> losses(m);
      for (double& loss : losses) loss = static_cast<double>(rng.below(seed % 2 == 0 ? 6 : 1000));  // many ties, or few
      all[id] = losses;
      fronts.insert(id, losses);
      if (rng.below(2) == 0) {
        waiting.insert(id);
        fronts.wait(id, true);
      }
      if (rng.below(5) == 0) {
        auto gone = static_cast<TrialId>(rng.below(static_cast<std::uint64_t>(id) + 1));
        fronts.erase(gone);
        all.erase(gone);
        waiting.erase(gone);
      }
      std::vector<std::vector<double>> rows;
      for (const auto& [trial, row] : all) rows.push_back(row);
      std::vector<int> ranks = nondominated_ranks(rows);
      std::size_t i = 0;
      for (const auto& [trial, row] : all) {
        ASSERT_EQ(fronts.front(trial), static_cast<std::size_t>(ranks[i++])) << "seed " << seed << ", trial " << trial;
        ASSERT_EQ(fronts.waits(trial), waiting.contains(trial));
      }
      std::optional<TrialId> best;
      for (TrialId trial : waiting) {
        if (!best || fronts.place(trial) < fronts.place(*best)) best = trial;
      }
      ASSERT_EQ(fronts.first_waiting(), best);
    }
  }
}

}  // namespace
}  // namespace hone
