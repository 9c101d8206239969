#include "model/transform.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "hone/rng.h"

namespace hone {
namespace {

std::vector<double> heavy_tailed(int n) {
  Rng rng = Rng::stream(1, "tail");
  std::vector<double> losses;
  for (int i = 0; i < n; ++i) losses.push_back(std::exp(4 * rng.normal()));
  return losses;
}

TEST(OutputTransform, StandardisesKeepsOrderAndHasItsInverse) {
  const std::vector<double> losses = heavy_tailed(40);
  int found = 0;
  for (int id = 0; id < kOutputTransforms; ++id) {
    const auto transform = output_transform(losses, id);
    if (!transform) continue;
    ++found;
    double mean = 0, squares = 0;
    for (const double y : losses) {
      const double z = transform->forward(y), step = 1e-6 * y;
      mean += z / 40;
      squares += z * z / 40;
      EXPECT_NEAR(transform->inverse(z) / y, 1, 1e-6);
      EXPECT_GT(transform->forward(y * 1.01), z);
      const double slope = (transform->forward(y + step) - transform->forward(y - step)) / (2 * step);
      if (id > 0) {
        EXPECT_NEAR(transform->slope(y) / slope, 1, 1e-4) << id;
      }
    }
    EXPECT_NEAR(mean, 0, 1e-9);
    EXPECT_NEAR(squares, 1, 1e-9);
  }
  EXPECT_EQ(found, kOutputTransforms);
}

TEST(OutputTransform, TheLogarithmIsTheLikeliestOfLogNormalLosses) {
  const std::vector<double> losses = heavy_tailed(200);
  int best = 0;
  for (int id = 1; id < kOutputTransforms; ++id) {
    const auto transform = output_transform(losses, id);
    if (transform && log_jacobian(*transform, losses) > log_jacobian(*output_transform(losses, best), losses))
      best = id;
  }
  EXPECT_EQ(output_transform(losses, best)->power, 0);
  EXPECT_EQ(output_transform(losses, best)->origin, 0);
}

TEST(OutputTransform, LossesThatAreNotPositiveHaveAnotherOrigin) {
  const std::vector<double> losses = {-3, -1, 0, 2, 50};
  for (int id = 1; id < kOutputTransforms; ++id) {
    const auto transform = output_transform(losses, id);
    if (transform) {
      EXPECT_LT(transform->origin, -3);
    }
  }
}

TEST(OutputTransform, EqualAndHugeLossesStayFinite) {
  for (const std::vector<double>& losses :
       {std::vector<double>{2, 2, 2}, std::vector<double>{0, 0}, std::vector<double>{-1e150, 0, 1e150, 1}}) {
    for (int id = 0; id < kOutputTransforms; ++id) {
      const auto transform = output_transform(losses, id);
      EXPECT_TRUE(id > 0 || transform);
      for (const double y : losses) EXPECT_TRUE(!transform || std::isfinite(transform->forward(y))) << id;
    }
  }
}

}  // namespace
}  // namespace hone
