#include "model/gp_posterior.h"

#include <cmath>
#include <utility>

namespace hone {
namespace {

constexpr double kLeastVariance = 1e-12;

}  // namespace

GpPosterior::GpPosterior(Eigen::MatrixXd x, const Eigen::VectorXd& y, ColumnKinds kinds, KernelParams params)
    : x_(std::move(x)), kinds_(std::move(kinds)), params_(std::move(params)), y_(y) {
  weight_ = params_.log_weight.array().exp();
  signal_ = std::exp(params_.log_signal);
  noise_ = std::exp(params_.log_noise);
  Eigen::MatrixXd k(size(), size());
  Eigen::ArrayXd column;
  for (Eigen::Index j = 0; j < size(); ++j) {
    const Eigen::VectorXd point = x_.row(j);
    covariances(point.data(), column, nullptr);
    k.col(j) = column;
  }
  do {
    k.diagonal().setConstant(signal_ + kMeanVariance + noise_);
    factor_.compute(k);
    if (factor_.info() != Eigen::Success) noise_ *= 10;
  } while (factor_.info() != Eigen::Success && noise_ < 1e6);
  alpha_ = factor_.solve(y);
}

void GpPosterior::covariances(const double* point, Eigen::ArrayXd& k, Eigen::ArrayXd* slope) const {
  Eigen::ArrayXd r2, h;
  distances(x_, kinds_, weight_, point, r2, h);
  correlate(r2, h, k, slope);
  k = signal_ * k + kMeanVariance;
  if (slope != nullptr) *slope *= signal_;
}

Normal1 GpPosterior::at(const double* point) const {
  Eigen::ArrayXd k;
  covariances(point, k, nullptr);
  const Eigen::VectorXd v = factor_.matrixL().solve(k.matrix());
  return {k.matrix().dot(alpha_), std::sqrt(std::max(signal_ + kMeanVariance - v.squaredNorm(), kLeastVariance))};
}

Normal1 GpPosterior::at(const double* point, double* mean_slope, double* deviation_slope) const {
  Eigen::ArrayXd k, slope;
  covariances(point, k, &slope);
  Eigen::VectorXd v = factor_.matrixL().solve(k.matrix());
  const double variance = std::max(signal_ + kMeanVariance - v.squaredNorm(), kLeastVariance);
  const double deviation = std::sqrt(variance);
  factor_.matrixU().solveInPlace(v);  // K⁻¹ k
  const Eigen::ArrayXd by_mean = slope * alpha_.array(), by_variance = slope * v.array();
  for (Eigen::Index j = 0; j < columns(); ++j) {  // ∂r²/∂x = 2 w (x - x')
    mean_slope[j] = deviation_slope[j] = 0;
    if (kinds_[static_cast<std::size_t>(j)]) continue;
    const auto away = 2 * weight_[j] * (point[j] - x_.col(j).array());
    mean_slope[j] = (away * by_mean).sum();
    deviation_slope[j] = variance > kLeastVariance ? -(away * by_variance).sum() / deviation : 0;
  }
  return {k.matrix().dot(alpha_), deviation};
}

void GpPosterior::at(const Eigen::MatrixXd& points, Eigen::ArrayXd& mean, Eigen::ArrayXd& deviation) const {
  Eigen::MatrixXd k(size(), points.cols());
  Eigen::ArrayXd column;
  for (Eigen::Index i = 0; i < points.cols(); ++i) {
    covariances(points.col(i).data(), column, nullptr);
    k.col(i) = column;
  }
  mean = (k.transpose() * alpha_).array();
  factor_.matrixL().solveInPlace(k);
  deviation = (signal_ + kMeanVariance - k.colwise().squaredNorm().transpose().array()).max(kLeastVariance).sqrt();
}

Eigen::VectorXd GpPosterior::fitted() const { return y_ - noise_ * alpha_; }  // K α = y, so (K - σ² I) α = y - σ² α

}  // namespace hone
