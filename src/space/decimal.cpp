#include "space/decimal.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>
#include <string>

namespace hone {
namespace {

constexpr int kExact = 22;  // 10^22 is the largest power of ten that a double holds exactly
constexpr double kPowers[kExact + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

double read(const std::string& text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

double power_of_ten(int power) {
  if (power >= 0 && power <= kExact) return kPowers[power];
  return read(fmt::format("1e{}", power));
}

double round_to_power(double x, int power) {
  // Dividing by an exact power rounds once, hence gives the very double that the decimal reads as; multiplying by the
  // inexact 10^-n would not.
  if (power < 0) {
    const double scale = power_of_ten(-power);
    return std::nearbyint(x * scale) / scale;
  }
  const double scale = power_of_ten(power);
  return std::nearbyint(x / scale) * scale;
}

double round_significant(double x, double log_x, int digits, double& quantum) {
  constexpr double kLog10E = 0.43429448190325182765;
  const int power = static_cast<int>(std::floor(log_x * kLog10E)) - digits + 1;
  if (power >= -kExact && power <= kExact) {
    quantum = power < 0 ? 1 / kPowers[-power] : kPowers[power];
    return round_to_power(x, power);
  }
  quantum = power_of_ten(power);
  fmt::basic_memory_buffer<char, 64> buffer;  // rare: x is far below 1e-9 or far above 1e30
  fmt::format_to(std::back_inserter(buffer), "{:.{}e}", x, digits - 1);
  double value = x;
  std::from_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return value;
}

double roundest_between(double lo, double hi) {
  if (lo <= 0 && hi >= 0) return 0;
  if (hi < 0) return -roundest_between(-hi, -lo);
  const double middle = lo + (hi - lo) / 2;
  if (!(hi > lo)) return middle;
  const auto multiple = [&](int power) -> std::optional<double> {  // the smallest one that is not below lo
    const double scale = power_of_ten(power < 0 ? -power : power);
    const double value = power < 0 ? std::ceil(lo * scale) / scale : std::ceil(lo / scale) * scale;
    if (value >= lo && value <= hi) return value;
    return std::nullopt;
  };
  int power = static_cast<int>(std::floor(std::log10(hi - lo)));
  if (power < -250 || power > 250) return middle;
  std::optional<double> best = multiple(power);
  if (!best) return middle;
  while (const std::optional<double> rounder = multiple(power + 1)) {
    best = rounder;
    ++power;
  }
  return *best;
}

}  // namespace hone
