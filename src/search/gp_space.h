// A space as a Gaussian process sees it: a row of numbers a configuration, and the moves between configurations.
//
// A point is what Space::encode gives: a coordinate per free parameter, NaN where inactive. A row is what the kernel
// (model/kernel.h) compares: a numeric column runs over [0, 1] from the first to the last level, so that integers are
// compared at the values that they have; a category is its code. An inactive parameter is in the middle, or a category of
// its own: two configurations without it do not differ in it, and one that has it differs from one that has not by the
// category that switches it, whose weight is learnt. Then the fidelity, if there is one, and a flag for each group of
// parameters with the same condition: 1 where it is active.
#pragma once

#include <span>
#include <vector>

#include "hone/rng.h"
#include "hone/space.h"
#include "model/acquisition.h"
#include "model/kernel.h"

namespace hone {

class GpSpace {
 public:
  struct Column {
    bool word = false;           // an unordered choice
    bool category = false;       // one of more than two options; two are as good as numbers
    std::vector<double> stops;   // the coordinates of the levels, in order; empty: continuous, or more than kMostStops
    double from = 0, width = 1;  // numeric: row = (coordinate - from) / width
  };

  GpSpace(const Space& space, bool fidelity);

  const Space& space() const { return space_; }
  std::size_t size() const { return columns_.size(); }
  const Column& column(std::size_t k) const { return columns_[k]; }
  const KernelShape& shape() const { return shape_; }
  std::size_t width() const { return width_; }  // of a row
  double active() const { return active_; }     // coordinates that are active at once, on average
  double options() const { return options_; }   // further options of the words that are active, on average
  bool stepped() const { return stepped_; }     // some coordinate has levels
  bool plain() const { return plain_; }         // every coordinate is always active, no constraint

  /// The user's priors and weights.
  const std::vector<Preference>& preferences() const { return preferences_; }
  /// `level`: of the fidelity, 1 is the furthest. REQUIRES: out has width() places
  void row(std::span<const double> point, double level, double* out) const;
  /// The nearest point that a configuration has: levels, conditions. NaN where inactive.
  std::vector<double> settled(std::vector<double> point) const;
  /// The other points that one step in one coordinate leads to: every option of a category, 1, 2, 4 ... levels up and
  /// down. What a step switches on is in the middle, or drawn from `rng`.
  std::vector<std::vector<double>> neighbours(const std::vector<double>& point, Rng& rng) const;
  /// A few coordinates changed: numbers by normal steps of `scale`, others redrawn.
  std::vector<double> perturbed(const std::vector<double>& point, double scale, double share, Rng& rng) const;

 private:
  void measure();
  void prefer();

  Space space_;
  std::vector<Column> columns_;
  KernelShape shape_;
  std::vector<Preference> preferences_;
  bool fidelity_;
  std::size_t width_ = 0;
  double active_ = 1, options_ = 0;
  bool plain_ = true, stepped_ = false;
};

}  // namespace hone
