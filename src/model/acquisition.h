// What a proposal is worth: log expected improvement, times the probability that the trial is feasible.
#pragma once

#include <Eigen/Dense>
#include <memory>
#include <vector>

#include "model/gp_posterior.h"

namespace hone {

/// log EI(x) + Σ log P(constraint holds) (Gardner et al., "Bayesian Optimization with Inequality Constraints", ICML
/// 2014, eq. 7, in logarithms). Smooth and finite everywhere, with gradients by the numeric columns.
class Acquisition {
 public:
  /// Improvement over `best`. Without it (nothing feasible is known), feasibility alone.
  void improve(const GpPosterior* loss, double best);
  /// P(f(x) <= bound) under `posterior`, an independent belief.
  void require(const GpPosterior* posterior, double bound);

  double at(const double* point) const;
  double at(const double* point, double* slope) const;
  Eigen::ArrayXd at(const Eigen::MatrixXd& points) const;  // one a column
  double feasible(const double* point) const;              // probability

 private:
  const GpPosterior* loss_ = nullptr;
  double best_ = 0;
  struct Requirement {
    const GpPosterior* posterior;
    double bound;
  };
  std::vector<Requirement> requirements_;
};

}  // namespace hone
