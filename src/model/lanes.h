// The innermost loops of a Gaussian process, over columns of n numbers. The bits are the same on every processor
// (base/clones.h).
#pragma once

#include <cstddef>

namespace hone {

// out[i] = Σ_j weight[j] (columns[j][i] - point[j])²
void weighted_squares(const double* const* columns, const double* point, const double* weight, std::size_t count,
                      std::size_t n, double* out);
// out[i] = Σ_j weight[j] columns[j][i]
void weighted_sums(const double* const* columns, const double* weight, std::size_t count, std::size_t n, double* out);
// out[j] = Σ_i columns[j][i] factor[i]
void dots(const double* const* columns, std::size_t count, const double* factor, std::size_t n, double* out);
// product[i] *= codes[i] == code ? 1 : factor
void times_if_other(const double* codes, double code, double factor, std::size_t n, double* product);
// out[i] += scale a[i] b[i] c[i]; b and c may be null: 1
void add_products(double scale, const double* a, const double* b, const double* c, std::size_t n, double* out);

/// Matérn 5/2, M(r) = (1 + √5 r + 5/3 r²) exp(-√5 r), and dM/dr² = -5/6 (1 + √5 r) exp(-√5 r). To 1e-15.
void matern(const double* r2, std::size_t n, double* value);
void matern(const double* r2, std::size_t n, double* value, double* slope);

}  // namespace hone
