// The Gaussian of CMA-ES and its update: Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv:1604.00772v2, 2016.
// Numerics only: who samples, evaluates and ranks is somebody else's business (search/cmaes.cpp).
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "hone/rng.h"

namespace hone {

struct CmaSetup {
  Eigen::VectorXd mean;   // n >= 1 numbers
  Eigen::VectorXd sigma;  // initial standard deviation of each coordinate
  int lambda = 0;         // points of an update; 0: cma_lambda(n)
  bool separable = false;
  double largest = 1e32;  // standard deviation that no coordinate exceeds
};

/// 4 + floor(3 ln n), eq. 48. REQUIRES: n >= 1
int cma_lambda(int n);

/// Learning rates and weights, eq. 49 to 58. Those of the covariance are (n + 2) / 3 times as large if it is diagonal (Ros,
/// Hansen, "A Simple Modification in CMA-ES Achieving Linear Time and Space Complexity", PPSN 2008).
struct CmaRates {
  CmaRates(int n, int lambda, bool separable);
  int mu = 1;
  double mu_eff = 1;
  Eigen::VectorXd weights;  // lambda of them, the first mu are positive and sum to 1
  double c_m = 1, c_sigma, d_sigma, c_c, c_1, c_mu;
  double chi_n;  // E |N(0, I)|
};

class Cma {
 public:
  explicit Cma(const CmaSetup& setup);

  int size() const { return n_; }
  int lambda() const { return lambda_; }
  const CmaRates& rates() const { return rates_; }
  int generation() const { return generation_; }
  const Eigen::VectorXd& mean() const { return mean_; }
  double sigma() const { return sigma_; }
  /// Standard deviation of coordinate j of the points, scale() apart.
  double deviation(int j) const { return sigma_ * std::sqrt(covariance_(j, j)); }
  /// Between the longest and the shortest axis of the covariance: its condition number.
  double condition() const;
  /// Standard deviation along axis `k` of the ellipsoid, and its direction.
  double axis_length(int k) const { return sigma_ * axes_(k); }
  Eigen::VectorXd axis(int k) const { return basis_.col(k); }
  const Eigen::VectorXd& path() const { return p_c_; }

  /// Factor of each coordinate between the Gaussian and the points (CMA-ES with margin: the matrix A), 1 at first; and the
  /// mean, which the margin moves too.
  const Eigen::VectorXd& scale() const { return scale_; }
  Eigen::VectorXd& scale() { return scale_; }
  Eigen::VectorXd& mean() { return mean_; }

  /// A point of the current distribution. O(n^2), O(n) if separable; allocates nothing once `point` has its size.
  void sample(Rng& rng, Eigen::VectorXd& point) const;

  /// Between a point and its coordinates that are N(0, I): D^-1 B^T (x - m) / sigma and back.
  void whitened(const Eigen::VectorXd& point, Eigen::VectorXd& z) const;
  void colored(const Eigen::VectorXd& z, Eigen::VectorXd& point) const;

  /// A separable one learns how its coordinates depend on each other from now on.
  void couple();

  /// One generation: columns of `points` best first, as many as lambda(). Foreign ones were not sampled from the current
  /// distribution: their distance from the mean is cut to what a sample could have (Hansen, "Injecting External Solutions
  /// Into CMA-ES", arXiv:1110.4181, 2011). O(lambda n^2 + n^3), O(lambda n) if separable.
  void update(const Eigen::MatrixXd& points, const std::vector<char>& foreign);

 private:
  void whiten();
  void adapt_covariance(double h_sigma);
  void decompose();

  int n_, lambda_;
  bool separable_;
  double largest_;
  CmaRates rates_;
  Eigen::VectorXd mean_;
  double sigma_;
  Eigen::MatrixXd covariance_;  // C; if separable only its diagonal is used
  Eigen::MatrixXd basis_;       // B
  Eigen::VectorXd axes_;        // the diagonal of D
  Eigen::MatrixXd factor_;      // B D
  Eigen::VectorXd p_sigma_, p_c_, scale_;
  int generation_ = 0, decomposed_ = 0;

  // Of one update.
  Eigen::MatrixXd y_, z_, weighted_;
  Eigen::VectorXd y_w_, z_w_, norms_;
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver_;
};

}  // namespace hone
