#include "model/factor.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/clones.h"

namespace hone {
namespace {

constexpr std::size_t kPanel = Factor::kPanel;

/// Half a panel's row. Sums run over rows, never across lanes, so that they do not depend on the width of a register.
typedef double Lanes __attribute__((vector_size(32), aligned(8), may_alias));

inline Lanes& lanes(double* at) { return *reinterpret_cast<Lanes*>(at); }
inline const Lanes& lanes(const double* at) { return *reinterpret_cast<const Lanes*>(at); }
inline double* row(double* rows, std::size_t i) { return rows + i * (i + 1) / 2; }
inline const double* row(const double* rows, std::size_t i) { return rows + i * (i + 1) / 2; }

HONE_CLONES void forward_panel(const double* rows, std::size_t from, std::size_t n, double* panel) {
  std::size_t i = from;
  for (; i + 4 <= n; i += 4) {
    const double *r0 = row(rows, i), *r1 = row(rows, i + 1), *r2 = row(rows, i + 2), *r3 = row(rows, i + 3);
    Lanes a0{}, b0{}, a1{}, b1{}, a2{}, b2{}, a3{}, b3{};
    for (std::size_t k = from; k < i; ++k) {
      const Lanes x = lanes(panel + kPanel * k), y = lanes(panel + kPanel * k + 4);
      a0 += r0[k] * x, b0 += r0[k] * y;
      a1 += r1[k] * x, b1 += r1[k] * y;
      a2 += r2[k] * x, b2 += r2[k] * y;
      a3 += r3[k] * x, b3 += r3[k] * y;
    }
    double* out = panel + kPanel * i;
    const Lanes x0 = lanes(out) = (lanes(out) - a0) / r0[i], y0 = lanes(out + 4) = (lanes(out + 4) - b0) / r0[i];
    a1 += r1[i] * x0, b1 += r1[i] * y0;
    a2 += r2[i] * x0, b2 += r2[i] * y0;
    a3 += r3[i] * x0, b3 += r3[i] * y0;
    out += kPanel;
    const Lanes x1 = lanes(out) = (lanes(out) - a1) / r1[i + 1];
    const Lanes y1 = lanes(out + 4) = (lanes(out + 4) - b1) / r1[i + 1];
    a2 += r2[i + 1] * x1, b2 += r2[i + 1] * y1;
    a3 += r3[i + 1] * x1, b3 += r3[i + 1] * y1;
    out += kPanel;
    const Lanes x2 = lanes(out) = (lanes(out) - a2) / r2[i + 2];
    const Lanes y2 = lanes(out + 4) = (lanes(out + 4) - b2) / r2[i + 2];
    a3 += r3[i + 2] * x2, b3 += r3[i + 2] * y2;
    out += kPanel;
    lanes(out) = (lanes(out) - a3) / r3[i + 3];
    lanes(out + 4) = (lanes(out + 4) - b3) / r3[i + 3];
  }
  for (; i < n; ++i) {
    const double* r = row(rows, i);
    Lanes a{}, b{};
    for (std::size_t k = from; k < i; ++k)
      a += r[k] * lanes(panel + kPanel * k), b += r[k] * lanes(panel + kPanel * k + 4);
    double* out = panel + kPanel * i;
    lanes(out) = (lanes(out) - a) / r[i];
    lanes(out + 4) = (lanes(out + 4) - b) / r[i];
  }
}

/// out[4, kPanel] = Σ_i a_i b_iᵀ of four right sides of a panel, from the one that `a` points to, and all of another one.
HONE_CLONES void panel_products(const double* a, const double* b, std::size_t n, double* out) {
  Lanes x0{}, y0{}, x1{}, y1{}, x2{}, y2{}, x3{}, y3{};
  for (std::size_t i = 0; i < n; ++i, a += kPanel, b += kPanel) {
    const Lanes x = lanes(b), y = lanes(b + 4);
    x0 += a[0] * x, y0 += a[0] * y;
    x1 += a[1] * x, y1 += a[1] * y;
    x2 += a[2] * x, y2 += a[2] * y;
    x3 += a[3] * x, y3 += a[3] * y;
  }
  lanes(out) = x0, lanes(out + 4) = y0;
  lanes(out + kPanel) = x1, lanes(out + kPanel + 4) = y1;
  lanes(out + 2 * kPanel) = x2, lanes(out + 2 * kPanel + 4) = y2;
  lanes(out + 3 * kPanel) = x3, lanes(out + 3 * kPanel + 4) = y3;
}

HONE_CLONES void solve_forward(const double* rows, std::size_t n, double* v) {
  for (std::size_t i = 0; i < n; ++i) {
    const double* r = row(rows, i);
    Lanes x{}, y{};
    std::size_t k = 0;
    for (; k + 8 <= i; k += 8) x += lanes(r + k) * lanes(v + k), y += lanes(r + k + 4) * lanes(v + k + 4);
    x += y;
    double sum = (x[0] + x[2]) + (x[1] + x[3]);
    for (; k < i; ++k) sum += r[k] * v[k];
    v[i] = (v[i] - sum) / r[i];
  }
}

HONE_CLONES void solve_backward(const double* rows, std::size_t n, double* v) {
  std::size_t i = n;
  for (; i >= 4; i -= 4) {
    const double *r3 = row(rows, i - 1), *r2 = row(rows, i - 2), *r1 = row(rows, i - 3), *r0 = row(rows, i - 4);
    double* at = v + i - 4;
    const double u3 = at[3] = at[3] / r3[i - 1];
    const double u2 = at[2] = (at[2] - u3 * r3[i - 2]) / r2[i - 2];
    const double u1 = at[1] = (at[1] - u3 * r3[i - 3] - u2 * r2[i - 3]) / r1[i - 3];
    const double u0 = at[0] = (at[0] - u3 * r3[i - 4] - u2 * r2[i - 4] - u1 * r1[i - 4]) / r0[i - 4];
    std::size_t k = 0;
    for (; k + 4 <= i - 4; k += 4) {
      lanes(v + k) = lanes(v + k) - u3 * lanes(r3 + k) - u2 * lanes(r2 + k) - u1 * lanes(r1 + k) - u0 * lanes(r0 + k);
    }
    for (; k < i - 4; ++k) v[k] = v[k] - u3 * r3[k] - u2 * r2[k] - u1 * r1[k] - u0 * r0[k];
  }
  for (; i > 0; --i) {
    const double* r = row(rows, i - 1);
    v[i - 1] /= r[i - 1];
    for (std::size_t k = 0; k + 1 < i; ++k) v[k] -= v[i - 1] * r[k];
  }
}

}  // namespace

HONE_CLONES void panel_squares(const double* panel, std::size_t n, double* out) {
  Lanes a{}, b{};
  for (std::size_t i = 0; i < n; ++i, panel += kPanel) {
    a += lanes(panel) * lanes(panel), b += lanes(panel + 4) * lanes(panel + 4);
  }
  lanes(out) = a, lanes(out + 4) = b;
}

/// By kPanel rows at a time: what stands left of the diagonal block solves L x = K's part of the row.
bool Factor::factorise(std::vector<double> rows, double noise) {
  rows_ = std::move(rows);
  for (n_ = 0; packed(n_) < rows_.size();) ++n_;
  double* l = rows_.data();
  std::vector<double> panel(kPanel * n_);
  double square[kPanel * kPanel];
  for (std::size_t from = 0; from < n_; from += kPanel) {
    const std::size_t count = std::min(kPanel, n_ - from);
    for (std::size_t c = 0; c < kPanel; ++c) {
      const double* r = row(l, from + std::min(c, count - 1));
      for (std::size_t k = 0; k < from; ++k) panel[kPanel * k + c] = r[k];
    }
    forward_panel(l, 0, from, panel.data());
    for (std::size_t c = 0; c < count; ++c) {
      double* r = row(l, from + c);
      for (std::size_t k = 0; k < from; ++k) r[k] = panel[kPanel * k + c];
    }
    panel_products(panel.data(), panel.data(), from, square);
    panel_products(panel.data() + 4, panel.data(), from, square + 4 * kPanel);
    for (std::size_t c = 0; c < count; ++c) {
      double* r = row(l, from + c);
      for (std::size_t d = 0; d <= c; ++d) {
        double sum = square[kPanel * c + d];
        const double* other = row(l, from + d);
        for (std::size_t k = from; k < from + d; ++k) sum += r[k] * other[k];
        const double left = r[from + d] + (d == c ? noise : 0) - sum;
        if (d == c && !(left > 0)) return false;
        r[from + d] = d == c ? std::sqrt(left) : left / other[from + d];
      }
    }
  }
  return true;
}

double Factor::log_determinant() const {
  double sum = 0;
  for (std::size_t i = 0; i < n_; ++i) sum += std::log(rows_[packed(i + 1) - 1]);
  return 2 * sum;
}

void Factor::forward(double* panel, std::size_t from) const { forward_panel(rows_.data(), from, n_, panel); }
void Factor::forward_one(double* v) const { solve_forward(rows_.data(), n_, v); }
void Factor::backward_one(double* v) const { solve_backward(rows_.data(), n_, v); }

/// K⁻¹ = Vᵀ V of V = L⁻¹, whose columns are made a panel at a time.
void Factor::inverse(std::vector<double>& rows) const {
  const std::size_t panels = (n_ + kPanel - 1) / kPanel;
  std::vector<double> v(panels * n_ * kPanel);
  const auto panel = [&](std::size_t p) { return v.data() + p * n_ * kPanel; };
  for (std::size_t p = 0; p < panels; ++p) {
    for (std::size_t c = 0; c < kPanel && p * kPanel + c < n_; ++c) panel(p)[kPanel * (p * kPanel + c) + c] = 1;
    forward(panel(p), p * kPanel);
  }
  rows.resize(packed(n_));
  double four[4 * kPanel];
  for (std::size_t i = 0; i < n_; i += 4) {  // rows of the result
    const std::size_t p = i / kPanel, from = p * kPanel;
    for (std::size_t q = 0; q <= p; ++q) {
      panel_products(panel(p) + kPanel * from + i % kPanel, panel(q) + kPanel * from, n_ - from, four);
      for (std::size_t r = i; r < std::min(i + 4, n_); ++r) {
        const std::size_t count = std::min(kPanel, r + 1 - std::min(r + 1, q * kPanel));
        std::copy_n(four + kPanel * (r - i), count, row(rows.data(), r) + q * kPanel);
      }
    }
  }
}

}  // namespace hone
