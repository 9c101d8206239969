// Rules and numbers are those of Hansen 2009, section 2, and of the tutorial (arXiv:1604.00772v2), appendix B.3.
#include "model/cma_restart.h"

#include <algorithm>
#include <cmath>

namespace hone {
namespace {

constexpr double kTolFun = 1e-12, kTolX = 1e-12, kTolUp = 1e4, kCondition = 1e14;
constexpr int kEquals = 20;  // generations at least: losses that are shares of a few hundred rows are often equal
constexpr std::size_t kLongest = 20'000;  // generations that stagnation looks back

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double range_of(const std::vector<double>& values, std::size_t last) {
  const auto [lo, hi] = std::minmax_element(values.end() - static_cast<std::ptrdiff_t>(last), values.end());
  return *hi - *lo;
}

}  // namespace

CmaStops::CmaStops(int n, int lambda, double sigma)
    : n_(n),
      window_(10 + static_cast<int>(std::ceil(30.0 * n / lambda))),
      least_(120 + static_cast<int>(30.0 * n / lambda)),
      longest_(100 + static_cast<int>(50.0 * (n + 3) * (n + 3) / std::sqrt(lambda))),
      sigma_(sigma) {}

std::optional<std::string_view> CmaStops::after(const Cma& cma, const std::vector<double>& losses) {
  if (best_.size() >= kLongest) {
    best_.erase(best_.begin(), best_.begin() + kLongest / 2);
    median_.erase(median_.begin(), median_.begin() + kLongest / 2);
  }
  best_.push_back(losses.front());
  median_.push_back(losses[losses.size() / 2]);
  const std::size_t kth = static_cast<std::size_t>(std::ceil(0.1 + cma.lambda() / 4.0));
  equals_.push_back(losses.front() == losses[std::min(kth, losses.size() - 1)]);
  equal_ += equals_.back();
  const auto window = static_cast<std::size_t>(std::max(n_, kEquals));
  if (equals_.size() > window) {
    equal_ -= equals_.front();
    equals_.erase(equals_.begin());
  }

  if (cma.generation() >= longest_) return "as many generations as a run may have";
  // In more than a third of the last n generations the best and the kth best had the same loss.
  if (equals_.size() >= window && 3 * static_cast<std::size_t>(equal_) > window) return "many equal losses";
  if (flat()) return "the losses hardly differ any more";
  double widest = 0;
  for (int j = 0; j < n_; ++j) widest = std::max({widest, cma.deviation(j), cma.sigma() * std::abs(cma.path()(j))});
  if (widest < kTolX * sigma_) return "the steps are too small";
  if (widest > kTolUp * sigma_) return "the steps grow without end";
  if (cma.condition() > kCondition) return "the distribution is too elongated";
  const int k = cma.generation() % n_;
  const Eigen::VectorXd along = 0.1 * cma.axis_length(k) * cma.axis(k);
  if ((cma.mean() + along.cwiseProduct(cma.scale())).isApprox(cma.mean(), 0.0)) return "a step has no effect";
  for (int j = 0; j < n_; ++j) {
    const double m = cma.mean()(j);
    if (m + 0.2 * cma.deviation(j) * cma.scale()(j) == m) return "a step along one parameter has no effect";
  }
  if (stagnant()) return "no progress for long";
  return std::nullopt;
}

/// TolHistFun.
bool CmaStops::flat() const {
  const auto window = static_cast<std::size_t>(window_);
  return best_.size() >= window && range_of(best_, window) < kTolFun && range_of(median_, window) < kTolFun;
}

/// Neither the best nor the median losses of the last 30 % are better than those of the first 30 % of the last fifth of the
/// generations, or of the last least_ ones.
bool CmaStops::stagnant() const {
  const auto least = static_cast<std::size_t>(least_);
  if (best_.size() < least) return false;
  const std::size_t look = std::max(least, best_.size() / 5), part = look * 3 / 10;
  const auto worse = [&](const std::vector<double>& values) {
    const auto from = values.end() - static_cast<std::ptrdiff_t>(look);
    const auto last = values.end() - static_cast<std::ptrdiff_t>(part);
    return median_of({last, values.end()}) >= median_of({from, from + static_cast<std::ptrdiff_t>(part)});
  };
  return worse(best_) && worse(median_);
}

void CmaRestarts::evaluated() {
  ++here_;
  if (run_.number > 0) ++(run_.large ? large_ : small_);
}

void CmaRestarts::next(Rng rng) {
  if (run_.large) last_large_ = here_;
  here_ = 0;
  ++run_.number;
  run_.large = run_.number == 1 || large_ <= small_;  // the first run counts for neither
  run_.evaluations.reset();
  run_.shrink = 1;
  if (run_.large) {
    ++doublings_;
    run_.lambda = lambda_ << std::min(doublings_, 16);
    return;
  }
  // lambda_s = lambda (lambda_l / (2 lambda))^(U^2), sigma_s = sigma 10^(-2 U): between the two sizes, mostly small.
  const double u = rng.uniform();
  const double ratio = std::ldexp(0.5, std::min(doublings_, 16));
  run_.lambda = std::max(2, static_cast<int>(lambda_ * std::pow(ratio, u * u)));
  run_.shrink = std::pow(10.0, -2 * rng.uniform());
  run_.evaluations = std::max<std::int64_t>(last_large_ / 2, run_.lambda);
}

}  // namespace hone
