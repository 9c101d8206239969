// Discrete coordinates of CMA-ES: Hamano, Saito, Nomura, Uchida, Shirakawa, "CatCMA with Margin: Stochastic Optimization
// for Continuous, Integer, and Categorical Variables", arXiv:2504.07884, 2025, section 4; the margin itself is from
// Hamano, Saito, Nomura, Shirakawa, "CMA-ES with Margin", GECCO 2022.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "model/cma.h"

namespace hone {

/// A coordinate that is rounded to the nearest of at least two levels.
struct CmaLadder {
  int coordinate = 0;
  std::vector<double> levels;  // increasing
  std::vector<double> limits;  // between them: levels.size() - 1
};

/// Each level next to the mean's keeps at least a chance, however small the Gaussian becomes: without that a coordinate
/// whose deviation is far below the distance of two levels would stay where it is for ever.
class CmaMargin {
 public:
  /// `share`: the alpha of the paper, see cma_margin().
  CmaMargin(std::vector<CmaLadder> ladders, double share);
  bool empty() const { return ladders_.empty(); }

  /// Before an update: of the best `mu` columns those on another level than the mean move to the centre of their level, and
  /// the others make up for the bias that this gives.
  void centre(Eigen::MatrixXd& points, const Cma& cma, int mu);
  /// After it: moves mean and scale so that the chances of the levels next to the mean's are at least the margin's.
  void correct(Cma& cma);

 private:
  struct State {
    CmaLadder ladder;
    double chance;       // to leave the mean's level, as left behind by the last correction
    bool moved = false;  // one of the best points lay on another level
  };
  static std::size_t level(const CmaLadder& ladder, double x);
  void correct_outermost(State& state, Cma& cma, double low, double high, double limit) const;
  void correct_inner(State& state, Cma& cma, double low, double high, double below, double above) const;

  std::vector<State> ladders_;
  double share_;
};

/// alpha = 1 - 0.73^(1 / N) for N discrete and categorical coordinates: one of them leaves its best value in about every
/// fourth sample.
double cma_margin(int discrete);

}  // namespace hone
