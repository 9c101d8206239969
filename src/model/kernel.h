// The covariance of a Gaussian process over mixed, conditional points: numbers in [0, 1] and categories.
//
// Notation, in all of gp_*.{h,cpp} and kernel.{h,cpp}:
//   n, d         points, columns
//   X            [n, d + flags] a point a row; a numeric column holds numbers, a category column whole codes
//   w            [d] weight of a column: 1 / lengthscale² of a numeric one
//   r², h        Σ w (x - x')² over numeric columns; Σ w 1[x != x'] over categories
//   C            exp(-h) M(r): Matérn 5/2 of the numbers times a Hamming kernel of the categories
//   g, a_g       groups of columns that are active together; whether a point has the group
//   R            (1 - ρ) C(all columns) + ρ Σ_g π a_g a'_g C(columns of g), π = 1 / groups that a point has on average
//   s², σ², τ²   signal and noise variance; that of the constant mean, which is integrated out
//   K            [n, n] = s² R + τ² 1 1ᵀ + σ² I
//   a, b         exponents of a numeric column's warp, u = 1 - (1 - x^a)^b (gp_warp.h); then X above is that of the u
//   θ            log w, log s², log σ², logit ρ, log a, log b
//
// The sum over groups lets what was learnt of the columns that two points share count although they differ in others
// (Ma, Blaschko, "Additive Tree-Structured Covariance Function for Conditional Parameter Spaces", AISTATS 2020); sum
// plus product is the mixed kernel of Ru et al., "Bayesian Optimisation over Multiple Continuous and Categorical
// Inputs", ICML 2020, eq. 5. The share ρ is learnt.
#pragma once

#include <Eigen/Dense>
#include <vector>

namespace hone {

struct KernelShape {
  struct Group {
    std::vector<Eigen::Index> columns;
    Eigen::Index flag = -1;  // the column of X that is 1 where the group is active, else 0; -1: always
  };
  std::vector<char> category;  // of each column: codes that are equal or not
  std::vector<Group> groups;   // a partition of the columns
  double active_groups = 1;    // of a point, on average

  Eigen::Index columns() const { return static_cast<Eigen::Index>(category.size()); }
  bool additive() const { return groups.size() > 1; }
  static KernelShape single(std::vector<char> category);
};

struct KernelParams {
  Eigen::VectorXd log_weight;
  double log_signal = 0, log_noise = -6, logit_share = 0;
  Eigen::VectorXd log_a = {}, log_b = {};  // of each column; empty: not warped

  bool warps() const { return log_a.size() > 0; }
};

/// τ²: of a mean that is about 0 in standardised observations.
inline constexpr double kMeanVariance = 1.0;

/// C of r² and h, and its derivative by r²: M(r) = (1 + √5 r + 5/3 r²) exp(-√5 r), dM/dr² = -5/6 (1 + √5 r) exp(-√5 r).
/// Elementwise; `slope` may be null.
void correlate(const Eigen::ArrayXd& r2, const Eigen::ArrayXd& h, Eigen::ArrayXd& value, Eigen::ArrayXd* slope);

class Kernel {
 public:
  /// What covariance() works in, and the slopes that it gives.
  struct Room {
    std::vector<const double*> columns;
    std::vector<double> point;
    Eigen::ArrayXd r2, factor, value, slope, all_r2, all_factor;
    std::vector<Eigen::ArrayXd> slopes;  // for each group with numeric columns: the derivative by r² of these
  };

  Kernel(KernelShape shape, KernelParams params);

  const KernelShape& shape() const { return shape_; }
  const KernelParams& params() const { return params_; }
  const Eigen::VectorXd& weight() const { return weight_; }
  double noise() const { return noise_; }
  double share() const { return share_; }

  /// s² R + τ² between a point and itself.
  double variance(const double* point) const;
  /// The same between each of the first n rows of X and a point, and the slopes if `slopes`. O(n d).
  void covariance(const Eigen::MatrixXd& x, Eigen::Index n, const double* point, double* k, Room& room,
                  bool slopes = false) const;
  /// K without σ² I.
  Eigen::MatrixXd matrix(const Eigen::MatrixXd& x) const;

 private:
  /// A group's columns: numbers with their weights, categories with what it costs to differ, exp(-w).
  struct Part {
    std::vector<Eigen::Index> numbers, words;
    std::vector<double> weight, other;
    Eigen::Index flag;
  };
  static void squares(const Part& part, const Eigen::MatrixXd& x, Eigen::Index n, const double* point, Room& room);

  KernelShape shape_;
  KernelParams params_;
  Eigen::VectorXd weight_;
  double signal_, noise_, share_;
  std::vector<Part> parts_;
  bool spread_ = false;  // several groups have numbers
};

/// The pairs i < j of the rows of X, packed: squared differences (categories: 1 if they differ), a column per column.
Eigen::MatrixXd packed_differences(const Eigen::MatrixXd& x, const KernelShape& shape);

}  // namespace hone
