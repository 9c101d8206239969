// Categorical distributions beside the Gaussian of CMA-ES: Hamano, Saito, Nomura, Uchida, Shirakawa, "CatCMA: Stochastic
// Optimization for Mixed-Category Problems", GECCO 2024, arXiv:2405.09962. The step along the natural gradient adapts by its
// signal to noise: Akimoto, Shirakawa, Yoshinari, Uchida, Saito, Nishida, "Adaptive Stochastic Natural Gradient Method for
// One-Shot Neural Architecture Search", ICML 2019.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "hone/rng.h"

namespace hone {

class CmaChoice {
 public:
  /// One distribution per variable: its first probabilities, positive, sum 1. `share` is the margin, see cma_margin(): no
  /// option becomes less likely than share / (options - 1).
  CmaChoice(std::vector<Eigen::VectorXd> chances, double share);
  std::size_t size() const { return chances_.size(); }
  const Eigen::VectorXd& chances(std::size_t variable) const { return chances_[variable]; }

  /// Options of each variable.
  void sample(Rng& rng, std::vector<int>& options) const;
  std::vector<int> likeliest() const;
  /// `best`: the options of the mu best points, best first; -1 says nothing about that variable.
  void update(const std::vector<std::vector<int>>& best, const Eigen::VectorXd& weights);

 private:
  void keep_margin(std::size_t variable);

  std::vector<Eigen::VectorXd> chances_;  // q
  std::vector<double> least_;             // q_min
  std::vector<Eigen::VectorXd> gradient_;
  Eigen::VectorXd whitened_, path_;  // of all variables, one option of each left out
  double trust_ = 1, gamma_ = 0;     // Delta: 1 / step length
};

}  // namespace hone
