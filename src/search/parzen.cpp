// Bergstra, Bardenet, Bengio, Kégl, "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011, section 4 (the
// densities); Falkner, Klein, Hutter, "BOHB", ICML 2018 (one multivariate density over numeric and unordered
// parameters); Watanabe, "Tree-Structured Parzen Estimator", arXiv:2304.11127 (bandwidths, magic clipping, integrated
// level kernels).
//
//   n points, d axes, c a kernel's centre, b its bandwidth, Phi the normal distribution function
//   numeric   k(x | c) = N(x; c, b^2) / (Phi((1 - c) / b) - Phi(-c / b))
//   levels    k(j | c) = that integrated over level j's cell
//   options   k(j | c) = (1 - m) [j = c] + m prior(j)
// All are divided by the uniform density, so that axes of different kinds and numbers of levels compare.
#include "search/parzen.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hone {
namespace {

constexpr double kTiny = 1e-300;             // below it a kernel is as good as zero
constexpr std::size_t kMaxLevels = 1 << 12;  // more are as good as continuous
constexpr double kFarBelow = 40;             // exp(-40) is lost against 1

double safe_log(double p) { return std::log(std::max(p, kTiny)); }

/// Phi(hi) - Phi(lo), also where both lie far in the upper tail.
double normal_mass(double lo, double hi) {
  return lo > 0 ? normal_cdf(-lo) - normal_cdf(-hi) : normal_cdf(hi) - normal_cdf(lo);
}

/// A normal distribution cut to [0, 1]; uniform if sigma is infinite.
struct CutNormal {
  double mean, sigma;

  bool uniform() const { return std::isinf(sigma); }
  double mass(double lo, double hi) const {
    return uniform() ? hi - lo : normal_mass((lo - mean) / sigma, (hi - mean) / sigma);
  }
  double log_density(double x) const {
    if (uniform()) return 0;
    const double z = (x - mean) / sigma;
    return -0.5 * z * z - std::log(sigma * std::sqrt(2 * std::numbers::pi)) - safe_log(mass(0, 1));
  }
  double sample(Rng& rng) const {
    const double u = rng.uniform();
    if (uniform()) return u;
    const double below = normal_cdf(-mean / sigma);
    const double x = mean + sigma * normal_quantile(below + u * mass(0, 1));
    return std::clamp(x, 0.0, 1.0);
  }
};

std::size_t level_of(double x, std::size_t levels) {
  const auto level = static_cast<std::size_t>(std::max(0.0, x) * static_cast<double>(levels));
  return std::min(level, levels - 1);
}

/// One bandwidth for all kernels of an axis: Scott's rule on what was observed there; never below a share of the range
/// that shrinks with n (magic clipping), nor below the floor that the user gave. The factors are those that did best
/// over Branin, Rosenbrock, Hartmann, Ackley, sphere and mixed functions at 60 and 150 trials: good trials lie closer
/// together than a normal density of their spread, so Scott's rule as it stands is too wide.
double bandwidth(const std::vector<double>& column, std::size_t axes, const KernelRules& rules) {
  double n = 0, sum = 0, squares = 0;
  for (const double x : column) {
    if (std::isnan(x)) continue;
    n += 1, sum += x, squares += x * x;
  }
  if (n == 0) return 1;
  const double variance = std::max(0.0, squares / n - (sum / n) * (sum / n));
  const double scott = 0.5 * 1.059 * std::sqrt(variance) * std::pow(n, -1 / (static_cast<double>(axes) + 4));
  const double clip = 0.35 / (1 + n);
  return std::min(1.0, std::max({scott, clip, rules.min_bandwidth}));
}

class Numeric final : public Marginal {
 public:
  Numeric(const KernelAxis& axis, std::vector<double> column, double b)
      : prior_{axis.mean, axis.sigma}, b_(b), at_(std::move(column)) {
    const double log_b = std::log(b * std::sqrt(2 * std::numbers::pi));
    for (std::size_t i = 0; i < at_.size(); ++i) {
      const bool active = !std::isnan(at_[i]);
      if (!active) inactive_.push_back(i), at_[i] = 0;
      scale_.push_back(active ? 1 / (2 * b * b) : 0);
      norm_.push_back(active ? log_b + safe_log(CutNormal{at_[i], b}.mass(0, 1)) : 0);
    }
  }
  void add_log(double x, std::vector<double>& logs) const override {
    const double prior = prior_.log_density(x);
    logs[0] += prior;
    for (std::size_t i = 0; i < at_.size(); ++i) {
      const double distance = x - at_[i];
      logs[i + 1] -= distance * distance * scale_[i] + norm_[i];
    }
    for (const std::size_t i : inactive_) logs[i + 1] += prior;
  }
  double sample(Rng& rng, std::size_t component) const override {
    const bool prior = component == 0 || scale_[component - 1] == 0;
    return prior ? prior_.sample(rng) : CutNormal{at_[component - 1], b_}.sample(rng);
  }

