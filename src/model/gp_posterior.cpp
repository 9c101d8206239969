#include "model/gp_posterior.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "model/gp_warp.h"
#include "model/lanes.h"

namespace hone {
namespace {

constexpr double kLeastVariance = 1e-12;

}  // namespace

GpPosterior::GpPosterior(Eigen::MatrixXd x, const Eigen::VectorXd& y, Kernel kernel)
    : x_(warped(std::move(x), kernel.shape(), kernel.params())),
      kernel_(std::move(kernel)),
      noise_(kernel_.noise()),
      y_(y) {
  const Eigen::MatrixXd k = kernel_.matrix(x_);
  while (!factor_.factorise(k, noise_) && noise_ < 1e6) noise_ *= 10;
  alpha_ = y;
  factor_.forward(alpha_);
  factor_.backward(alpha_);
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
  Kernel::Room work;
  Eigen::VectorXd k(size());
  kernel_.covariance(x_, size(), point, k.data(), work);
  const double mean = k.dot(alpha_);
  factor_.forward(k);
  return {mean, std::sqrt(std::max(kernel_.variance(point) - k.squaredNorm(), kLeastVariance))};
}

/// ∂r²/∂x = 2 w (x - x'), so that Σ_i by_i ∂r²_i/∂x = 2 w (x Σ by - Σ by x').
Expectation GpPosterior::at(const double* given, double* mean_slope, double* deviation_slope) const {
  std::vector<double> room;
  const double* point = warped_point(given, room);
  const KernelParams& params = kernel_.params();
  Kernel::Room work;
  Eigen::VectorXd v(size());
  kernel_.covariance(x_, size(), point, v.data(), work, true);
  const double mean = v.dot(alpha_);
  factor_.forward(v);
  const double variance = std::max(kernel_.variance(point) - v.squaredNorm(), kLeastVariance);
  const double deviation = std::sqrt(variance);
  factor_.backward(v);  // K⁻¹ k
  const KernelShape& shape = kernel_.shape();
  const auto n = static_cast<std::size_t>(size());
  for (std::size_t g = 0; g < shape.groups.size(); ++g) {
    std::vector<const double*> columns;
    for (const Eigen::Index j : shape.groups[g].columns) {
      mean_slope[j] = deviation_slope[j] = 0;
      if (!shape.category[static_cast<std::size_t>(j)]) columns.push_back(x_.data() + j * size());
    }
    if (columns.empty()) continue;
    const Eigen::ArrayXd by_mean = work.slopes[g] * alpha_.array(), by_variance = work.slopes[g] * v.array();
    const double all_mean = by_mean.sum(), all_variance = by_variance.sum();
    std::vector<double> in_mean(columns.size()), in_variance(columns.size());
    dots(columns.data(), columns.size(), by_mean.data(), n, in_mean.data());
    dots(columns.data(), columns.size(), by_variance.data(), n, in_variance.data());
    std::size_t at = 0;
    for (const Eigen::Index j : shape.groups[g].columns) {
      if (shape.category[static_cast<std::size_t>(j)]) continue;
      const double chain = params.warps() ? kumaraswamy(given[j], params.log_a[j], params.log_b[j]).by_x : 1;
      const double twice = 2 * chain * kernel_.weight()[j];
      mean_slope[j] = twice * (point[j] * all_mean - in_mean[at]);
      if (variance > kLeastVariance)
        deviation_slope[j] = -twice * (point[j] * all_variance - in_variance[at]) / deviation;
      ++at;
    }
  }
  return {mean, deviation};
}

void GpPosterior::at(const Eigen::MatrixXd& points, Eigen::ArrayXd& mean, Eigen::ArrayXd& deviation) const {
  Eigen::MatrixXd k(size(), points.cols());
  Eigen::ArrayXd variance(points.cols());
  std::vector<double> room;
  Kernel::Room work;
  for (Eigen::Index i = 0; i < points.cols(); ++i) {
    const double* point = warped_point(points.col(i).data(), room);
    kernel_.covariance(x_, size(), point, k.col(i).data(), work);
    variance[i] = kernel_.variance(point);
  }
  mean = (k.transpose() * alpha_).array();
  factor_.forward(k);
  deviation = (variance - k.colwise().squaredNorm().transpose().array()).max(kLeastVariance).sqrt();
}

Eigen::VectorXd GpPosterior::fitted() const { return y_ - noise_ * alpha_; }  // K α = y, so (K - σ² I) α = y - σ² α

}  // namespace hone
