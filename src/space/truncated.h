// A normal or lognormal distribution between two bounds.
#pragma once

#include "hone/space.h"

namespace hone {

/// Notation: F is the distribution function of the untruncated normal, in z = (x - mu) / sigma (ln x if log), a and b
/// are the bounds in z. Everything is computed in the lower tail, mirrored if the range lies above mu, where F keeps
/// its relative precision.
class Truncated {
 public:
  Truncated() = default;
  /// REQUIRES: finite mu, sigma > 0, normal.lo < normal.hi
  explicit Truncated(const Normal& normal);
  double cdf(double x) const;          // 0 at lo, 1 at hi
  double quantile(double unit) const;  // its inverse; unit in (0, 1)
  /// F(b) - F(a). Too small for a double (below 1e-290) if the range lies some 36 sigma away.
  double mass() const { return mass_; }
  /// Bound on the error of cdf(quantile(u)).
  double error() const;

 private:
  double mu_ = 0, sigma_ = 1;
  bool log_ = false, mirrored_ = false;
  double top_ = 0;               // b, after mirroring
  double below_ = 0, mass_ = 1;  // F(a) and F(b) - F(a), likewise
};

}  // namespace hone
