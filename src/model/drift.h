// A Gaussian process whose function drifts with time: Bogunovic, Scarlett, Cevher, "Time-Varying Gaussian Process Bandit
// Optimization", AISTATS 2016, section 3: k((x, t), (x', t')) = k(x, x') (1 - ε)^(|t - t'| / 2).
//
// Notation of kernel.h, and
//   t     [n] time of an observation
//   τ     -½ ln(1 - ε): so the second factor is exp(-τ |t - t'|)
//   K     [n, n] = s² C ∘ exp(-τ |t - t'|) + σ² I, C: Matérn 5/2 of numbers times Hamming of categories
//   θ     log w, log s², log σ², log τ
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "model/gp_posterior.h"
#include "model/kernel.h"

namespace hone {

struct DriftData {
  Eigen::MatrixXd x;           // [n, d]
  Eigen::VectorXd t, y;        // [n]; y standardised
  std::vector<char> category;  // [d]
};
struct DriftParams {
  Eigen::VectorXd log_weight;
  double log_signal = 0, log_noise = -3, log_drift = -3;
  static DriftParams usual(const std::vector<char>& category);
};

/// -log p(y | X, t, θ) - log p(θ), without constants. `gradient` may be null. Infinite and flat where K is not positive
/// definite. O(n³ + n² d).
double drift_evidence(const DriftData& data, const DriftParams& params, double* gradient);

/// The best end of L-BFGS (NLopt) from `start` after at most `evaluations`. REQUIRES: n >= 1
DriftParams fit_drift(const DriftData& data, const DriftParams& start, int evaluations);

class DriftGp {
 public:
  DriftGp(DriftData data, DriftParams params);
  /// O(n² + n d)
  Expectation at(const Eigen::VectorXd& point, double time) const;
  /// The same with places that are observed but not yet known: they lessen the deviation and leave the mean, as in
  /// Desautels, Krause, Burdick, "Parallelizing Exploration-Exploitation Tradeoffs in GP Bandit Optimization", JMLR 2014.
  DriftGp hallucinating(const Eigen::MatrixXd& x, const Eigen::VectorXd& t) const;

 private:
  DriftData data_;
  DriftParams params_;
  double signal_, noise_, drift_;
  Eigen::ArrayXd weight_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
  Eigen::VectorXd alpha_;
};

}  // namespace hone
