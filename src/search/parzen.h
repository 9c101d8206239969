// Kernel densities over the unit cube of a space: mixed, conditional, multivariate. What TPE calls l(x) and g(x).
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "hone/rng.h"
#include "hone/space.h"

namespace hone {

/// One coordinate as a density sees it.
struct KernelAxis {
  std::size_t levels = 0;  // 0: continuous; else level k of n is the cell [k/n, (k + 1)/n), as in Space::encode
  bool ordered = true;     // else options, `prior` holds the probability of each
  std::vector<double> prior;
  double mean = 0.5;  // ordered: the user's prior, a normal distribution cut to [0, 1] ...
  double sigma = std::numeric_limits<double>::infinity();  // ... or a uniform one

  static std::vector<KernelAxis> of(const Space& space);
};

struct KernelRules {
  double prior_weight = 1;      // of the prior among the kernels; one observation weighs 1
  double min_bandwidth = 0.03;  // of numeric kernels, as a share of the range
  double choice_mix = 0.2;      // of the prior in an option's kernel
};

/// The kernels of all components on one axis. Component 0 is the prior, component i + 1 belongs to point i.
class Marginal {
 public:
  virtual ~Marginal() = default;
  /// Adds the log of every component's density at x, relative to the uniform one.
  virtual void add_log(double x, std::vector<double>& logs) const = 0;
  virtual double sample(Rng& rng, std::size_t component) const = 0;
};

/// A mixture of the prior and one product kernel per observed point. A coordinate that is NaN in an observation has the
/// prior as its kernel; one that is NaN in a query is left out (integrated over). Immutable.
class Parzen {
 public:
  /// REQUIRES: every point has one value in [0, 1] or NaN per axis; pointers are read during the call only.
  Parzen(const std::vector<KernelAxis>& axes, const std::vector<const std::vector<double>*>& points,
         const KernelRules& rules);

  /// log of the density relative to the uniform one. Finite. O(points * axes).
  double log_density(std::span<const double> x) const;
  /// A point of the cube; no coordinate is NaN.
  std::vector<double> sample(Rng& rng) const;

 private:
  std::vector<std::unique_ptr<const Marginal>> axes_;
  std::size_t points_;
  double prior_weight_;
};

}  // namespace hone
