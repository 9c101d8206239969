// The Cholesky factor L of a positive definite K = L Lᵀ, by Eigen.
#pragma once

#include <Eigen/Dense>

namespace hone {

class Factor {
 public:
  /// Of K + noise I, of which the lower triangle is read. False where that is not positive definite: then it may be used for
  /// nothing. O(n³ / 6).
  bool factorise(Eigen::MatrixXd k, double noise = 0);

  double log_determinant() const;  // of K
  /// L⁻¹ and L⁻ᵀ times the columns of `sides`, in place.
  template <class Sides>
  void forward(Sides&& sides) const {
    l_.triangularView<Eigen::Lower>().solveInPlace(sides);
  }
  template <class Sides>
  void backward(Sides&& sides) const {
    l_.triangularView<Eigen::Lower>().transpose().solveInPlace(sides);
  }
  /// K⁻¹, of which the lower triangle counts. O(n³ / 3).
  Eigen::MatrixXd inverse() const;

 private:
  Eigen::MatrixXd l_;
};

}  // namespace hone
