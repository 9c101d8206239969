// Expected improvement of a normal belief, in the logarithm so that it does not vanish far from the incumbent.
#pragma once

namespace hone {

/// log h(z) with h(z) = φ(z) + z Φ(z), and its derivative Φ(z) / h(z). Finite for every finite z.
struct LogImprovement {
  double value, slope;
};

/// Ament, Daulton, Eriksson, Balandat, Bakshy, "Unexpected Improvements to Expected Improvement for Bayesian
/// Optimization", NeurIPS 2023, eq. 9. log EI(x) = log h((best - mean) / deviation) + log deviation when minimising.
LogImprovement log_improvement(double z);

}  // namespace hone
