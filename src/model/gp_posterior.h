// What a Gaussian process with given hyperparameters believes after n observations. Notation: kernel.h.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "model/factor.h"
#include "model/kernel.h"

namespace hone {

struct Expectation {
  double mean, deviation;  // of the function, without the noise of an observation
};

class GpPosterior {
 public:
  /// Warps `x` and all points as the kernel's parameters say. O(n³). Falls back to more noise where K is not positive definite.
  GpPosterior(Eigen::MatrixXd x, const Eigen::VectorXd& y, Kernel kernel);

  Eigen::Index size() const { return x_.rows(); }
  Eigen::Index columns() const { return kernel_.shape().columns(); }
  const Kernel& kernel() const { return kernel_; }

  /// At one point. O(n² + n d).
  Expectation at(const double* point) const;
  /// And the derivatives by each numeric column; 0 for categories.
  Expectation at(const double* point, double* mean_slope, double* deviation_slope) const;
  /// At many points, one a column of `points` [d, m]. O(m (n² + n d)).
  void at(const Eigen::MatrixXd& points, Eigen::ArrayXd& mean, Eigen::ArrayXd& deviation) const;
  /// At the observations themselves. O(n²).
  Eigen::VectorXd fitted() const;

 private:
  const double* warped_point(const double* point, std::vector<double>& room) const;

  Eigen::MatrixXd x_;
  Kernel kernel_;
  double noise_;
  Factor factor_;
  Eigen::VectorXd alpha_, y_;
};

}  // namespace hone
