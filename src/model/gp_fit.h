// Hyperparameters of a Gaussian process by maximum a posteriori: L-BFGS (NLopt) on analytic gradients.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "model/kernel.h"

namespace hone {

/// Normal priors on θ. The lengthscales' is that of Hvarfner, Hellsten, Nardi, "Vanilla Bayesian Optimization Performs
/// Great in High Dimensions", ICML 2024, eq. 8: ln ℓ ~ N(√2 + ln(d) / 2, √3), which grows with the dimension as
/// distances do. Its mode as a density of ℓ, which is what BoTorch maximises, is that of N(√2 + ln(d) / 2 - 3, √3) as a
/// density of ln ℓ.
struct KernelPrior {
  struct Normal {
    double mean, deviation;
  };
  Normal length, category, signal, noise;  // of ln ℓ, ln w of a category, ln s², ln σ²

  /// `active`: how many columns matter at once; fewer than d in a conditional space.
  static KernelPrior of(double active);
  KernelParams mode(const ColumnKinds& kinds) const;
};

struct Evidence {
  double value;              // -log p(y | X, θ) - log p(θ), without constants; infinite if K is not positive definite
  Eigen::VectorXd gradient;  // by θ = (ln w, ln s², ln σ²)
};
/// O(n³ + n² d). `differences`: packed_differences(X).
Evidence negative_evidence(const Eigen::MatrixXd& differences, const Eigen::VectorXd& y, const ColumnKinds& kinds,
                           const KernelPrior& prior, const KernelParams& params);

/// The best end of `starts` after at most `evaluations` evidences each. REQUIRES: at least one start.
KernelParams fit_kernel(const Eigen::MatrixXd& x, const Eigen::VectorXd& y, const ColumnKinds& kinds,
                        const KernelPrior& prior, const std::vector<KernelParams>& starts, int evaluations);

}  // namespace hone
