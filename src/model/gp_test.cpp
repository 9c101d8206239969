// Kernel, evidence, fit, posterior and acquisition of Gaussian processes.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "hone/rng.h"
#include "model/acquisition.h"
#include "model/gp_fit.h"
#include "model/gp_posterior.h"
#include "model/gp_warp.h"
#include "model/improvement.h"

namespace hone {
namespace {

/// Two numbers, a category, and a number that only some points have: two groups that are always there, one that is not.
KernelShape mixed_shape() {
  KernelShape shape;
  shape.category = {0, 0, 1, 0};
  shape.groups = {{{0, 1}, -1}, {{2}, -1}, {{3}, 4}};
  shape.active_groups = 2.5;
  return shape;
}

Eigen::MatrixXd mixed_points(int n, Rng& rng) {
  Eigen::MatrixXd x(n, 5);
  for (int i = 0; i < n; ++i) {
    x(i, 4) = static_cast<double>(rng.below(2));
    x.row(i).head(4) << rng.uniform(), rng.uniform(), static_cast<double>(rng.below(3)), 0.5;
    if (x(i, 4) == 1) x(i, 3) = rng.uniform();
  }
  return x;
}

Eigen::VectorXd noise(Eigen::Index n, Rng& rng) {
  Eigen::VectorXd y(n);
  for (double& v : y) v = rng.normal();
  return y;
}

KernelParams some_params(const KernelShape& shape, Rng& rng) {
  KernelParams params = KernelPrior::of(3).mode(shape);
  for (double& w : params.log_weight) w += 0.5 * rng.normal();
  params.log_signal = 0.3;
  params.log_noise = -4;
  params.logit_share = 0.4;
  return params;
}

KernelParams bent(KernelParams params, Rng& rng) {
  params.log_a = params.log_b = Eigen::VectorXd::Zero(params.log_weight.size());
  for (double& a : params.log_a) a = 0.5 * rng.normal();
  for (double& b : params.log_b) b = 0.5 * rng.normal();
  return params;
}

double numeric_slope(const std::function<double(double)>& f, double at) {
  const double step = 1e-5;
  return (f(at + step) - f(at - step)) / (2 * step);
}

TEST(Evidence, ItsGradientIsThatOfItsValue) {
  Rng rng = Rng::stream(1, "evidence");
  for (const bool additive : {false, true}) {
    const KernelShape shape = additive ? mixed_shape() : KernelShape::single({0, 0, 1, 0});
    const Eigen::MatrixXd x = mixed_points(15, rng);
    const KernelPrior prior = KernelPrior::of(3);
    for (const bool warps : {false, true}) {
      Evidence evidence(x, noise(15, rng), shape, prior, warps);
      std::vector<double> theta = evidence.theta(bent(some_params(shape, rng), rng)), slope(theta.size());
      EXPECT_EQ(theta.size(), (additive ? 7U : 6U) + (warps ? 8U : 0U));
      evidence.at(theta.data(), slope.data());
      for (std::size_t i = 0; i < theta.size(); ++i) {
        const auto along = [&](double t) {
          std::vector<double> other = theta;
          other[i] = t;
          return evidence.at(other.data(), nullptr);
        };
        EXPECT_NEAR(slope[i], numeric_slope(along, theta[i]), 1e-4 * (1 + std::abs(slope[i]))) << i;
      }
    }
  }
}

TEST(Evidence, IsInfiniteAndFlatWhereTheMatrixCannotBeFactorised) {
  Rng rng = Rng::stream(12, "evidence");
  const KernelShape shape = mixed_shape();
  const Eigen::MatrixXd x = mixed_points(8, rng);
  const KernelPrior prior = KernelPrior::of(3);
  Evidence evidence(x, noise(8, rng), shape, prior);
  std::vector<double> theta = evidence.theta(some_params(shape, rng));
  theta[4] = 800;  // a signal that is no number any more
  std::vector<double> slope(theta.size(), 7);
  EXPECT_EQ(evidence.at(theta.data(), slope.data()), std::numeric_limits<double>::infinity());
  EXPECT_EQ(slope, std::vector<double>(theta.size(), 0)) << "nothing of what was there before";
}

TEST(Evidence, AgreesWithTheDensityOfANormalVector) {
  Rng rng = Rng::stream(2, "evidence");
  const KernelShape shape = mixed_shape();
  const Eigen::MatrixXd x = mixed_points(8, rng);
  const Eigen::VectorXd y = noise(8, rng);
  const KernelPrior prior = KernelPrior::of(3);
  Evidence evidence(x, y, shape, prior);
  const auto value = [&](const KernelParams& params) {
    const Kernel kernel(shape, params);
    Eigen::MatrixXd k = kernel.matrix(x);
    k.diagonal().array() += kernel.noise();
    return 0.5 * y.dot(k.inverse() * y) + 0.5 * std::log(k.determinant());
  };
  KernelParams a = some_params(shape, rng), b = a;
  b.log_signal = prior.signal.mean - (a.log_signal - prior.signal.mean);  // as likely by the prior
  EXPECT_NEAR(evidence.at(evidence.theta(a).data(), nullptr) - evidence.at(evidence.theta(b).data(), nullptr),
              value(a) - value(b), 1e-9);
}

TEST(FitKernel, FindsTheLengthscalesAndTheNoiseOfAKnownProcess) {
  Rng rng = Rng::stream(3, "fit");
  const KernelShape shape = KernelShape::single({0, 0, 0});
  KernelParams truth;
  truth.log_weight = Eigen::Vector3d(-2 * std::log(0.2), -2 * std::log(0.8), -2 * std::log(20.0));
  truth.log_noise = std::log(0.01);
  const Eigen::Index n = 150;
  Eigen::MatrixXd x(n, 3);
  for (Eigen::Index i = 0; i < n; ++i) x.row(i) << rng.uniform(), rng.uniform(), rng.uniform();
  const Kernel kernel(shape, truth);
  Eigen::MatrixXd k = kernel.matrix(x);
  k.diagonal().array() += kernel.noise();
  const Eigen::VectorXd y = Eigen::LLT<Eigen::MatrixXd>(k).matrixL() * noise(n, rng);
  const KernelPrior prior = KernelPrior::of(3);
  const KernelParams found = fit_kernel(x, y, shape, prior, {prior.mode(shape)}, 200);
  const Eigen::ArrayXd lengths = (-0.5 * found.log_weight.array()).exp();
  EXPECT_NEAR(lengths[0], 0.2, 0.07);
  EXPECT_NEAR(lengths[1], 0.8, 0.3);
  EXPECT_GT(lengths[2], 3) << "the third column does not matter";
  EXPECT_NEAR(found.log_noise, std::log(0.01), 0.7);
}

TEST(FitKernel, WithFewPointsTheColumnsLearnFromEachOther) {
  constexpr Eigen::Index kColumns = 10, kPoints = 20;
  const KernelShape shape = KernelShape::single(std::vector<char>(kColumns, 0));
  KernelPrior together = KernelPrior::of(kColumns), alone = together;
  alone.apart = 0.999 * alone.length.deviation;
  double error[2] = {0, 0};
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Rng rng = Rng::stream(seed, "columns");
    Eigen::MatrixXd x(3 * kPoints, kColumns);
    for (double& u : x.reshaped()) u = rng.uniform();
    const Eigen::VectorXd squares = (x.array() - 0.3).square().rowwise().sum();
    const Eigen::VectorXd bowl = (squares.array() - 1.2) / 0.4;  // about standardised
    for (const int k : {0, 1}) {
      const KernelPrior& prior = k == 0 ? together : alone;
      const Eigen::MatrixXd seen = x.topRows(kPoints);
      const Eigen::VectorXd y = bowl.head(kPoints);
      const Kernel kernel(shape, fit_kernel(seen, y, shape, prior, {prior.mode(shape)}, 40));
      Eigen::ArrayXd mean, deviation;
      GpPosterior(seen, y, kernel).at(x.bottomRows(2 * kPoints).transpose(), mean, deviation);
      error[k] += (mean - bowl.tail(2 * kPoints).array()).square().mean();
    }
  }
  EXPECT_LT(error[0], 0.8 * error[1]);  // 0.6 here
}

TEST(FitKernel, LearnsWhetherGroupsAddUpOrInteract) {
  Rng rng = Rng::stream(4, "share");
  KernelShape shape;
  shape.category = {0, 0};
  shape.groups = {{{0}, -1}, {{1}, -1}};
  shape.active_groups = 2;
  Eigen::MatrixXd x(60, 2);
  Eigen::VectorXd sum(60), product(60);
  for (Eigen::Index i = 0; i < 60; ++i) {
    const double a = x(i, 0) = rng.uniform(), b = x(i, 1) = rng.uniform();
    sum[i] = std::sin(6 * a) + std::cos(7 * b);
    product[i] = 2 * std::sin(9 * a * b);
  }
  const KernelPrior prior = KernelPrior::of(2);
  const auto share = [&](const Eigen::VectorXd& y) {
    return fit_kernel(x, y, shape, prior, {prior.mode(shape)}, 200).logit_share;
  };
  EXPECT_GT(share(sum), 1);
  EXPECT_LT(share(product), 0);
}

TEST(FitWarp, BendsTheColumnOfALossThatChangesFasterAtOneEndAndNoOther) {
  const KernelShape shape = KernelShape::single({0});
  const KernelPrior prior = KernelPrior::of(1);
  Eigen::MatrixXd x(40, 1);
  Eigen::VectorXd even(40), uneven(40);
  for (Eigen::Index i = 0; i < 40; ++i) {
    x(i, 0) = (static_cast<double>(i) + 0.5) / 40;
    even[i] = std::sin(12 * x(i, 0));
    uneven[i] = std::sin(12 * std::pow(x(i, 0), 4));
  }
  const auto fit = [&](const Eigen::VectorXd& y) {
    return fit_warp(x, y, shape, prior, fit_kernel(x, y, shape, prior, {prior.mode(shape)}, 100), 100);
  };
  EXPECT_FALSE(fit(even).warps());
  const KernelParams found = fit(uneven);
  ASSERT_TRUE(found.warps());
  const auto slope = [&](double at) { return kumaraswamy(at, found.log_a[0], found.log_b[0]).by_x; };
  EXPECT_GT(slope(0.9), 3 * slope(0.3));
  EXPECT_NEAR(kumaraswamy(1, 1, -1).value, 1, 0.02);
  EXPECT_NEAR(kumaraswamy(0, 1, -1).value, 0, 1e-6);
  EXPECT_NEAR(kumaraswamy(0.3, 0, 0).value, 0.3, 1e-6);
}

TEST(GpPosterior, PassesThroughObservationsWithoutNoiseAndIsUncertainFarFromThem) {
  Rng rng = Rng::stream(5, "posterior");
  KernelParams params = some_params(mixed_shape(), rng);
  params.log_noise = -14;
  const Eigen::MatrixXd x = mixed_points(12, rng);
  const Eigen::VectorXd y = noise(12, rng);
  const GpPosterior posterior(x, y, Kernel(mixed_shape(), params));
  for (Eigen::Index i = 0; i < 12; ++i) {
    const Eigen::VectorXd point = x.row(i);
    EXPECT_NEAR(posterior.at(point.data()).mean, y[i], 1e-3);
    EXPECT_LT(posterior.at(point.data()).deviation, 0.01);
    EXPECT_NEAR(posterior.fitted()[i], posterior.at(point.data()).mean, 1e-6);
  }
  const double far[] = {40, 40, 7, 40, 1};
  EXPECT_GT(posterior.at(far).deviation, 1);
}

TEST(GpPosterior, OnePointManyPointsAndSlopesAgree) {
  Rng rng = Rng::stream(6, "posterior");
  const Eigen::MatrixXd x = mixed_points(20, rng), more = mixed_points(7, rng);
  const GpPosterior posterior(x, noise(20, rng), Kernel(mixed_shape(), bent(some_params(mixed_shape(), rng), rng)));
  Acquisition acquisition;
  acquisition.improve(&posterior, -1);
  acquisition.require(&posterior, 0.5, 1.5);
  acquisition.prefer({{.column = 1, .flag = -1, .mean = 0.7, .precision = 9}}, 0.5);
  const Eigen::MatrixXd points = more.transpose();
  Eigen::ArrayXd mean, deviation;
  posterior.at(points, mean, deviation);
  const Eigen::ArrayXd values = acquisition.at(points);
  for (Eigen::Index i = 0; i < points.cols(); ++i) {
    Eigen::VectorXd point = points.col(i), mean_slope(4), deviation_slope(4);
    std::vector<double> slope(4);
    const Expectation one = posterior.at(point.data(), mean_slope.data(), deviation_slope.data());
    EXPECT_NEAR(one.mean, mean[i], 1e-10);
    EXPECT_NEAR(one.deviation, deviation[i], 1e-10);
    EXPECT_NEAR(acquisition.at(point.data(), slope), values[i], 1e-9);
    for (const Eigen::Index j : {0, 1, 3}) {
      const auto moved = [&](double to) {
        Eigen::VectorXd other = point;
        other[j] = to;
        return other;
      };
      const auto m = [&](double t) { return posterior.at(moved(t).data()).mean; };
      const auto s = [&](double t) { return posterior.at(moved(t).data()).deviation; };
      const auto a = [&](double t) { return acquisition.at(moved(t).data()); };
      EXPECT_NEAR(mean_slope[j], numeric_slope(m, point[j]), 1e-5);
      EXPECT_NEAR(deviation_slope[j], numeric_slope(s, point[j]), 1e-5);
      EXPECT_NEAR(slope[j], numeric_slope(a, point[j]), 1e-4 * (1 + std::abs(slope[j])));
    }
  }
}

TEST(Acquisition, AugmentsExpectedImprovementByWhatTheNoiseLeavesToLearn) {
  Rng rng = Rng::stream(7, "augmented");
  const Eigen::MatrixXd x = mixed_points(20, rng), more = mixed_points(7, rng);
  KernelParams params = some_params(mixed_shape(), rng);
  params.log_noise = -1;
  const GpPosterior posterior(x, noise(20, rng), Kernel(mixed_shape(), params));
  Acquisition acquisition;
  acquisition.improve(&posterior, -1);
  const double tau2 = std::exp(-1);
  for (const Eigen::MatrixXd& points : {x, more}) {
    for (Eigen::Index i = 0; i < points.rows(); ++i) {
      const Eigen::VectorXd point = points.row(i);
      const auto [mean, s] = posterior.at(point.data());
      const double ei = s * std::exp(log_improvement((-1 - mean) / s).value);
      EXPECT_NEAR(acquisition.at(point.data()), std::log(ei * (1 - std::sqrt(tau2 / (s * s + tau2)))), 1e-9);
    }
  }
}

TEST(Acquisition, IsFiniteWhereFeasibilityIsHopeless) {
  const KernelShape shape = KernelShape::single({0});
  Eigen::MatrixXd x(2, 1);
  x << 0, 1;
  KernelParams params;
  params.log_weight.setConstant(1, -4);
  params.log_noise = -14;
  const GpPosterior posterior(x, Eigen::Vector2d(900, 1000), Kernel(shape, params));
  Acquisition acquisition;
  acquisition.require(&posterior, 0);
  const double low = 0.05, high = 0.95;
  EXPECT_TRUE(std::isfinite(acquisition.at(&low)));
  EXPECT_GT(acquisition.at(&low), acquisition.at(&high)) << "and still says where it is less hopeless";
}

}  // namespace
}  // namespace hone
