// Input warping: Snoek, Swersky, Zemel, Adams, "Input Warping for Bayesian Optimization of Non-Stationary Functions",
// ICML 2014, eq. 8, with the distribution function of Kumaraswamy in place of that of Beta, as in HEBO (section 3.2).
//   u = 1 - (1 - x^a)^b
#pragma once

#include <Eigen/Dense>

#include "model/kernel.h"

namespace hone {

struct Warped {
  double value, by_x, by_log_a, by_log_b;  // u and its derivatives
};
Warped kumaraswamy(double x, double log_a, double log_b);

/// The rows of X with their numeric columns warped; X itself if `params` do not warp.
Eigen::MatrixXd warped(Eigen::MatrixXd x, const KernelShape& shape, const KernelParams& params);

}  // namespace hone
