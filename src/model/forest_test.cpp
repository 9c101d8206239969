#include "model/forest.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hone {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool same(const Forest& a, const Forest& b, std::span<const double> rows) {
  std::vector<ForestBelief> x, y;
  a.predict(rows, x);
  b.predict(rows, y);
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x[i].mean != y[i].mean || x[i].variance != y[i].variance) return false;
  return true;
}

TEST(Forest, FitsAStepFunction) {
  Rng rng = Rng::stream(1, "step");
  std::vector<double> x, y;
  for (int i = 0; i < 200; ++i) {
    x.push_back(rng.uniform());
    x.push_back(rng.uniform());
    y.push_back(x[x.size() - 2] < 0.4 ? 1 : 5);
  }
  Forest forest({{}, {}}, {}, 1);
  forest.fit(x, y);
  for (double u = 0.01; u < 1; u += 0.02) {
    const std::vector<double> row = {u, 0.5};
    if (std::abs(u - 0.4) < 0.03) continue;
    EXPECT_NEAR(forest.predict(row).mean, u < 0.4 ? 1 : 5, 1e-9) << u;
  }
}

TEST(Forest, PutsNoOrderOnCategories) {
  std::vector<double> x, y;
  for (int i = 0; i < 90; ++i) {
    x.push_back(i % 9);
    y.push_back(i % 9 % 2);  // 0 and 1 in turn: no threshold parts them
  }
  Forest forest({{.categories = 9}}, {.trees = 32}, 1);
  forest.fit(x, y);
  for (int c = 0; c < 9; ++c) {
    const std::vector<double> row = {static_cast<double>(c)};
    EXPECT_NEAR(forest.predict(row).mean, c % 2, 1e-9);
    EXPECT_NEAR(forest.predict(row).variance, 0, 1e-9);
  }
  for (const ForestTree& tree : forest.trees()) EXPECT_EQ(tree.nodes.size(), 3U) << "one split of subsets is enough";
}

TEST(Forest, InactiveIsABranchOfItsOwn) {
  std::vector<double> x, y;  // where it is active the value is 10 x, where it is not it is what x = 0.5 has
  for (int i = 0; i < 80; ++i) {
    const bool active = i % 2 == 0;
    x.push_back(active ? i / 80.0 : kNan);
    y.push_back(active ? 10 * (i / 80.0) : 5 + 100);
  }
  Forest forest({{}}, {.trees = 16, .bootstrap = false}, 3);
  forest.fit(x, y);
  const std::vector<double> inactive = {kNan}, middle = {0.5}, first = {0};
  EXPECT_EQ(forest.predict(inactive).mean, 105);
  EXPECT_EQ(forest.predict(inactive).variance, 0);
  EXPECT_NEAR(forest.predict(middle).mean, 5, 0.01);
  EXPECT_NEAR(forest.predict(first).mean, 0, 0.01);
  for (const ForestTree& tree : forest.trees()) EXPECT_EQ(tree.nodes[0].kind, ForestNode::Kind::Active);
}

TEST(Forest, VarianceGrowsAwayFromWhatItHasSeen) {
  std::vector<double> x, y;
  for (int i = 0; i <= 10; ++i) {
    x.push_back(i < 6 ? 0.02 * i : 1 - 0.02 * (10 - i));  // two clusters with a gap between them
    y.push_back(x.back());
  }
  Forest forest({{}}, {.trees = 500, .bootstrap = false}, 1);
  forest.fit(x, y);
  const auto variance = [&](double u) { return forest.predict(std::vector<double>{u}).variance; };
  EXPECT_LT(variance(0.1), 1e-9);
  EXPECT_LT(variance(0.2), variance(0.3));
  EXPECT_LT(variance(0.3), variance(0.5));
  EXPECT_GT(variance(0.5), variance(0.8));
  // Thresholds even in the gap: the mean is the line from one end to the other, the variance that of a coin.
  EXPECT_NEAR(forest.predict(std::vector<double>{0.5}).mean, 0.51, 0.1) << "4.5 deviations of 500 trees";
  EXPECT_NEAR(variance(0.5), 0.41 * 0.41, 0.01);
}

