// Several fidelities are one: levels of the first, and a path through the others.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hone/spec.h"

namespace hone {
namespace {

// t = log(until / min) / log(max / min) of the first; a further one is min (max / min)^t. The rungs of a scheduler are
// geometric in the first, so they are in all. Four digits are enough for a share, and the same on every machine.
double value_at(const Fidelity& fidelity, const FidelityAxis& axis, Resource until) {
  if (until >= fidelity.max) return axis.max;
  if (until <= fidelity.min) return axis.min;
  const auto ratio = [&](Resource at) { return std::log(static_cast<double>(at) / static_cast<double>(fidelity.min)); };
  const double value = axis.min * std::pow(axis.max / axis.min, ratio(until) / ratio(fidelity.max));
  if (axis.whole) return std::clamp(std::round(value), axis.min, axis.max);
  const double digits = 3 - std::floor(std::log10(value)), unit = std::pow(10.0, std::abs(digits));
  const double rounded = digits > 0 ? std::round(value * unit) / unit : std::round(value / unit) * unit;
  return std::clamp(rounded, axis.min, axis.max);
}

}  // namespace

NamedValues levels_at(const Fidelity& fidelity, Resource until) {
  NamedValues levels{{fidelity.name, until}};
  for (const FidelityAxis& axis : fidelity.further) {
    const double value = value_at(fidelity, axis, until);
    levels.emplace_back(axis.name, axis.whole ? Value(static_cast<std::int64_t>(value)) : Value(value));
  }
  return levels;
}

std::string level_text(const Fidelity& fidelity, Resource until) {
  std::string out;
  for (const auto& [name, value] : levels_at(fidelity, until))
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, value_text(value));
  return out;
}

}  // namespace hone
