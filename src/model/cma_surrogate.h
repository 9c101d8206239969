// A quadratic of what was evaluated lately, whose minimum is worth a trial among the samples of CMA-ES: Hansen, "A Global
// Surrogate Assisted CMA-ES", GECCO 2019. As there the model is linear at first, then has a diagonal and at last all of its
// second derivatives, as soon as there are 1.1 times as many points as coefficients, and better points weigh more.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/cma.h"

namespace hone {

class CmaSurrogate {
 public:
  /// `options`: how many each choice beside the `n` numbers has.
  CmaSurrogate(int n, std::vector<int> options);

  /// An evaluated point, with a finite loss. `at`: losses of another one are not comparable and not used.
  void add(const Eigen::VectorXd& numbers, const std::vector<int>& options, double loss, std::int64_t at);

  struct Minimum {
    Eigen::VectorXd numbers;
    std::vector<int> options;  // each the best by itself
  };
  /// Where the model of the latest points is least, no further from the mean than a sample may be. None while there are too
  /// few. O(p^3) for p coefficients, which are at most kMost or linear.
  std::optional<Minimum> minimum(const Cma& cma);

 private:
  struct Record {
    Eigen::VectorXd numbers;
    std::vector<int> options;
    double loss;
    std::int64_t at;
  };
  enum class Shape { Linear, Diagonal, Full };
  int coefficients(Shape shape) const;
  void select();
  void features(const Record& record, Shape shape, const Cma& cma, Eigen::VectorXd& row);
  Eigen::VectorXd least(const Eigen::VectorXd& fitted, Shape shape, double reach) const;

  int n_, extra_ = 0;
  std::vector<int> options_;
  std::vector<Record> records_;  // a ring
  std::size_t capacity_, newest_ = 0;

  std::vector<const Record*> chosen_;  // of one fit, best first
  Eigen::VectorXd z_;
};

}  // namespace hone
