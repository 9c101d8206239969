#include "model/lanes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "base/clones.h"

// The compiler makes vector code of these loops (CMakeLists.txt has the options for it): the arrays do not overlap, and
// no branch is left in them.

namespace hone {
namespace {

/// exp(-x) of x >= 0: 2^k exp(f) with |f| <= ln(2) / 2, by Taylor's series to f^12 / 12!; below 1e-300 it stays there.
inline double exp_minus(double x) {
  constexpr double kRound =
      6755399441055744.0;  // 1.5 · 2^52: what is added to it loses its fraction, and k is in the bits
  constexpr double kHigh = 0x1.62e42feep-1, kLow = 0x1.a39ef35793c76p-33;  // ln 2 = high + low; k · high is exact
  const double t = -(x < 690 ? x : 690.0);
  const double shifted = t * 0x1.71547652b82fep0 + kRound, k = shifted - kRound;
  const double f = (t - k * kHigh) - k * kLow;
  double p = 1.0 / 479001600;
  p = p * f + 1.0 / 39916800;
  p = p * f + 1.0 / 3628800;
  p = p * f + 1.0 / 362880;
  p = p * f + 1.0 / 40320;
  p = p * f + 1.0 / 5040;
  p = p * f + 1.0 / 720;
  p = p * f + 1.0 / 120;
  p = p * f + 1.0 / 24;
  p = p * f + 1.0 / 6;
  p = p * f + 0.5;
  p = p * f + 1;
  p = p * f + 1;
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(p) + (std::bit_cast<std::uint64_t>(shifted) << 52));
}

}  // namespace

HONE_CLONES void weighted_squares(const double* const* columns, const double* point, const double* weight,
                                  std::size_t count, std::size_t n, double* __restrict out) {
  std::fill_n(out, n, 0.0);
  std::size_t j = 0;
  for (; j + 4 <= count; j += 4) {
    const double* __restrict a = columns[j], * __restrict b = columns[j + 1], * __restrict c = columns[j + 2], * __restrict d = columns[j + 3];
    const double at_a = point[j], at_b = point[j + 1], at_c = point[j + 2], at_d = point[j + 3];
    const double w_a = weight[j], w_b = weight[j + 1], w_c = weight[j + 2], w_d = weight[j + 3];
    for (std::size_t i = 0; i < n; ++i) {
      const double to_a = a[i] - at_a, to_b = b[i] - at_b, to_c = c[i] - at_c, to_d = d[i] - at_d;
      out[i] += (w_a * (to_a * to_a) + w_b * (to_b * to_b)) + (w_c * (to_c * to_c) + w_d * (to_d * to_d));
    }
  }
  for (; j < count; ++j) {
    const double* __restrict a = columns[j];
    const double at = point[j], w = weight[j];
    for (std::size_t i = 0; i < n; ++i) out[i] += w * ((a[i] - at) * (a[i] - at));
  }
}

HONE_CLONES void weighted_sums(const double* const* columns, const double* weight, std::size_t count, std::size_t n,
                               double* __restrict out) {
  std::fill_n(out, n, 0.0);
  std::size_t j = 0;
  for (; j + 4 <= count; j += 4) {
    const double* __restrict a = columns[j], * __restrict b = columns[j + 1], * __restrict c = columns[j + 2], * __restrict d = columns[j + 3];
    const double w_a = weight[j], w_b = weight[j + 1], w_c = weight[j + 2], w_d = weight[j + 3];
    for (std::size_t i = 0; i < n; ++i) out[i] += (w_a * a[i] + w_b * b[i]) + (w_c * c[i] + w_d * d[i]);
  }
  for (; j < count; ++j) {
    const double* __restrict a = columns[j];
    const double w = weight[j];
    for (std::size_t i = 0; i < n; ++i) out[i] += w * a[i];
  }
}

HONE_CLONES void dots(const double* const* columns, std::size_t count, const double* __restrict factor, std::size_t n,
                      double* out) {
  constexpr std::size_t kLanes = 16;  // sums side by side, in one order whatever the width of a register
  for (std::size_t j = 0; j < count; ++j) {
    const double* __restrict a = columns[j];
    double sums[kLanes] = {};
    std::size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * factor[i + lane];
    }
    double rest = 0;
    for (; i < n; ++i) rest += a[i] * factor[i];
    for (std::size_t width = kLanes / 2; width > 0; width /= 2) {
      for (std::size_t lane = 0; lane < width; ++lane) sums[lane] += sums[lane + width];
    }
    out[j] = sums[0] + rest;
  }
}

HONE_CLONES void times_if_other(const double* __restrict codes, double code, double factor, std::size_t n,
                                double* __restrict product) {
  for (std::size_t i = 0; i < n; ++i) product[i] *= codes[i] == code ? 1.0 : factor;
}

HONE_CLONES void add_products(double scale, const double* __restrict a, const double* __restrict b,
                              const double* __restrict c, std::size_t n, double* __restrict out) {
  if (b == nullptr) {
    for (std::size_t i = 0; i < n; ++i) out[i] += scale * a[i];
  } else if (c == nullptr) {
    for (std::size_t i = 0; i < n; ++i) out[i] += scale * (a[i] * b[i]);
  } else {
    for (std::size_t i = 0; i < n; ++i) out[i] += scale * (a[i] * b[i] * c[i]);
  }
}

HONE_CLONES void matern(const double* __restrict r2, std::size_t n, double* __restrict value) {
  for (std::size_t i = 0; i < n; ++i) {
    const double square = 5 * r2[i], root = std::sqrt(square);
    value[i] = (1 + root + square * (1.0 / 3)) * exp_minus(root);
  }
}

HONE_CLONES void matern(const double* __restrict r2, std::size_t n, double* __restrict value,
                        double* __restrict slope) {
  for (std::size_t i = 0; i < n; ++i) {
    const double square = 5 * r2[i], root = std::sqrt(square), power = exp_minus(root);
    value[i] = (1 + root + square * (1.0 / 3)) * power;
    slope[i] = (1 + root) * power * (-5.0 / 6);
  }
}

}  // namespace hone
