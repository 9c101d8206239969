// A space as a Gaussian process sees it: a row of numbers a configuration, and the moves between configurations.
//
// A point is what Space::encode gives: a coordinate per free parameter, NaN where inactive. A row is what the kernel
// (model/kernel.h) compares: a numeric column runs over [0, 1] from the first to the last level, so that integers are
// compared at the values that they have; a category is its code. An inactive parameter is in the middle, or a category of
// its own: two configurations without it do not differ in it, and one that has it differs from one that has not by the
// category that switches it, whose weight is learnt.
#pragma once

#include <span>
#include <vector>

#include "hone/rng.h"
#include "hone/space.h"
#include "model/kernel.h"

namespace hone {

class GpSpace {
 public:
  struct Column {
    bool category = false;
    std::vector<double> stops;   // the coordinates of the levels, in order; empty: continuous, or more than kMostStops
    double from = 0, width = 1;  // numeric: row = (coordinate - from) / width
  };

  explicit GpSpace(const Space& space);

  const Space& space() const { return space_; }
  std::size_t size() const { return columns_.size(); }
  const Column& column(std::size_t k) const { return columns_[k]; }
  const ColumnKinds& kinds() const { return kinds_; }
  double active() const { return active_; }  // coordinates that are active at once, on average
  bool plain() const { return plain_; }      // every coordinate is always active, no constraint

  void row(std::span<const double> point, double* out) const;
  /// The coordinate that has this value in a numeric column.
  double coordinate(std::size_t k, double row_value) const { return columns_[k].from + row_value * columns_[k].width; }
  /// The nearest point that a configuration has: levels, conditions. NaN where inactive.
  std::vector<double> settled(std::vector<double> point) const;
  /// The other points that one step in one coordinate leads to: every option of a category, 1, 2, 4 ... levels up and
  /// down. What a step switches on is in the middle, or drawn from `rng`.
  std::vector<std::vector<double>> neighbours(const std::vector<double>& point, Rng& rng) const;
  /// A few coordinates changed: numbers by normal steps of `scale`, others redrawn.
  std::vector<double> perturbed(const std::vector<double>& point, double scale, double share, Rng& rng) const;

 private:
  Space space_;
  std::vector<Column> columns_;
  ColumnKinds kinds_;
  double active_ = 1;
  bool plain_ = true;
};

}  // namespace hone
