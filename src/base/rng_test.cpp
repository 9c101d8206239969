#include "hone/rng.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hone {
namespace {

TEST(Rng, StreamsDependOnSeedNameAndKeyAlone) {
  EXPECT_EQ(Rng::stream(1, "tpe", 3).next(), Rng::stream(1, "tpe", 3).next());
  EXPECT_NE(Rng::stream(1, "tpe", 3).next(), Rng::stream(1, "tpe", 4).next());
  EXPECT_NE(Rng::stream(1, "tpe", 3).next(), Rng::stream(2, "tpe", 3).next());
  EXPECT_NE(Rng::stream(1, "tpe", 3).next(), Rng::stream(1, "random", 3).next());
}

TEST(Rng, TheFirstNumbersNeverChange) {  // stored studies are replayed with them
  Rng rng = Rng::stream(1, "random", 0);
  const std::uint64_t first = rng.next();
  EXPECT_EQ(first, Rng::stream(1, "random", 0).next());
  EXPECT_EQ(first, 14746957912933402312ULL);
}

TEST(Rng, UniformAndNormalHaveTheirMoments) {  // 1e5 draws; each bound is beyond 6 sigma
  Rng rng = Rng::stream(7, "moments");
  double sum = 0, squares = 0, uniform = 0;
  constexpr int n = 100000;
  for (int i = 0; i < n; ++i) {
    const double x = rng.normal();
    sum += x, squares += x * x, uniform += rng.uniform();
  }
  EXPECT_NEAR(sum / n, 0, 0.02);
  EXPECT_NEAR(squares / n, 1, 0.03);
  EXPECT_NEAR(uniform / n, 0.5, 0.006);
}

TEST(Normal, QuantileInvertsTheDistributionFunction) {
  for (const double p : {1e-12, 1e-3, 0.1, 0.5, 0.8, 0.999}) EXPECT_NEAR(normal_cdf(normal_quantile(p)) / p, 1, 1e-9);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_TRUE(std::isinf(normal_quantile(0)));
  EXPECT_TRUE(std::isinf(normal_quantile(1)));
}

}  // namespace
}  // namespace hone
