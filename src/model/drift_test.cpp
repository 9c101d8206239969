#include "model/drift.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "hone/rng.h"

namespace hone {
namespace {

/// Noisy values of a slope in the first column whose sign turns at t = 5; the second column is a category of no effect.
DriftData turning(int n, double turn) {
  DriftData data{Eigen::MatrixXd(n, 2), Eigen::VectorXd(n), Eigen::VectorXd(n), {0, 1}};
  Rng rng = Rng::stream(1, "drift");
  for (int i = 0; i < n; ++i) {
    data.x(i, 0) = rng.uniform();
    data.x(i, 1) = static_cast<double>(rng.below(3));
    data.t[i] = 10.0 * i / n;
    data.y[i] = (data.t[i] < turn ? -1 : 1) * (2 * data.x(i, 0) - 1) + 0.05 * rng.normal();
  }
  return data;
}

TEST(Drift, EvidenceHasTheGradientThatItsDifferencesShow) {
  const DriftData data = turning(12, 5);
  DriftParams params = DriftParams::usual(data.category);
  params.log_weight << 0.7, -0.4;
  double gradient[5];
  drift_evidence(data, params, gradient);
  const auto shifted = [&](int i, double h) {
    DriftParams moved = params;
    (i < 2 ? moved.log_weight[i] : i == 2 ? moved.log_signal : i == 3 ? moved.log_noise : moved.log_drift) += h;
    return drift_evidence(data, moved, nullptr);
  };
  for (int i = 0; i < 5; ++i)
    EXPECT_NEAR(gradient[i], (shifted(i, 1e-5) - shifted(i, -1e-5)) / 2e-5, 1e-5 * (1 + std::abs(gradient[i]))) << i;
}

TEST(Drift, EvidenceIsInfiniteAndFlatWhereTheMatrixCannotBeFactorised) {
  DriftData data = turning(12, 5);
  data.x.row(1) = data.x.row(0);
  data.t[1] = data.t[0];
  DriftParams params = DriftParams::usual(data.category);
  params.log_noise = -800;
  std::vector<double> gradient(5, 7);
  EXPECT_EQ(drift_evidence(data, params, gradient.data()), std::numeric_limits<double>::infinity());
  EXPECT_EQ(gradient, std::vector<double>(5, 0)) << "nothing of what was there before";
}

TEST(Drift, ForgetsWhatWasLongAgoWhereTheFunctionTurned) {
  const DriftData turned = turning(60, 5), steady = turning(60, 0);
  const DriftParams fast = fit_drift(turned, DriftParams::usual(turned.category), 60);
  const DriftParams slow = fit_drift(steady, DriftParams::usual(steady.category), 60);
  EXPECT_GT(fast.log_drift, slow.log_drift + 1);
  const DriftGp gp(turned, fast);
  Eigen::VectorXd high(2), low(2);
  high << 0.9, 0;
  low << 0.1, 0;
  EXPECT_GT(gp.at(high, 10).mean, 0.5);
  EXPECT_LT(gp.at(low, 10).mean, -0.5);
  EXPECT_LT(gp.at(high, 1).mean, -0.5) << "what held then";
  EXPECT_GT(gp.at(high, 14).deviation, gp.at(high, 10).deviation) << "less is known of later";
}

TEST(Drift, WhatIsBeingTriedLessensTheDeviationAndLeavesTheMean) {
  const DriftData data = turning(20, 5);
  const DriftGp gp(data, DriftParams::usual(data.category));
  Eigen::MatrixXd x(1, 2);
  x << 0.95, 2;
  const DriftGp more = gp.hallucinating(x, Eigen::VectorXd::Constant(1, 10.0));
  const Expectation before = gp.at(x.row(0), 10), after = more.at(x.row(0), 10);
  EXPECT_NEAR(after.mean, before.mean, 1e-9);
  EXPECT_LT(after.deviation, 0.8 * before.deviation);
}

}  // namespace
}  // namespace hone
