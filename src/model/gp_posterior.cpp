#include "model/gp_posterior.h"

#include <cmath>
#include <utility>

#include "model/gp_warp.h"

namespace hone {
namespace {

constexpr double kLeastVariance = 1e-12;

}  // namespace

GpPosterior::GpPosterior(Eigen::MatrixXd x, const Eigen::VectorXd& y, Kernel kernel)
    : x_(warped(std::move(x), kernel.shape(), kernel.params())),
      kernel_(std::move(kernel)),
      noise_(kernel_.noise()),
      y_(y) {
  Eigen::MatrixXd k = kernel_.matrix(x_);
  const Eigen::VectorXd diagonal = k.diagonal();
  do {
    k.diagonal() = diagonal.array() + noise_;
    factor_.compute(k);
    if (factor_.info() != Eigen::Success) noise_ *= 10;
  } while (factor_.info() != Eigen::Success && noise_ < 1e6);
  alpha_ = factor_.solve(y);
}

const double* GpPosterior::warped_point(const double* point, std::vector<double>& room) const {
  const KernelParams& params = kernel_.params();
  if (!params.warps()) return point;
  room.assign(point, point + x_.cols());
  for (Eigen::Index j = 0; j < columns(); ++j) {
    const auto k = static_cast<std::size_t>(j);
    if (!kernel_.shape().category[k]) room[k] = kumaraswamy(point[j], params.log_a[j], params.log_b[j]).value;
  }
  return room.data();
}

Expectation GpPosterior::at(const double* given) const {
  std::vector<double> room;
  const double* point = warped_point(given, room);
  Eigen::ArrayXd k;
  kernel_.covariance(x_, point, k, nullptr);
  const Eigen::VectorXd v = factor_.matrixL().solve(k.matrix());
  return {k.matrix().dot(alpha_), std::sqrt(std::max(kernel_.variance(point) - v.squaredNorm(), kLeastVariance))};
}

Expectation GpPosterior::at(const double* given, double* mean_slope, double* deviation_slope) const {
  std::vector<double> room;
  const double* point = warped_point(given, room);
  const KernelParams& params = kernel_.params();
  Eigen::ArrayXd k;
  std::vector<Eigen::ArrayXd> slopes;
  kernel_.covariance(x_, point, k, &slopes);
  Eigen::VectorXd v = factor_.matrixL().solve(k.matrix());
  const double variance = std::max(kernel_.variance(point) - v.squaredNorm(), kLeastVariance);
  const double deviation = std::sqrt(variance);
  factor_.matrixU().solveInPlace(v);  // K⁻¹ k
  const KernelShape& shape = kernel_.shape();
  for (std::size_t g = 0; g < shape.groups.size(); ++g) {
    const Eigen::ArrayXd by_mean = slopes[g] * alpha_.array(), by_variance = slopes[g] * v.array();
    for (const Eigen::Index j : shape.groups[g].columns) {  // ∂r²/∂x = 2 w (x - x')
      mean_slope[j] = deviation_slope[j] = 0;
      if (shape.category[static_cast<std::size_t>(j)]) continue;
      const double chain = params.warps() ? kumaraswamy(given[j], params.log_a[j], params.log_b[j]).by_x : 1;
      const auto away = 2 * chain * kernel_.weight()[j] * (point[j] - x_.col(j).array());
      mean_slope[j] = (away * by_mean).sum();
      deviation_slope[j] = variance > kLeastVariance ? -(away * by_variance).sum() / deviation : 0;
    }
  }
  return {k.matrix().dot(alpha_), deviation};
}

void GpPosterior::at(const Eigen::MatrixXd& points, Eigen::ArrayXd& mean, Eigen::ArrayXd& deviation) const {
  Eigen::MatrixXd k(size(), points.cols());
  Eigen::ArrayXd column, variance(points.cols());
  std::vector<double> room;
  for (Eigen::Index i = 0; i < points.cols(); ++i) {
    const double* point = warped_point(points.col(i).data(), room);
    kernel_.covariance(x_, point, column, nullptr);
    k.col(i) = column;
    variance[i] = kernel_.variance(point);
  }
  mean = (k.transpose() * alpha_).array();
  factor_.matrixL().solveInPlace(k);
  deviation = (variance - k.colwise().squaredNorm().transpose().array()).max(kLeastVariance).sqrt();
}

Eigen::VectorXd GpPosterior::fitted() const { return y_ - noise_ * alpha_; }  // K α = y, so (K - σ² I) α = y - σ² α

}  // namespace hone
