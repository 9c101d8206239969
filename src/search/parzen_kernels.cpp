#include "search/parzen_kernels.h"

#include "base/clones.h"

namespace hone {

// The inner loops' count is known and the arrays do not overlap: that is what makes vector code of them.

HONE_CLONES void times_numeric(double* __restrict product, const KernelTerm* terms, std::size_t count, std::size_t from,
                               std::size_t size) {
  for (const KernelTerm* term = terms; term < terms + count; ++term) {
    const double* __restrict at = term->at + from;
    const double* __restrict height = term->height + from;
    const double* __restrict floor = term->floor + from;
    const double x = term->x, scale = term->scale, prior = term->prior;
    for (std::size_t block = 0; block < size; block += kKernelBlock) {
      for (std::size_t j = 0; j < kKernelBlock; ++j) {
        const std::size_t i = block + j;
        const double z = (x - at[i]) * scale;
        const double rest = 1 - z * z;
        const double cut = rest > 0 ? rest : 0;
        const double square = cut * cut;
        product[i] *= height[i] * (square * square) + floor[i] * prior;
      }
    }
  }
}

HONE_CLONES void times_levels(double* __restrict product, const KernelTerm* terms, std::size_t count, std::size_t from,
                              std::size_t size) {
  for (const KernelTerm* term = terms; term < terms + count; ++term) {
    const double* __restrict at = term->at + from;
    const double* __restrict height = term->height + from;
    const double* __restrict floor = term->floor + from;
    const double lo = term->x, hi = term->hi, scale = term->scale, prior = term->prior;
    for (std::size_t block = 0; block < size; block += kKernelBlock) {
      for (std::size_t j = 0; j < kKernelBlock; ++j) {
        const std::size_t i = block + j;
        const double mass = kernel_half_mass((hi - at[i]) * scale) - kernel_half_mass((lo - at[i]) * scale);
        product[i] *= height[i] * mass + floor[i] * prior;
      }
    }
  }
}

HONE_CLONES void times_options(double* __restrict product, const KernelTerm* terms, std::size_t count, std::size_t from,
                               std::size_t size) {
  for (const KernelTerm* term = terms; term < terms + count; ++term) {
    const double* __restrict at = term->at + from;
    const double* __restrict height = term->height + from;
    const double* __restrict floor = term->floor + from;
    const double option = term->x, prior = term->prior;
    for (std::size_t block = 0; block < size; block += kKernelBlock) {
      for (std::size_t j = 0; j < kKernelBlock; ++j) {
        const std::size_t i = block + j;
        const double own = height[i];
        product[i] *= (at[i] == option ? own : 0.0) + floor[i] * prior;
      }
    }
  }
}

HONE_CLONES void cut_heights(const double* __restrict at, double scale, std::size_t size, double* __restrict height) {
  for (std::size_t block = 0; block < size; block += kKernelBlock) {
    for (std::size_t j = 0; j < kKernelBlock; ++j) {
      const std::size_t i = block + j;
      height[i] /= kernel_half_mass((1 - at[i]) * scale) - kernel_half_mass(-at[i] * scale);
    }
  }
}

HONE_CLONES double sum_of(const double* values, std::size_t size) {
  double lanes[8] = {};  // a single chain of additions would take longer than all of the above
  for (std::size_t from = 0; from < size; from += 8) {
    for (std::size_t j = 0; j < 8; ++j) lanes[j] += values[from + j];
  }
  return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

}  // namespace hone
