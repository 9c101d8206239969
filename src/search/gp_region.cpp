#include "search/gp_region.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hone {
namespace {

constexpr double kFirst = 0.8, kMost = 1.6, kLeast = 0.0078125;  // of L: section 2, "trust regions"
constexpr int kSuccesses = 3;                                    // τ_succ; τ_fail is the number of dimensions

}  // namespace

bool GpBox::holds(const std::vector<double>& point) const {
  for (std::size_t k = 0; k < low.size(); ++k) {
    if (point[k] < low[k] || point[k] > high[k]) return false;  // NaN, inactive: holds
  }
  return true;
}

void GpBox::clamp(std::vector<double>& point) const {
  for (std::size_t k = 0; k < low.size(); ++k) {
    if (!std::isnan(point[k])) point[k] = std::clamp(point[k], low[k], high[k]);
  }
}

GpRegion::GpRegion(const GpSpace& space, const GpData& data) {
  const auto opening = static_cast<std::size_t>(2 * space.active());  // results without a region, as in TuRBO's code
  if (space.active() < kLeastDimensions) return;
  const auto failures_allowed = static_cast<int>(space.active());
  double best = std::numeric_limits<double>::infinity();
  std::size_t since = 0;
  int successes = 0, failures = 0;
  length_ = kFirst;
  for (const auto& [id, entry] : data.entries()) {
    if (entry.kind != GpData::Entry::Kind::Result || entry.at != data.furthest()) continue;
    const bool better =
        entry.loss[0] < best && std::all_of(entry.excess.begin(), entry.excess.end(), [](double x) { return x <= 0; });
    if (better) {
      best = entry.loss[0];
      centre_ = &entry.point;
    }
    if (++since <= opening) continue;
    successes = better ? successes + 1 : 0;
    failures = better ? 0 : failures + 1;
    if (successes == kSuccesses) {
      length_ = std::min(kMost, 2 * length_);
      successes = 0;
    } else if (failures == failures_allowed) {
      length_ /= 2;
      failures = 0;
    }
    if (length_ >= kLeast) continue;
    length_ = kFirst;
    best = std::numeric_limits<double>::infinity();
    centre_ = nullptr;
    since = 0;
  }
  if (since < opening) centre_ = nullptr;
}

GpBox GpRegion::box(const GpSpace& space, const KernelParams& params) const {
  GpBox box;
  if (centre_ == nullptr) return box;
  double mean = 0;
  std::size_t count = 0;
  const auto log_length = [&](std::size_t k) {
    return std::log(space.column(k).width) - 0.5 * params.log_weight[static_cast<Eigen::Index>(k)];
  };
  for (std::size_t k = 0; k < space.size(); ++k) {
    if (space.column(k).category) continue;
    mean += log_length(k);
    ++count;
  }
  const double most = std::log(4);  // a coordinate that does not matter has an endless lengthscale
  mean /= static_cast<double>(std::max<std::size_t>(count, 1));
  box.low.assign(space.size(), 0.0);
  box.high.assign(space.size(), 1.0);
  for (std::size_t k = 0; k < space.size(); ++k) {
    const double c = (*centre_)[k];
    if (std::isnan(c) || space.column(k).word) continue;
    const double half = 0.5 * length_ * std::exp(std::clamp(log_length(k) - mean, -most, most));
    box.low[k] = std::max(0.0, c - half);
    box.high[k] = std::min(1.0, c + half);
  }
  return box;
}

}  // namespace hone
