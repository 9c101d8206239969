#include "model/improvement.h"

#include <cmath>
#include <numbers>

#include "hone/rng.h"

namespace hone {
namespace {

/// k(x) = 1/(x + 2/(x + 3/(x + ...))): Φ(-x) = φ(x) / (x + k(x)) (Laplace), so h(-x) = φ(x) k(x) / (x + k(x)),
/// without the cancellation of φ - xΦ. 80 terms are exact to double precision from x = 2 on.
double continued_fraction(double x) {
  double k = 0;
  for (int term = 80; term >= 1; --term) k = term / (x + k);
  return k;
}

}  // namespace

LogImprovement log_improvement(double z) {
  const double log_phi = -0.5 * z * z - 0.5 * std::log(2 * std::numbers::pi);
  if (z > -2) {
    const double cdf = normal_cdf(z), h = std::exp(log_phi) + z * cdf;
    return {std::log(h), cdf / h};
  }
  const double k = continued_fraction(-z);
  return {log_phi + std::log(k / (k - z)), 1 / k};
}

}  // namespace hone
