#include "model/transform.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hone {
namespace {

double box_cox(double t, double power) { return power == 0 ? std::log(t) : (std::pow(t, power) - 1) / power; }

/// Standardises; `scale` is the geometric mean, so that powers do not over- or underflow.
OutputTransform made(std::span<const double> losses, double origin, double power) {
  OutputTransform out{.origin = origin, .scale = 1, .power = power, .mean = 0, .deviation = 1};
  const auto n = static_cast<double>(losses.size());
  double sum = 0;
  for (const double y : losses) sum += std::log(y - origin);
  out.scale = std::exp(sum / n);
  sum = 0;
  for (const double y : losses) sum += box_cox((y - origin) / out.scale, power) / n;
  double squares = 0;
  for (const double y : losses) squares += std::pow(box_cox((y - origin) / out.scale, power) - sum, 2) / n;
  out.mean = sum;
  out.deviation = squares > 0 ? std::sqrt(squares) : 1;
  return out;
}

OutputTransform identity(std::span<const double> losses, double largest) {
  // Scaled first: squares of 1e200 are infinite.
  OutputTransform out{.origin = -largest, .scale = largest, .power = 1, .mean = 0, .deviation = 1};
  const auto n = static_cast<double>(losses.size());
  double squares = 0;
  for (const double y : losses) out.mean += y / largest / n;
  for (const double y : losses) squares += std::pow(y / largest - out.mean, 2) / n;
  out.deviation = squares > 0 ? std::sqrt(squares) : 1;
  return out;
}

}  // namespace

double OutputTransform::forward(double y) const { return (box_cox((y - origin) / scale, power) - mean) / deviation; }

double OutputTransform::inverse(double z) const {
  const double b = z * deviation + mean;
  if (power == 0) return origin + scale * std::exp(b);
  return origin + scale * std::pow(std::max(1 + power * b, 0.0), 1 / power);
}

double OutputTransform::slope(double y) const {
  return std::pow((y - origin) / scale, power - 1) / (scale * deviation);
}

std::optional<OutputTransform> output_transform(std::span<const double> losses, int id) {
  struct Choice {
    double share, power;  // share: how far below the smallest, as a share of the way to the median; 0: the origin is 0
  };
  static constexpr Choice kChoices[kOutputTransforms - 1] = {{0, 0.5}, {0, 0.25}, {0, 0},     {0, -0.5},
                                                             {1, 0.5}, {1, 0},    {0.1, 0.5}, {0.1, 0}};
  std::vector<double> sorted(losses.begin(), losses.end());
  std::sort(sorted.begin(), sorted.end());
  const double least = sorted.front(), spread = sorted[sorted.size() / 2] - least;
  if (id == 0) return identity(losses, std::max({std::abs(least), std::abs(sorted.back()), 1e-300}));
  const Choice choice = kChoices[id - 1];
  const double origin = choice.share > 0 ? least - choice.share * spread : 0;
  if (!(origin < least) || !std::isfinite(origin)) return std::nullopt;
  const OutputTransform out = made(losses, origin, choice.power);
  const bool sound =
      std::isfinite(out.scale) && out.scale > 0 && std::isfinite(out.mean) && std::isfinite(out.deviation);
  return sound ? std::optional(out) : std::nullopt;
}

double log_jacobian(const OutputTransform& transform, std::span<const double> losses) {
  double sum = 0;
  for (const double y : losses) sum += std::log(transform.slope(y));
  return sum;
}

}  // namespace hone
