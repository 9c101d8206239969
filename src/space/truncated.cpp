#include "space/truncated.h"

#include <algorithm>
#include <cmath>

namespace hone {

Truncated::Truncated(const Normal& normal) : mu_(normal.mu), sigma_(normal.sigma), log_(normal.log) {
  const auto z = [&](double x) {
    if (log_) x = x > 0 ? std::log(x) : -std::numeric_limits<double>::infinity();
    return (x - mu_) / sigma_;
  };
  const double a = z(normal.lo), b = z(normal.hi);
  mirrored_ = a > 0;
  top_ = mirrored_ ? -a : b;
  below_ = normal_cdf(mirrored_ ? -b : a);
  mass_ = normal_cdf(top_) - below_;
}

double Truncated::cdf(double x) const {
  if (log_) x = x > 0 ? std::log(x) : -std::numeric_limits<double>::infinity();
  const double z = (x - mu_) / sigma_;
  const double share = std::clamp((normal_cdf(mirrored_ ? -z : z) - below_) / mass_, 0.0, 1.0);
  return mirrored_ ? 1 - share : share;
}

double Truncated::quantile(double unit) const {
  const double z = normal_quantile(below_ + (mirrored_ ? 1 - unit : unit) * mass_);
  const double x = mu_ + sigma_ * (mirrored_ ? -z : z);
  return log_ ? std::exp(x) : x;
}

double Truncated::error() const {
  // Relative to F, which grows up to below_ + mass_, F and its inverse err by some units in the last place and by z^2
  // of them, as z itself errs by |z| units and dF / F = |z| dz in the tail. x errs by as much of |mu|, which shows
  // through the density: dF = phi(z) dx / sigma.
  const double place = 1.2e-16;
  const double tail = top_ < 0 ? top_ : 0;
  const double density = 0.4 * std::exp(-tail * tail / 2);
  const double of_x = (log_ ? 4 + std::abs(mu_) : std::abs(mu_)) / sigma_;
  return place * (1 + ((8 + 4 * tail * tail) * (below_ + mass_) + 4 * density * of_x) / mass_);
}

}  // namespace hone
