#include "model/improvement.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hone {
namespace {

TEST(LogImprovement, AgreesWithTheIntegralOfThePositivePart) {
  for (const double z : {-6.0, -3.0, -2.0, -1.0, 0.0, 1.5, 4.0}) {  // h(z) = ∫ max(0, t) φ(t - z) dt, Simpson's rule
    const int n = 40000;
    const double to = std::max(0.0, z) + 12, step = to / n;
    double sum = 0;
    for (int i = 0; i <= n; ++i) {
      const double t = step * i, weight = i == 0 || i == n ? 1 : i % 2 ? 4 : 2;
      sum += weight * t * std::exp(-0.5 * (t - z) * (t - z)) / std::sqrt(2 * M_PI);
    }
    EXPECT_NEAR(log_improvement(z).value, std::log(sum * step / 3), 1e-9) << z;
  }
}

TEST(LogImprovement, IsSmoothAndFiniteFarFromTheIncumbent) {
  for (double z = -1e8; z < -1e-3; z *= 0.7) {
    const double step = 1e-6 * std::abs(z);
    const double slope = (log_improvement(z + step).value - log_improvement(z - step).value) / (2 * step);
    EXPECT_TRUE(std::isfinite(log_improvement(z).value)) << z;
    EXPECT_NEAR(log_improvement(z).slope / slope, 1, 1e-4) << z;
  }
}

}  // namespace
}  // namespace hone
