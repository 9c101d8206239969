// What a proposal is worth: log expected improvement, times the probability that the trial is feasible.
#pragma once

#include <Eigen/Dense>
#include <memory>
#include <span>
#include <vector>

#include "model/gp_posterior.h"

namespace hone {

/// The user's belief about one column where it is active: normal, or a log probability per level.
struct Preference {
  Eigen::Index column = 0, flag = -1;  // flag: KernelShape::Group's
  double mean = 0, precision = 0;
  std::vector<double> logs = {};  // of level round(stretch x)
  double stretch = 1;
};

/// log EI(x) + Σ log P(constraint holds) (Gardner et al., "Bayesian Optimization with Inequality Constraints", ICML
/// 2014, eq. 7, in logarithms). Smooth and finite everywhere, with gradients by the numeric columns.
class Acquisition {
  struct LogProbability {
    double value, slope;  // by z
  };

 public:
  /// Improvement over `best`, augmented where observations are noisy (Huang, Allen, Notz, Zeng, "Global Optimization of
  /// Stochastic Black-Box Systems via Sequential Kriging Meta-Models", JGO 34, 2006, eq. 9): times 1 - τ / √(s² + τ²), τ²
  /// the noise's variance, so that a place is not tried again and again. Without `improve` (nothing feasible is known),
  /// feasibility alone.
  void improve(const GpPosterior* loss, double best);
  /// P(f(x) <= bound) under `posterior`, an independent belief, to the power of `weight`. A probability below `least` is
  /// worse than any lack of improvement.
  void require(const GpPosterior* posterior, double bound, double weight = 1, double least = 0);

  /// Adds `strength` times the log of the beliefs' density.
  void prefer(std::vector<Preference> preferences, double strength);

  double at(const double* point) const;
  double at(const double* point, std::span<double> slope) const;  // slope: as many as there are columns
  Eigen::ArrayXd at(const Eigen::MatrixXd& points) const;         // one a column
  double feasible(const double* point) const;                     // probability

 private:
  double preferred(const double* point, double* slope) const;

  const GpPosterior* loss_ = nullptr;
  double best_ = 0, noise_ = 0;
  struct Requirement {
    const GpPosterior* posterior;
    double bound, weight, barrier;  // barrier: least z
    LogProbability at(const Expectation& f) const;
  };
  std::vector<Requirement> requirements_;
  std::vector<Preference> preferences_;
  double strength_ = 0;
};

}  // namespace hone
