// The covariance of a Gaussian process over mixed points: numbers in [0, 1] and categories.
//
// Notation, in all of gp_*.{h,cpp} and kernel.{h,cpp}:
//   n, d         points, columns
//   X            [n, d] a point a row; a numeric column holds numbers, a category column whole codes
//   w            [d] weight of a column: 1 / lengthscale² of a numeric one
//   r², h        Σ w (x - x')² over the numeric columns; Σ w 1[x != x'] over the categories
//   R            exp(-h) M(r), the correlation: Matérn 5/2 of the numbers times a Hamming kernel of the categories
//   s², σ², τ²   signal and noise variance; that of the constant mean, which is integrated out
//   K            [n, n] = s² R + τ² 1 1ᵀ + σ² I
//   θ            log w, log s², log σ²
#pragma once

#include <Eigen/Dense>
#include <vector>

namespace hone {

struct KernelParams {
  Eigen::VectorXd log_weight;
  double log_signal = 0, log_noise = -6;

  Eigen::Index size() const { return log_weight.size() + 2; }
};

/// Which columns are categories. Two codes are equal or they are not.
using ColumnKinds = std::vector<char>;

/// τ²: of a mean that is about 0 in standardised observations.
inline constexpr double kMeanVariance = 1.0;

/// M(r) exp(-h) of r², h and its derivative by r²: M(r) = (1 + √5 r + 5/3 r²) exp(-√5 r), dM/dr² = -5/6 (1 + √5 r)
/// exp(-√5 r). Elementwise; `slope` may be null.
void correlate(const Eigen::ArrayXd& r2, const Eigen::ArrayXd& h, Eigen::ArrayXd& value, Eigen::ArrayXd* slope);

/// r² and h between each row of X and one point. O(n d).
void distances(const Eigen::MatrixXd& x, const ColumnKinds& kinds, const Eigen::VectorXd& weight, const double* point,
               Eigen::ArrayXd& r2, Eigen::ArrayXd& h);

/// The pairs i < j of the rows of X, packed: squared differences (categories: 1 if they differ), a column per column.
Eigen::MatrixXd packed_differences(const Eigen::MatrixXd& x, const ColumnKinds& kinds);

}  // namespace hone
