#include "model/factor.h"

#include <algorithm>
#include <cmath>

namespace hone {

bool Factor::factorise(const std::vector<double>& rows, double noise) {
  const auto n = static_cast<Eigen::Index>((std::sqrt(8 * static_cast<double>(rows.size()) + 1) - 1) / 2 + 0.5);
  l_.resize(n, n);
  const double* next = rows.data();
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j <= i; ++j) l_(i, j) = *next++;
    l_(i, i) += noise;
  }
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> in_place(l_);
  return in_place.info() == Eigen::Success && std::isfinite(l_.diagonal().sum());  // Eigen lets nan pass
}

double Factor::log_determinant() const { return 2 * l_.diagonal().array().log().sum(); }

/// W = L⁻¹, K⁻¹ = Wᵀ W. In blocks of columns, so that the zeros of W cost nothing: a third of what solving for the identity
/// takes.
void Factor::inverse(std::vector<double>& rows) const {
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
  rows.resize(packed(static_cast<std::size_t>(n)));
  double* out = rows.data();
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j <= i; ++j) *out++ = inverse(i, j);
}

}  // namespace hone
