#include "model/kernel.h"

#include <cmath>
#include <numeric>
#include <utility>

namespace hone {

KernelShape KernelShape::single(std::vector<char> category) {
  KernelShape shape;
  shape.category = std::move(category);
  shape.groups.emplace_back();
  shape.groups[0].columns.resize(shape.category.size());
  std::iota(shape.groups[0].columns.begin(), shape.groups[0].columns.end(), Eigen::Index{0});
  return shape;
}

void correlate(const Eigen::ArrayXd& r2, const Eigen::ArrayXd& h, Eigen::ArrayXd& value, Eigen::ArrayXd* slope) {
  const double root5 = std::sqrt(5.0);
  value = root5 * r2.sqrt();  // √5 r
  if (slope != nullptr) {
    *slope = (-value - h).exp();
    value = 1 + value;
    *slope *= -5.0 / 6;
    value = (value + 5.0 / 3 * r2) * (*slope * (-6.0 / 5));
    *slope *= 1 + root5 * r2.sqrt();
  } else {
    value = (1 + value + 5.0 / 3 * r2) * (-value - h).exp();
  }
}

Kernel::Kernel(KernelShape shape, KernelParams params) : shape_(std::move(shape)), params_(std::move(params)) {
  weight_ = params_.log_weight.array().exp();
  signal_ = std::exp(params_.log_signal);
  noise_ = std::exp(params_.log_noise);
  share_ = shape_.additive() ? 1 / (1 + std::exp(-params_.logit_share)) : 0;
}

double Kernel::variance(const double* point) const {
  double r = 1 - share_;
  if (share_ > 0) {
    for (const auto& group : shape_.groups)
      r += share_ / shape_.active_groups * (group.flag < 0 ? 1.0 : point[group.flag]);
  }
  return signal_ * r + kMeanVariance;
}

void Kernel::covariance(const Eigen::MatrixXd& x, const double* point, Eigen::ArrayXd& k,
                        std::vector<Eigen::ArrayXd>* slopes) const {
  const Eigen::Index n = x.rows();
  const double part = share_ / shape_.active_groups;
  Eigen::ArrayXd r2 = Eigen::ArrayXd::Zero(n), h = r2, group_r2(n), group_h(n), value(n);
  k.setConstant(n, kMeanVariance);
  if (slopes != nullptr) slopes->resize(shape_.groups.size());
  for (std::size_t g = 0; g < shape_.groups.size(); ++g) {
    const auto& group = shape_.groups[g];
    Eigen::ArrayXd &own_r2 = share_ == 0 ? r2 : group_r2, &own_h = share_ == 0 ? h : group_h;
    if (share_ != 0) {
      group_r2.setZero();
      group_h.setZero();
    }
    for (const Eigen::Index j : group.columns) {
      if (shape_.category[static_cast<std::size_t>(j)]) {
        own_h += weight_[j] * (x.col(j).array() != point[j]).cast<double>();
      } else {
        own_r2 += weight_[j] * (x.col(j).array() - point[j]).square();
      }
    }
    if (share_ == 0) continue;
    r2 += group_r2;
    h += group_h;
    Eigen::ArrayXd* slope = slopes != nullptr ? &(*slopes)[g] : nullptr;
    if (group.flag >= 0 && point[group.flag] == 0) {
      if (slope != nullptr) slope->setZero(n);
      continue;
    }
    correlate(group_r2, group_h, value, slope);
    if (group.flag >= 0) {
      value *= x.col(group.flag).array();
      if (slope != nullptr) *slope *= x.col(group.flag).array();
    }
    k += signal_ * part * value;
    if (slope != nullptr) *slope *= signal_ * part;
  }
  Eigen::ArrayXd slope;
  correlate(r2, h, value, slopes != nullptr ? &slope : nullptr);
  k += signal_ * (1 - share_) * value;
  if (slopes == nullptr) return;
  slope *= signal_ * (1 - share_);
  for (auto& each : *slopes) {
    if (share_ == 0) {
      each = slope;
    } else {
      each += slope;
    }
  }
}

Eigen::MatrixXd Kernel::matrix(const Eigen::MatrixXd& x) const {
  Eigen::MatrixXd k(x.rows(), x.rows());
  Eigen::ArrayXd column;
  for (Eigen::Index j = 0; j < x.rows(); ++j) {
    const Eigen::VectorXd point = x.row(j);
    covariance(x, point.data(), column, nullptr);
    k.col(j) = column;
  }
  return k;
}

Eigen::MatrixXd packed_differences(const Eigen::MatrixXd& x, const KernelShape& shape) {
  const Eigen::Index n = x.rows();
  Eigen::MatrixXd out(n * (n - 1) / 2, shape.columns());
  for (Eigen::Index k = 0; k < shape.columns(); ++k) {
    Eigen::Index at = 0;
    for (Eigen::Index j = 1; j < n; ++j) {
      if (shape.category[static_cast<std::size_t>(k)]) {
        out.col(k).segment(at, j) = (x.col(k).head(j).array() != x(j, k)).cast<double>();
      } else {
        out.col(k).segment(at, j) = (x.col(k).head(j).array() - x(j, k)).square();
      }
      at += j;
    }
  }
  return out;
}

}  // namespace hone