TEST(Forest, TheSameSeedGivesTheSameBitsAndAnotherOneDoesNot) {
  Rng rng = Rng::stream(2, "rows");
  std::vector<double> x, y, rows;
  for (int i = 0; i < 60; ++i) {
    x.push_back(rng.uniform());
    x.push_back(static_cast<double>(rng.below(3)));
    y.push_back(rng.normal());
    rows.push_back(rng.uniform());
    rows.push_back(static_cast<double>(rng.below(3)));
  }
  Forest a({{}, {.categories = 3}}, {}, 5), b = a, c({{}, {.categories = 3}}, {}, 6);
  for (Forest* forest : {&a, &b, &c}) {
    forest->fit(x, y);
    forest->insert(std::vector<double>{0.5, 1}, 2.0);
    forest->update(7, -4.0);
  }
  EXPECT_TRUE(same(a, b, rows));
  EXPECT_FALSE(same(a, c, rows));
}

TEST(Forest, RowsThatJoinLaterAreSeenAtOnceAndTellTheSameAsAFit) {
  Rng rng = Rng::stream(4, "later");
  const auto value = [](double u, double v) { return std::sin(6 * u) + v; };
  std::vector<double> x, y;
  for (int i = 0; i < 300; ++i) {
    x.insert(x.end(), {rng.uniform(), rng.uniform()});
    y.push_back(value(x[x.size() - 2], x.back()));
  }
  Forest whole({{}, {}}, {}, 1), grown = whole;
  whole.fit(x, y);
  grown.fit(std::span(x).first(500), std::span(y).first(250));
  for (std::size_t i = 250; i < 300; ++i) grown.insert(std::span(x).subspan(2 * i, 2), y[i]);
  EXPECT_EQ(grown.size(), 300U);
  double whole_error = 0, grown_error = 0;
  for (int i = 0; i < 400; ++i) {
    const std::vector<double> row = {rng.uniform(), rng.uniform()};
    whole_error += std::pow(whole.predict(row).mean - value(row[0], row[1]), 2);
    grown_error += std::pow(grown.predict(row).mean - value(row[0], row[1]), 2);
  }
  EXPECT_LT(grown_error, 1.3 * whole_error);
  const double before = grown.predict(std::span(x).first(2)).mean;
  grown.update(0, y[0] + 100);
  EXPECT_GT(grown.predict(std::span(x).first(2)).mean, before + 30);
}

TEST(Forest, OneRowAndEqualRowsAreLeaves) {
  Forest forest({{}}, {.trees = 8}, 1);
  forest.fit(std::vector<double>{0.5}, std::vector<double>{3});
  EXPECT_EQ(forest.predict(std::vector<double>{0.1}).mean, 3);
  forest.fit(std::vector<double>{0.5, 0.5, 0.5}, std::vector<double>{1, 2, 6});
  for (const ForestTree& tree : forest.trees()) EXPECT_EQ(tree.nodes.size(), 1U);
  EXPECT_GT(forest.predict(std::vector<double>{0.5}).variance, 0);
}

TEST(Forest, CategoriesThatShareABitAreOneGroup) {
  std::vector<double> x, y;
  for (int i = 0; i < 200; ++i) {
    x.push_back(i % 100);
    y.push_back(i % 100 < 30 ? 0 : 1);
  }
  Forest forest({{.categories = 100}}, {.trees = 16, .bootstrap = false}, 1);
  forest.fit(x, y);
  EXPECT_EQ(forest.predict(std::vector<double>{50}).mean, 1);
  EXPECT_EQ(forest.predict(std::vector<double>{10}).mean, 0.5) << "with category 74";
  EXPECT_GT(forest.predict(std::vector<double>{10}).variance, 0.2);
}

}  // namespace
}  // namespace hone
