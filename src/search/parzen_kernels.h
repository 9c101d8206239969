// The innermost loops of a density: many kernels of one axis at one point. Notation as in parzen.cpp.
#pragma once

#include <cstddef>

namespace hone {

constexpr std::size_t kKernelBlock = 16;     // arrays are padded to a multiple of this
constexpr double kKernelPeak = 315.0 / 256;  // K(0)

/// F(z) - 1/2; z outside [-1, 1] is cut off.
inline double kernel_half_mass(double z) {
  const double t = z < -1 ? -1 : z > 1 ? 1 : z;
  const double s = t * t;
  return kKernelPeak * t * (1 - s * (4.0 / 3 - s * (6.0 / 5 - s * (4.0 / 7 - s * (1.0 / 9)))));
}

/// One axis at one coordinate: where each kernel stands, what its own part is multiplied by, and the prior's share in it.
struct KernelTerm {
  const double *at, *height, *floor;
  double x, hi;         // the coordinate; of a level its two ends, of a choice its option
  double scale, prior;  // 1 / reach; the prior's density
};

// product[i] *= height[i] * (own part of kernel i at x) + floor[i] * prior of each term, i in [from, from + size);
// product and size: of multiples of kKernelBlock.
void times_numeric(double* product, const KernelTerm* terms, std::size_t count, std::size_t from, std::size_t size);
void times_levels(double* product, const KernelTerm* terms, std::size_t count, std::size_t from, std::size_t size);
void times_options(double* product, const KernelTerm* terms, std::size_t count, std::size_t from, std::size_t size);
/// height[i] = height[i] / (what of kernel i lies in [0, 1]), `scale` 1 / reach; size as above.
void cut_heights(const double* at, double scale, std::size_t size, double* height);
/// Of a multiple of kKernelBlock numbers, in an order of its own that is always the same.
double sum_of(const double* values, std::size_t size);

}  // namespace hone
