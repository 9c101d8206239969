#include "model/factor.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hone {

bool Factor::factorise(Eigen::MatrixXd k, double noise) {
  l_ = std::move(k);
  l_.diagonal().array() += noise;
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> in_place(l_);
  return in_place.info() == Eigen::Success && std::isfinite(l_.diagonal().sum());  // Eigen lets nan pass
}

double Factor::log_determinant() const { return 2 * l_.diagonal().array().log().sum(); }

/// W = L⁻¹, K⁻¹ = Wᵀ W. In blocks of columns, so that the zeros of W cost nothing: a third of what solving for the identity
/// takes.
Eigen::MatrixXd Factor::inverse() const {
  constexpr Eigen::Index kBlock = 32;
  const Eigen::Index n = l_.rows();
  Eigen::MatrixXd w(n, n), inverse(n, n);
  for (Eigen::Index j = 0; j < n; j += kBlock) {
    const Eigen::Index b = std::min(kBlock, n - j);
    auto block = w.block(j, j, n - j, b);
    block.setZero();
    block.topRows(b).setIdentity();
    l_.bottomRightCorner(n - j, n - j).triangularView<Eigen::Lower>().solveInPlace(block);
  }
  for (Eigen::Index i = 0; i < n; i += kBlock) {
    const Eigen::Index b = std::min(kBlock, n - i);
    inverse.block(i, 0, b, i + b).noalias() = w.block(i, i, n - i, b).transpose() * w.block(i, 0, n - i, i + b).eval();
  }
  return inverse;
}

}  // namespace hone
