// The surrogate of smac: a forest over transformed losses, and one that tells where trials end well.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "model/forest.h"
#include "search/smac_data.h"

namespace hone {

struct SmacRules {
  ForestRules forest;
  double offset = 0.1;
};

/// A monotone map of losses that spreads out the best and draws in the worst.
class SmacScale {
 public:
  SmacScale() = default;
  SmacScale(std::vector<double> losses, double offset);
  double operator()(double loss) const;
  double back(double y) const;

 private:
  double low_ = 0, span_ = 1, offset_ = 1;
  double mean_ = 0, deviation_ = 1;  // of the logarithms
};

struct SmacBelief {
  double mean = 0, deviation = 0;  // on SmacScale
  double log_feasible = 0;         // log of the probability to end well
  double acquisition = 0;
};

class SmacModel {
 public:
  SmacModel(const SmacData& data, const std::vector<ForestAxis>& axes, const SmacRules& rules, std::uint64_t seed);
  /// Takes in the data's changes that it has not seen. REQUIRES: the same epoch
  void follow(const SmacData& data);
  /// Takes pending trials as if each had returned what is expected of it.
  void suppose(const SmacData& data);

  void believe(std::span<const double> rows, std::vector<SmacBelief>& out) const;
  std::uint64_t epoch() const { return epoch_; }
  const SmacScale& scale() const { return scale_; }
  double best() const { return best_; }                // on the scale
  bool any_feasible() const { return any_feasible_; }  // else the model is one of the violation, not of the loss
  std::pair<double, double> in_losses(const SmacBelief& belief) const;  // mean and deviation
  /// Rows of the data, best first.
  const std::vector<std::size_t>& ranked() const { return ranked_; }

 private:
  void take(const SmacData& data, const SmacChange& change);
  double target(const SmacOutcome& outcome) const;

  std::size_t width_;
  std::uint64_t epoch_;
  std::size_t applied_ = 0;
  bool any_feasible_ = false, any_failed_ = false;
  SmacScale scale_;
  double best_ = 0, worst_ = 0;
  Forest losses_, endings_;
  std::vector<std::int64_t> loss_row_, ending_row_;  // of the data's rows: their number in the forest, -1: not in it
  std::vector<std::size_t> ranked_;
};

}  // namespace hone
