// Notation of CatCMA with margin (arXiv:2504.07884), per discrete coordinate:
//   m, A, s    mean, scale, deviation of the Gaussian before the scale: samples are N(m, (A s)^2)
//   l_low, l_up  the limits of the mean's level;  p_low, p_up  the chances to lie beyond them;  p_mid = 1 - p_low - p_up
//   alpha      the margin
// sqrt(chi2_ppf(1 - 2 p)) of one degree of freedom is the normal quantile of 1 - p.
#include "model/cma_margin.h"

#include <algorithm>
#include <cmath>

namespace hone {
namespace {

constexpr double kTiny = 1e-8;

double quantile_beyond(double chance) { return normal_quantile(1 - chance); }

}  // namespace

double cma_margin(int discrete) { return 1 - std::pow(0.73, 1.0 / std::max(discrete, 1)); }

CmaMargin::CmaMargin(std::vector<CmaLadder> ladders, double share) : share_(share) {
  for (CmaLadder& ladder : ladders) ladders_.push_back({std::move(ladder), 0.5 - kTiny});
}

std::size_t CmaMargin::level(const CmaLadder& ladder, double x) {
  return static_cast<std::size_t>(std::lower_bound(ladder.limits.begin(), ladder.limits.end(), x) -
                                  ladder.limits.begin());
}

void CmaMargin::centre(Eigen::MatrixXd& points, const Cma& cma, int mu) {
  for (State& state : ladders_) {
    const int j = state.ladder.coordinate;
    const std::size_t home = level(state.ladder, cma.mean()(j));
    const double centre = state.ladder.levels[home];
    double bias = 0, up = 0, down = 0;  // up, down: what the points that stay could give
    state.moved = false;
    for (int i = 0; i < mu; ++i) {
      double& x = points(j, i);
      const std::size_t there = level(state.ladder, x);
      if (there == home) {
        (centre > x ? up : down) += centre - x;
        continue;
      }
      state.moved = true;
      bias += state.ladder.levels[there] - x;
      x = state.ladder.levels[there];
    }
    const double reserve = bias > 0 ? down : up;
    if (bias * reserve >= 0) continue;
    const double share = std::min(1.0, -bias / reserve);
    for (int i = 0; i < mu; ++i) {
      double& x = points(j, i);
      if (level(state.ladder, x) == home && bias * (centre - x) < 0) x += share * (centre - x);
    }
  }
}

void CmaMargin::correct(Cma& cma) {
  for (State& state : ladders_) {
    const int j = state.ladder.coordinate;
    const std::vector<double>& limits = state.ladder.limits;
    const double mean = cma.mean()(j), spread = cma.scale()(j) * cma.deviation(j);
    const std::size_t home = level(state.ladder, mean);
    const double below = limits[home == 0 ? 0 : home - 1], above = limits[std::min(home, limits.size() - 1)];
    const double low = normal_cdf((below - mean) / spread), high = normal_cdf((mean - above) / spread);
    if (std::max(low, high) > 0.5) {
      correct_outermost(state, cma, low, high, above);
    } else {
      correct_inner(state, cma, low, high, below, above);
    }
  }
}

/// The mean is on the first or last level: one limit, and the chance to lie beyond it.
void CmaMargin::correct_outermost(State& state, Cma& cma, double low, double high, double limit) const {
  const int j = state.ladder.coordinate;
  double chance = std::max(std::min(low, high), share_);
  if (!state.moved) chance = std::min(chance, state.chance);  // may shrink, not grow, while nothing speaks for it
  chance = std::clamp(chance, kTiny, 0.5 - kTiny);
  double& mean = cma.mean()(j);
  double& scale = cma.scale()(j);
  // The mean need not go further out than the centre of its level.
  const double centre = state.ladder.levels[level(state.ladder, mean)];
  scale = std::max(scale, std::abs(centre - limit) / (cma.deviation(j) * quantile_beyond(share_)));
  const double distance = scale * cma.deviation(j) * quantile_beyond(chance);
  mean = mean > limit ? limit + distance : limit - distance;
  state.chance = chance;
}

void CmaMargin::correct_inner(State& state, Cma& cma, double low, double high, double below, double above) const {
  const int j = state.ladder.coordinate;
  double middle = 1 - low - high;
  low = std::max(low, share_ / 2);
  high = std::max(high, share_ / 2);
  if (!state.moved) middle = std::max(middle, 1 - state.chance);
  const double floor = share_ / 2 + share_ / 2 + (state.moved ? share_ / 2 : 1 - state.chance);
  const double spare = low + high + middle - floor;
  if (spare > 0) {  // so that the three sum to 1 again, none below its floor
    const double change = (1 - low - high - middle) / spare;
    low += change * (low - share_ / 2);
    high += change * (high - share_ / 2);
  }
  low = std::clamp(low, kTiny, 0.5 - kTiny);
  high = std::clamp(high, kTiny, 0.5 - kTiny);
  const double to_low = quantile_beyond(low), to_high = quantile_beyond(high);
  cma.scale()(j) = (above - below) / ((to_low + to_high) * cma.deviation(j));
  cma.mean()(j) = (below * to_high + above * to_low) / (to_low + to_high);
  state.chance = low + high;
}

}  // namespace hone
