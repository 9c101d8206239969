// Notation of CatCMA and of Akimoto et al. 2019 (ASNG):
//   q       chances of the options                G        natural gradient, sum of w_i (c_i - q)
//   F       Fisher information, F^1/2 G is called whitened here; s its exponential average, gamma the average of 1
//   delta   length of a step, 1 / Delta           beta     delta / sqrt(number of free chances)
#include "model/cma_choice.h"

#include <algorithm>
#include <cmath>

namespace hone {
namespace {

constexpr double kSignal = 1.5;  // alpha: signal to noise that is wanted
constexpr double kTiny = 1e-8;

}  // namespace

CmaChoice::CmaChoice(std::vector<Eigen::VectorXd> chances, double share) : chances_(std::move(chances)) {
  Eigen::Index free = 0;
  for (std::size_t v = 0; v < chances_.size(); ++v) {
    const Eigen::Index options = chances_[v].size();
    free += options - 1;
    least_.push_back(share / static_cast<double>(options - 1));
    gradient_.emplace_back(Eigen::VectorXd::Zero(options));
    keep_margin(v);
  }
  whitened_ = path_ = Eigen::VectorXd::Zero(free);
}

void CmaChoice::sample(Rng& rng, std::vector<int>& options) const {
  options.resize(chances_.size());
  for (std::size_t v = 0; v < chances_.size(); ++v) {
    double at = rng.uniform();
    const int last = static_cast<int>(chances_[v].size()) - 1;
    int option = 0;
    while (option < last && at >= chances_[v](option)) at -= chances_[v](option++);
    options[v] = option;
  }
}

std::vector<int> CmaChoice::likeliest() const {
  std::vector<int> options(chances_.size());
  for (std::size_t v = 0; v < chances_.size(); ++v) {
    for (int k = 1; k < chances_[v].size(); ++k) {
      if (chances_[v](k) > chances_[v](options[v])) options[v] = k;
    }
  }
  return options;
}

void CmaChoice::update(const std::vector<std::vector<int>>& best, const Eigen::VectorXd& weights) {
  if (chances_.empty()) return;
  Eigen::Index at = 0;
  for (std::size_t v = 0; v < chances_.size(); ++v) {
    const Eigen::VectorXd& q = chances_[v];
    Eigen::VectorXd& gradient = gradient_[v];
    gradient.setZero();
    for (std::size_t i = 0; i < best.size(); ++i) {
      if (best[i][v] < 0) continue;
      const double w = weights(static_cast<Eigen::Index>(i));
      gradient -= w * q;
      gradient(best[i][v]) += w;
    }
    // ASNG, appendix B: the square root of the Fisher information, the last option left out.
    const Eigen::Index rest = q.size() - 1;
    const double sum = gradient.head(rest).sum(), last = q(rest);
    for (Eigen::Index k = 0; k < rest; ++k) {
      whitened_(at++) = gradient(k) / std::sqrt(q(k)) + std::sqrt(q(k)) * sum / (last + std::sqrt(last));
    }
  }
  const double length = whitened_.norm();
  if (length < kTiny) return;  // nothing to learn
  const double delta = 1 / trust_;
  for (std::size_t v = 0; v < chances_.size(); ++v) chances_[v] += delta / length * gradient_[v];
  const double beta = delta / std::sqrt(static_cast<double>(path_.size()));
  path_ = (1 - beta) * path_ + std::sqrt(beta * (2 - beta)) / length * whitened_;
  gamma_ = (1 - beta) * (1 - beta) * gamma_ + beta * (2 - beta);
  trust_ = std::max(1.0, trust_ * std::exp(beta * (gamma_ - path_.squaredNorm() / kSignal)));
  for (std::size_t v = 0; v < chances_.size(); ++v) keep_margin(v);
}

/// CatCMA, section 4: raised to the margin; what that costs comes from the others in proportion to their excess.
void CmaChoice::keep_margin(std::size_t variable) {
  Eigen::VectorXd& q = chances_[variable];
  const double least = least_[variable];
  q = q.cwiseMax(least);
  const double sum = q.sum(), spare = sum - least * static_cast<double>(q.size());
  if (spare > kTiny) q.array() += (1 - sum) / spare * (q.array() - least);
  q /= q.sum();
}

}  // namespace hone
