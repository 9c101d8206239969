// The Cholesky factor L of a positive definite K = L Lᵀ, by Eigen, of matrices that are packed by rows: the lower triangle, i + 1
// numbers in row i.
#pragma once

#include <Eigen/Dense>
#include <cstddef>
#include <vector>

namespace hone {

class Factor {
 public:
  static std::size_t packed(std::size_t n) { return n * (n + 1) / 2; }

  /// Of K + noise I. False where that is not positive definite: then it may be used for nothing. O(n³ / 6).
  bool factorise(const std::vector<double>& rows, double noise = 0);

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
  /// The lower triangle of K⁻¹, packed. O(n³ / 3).
  void inverse(std::vector<double>& rows) const;

 private:
  Eigen::MatrixXd l_;
};

}  // namespace hone
