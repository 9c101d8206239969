// Kernel densities over the unit cube of a space: mixed, conditional, multivariate. What TPE calls l(x) and g(x).
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "hone/rng.h"
#include "hone/space.h"
#include "search/parzen_kernels.h"

namespace hone {

/// One coordinate as a density sees it.
struct KernelAxis {
  /// 0: continuous; else values with cells of their own, level k of n encoded as Space does.
  std::size_t levels = 0;
  bool ordered = true;          // else options
  std::vector<double> prior;    // of the levels; empty if continuous
  std::vector<double> centres;  // ordered levels: where level k is encoded, ascending ...
  std::vector<double> edges;    // ... and where its cell begins; levels + 1 of them, from 0 to 1
  double trust = 1;             // share of the user's normal prior in the prior; the rest is uniform
  double mean = 0.5;            // continuous: the user's prior, a normal distribution cut to [0, 1] ...
  double sigma = std::numeric_limits<double>::infinity();  // ... or a uniform one

  static std::vector<KernelAxis> of(const Space& space);
  static KernelAxis even_levels(std::size_t count);
  static KernelAxis options(std::vector<double> prior);

  std::size_t level_at(double x) const;           // REQUIRES: levels > 0
  double level_density(std::size_t level) const;  // of the prior, relative to that of even levels ...
  double prior_density(double x) const;           // ... or to the uniform one over [0, 1].  REQUIRES: levels == 0
  double prior_sample(Rng& rng) const;  // a point as Space::encode would give it, but for continuous axes not rounded
  double snapped(double x) const;       // the encoding of the level at x; x if continuous
};

struct KernelRules {
  double prior_weight = 1;      // of the prior among the kernels; one observation weighs 1
  double min_bandwidth = 0.03;  // of numeric kernels, as a share of the range
  double spread = 0.5;          // factor to Scott's rule
  double clip = 0.35;           // magic clipping: no bandwidth below clip / (1 + n)
  double mix = 0.05;            // share of the prior in every kernel of a continuous parameter
  double level_mix = 0.1;       // in one of levels: a kernel may be narrower than a level
  double choice_mix = 0.2;      // share of the prior in an option's kernel, at least; larger while there are few points
};

/// One coordinate of a query, and what does not depend on the kernels.
struct Place {
  double at, hi = 0;  // where, NaN: left out; of a level its two ends; of a choice its option
  double prior = 1;   // density

  static Place of(const KernelAxis& axis, double x);
};

struct WeightedPoint {
  const double* x;  // one value in [0, 1] or NaN per axis; read by Parzen's constructor only
  double weight = 1;
};

/// A mixture of the prior and one product kernel per observed point. A coordinate that is NaN in an observation has the
/// prior as its kernel; one that is NaN in a query is left out (integrated over). Immutable.
class Parzen {
 public:
  /// Of the coordinates `members`, given those of `given` that are not NaN (empty: none is).
  /// REQUIRES: `axes` outlives this; no member is given
  Parzen(const std::vector<KernelAxis>& axes, const std::vector<std::size_t>& members,
         std::span<const WeightedPoint> points, const KernelRules& rules, std::span<const double> given = {});

  /// log of the density relative to the uniform one. Finite. O(points * members) without an allocation. `x`: of all axes.
  /// Where it is found to be above `enough`, anything between that and itself.
  double log_density(std::span<const Place> x, double enough = std::numeric_limits<double>::infinity()) const;
  /// Sets the members; none to NaN.  REQUIRES: out.size() is the number of axes
  void sample(Rng& rng, std::span<double> out) const;

 private:
  enum class Kind { Numeric, Levels, Options };
  struct Column {
    std::size_t axis;
    Kind kind = Kind::Numeric;
    std::size_t mentioned = 0;    // how many points have it; 0: its kernels are all the prior
    double reach = 1, scale = 1;  // numeric: half a kernel's width, and 1 / reach
    std::vector<double> at;       // numeric: centres; options: levels
    std::vector<double> height;   // of what is added to the prior's share; 0 where inactive, and in the padding
    std::vector<double> floor;    // the prior's share; 1 where inactive
  };
  Column gathered(std::size_t axis, std::span<const WeightedPoint> points) const;
  void fill(Column& column, std::span<const WeightedPoint> points, const KernelRules& rules) const;
  static KernelTerm term(const Column& column, const Place& place);
  /// Multiplies the products of the kernels from `from` on by what axes of one kind add.
  static void times(Kind kind, std::span<const KernelTerm> terms, std::size_t from, std::span<double> product);

  const std::vector<KernelAxis>* axes_;
  std::size_t points_, blocks_;
  double dimensions_ = 1;  // of a trial, on average
  double prior_weight_, total_, log_scale_;
  std::vector<double> weights_, sums_;     // padded with zeros; running sums, to draw a component
  std::vector<Column> columns_;            // by kind
  mutable std::vector<KernelTerm> terms_;  // memo: room to work in
};

}  // namespace hone