 private:
  CutNormal prior_;
  double b_;
  std::vector<double> at_, scale_, norm_;  // centre, 1 / (2 b^2), log of what the kernel is divided by; 0 if inactive
  std::vector<std::size_t> inactive_;
};

class Levels final : public Marginal {
 public:
  Levels(const KernelAxis& axis, const std::vector<double>& column, double b)
      : prior_{axis.mean, axis.sigma}, levels_(axis.levels), b_(b) {
    const double count = static_cast<double>(levels_), width = 1 / count;
    std::vector<double> norms;
    const double prior_mass = prior_.mass(0, 1);
    for (std::size_t j = 0; j < levels_; ++j) {
      const double left = static_cast<double>(j) * width;
      prior_log_.push_back(safe_log(prior_.mass(left, left + width) / prior_mass * count));
      by_distance_.push_back(safe_log(normal_mass((left - width / 2) / b, (left + width / 2) / b) * count));
      norms.push_back(safe_log(CutNormal{left + width / 2, b}.mass(0, 1)));
    }
    for (const double x : column) {
      const bool active = !std::isnan(x);
      at_.push_back(active ? static_cast<std::ptrdiff_t>(level_of(x, levels_)) : -1);
      norm_.push_back(active ? norms[static_cast<std::size_t>(at_.back())] : 0);
    }
  }
  void add_log(double x, std::vector<double>& logs) const override {
    const auto level = static_cast<std::ptrdiff_t>(level_of(x, levels_));
    const double prior = prior_log_[static_cast<std::size_t>(level)];
    logs[0] += prior;
    for (std::size_t i = 0; i < at_.size(); ++i) {
      const auto distance = static_cast<std::size_t>(std::abs(level - at_[i]));
      logs[i + 1] += at_[i] < 0 ? prior : by_distance_[distance] - norm_[i];
    }
  }
  double sample(Rng& rng, std::size_t component) const override {
    if (component == 0 || at_[component - 1] < 0) return prior_.sample(rng);
    const double centre = (static_cast<double>(at_[component - 1]) + 0.5) / static_cast<double>(levels_);
    return CutNormal{centre, b_}.sample(rng);
  }

 private:
  CutNormal prior_;
  std::size_t levels_;
  double b_;
  std::vector<double> prior_log_, by_distance_;
  std::vector<std::ptrdiff_t> at_;  // -1 if inactive
  std::vector<double> norm_;
};

class OptionKernels final : public Marginal {
 public:
  OptionKernels(const KernelAxis& axis, const std::vector<double>& column, double mix) : prior_(axis.prior), mix_(mix) {
    const double count = static_cast<double>(prior_.size());
    for (const double p : prior_) {
      prior_log_.push_back(safe_log(p * count));
      own_.push_back(safe_log((1 - mix + mix * p) * count));
      other_.push_back(safe_log(mix * p * count));
    }
    for (const double x : column) {
      at_.push_back(std::isnan(x) ? -1 : static_cast<std::ptrdiff_t>(level_of(x, prior_.size())));
    }
  }
  void add_log(double x, std::vector<double>& logs) const override {
    const std::size_t option = level_of(x, prior_.size());
    logs[0] += prior_log_[option];
    for (std::size_t i = 0; i < at_.size(); ++i) {
      const bool own = at_[i] == static_cast<std::ptrdiff_t>(option);
      logs[i + 1] += at_[i] < 0 ? prior_log_[option] : own ? own_[option] : other_[option];
    }
  }
  double sample(Rng& rng, std::size_t component) const override {
    const bool prior = component == 0 || at_[component - 1] < 0 || rng.uniform() < mix_;
    const std::size_t option = prior ? draw(rng.uniform()) : static_cast<std::size_t>(at_[component - 1]);
    return (static_cast<double>(option) + 0.5) / static_cast<double>(prior_.size());
  }

 private:
  std::size_t draw(double u) const {
    std::size_t option = 0;
    for (double sum = prior_[0]; u >= sum && option + 1 < prior_.size(); sum += prior_[++option]) continue;
    return option;
  }

