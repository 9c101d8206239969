#include "model/acquisition.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "hone/rng.h"
#include "model/improvement.h"

namespace hone {
namespace {

/// log Φ(z) and its derivative, without underflow: Φ(z) = φ(z) / h'(..) by the asymptotic series far to the left.
std::pair<double, double> log_normal_cdf(double z) {
  const double log_phi = -0.5 * z * z - 0.5 * std::log(2 * std::numbers::pi);
  if (z > -8) {
    const double cdf = normal_cdf(z);
    return {std::log(cdf), std::exp(log_phi) / cdf};
  }
  // Φ(z) = φ(z) / (x + 1/(x + 2/(x + ...))) with x = -z (Laplace)
  double k = -z;
  for (int term = 12; term >= 1; --term) k = -z + term / k;
  return {log_phi - std::log(k), k};
}

struct Augmented {
  double value, by_mean, by_deviation;
};

/// log(EI (1 - τ / r)), r = √(s² + τ²), and its derivatives. 1 - τ/r = s² / (r (r + τ)), which does not cancel.
Augmented augmented(const Expectation& f, double best, double noise) {
  const double s = f.deviation, z = (best - f.mean) / s, tau = std::sqrt(noise), r = std::sqrt(s * s + noise);
  const LogImprovement h = log_improvement(z);
  return {h.value + 3 * std::log(s) - std::log(r * (r + tau)), -h.slope / s,
          (3 - h.slope * z) / s - s / (r * r) - s / (r * (r + tau))};
}

}  // namespace

void Acquisition::improve(const GpPosterior* loss, double best) {
  loss_ = loss;
  best_ = best;
  noise_ = loss->kernel().noise();
}

void Acquisition::require(const GpPosterior* posterior, double bound, double weight, double least) {
  requirements_.push_back({posterior, bound, weight, normal_quantile(least)});
}

Acquisition::LogProbability Acquisition::Requirement::at(const Expectation& f) const {
  const double z = (bound - f.mean) / f.deviation;
  auto [value, slope] = log_normal_cdf(z);
  value *= weight;
  slope *= weight;
  if (z < barrier) {
    constexpr double kSteep = 1e9;
    value -= kSteep * (barrier - z) * (barrier - z);
    slope += 2 * kSteep * (barrier - z);
  }
  return {value, slope};
}

void Acquisition::prefer(std::vector<Preference> preferences, double strength) {
  preferences_ = std::move(preferences);
  strength_ = strength;
}

double Acquisition::preferred(const double* point, double* slope) const {
  double value = 0;
  for (const Preference& p : preferences_) {
    if (p.flag >= 0 && point[p.flag] == 0) continue;
    const double x = point[p.column];
    if (!p.logs.empty()) {
      const auto level = static_cast<std::size_t>(std::max(std::lround(p.stretch * x), 0L));
      value += strength_ * p.logs[std::min(level, p.logs.size() - 1)];
    } else {
      value -= strength_ * 0.5 * p.precision * (x - p.mean) * (x - p.mean);
      if (slope != nullptr) slope[p.column] -= strength_ * p.precision * (x - p.mean);
    }
  }
  return value;
}

double Acquisition::at(const double* point) const {
  double value = preferred(point, nullptr);
  if (loss_ != nullptr) {
    value += augmented(loss_->at(point), best_, noise_).value;
  }
  for (const Requirement& r : requirements_) {
    const Expectation f = r.posterior->at(point);
    value += r.at(f).value;
  }
  return value;
}

double Acquisition::at(const double* point, std::span<double> slope) const {
  const std::size_t d = slope.size();
  std::vector<double> mean(d), deviation(d);
  std::fill(slope.begin(), slope.end(), 0.0);
  double value = preferred(point, slope.data());
  if (loss_ != nullptr) {
    const Augmented a = augmented(loss_->at(point, mean.data(), deviation.data()), best_, noise_);
    value += a.value;
    for (std::size_t j = 0; j < d; ++j) slope[j] += a.by_mean * mean[j] + a.by_deviation * deviation[j];
  }
  for (const Requirement& r : requirements_) {
    const Expectation f = r.posterior->at(point, mean.data(), deviation.data());
    const double z = (r.bound - f.mean) / f.deviation;
    const LogProbability p = r.at(f);
    value += p.value;
    for (std::size_t j = 0; j < d; ++j) slope[j] -= p.slope * (mean[j] + z * deviation[j]) / f.deviation;
  }
  return value;
}

Eigen::ArrayXd Acquisition::at(const Eigen::MatrixXd& points) const {
  Eigen::ArrayXd value(points.cols()), mean, deviation;
  for (Eigen::Index i = 0; i < points.cols(); ++i) value[i] = preferred(points.col(i).data(), nullptr);
  if (loss_ != nullptr) {
    loss_->at(points, mean, deviation);
    for (Eigen::Index i = 0; i < points.cols(); ++i)
      value[i] += augmented({mean[i], deviation[i]}, best_, noise_).value;
  }
  for (const Requirement& r : requirements_) {
    r.posterior->at(points, mean, deviation);
    for (Eigen::Index i = 0; i < points.cols(); ++i) value[i] += r.at({mean[i], deviation[i]}).value;
  }
  return value;
}

double Acquisition::feasible(const double* point) const {
  double p = 1;
  for (const Requirement& r : requirements_) {
    const Expectation f = r.posterior->at(point);
    p *= normal_cdf((r.bound - f.mean) / f.deviation);
  }
  return p;
}

}  // namespace hone
