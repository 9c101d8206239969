// Losses made more like a normal distribution before a Gaussian process sees them: heavy tails to the right are common.
#pragma once

#include <optional>
#include <span>

namespace hone {

/// z = (b(y - origin) - mean) / deviation with b of Box and Cox, "An Analysis of Transformations", JRSS B 26, 1964:
/// b(t) = ((t / scale)^power - 1) / power, or ln(t / scale) if power is 0. Strictly increasing for y > origin.
struct OutputTransform {
  double origin = 0, scale = 1, power = 1, mean = 0, deviation = 1;

  double forward(double y) const;
  double inverse(double z) const;
  double slope(double y) const;  // dz/dy
};

/// How many there are to choose from: 0 is the identity; then powers down to the logarithm and beyond of the distance
/// from an origin: 0, since that is what positive losses are mostly measured from, and points below the smallest.
inline constexpr int kOutputTransforms = 9;
/// Number `id`, made to standardise these losses; none if it does not apply to them (an origin of 0 needs positive
/// losses), or a number overflows; the identity always applies. REQUIRES: at least one loss, all finite.
std::optional<OutputTransform> output_transform(std::span<const double> losses, int id);

/// Σ ln(dz/dy): what the likelihood of the losses has beyond that of the z.
double log_jacobian(const OutputTransform& transform, std::span<const double> losses);

}  // namespace hone
