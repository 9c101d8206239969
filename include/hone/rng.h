// Random numbers that are the same on every machine and library.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace hone {

/// xoshiro256** (Blackman and Vigna, 2021). Never carried along: a consumer names the stream it needs, so that a draw
/// depends on (seed, name, key) alone and not on how often anybody asked before.
class Rng {
 public:
  /// The stream `name`, number `key`, of a study's `seed`.
  static Rng stream(std::uint64_t seed, std::string_view name, std::uint64_t key = 0);

  std::uint64_t next();                      // 64 uniform bits
  double uniform();                          // [0, 1), 53 bits
  double normal();                           // N(0, 1), by the inverse of its distribution function
  std::uint64_t below(std::uint64_t bound);  // [0, bound), unbiased. REQUIRES: bound > 0
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[static_cast<std::size_t>(below(i))]);
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

double normal_cdf(double x);       // Φ
double normal_quantile(double p);  // Φ⁻¹ (Wichura 1988, AS 241). p in [0, 1]; ±inf at the ends

}  // namespace hone
