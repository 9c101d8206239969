// Where a learning curve will end: a posterior over parametric curves, after Domhan, Springenberg, Hutter, "Speeding Up
// Automatic Hyperparameter Optimization of Deep Neural Networks by Extrapolation of Learning Curves", IJCAI 2015, and
// Adriaensen, Rakotoarison, Müller, Hutter, "Efficient Bayesian Learning Curve Extrapolation using Prior-Data Fitted Networks",
// NeurIPS 2023. They sample (MCMC) or train a network on samples; here what is linear is integrated, the rest is a grid.
//
//   x, r        fidelity and loss of a report; x₀, X: first and last fidelity of the study
//   y           (r - level) / spread; above 1, which is worse than most, 1 + ln of it: what has diverged by powers of ten is a
//               curve like others then                                                             (1)
//   y(x) = a + c (x/x₀)^-3 + b g_θ(x) + s (W(x) + ε)                                               (2)
//   a, c, b     level, first transient, further drop: normal priors, integrated in closed form
//   g_θ         a shape, on a grid of θ (curve_shapes.h)
//   ε           N(0, 1), the noise of a report
//   W           what no shape explains, so that less is known the further away it is; 0 at the trial's first report. In the
//               time t = ln x: either a Brownian motion, or the integral of a mean-reverting slope (a damped trend):
//                 dW = √ω dB,   or   dW = v dt, dv = -κ v dt + √η dB                               (3)
//   s, ω, η     deviation of the noise, and the size of W against it: on grids
//   y(X) ~ N(0, 1) besides, as other trials end, with a tail on the side of the worse              (4)
//
// Given θ, s, ω, η all of it is normal, so that y(X) is a mixture of normal distributions, weighted by prior and evidence.
// A Kalman filter of (3) whitens y and all columns of (2) in O(reports); it does not depend on s. No sampling and no
// iteration: the same reports give the same bits. Invariant to scale and shift of r, and to scale of x.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "model/curve_shapes.h"

namespace hone {

/// What other trials of a study say about (1) and (2).
struct CurvePrior {
  double level = 0, spread = 1;        // of the values at X: median, deviation
  double start = 0, start_spread = 1;  // of c, as y: mean, deviation
};
/// From what trials had at first and have now (finite, in the same order). Their good half says how far values spread: bad
/// ones may be anywhere. `ahead`: ln(X / x) of the furthest; what they have now is the less like the end the more it is.
/// REQUIRES: at least one
CurvePrior curve_prior(std::span<const double> first, std::span<const double> latest, double ahead);

/// The loss at X, with the noise of its report.
class CurveForecast {
 public:
  struct Part {
    double weight, mean, deviation;
  };
  CurveForecast(std::vector<Part> parts, double level, double spread)
      : parts_(std::move(parts)), level_(level), spread_(spread) {}
  double below(double loss) const;                           // P(the loss at X < loss)
  double quantile(double share) const;                       // REQUIRES: 0 < share < 1
  const std::vector<Part>& parts() const { return parts_; }  // weights sum to 1

 private:
  double below_squeezed(double z) const;
  std::vector<Part> parts_;  // of y(X)
  double level_, spread_;
};

/// A forecast in a few numbers: what is kept of curves that wait.
struct CurveSketch {
  explicit CurveSketch(const CurveForecast& forecast);
  /// P(y(X) < value), between the points that are kept: linear in its logarithm, and constant beyond them.
  double below(double value) const;
  /// The inverse, as far as the points go.
  double quantile(double share) const;

  double low = 0, median = 0, high = 0;  // 5, 50, 95 %
  static constexpr std::size_t kPoints = 8;
  std::array<double, kPoints> value{}, log_share{};  // decreasing from the median
};

/// How likely each θ, each kind of W and each s is. Weights, sum 1 each.
struct CurveHabits {
  std::vector<double> shape, drift, noise;
};

class CurvePosterior {
 public:
  /// REQUIRES: 0 < first < last
  CurvePosterior(double first, double last);

  struct Fit {
    CurveForecast forecast;
    CurveHabits habits;  // of this curve
  };
  /// REQUIRES: x increases, 0 < x < last; y finite; as many of both, at least one.
  /// O(min(reports, kMost) * shapes); with more, those are taken that are spread evenly in ln x.
  Fit fit(std::span<const double> x, std::span<const double> y, const CurvePrior& prior);
  /// What other curves of the study were like is more likely of the next.
  void learn(const CurveHabits& seen);

  static constexpr std::size_t kMost = 60;

 private:
  CurveShapes shapes_;
  CurveHabits habits_;
  double curves_;  // learnt from, the uniform prior included
};

}  // namespace hone
