// Sobol 1967 with the direction numbers of Joe and Kuo, "Constructing Sobol sequences with better two-dimensional
// projections", SIAM J. Sci. Comput. 30, 2008 (Boost's table), in the Gray code order of Antonov and Saleev 1979.
// Scrambling: Burley, "Practical Hash-based Owen Scrambling", JCGT 9(4), 2020, listings 1 and 3.
#include "search/sobol_points.h"

#include <algorithm>
#include <boost/random/sobol.hpp>

namespace hone {
namespace {

using Engine = boost::random::sobol_engine<std::uint32_t, 32>;
constexpr std::size_t kTableDimensions = BOOST_RANDOM_SOBOL_MAX_DIMENSION;

std::uint32_t reverse_bits(std::uint32_t x) {
  x = ((x >> 1) & 0x55555555U) | ((x & 0x55555555U) << 1);
  x = ((x >> 2) & 0x33333333U) | ((x & 0x33333333U) << 2);
  x = ((x >> 4) & 0x0f0f0f0fU) | ((x & 0x0f0f0f0fU) << 4);
  x = ((x >> 8) & 0x00ff00ffU) | ((x & 0x00ff00ffU) << 8);
  return (x >> 16) | (x << 16);
}

/// Every bit of the result depends on that bit and the lower ones of x alone: an Owen permutation of the reversed bits.
std::uint32_t laine_karras_permutation(std::uint32_t x, std::uint32_t seed) {
  x += seed;
  x ^= x * 0x6c50b47cU;
  x ^= x * 0xb82f1e52U;
  x ^= x * 0xc7afe638U;
  x ^= x * 0x8d22f6e6U;
  return x;
}

std::uint32_t nested_uniform_scramble(std::uint32_t x, std::uint32_t seed) {
  return reverse_bits(laine_karras_permutation(reverse_bits(x), seed));
}

}  // namespace

struct SobolPoints::Table {
  Engine engine;                     // never moved on: point() copies it
  std::vector<std::uint32_t> seeds;  // one per dimension
  std::uint64_t rest;                // seeds the dimensions beyond the table
};

SobolPoints::SobolPoints(std::size_t dimensions, Rng scramble)
    : table_(std::make_unique<Table>(Table{Engine(std::clamp<std::size_t>(dimensions, 1, kTableDimensions)), {}, 0})) {
  table_->rest = scramble.next();
  table_->seeds.resize(dimensions);
  for (auto& seed : table_->seeds) seed = static_cast<std::uint32_t>(scramble.next() >> 32);
}
SobolPoints::~SobolPoints() = default;
SobolPoints::SobolPoints(SobolPoints&&) noexcept = default;
SobolPoints& SobolPoints::operator=(SobolPoints&&) noexcept = default;

std::vector<double> SobolPoints::point(std::uint64_t index) const {
  const auto i = static_cast<std::uint32_t>(index);
  Engine engine = table_->engine;
  if (i > 0) engine.seed(i - 1);  // Boost leaves out the origin, without which a block is not balanced
  std::vector<double> point(table_->seeds.size());
  const std::size_t tabled = std::min(point.size(), kTableDimensions);
  for (std::size_t k = 0; k < tabled; ++k) {
    const std::uint32_t x = i > 0 ? engine() : 0;
    point[k] = (static_cast<double>(nested_uniform_scramble(x, table_->seeds[k])) + 0.5) * 0x1.0p-32;
  }
  Rng rng = Rng::stream(table_->rest, "beyond the table", i);
  for (std::size_t k = tabled; k < point.size(); ++k) point[k] = rng.uniform();
  return point;
}

}  // namespace hone
