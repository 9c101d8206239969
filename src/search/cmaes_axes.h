// How the coordinates of a space are divided among the Gaussian of CMA-ES and the categorical distributions beside it.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "hone/space.h"
#include "model/cma_margin.h"

namespace hone {

/// A point as CMA-ES sees it: numbers of the Gaussian, not confined to the cube, and options of the choices.
struct CmaPoint {
  Eigen::VectorXd numbers;
  std::vector<int> options;
};

class CmaAxes {
 public:
  explicit CmaAxes(const Space& space);

  int numbers() const { return static_cast<int>(numbers_.size()); }
  int choices() const { return static_cast<int>(choices_.size()); }
  const std::vector<CmaLadder>& ladders() const { return ladders_; }
  std::size_t coordinate(int j) const { return numbers_[static_cast<std::size_t>(j)].coordinate; }
  /// Levels of number j, 0 if continuous.
  std::uint64_t levels(int j) const { return numbers_[static_cast<std::size_t>(j)].levels; }
  std::vector<Eigen::VectorXd> chances() const { return chances_; }  // by weight

  std::vector<int> options() const;  // of each choice

  /// Continuous numbers of the point within the cube.
  void confine(Eigen::VectorXd& numbers) const;
  /// Continuous numbers are mirrored at the bounds, discrete ones go to the nearest level.
  Config decode(const CmaPoint& point) const;
  /// The point of a configuration, given its unit coordinates; inactive numbers take the mean's place, inactive
  /// choices are -1.
  CmaPoint encode(const std::vector<double>& unit, const Eigen::VectorXd& mean) const;

 private:
  struct Number {
    std::size_t coordinate;
    std::uint64_t levels;
  };
  struct Options {
    std::size_t coordinate;
    std::uint64_t levels;
  };
  Space space_;
  std::vector<Number> numbers_;
  std::vector<Options> choices_;
  std::vector<CmaLadder> ladders_;
  std::vector<Eigen::VectorXd> chances_;
};

}  // namespace hone
