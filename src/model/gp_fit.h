// Hyperparameters of a Gaussian process by maximum a posteriori: L-BFGS (NLopt) on analytic gradients. Notation:
// kernel.h.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "model/factor.h"
#include "model/kernel.h"

namespace hone {

/// Normal priors on θ. The lengthscales' is that of Hvarfner, Hellsten, Nardi, "Vanilla Bayesian Optimization Performs
/// Great in High Dimensions", ICML 2024, eq. 8: ln ℓ ~ N(√2 + ln(d) / 2, √3), which grows with the dimension as
/// distances do. Its mode as a density of ℓ, which is what BoTorch maximises, is that of N(√2 + ln(d) / 2 - 3, √3) as a
/// density of ln ℓ. Most of that spread is common to the columns, `apart` is what each has for itself: with about as many
/// trials as columns, lengthscales that know nothing of each other fit what is chance.
struct KernelPrior {
  struct Normal {
    double mean, deviation;
  };
  Normal length, category, signal, noise, share,
      warp;      // of ln ℓ, ln w of a category, ln s², ln σ², logit ρ, ln a and ln b
  double apart;  // deviation of a column's ln ℓ from the common part. REQUIRES: less than that of `length`

  /// `active`: how many columns matter at once; fewer than d in a conditional space.
  static KernelPrior of(double active);
  KernelParams mode(const KernelShape& shape) const;
};

/// -log p(y | X, θ) - log p(θ), without constants, of the observations of a fixed X.
class Evidence {
 public:
  /// O(n² d)
  Evidence(const Eigen::MatrixXd& x, Eigen::VectorXd y, const KernelShape& shape, const KernelPrior& prior,
           bool warps = false);

  Eigen::Index size() const { return plain() + (warps_ ? 2 * shape_.columns() : 0); }  // of θ
  std::vector<double> theta(const KernelParams& params) const;
  KernelParams params(const std::vector<double>& theta) const;
  /// `gradient` may be null. Infinite and flat where K is not positive definite, so that a search that begins there ends at
  /// once, and a step into it is taken back. O(n³ + n² d).
  double at(const double* theta, double* gradient);

 private:
  Eigen::Index plain() const { return shape_.columns() + (shape_.additive() ? 3 : 2); }  // of θ without log a, log b
  void warp(const double* theta);
  void gather(const double* theta);
  Eigen::MatrixXd matrix() const;
  void slopes(const Eigen::VectorXd& alpha, double* gradient);
  void bend(std::size_t group, double* gradient);

  const KernelShape& shape_;
  const KernelPrior& prior_;
  Eigen::VectorXd y_;
  Eigen::MatrixXd differences_, flags_;  // packed by pairs; a column per column, per group with a flag (else none)
  double self_groups_ = 0;
  Eigen::VectorXd groups_of_;  // Σ_g π a_g of each point
  // At the newest θ.
  Eigen::VectorXd weight_;
  double signal_ = 0, noise_ = 0, share_ = 0;
  Eigen::ArrayXd product_, product_slope_, sum_, correlation_, scratch_, pair_slope_;
  Eigen::ArrayXd r2_, all_r2_, matern_, matern_slope_;
  std::vector<Eigen::ArrayXd> value_, slope_;  // of each group; slope_: of those with numbers
  Factor factor_;
  bool warps_;
  Eigen::MatrixXd x_, u_, by_a_, by_b_, pairs_;  // if it warps: X, u, ∂u/∂ log a, ∂u/∂ log b, a value for each pair
};

/// The best end of `starts` after at most `evaluations` evidences each. REQUIRES: at least one start.
KernelParams fit_kernel(const Eigen::MatrixXd& x, const Eigen::VectorXd& y, const KernelShape& shape,
                        const KernelPrior& prior, const std::vector<KernelParams>& starts, int evaluations);

/// `start`, or warped if that is better by more than it has to be (kLeastGain): any warp can imitate some noise.
KernelParams fit_warp(const Eigen::MatrixXd& x, const Eigen::VectorXd& y, const KernelShape& shape,
                      const KernelPrior& prior, const KernelParams& start, int evaluations);

}  // namespace hone
