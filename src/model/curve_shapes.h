// The shapes that learning curves may have, on a grid: those of Domhan, Springenberg, Hutter, IJCAI 2015, table 1, each scaled
// to be 1 at the first fidelity x₀ and 0 at the last X.
//
//   pow3        (x/x₀)^-α                              α from 0.1 (nearly a straight line in ln x) to 3
//   ilog2       1 / ln(x/x₀ + 1)
//   Janoschek, Weibull  exp(-(x/τ)^δ)                  δ = 1: exp3; δ > 1: flat, then a drop at τ; exp4 likewise
//   MMF, Hill   1 / (1 + (x/τ)^δ)
//   τ           from x₀ to 2 X, in equal ratios: near X is a late bloomer, at 2 X nearly a straight line in x
#pragma once

#include <cstddef>
#include <map>
#include <vector>

namespace hone {

class CurveShapes {
 public:
  /// REQUIRES: 0 < first < last
  CurveShapes(double first, double last);
  std::size_t size() const { return shapes_.size(); }
  double first() const { return first_; }
  double last() const { return last_; }
  /// The value of each shape at `x`. Kept for the next curve: most report at the same places.
  const std::vector<double>& at(double x);

 private:
  struct Shape {
    enum class Kind { Power, InverseLog, Janoschek, Mmf } kind;
    double by;         // α or δ
    double onset = 0;  // τ
  };
  double raw(const Shape& shape, double x) const;

  double first_, last_;
  std::vector<Shape> shapes_;
  std::vector<double> low_, range_;  // of raw() from x₀ to X
  std::map<double, std::vector<double>> rows_;
};

}  // namespace hone
