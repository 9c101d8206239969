// The Cholesky factor L of a positive definite K = L Lᵀ, and what one solves with it. Rows are packed: row i has i + 1
// numbers. Row i comes from the rows up to it by the same operations in the same order however many there are, and the bits are
// the same on every processor (base/clones.h).
#pragma once

#include <cstddef>
#include <vector>

namespace hone {

class Factor {
 public:
  static constexpr std::size_t kPanel = 8;  // right sides that are solved for at a time

  static std::size_t packed(std::size_t n) { return n * (n + 1) / 2; }

  /// Of K + noise I, where `rows` is the lower triangle of K. False where that is not positive definite: then it may be
  /// used for nothing. O(n³ / 6).
  bool factorise(std::vector<double> rows, double noise = 0);

  std::size_t size() const { return n_; }
  const std::vector<double>& rows() const { return rows_; }
  double log_determinant() const;  // of K
  /// L⁻¹ of kPanel right sides side by side, [n, kPanel] in `panel`, whose rows before `from` are zeros.
  void forward(double* panel, std::size_t from = 0) const;
  /// L⁻¹ v and L⁻ᵀ v in place.
  void forward_one(double* v) const;
  void backward_one(double* v) const;
  /// The lower triangle of K⁻¹, packed. O(n³ / 3).
  void inverse(std::vector<double>& rows) const;

 private:
  std::size_t n_ = 0;
  std::vector<double> rows_;
};

/// Σ_i of the squares of each right side of a panel [n, kPanel].
void panel_squares(const double* panel, std::size_t n, double* out);

}  // namespace hone
