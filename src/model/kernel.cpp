#include "model/kernel.h"

#include <cmath>

namespace hone {

void correlate(const Eigen::ArrayXd& r2, const Eigen::ArrayXd& h, Eigen::ArrayXd& value, Eigen::ArrayXd* slope) {
  const double root5 = std::sqrt(5.0);
  value = root5 * r2.sqrt();  // √5 r
  if (slope != nullptr) {
    *slope = (-value - h).exp();
    value = (1 + value + 5.0 / 3 * r2) * *slope;
    *slope *= -5.0 / 6 * (1 + root5 * r2.sqrt());
  } else {
    value = (1 + value + 5.0 / 3 * r2) * (-value - h).exp();
  }
}

void distances(const Eigen::MatrixXd& x, const ColumnKinds& kinds, const Eigen::VectorXd& weight, const double* point,
               Eigen::ArrayXd& r2, Eigen::ArrayXd& h) {
  r2.setZero(x.rows());
  h.setZero(x.rows());
  for (Eigen::Index j = 0; j < x.cols(); ++j) {
    if (kinds[static_cast<std::size_t>(j)]) {
      h += weight[j] * (x.col(j).array() != point[j]).cast<double>();
    } else {
      r2 += weight[j] * (x.col(j).array() - point[j]).square();
    }
  }
}

Eigen::MatrixXd packed_differences(const Eigen::MatrixXd& x, const ColumnKinds& kinds) {
  const Eigen::Index n = x.rows();
  Eigen::MatrixXd out(n * (n - 1) / 2, x.cols());
  for (Eigen::Index k = 0; k < x.cols(); ++k) {
    Eigen::Index at = 0;
    for (Eigen::Index j = 1; j < n; ++j) {
      if (kinds[static_cast<std::size_t>(k)]) {
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
