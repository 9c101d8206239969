// Points of an Owen-scrambled Sobol sequence: more even than independent draws at every length, best at powers of two.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "hone/rng.h"

namespace hone {

class SobolPoints {
 public:
  /// `scramble` seeds one nested uniform permutation per dimension.
  SobolPoints(std::size_t dimensions, Rng scramble);
  ~SobolPoints();
  SobolPoints(SobolPoints&&) noexcept;
  SobolPoints& operator=(SobolPoints&&) noexcept;

  /// Point `index` (modulo 2^32) in (0, 1)^d. Any 2^k points from a multiple of 2^k on have exactly one in each of 2^k
  /// equal intervals of every coordinate. Dimensions beyond the 3667 of the table are independent uniform numbers.
  /// O(32 d); a function of its arguments alone.
  std::vector<double> point(std::uint64_t index) const;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace hone
