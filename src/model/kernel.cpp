#include "model/kernel.h"

#include <cmath>
#include <numeric>
#include <utility>

#include "model/lanes.h"

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
  std::size_t with_numbers = 0;
  for (const auto& group : shape_.groups) {
    Part part{.flag = group.flag};
    for (const Eigen::Index j : group.columns) {
      if (shape_.category[static_cast<std::size_t>(j)]) {
        part.words.push_back(j);
        part.other.push_back(std::exp(-weight_[j]));
      } else {
        part.numbers.push_back(j);
        part.weight.push_back(weight_[j]);
      }
    }
    with_numbers += !part.numbers.empty();
    parts_.push_back(std::move(part));
  }
  spread_ = with_numbers > 1;
}

double Kernel::variance(const double* point) const {
  double r = 1 - share_;
  if (share_ > 0) {
    for (const auto& group : shape_.groups)
      r += share_ / shape_.active_groups * (group.flag < 0 ? 1.0 : point[group.flag]);
  }
  return signal_ * r + kMeanVariance;
}

/// r² of a part's numbers, in room.r2.
void Kernel::squares(const Part& part, const Eigen::MatrixXd& x, Eigen::Index n, const double* point, Room& room) {
  room.columns.clear();
  room.point.clear();
  for (const Eigen::Index j : part.numbers) {
    room.columns.push_back(x.data() + j * x.rows());
    room.point.push_back(point[j]);
  }
  room.r2.resize(n);
  weighted_squares(room.columns.data(), room.point.data(), part.weight.data(), part.numbers.size(),
                   static_cast<std::size_t>(n), room.r2.data());
}

/// The sum over groups is made on the way; what all columns together come to needs M of another r² only where several
/// groups have numbers: categories are factors.
void Kernel::covariance(const Eigen::MatrixXd& x, Eigen::Index n, const double* point, double* k, Room& room,
                        bool slopes) const {
  const auto size = static_cast<std::size_t>(n);
  const auto m = [&](const Eigen::ArrayXd& r2) {
    room.value.resize(n);
    room.slope.resize(n);
    slopes ? matern(r2.data(), size, room.value.data(), room.slope.data()) : matern(r2.data(), size, room.value.data());
  };
  const auto column = [&](Eigen::Index j) { return x.data() + j * x.rows(); };
  std::fill_n(k, size, kMeanVariance);
  room.all_factor.setOnes(n);
  if (spread_) room.all_r2.setZero(n);
  bool numbers = false;
  if (slopes) room.slopes.resize(parts_.size());
  for (std::size_t g = 0; g < parts_.size(); ++g) {
    const Part& part = parts_[g];
    const double* factors[2] = {};
    std::size_t count = 0;
    if (!part.words.empty()) {
      room.factor.setOnes(n);
      for (std::size_t j = 0; j < part.words.size(); ++j)
        times_if_other(column(part.words[j]), point[part.words[j]], part.other[j], size, room.factor.data());
      room.all_factor *= room.factor;
      factors[count++] = room.factor.data();
    }
    if (part.flag >= 0) factors[count++] = column(part.flag);
    if (!part.numbers.empty()) {
      numbers = true;
      squares(part, x, n, point, room);
      if (spread_) room.all_r2 += room.r2;
      if (slopes) room.slopes[g].setZero(n);
      m(room.r2);
    }
    if (share_ == 0 || (part.flag >= 0 && point[part.flag] == 0)) continue;
    const double scale = signal_ * share_ / shape_.active_groups;
    if (part.numbers.empty()) {
      add_products(scale, factors[0], factors[1], nullptr, size, k);
    } else {
      add_products(scale, room.value.data(), factors[0], factors[1], size, k);
      if (slopes) add_products(scale, room.slope.data(), factors[0], factors[1], size, room.slopes[g].data());
    }
  }
  if (spread_) m(room.all_r2);
  const double scale = signal_ * (1 - share_);
  add_products(scale, room.all_factor.data(), numbers ? room.value.data() : nullptr, nullptr, size, k);
  for (std::size_t g = 0; g < parts_.size() && slopes; ++g) {
    if (!parts_[g].numbers.empty())
      add_products(scale, room.all_factor.data(), room.slope.data(), nullptr, size, room.slopes[g].data());
  }
}

Eigen::MatrixXd Kernel::matrix(const Eigen::MatrixXd& x) const {
  Eigen::MatrixXd k(x.rows(), x.rows());
  Room room;
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    const Eigen::VectorXd point = x.row(i);
    covariance(x, i + 1, point.data(), k.col(i).data(), room);
    k.row(i).head(i) = k.col(i).head(i).transpose();
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