  std::vector<double> prior_;
  double mix_;
  std::vector<double> prior_log_, own_, other_;
  std::vector<std::ptrdiff_t> at_;  // -1 if inactive
};

/// The user's normal prior in unit coordinates, where it has the scale of its domain; elsewhere the prior is uniform.
void set_prior(KernelAxis& axis, const Param& param) {
  const auto* prior = param.prior ? std::get_if<Normal>(&*param.prior) : nullptr;
  if (!prior || !(prior->sigma > 0)) return;
  double lo = 0, hi = 0;
  bool log = false;
  if (const auto* real = std::get_if<Float>(&param.domain)) {
    lo = real->lo, hi = real->hi, log = real->log;
  } else if (const auto* whole = std::get_if<Int>(&param.domain)) {
    lo = static_cast<double>(whole->lo), hi = static_cast<double>(whole->hi), log = whole->log;
  }
  if (log != prior->log || !(hi > lo)) return;
  if (log) lo = std::log(lo), hi = std::log(hi);
  axis.mean = std::clamp((prior->mu - lo) / (hi - lo), 0.0, 1.0);
  axis.sigma = prior->sigma / (hi - lo);
}

bool is_log(const Domain& domain) {
  const auto* real = std::get_if<Float>(&domain);
  const auto* whole = std::get_if<Int>(&domain);
  return (real && real->log) || (whole && whole->log);
}

}  // namespace

std::vector<KernelAxis> KernelAxis::of(const Space& space) {
  std::vector<KernelAxis> axes;
  for (std::size_t k = 0; k < space.free().size(); ++k) {
    const Param& param = space.params()[space.free()[k]];
    KernelAxis axis;
    const std::uint64_t levels = space.levels(k);
    const auto* choice = std::get_if<Choice>(&param.domain);
    if (choice && !choice->ordered) {
      axis.levels = choice->options.size();
      axis.ordered = false;
      axis.prior = choice->weights;
      if (axis.prior.empty()) axis.prior.assign(axis.levels, 1);
      double sum = 0;
      for (const double weight : axis.prior) sum += weight;
      for (double& weight : axis.prior) weight /= sum;
    } else {
      // Levels on a log scale are not evenly spaced: their centres serve as points of a continuous axis.
      const bool even = levels <= kMaxLevels && (levels == 1 || !is_log(param.domain));
      axis.levels = even ? static_cast<std::size_t>(levels) : 0;
      set_prior(axis, param);
    }
    axes.push_back(std::move(axis));
  }
  return axes;
}

Parzen::Parzen(const std::vector<KernelAxis>& axes, const std::vector<const std::vector<double>*>& points,
               const KernelRules& rules)
    : points_(points.size()), prior_weight_(rules.prior_weight) {
  const auto free = static_cast<std::size_t>(
      std::count_if(axes.begin(), axes.end(), [](const KernelAxis& axis) { return axis.levels != 1; }));
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const KernelAxis& axis = axes[k];
    std::vector<double> column;
    column.reserve(points_);
    for (const auto* point : points) column.push_back((*point)[k]);
    if (!axis.ordered) {
      axes_.push_back(std::make_unique<OptionKernels>(axis, column, rules.choice_mix));
    } else if (axis.levels > 0) {
      const double b = bandwidth(column, free, rules);
      axes_.push_back(std::make_unique<Levels>(axis, column, b));
    } else {
      const double b = bandwidth(column, free, rules);
      axes_.push_back(std::make_unique<Numeric>(axis, std::move(column), b));
    }
  }
}

double Parzen::log_density(std::span<const double> x) const {
  std::vector<double> logs(points_ + 1, 0.0);
  logs[0] = safe_log(prior_weight_);
  for (std::size_t k = 0; k < axes_.size(); ++k) {
    if (!std::isnan(x[k])) axes_[k]->add_log(x[k], logs);
  }
  const double top = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (const double log : logs) {
    if (log - top > -kFarBelow) sum += std::exp(log - top);
  }
  return top + std::log(sum) - std::log(prior_weight_ + static_cast<double>(points_));
}

std::vector<double> Parzen::sample(Rng& rng) const {
  const double r = rng.uniform() * (prior_weight_ + static_cast<double>(points_)) - prior_weight_;
  const std::size_t component = r < 0 ? 0 : std::min(points_, static_cast<std::size_t>(r) + 1);
  std::vector<double> x;
  for (const auto& axis : axes_) x.push_back(axis->sample(rng, component));
  return x;
}

}  // namespace hone
