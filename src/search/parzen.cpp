// Bergstra, Bardenet, Bengio, Kégl, "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011, section 4 (the
// densities); Falkner, Klein, Hutter, "BOHB", ICML 2018 (one multivariate density over numeric and unordered
// parameters); Watanabe, "Tree-Structured Parzen Estimator", arXiv:2304.11127 (bandwidths, magic clipping, integrated
// level kernels).
//
//   n points, d axes, c a kernel's centre, b its bandwidth, r = sqrt(11) b its reach, m the prior's share in it
//   K(z) = 315/256 (1 - z^2)^4 on [-1, 1], F its distribution function: a normal density but for 2 % of its mass, of
//          polynomials alone, so that it is the same on every machine, and quick
//   numeric   k(x | c) = (1 - m) K((x - c) / r) / r / (F((1 - c) / r) - F(-c / r)) + m prior(x)
//   levels    k(j | c) = that integrated over level j's cell
//   options   k(j | c) = (1 - m) [j = c] + m prior(j)
//   density   p(x) = (w0 prior(x) + sum_i w_i prod_k k(x_k | c_ik)) / (w0 + sum_i w_i)
// All are divided by the uniform density, so that axes of different kinds and numbers of levels compare.
//
// The prior's share in every axis of every kernel is what makes the tails heavy: a sample keeps most coordinates of a
// good trial and draws some anew, and a trial that differs in one coordinate alone still counts as near.
#include "search/parzen.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace hone {
namespace {

constexpr std::size_t kChunk = 64;          // kernels whose products are worked out at a time
constexpr double kReach = 3.3166247903554;  // sqrt(11): K's deviation is 1 / kReach

/// F's inverse at (i + 1/2) / size and between: 2 000 points leave an error of 1e-4 at the very ends only.
class Quantiles {
 public:
  Quantiles() {
    for (std::size_t i = 0; i < kSize; ++i) {
      const double wanted = (static_cast<double>(i) + 0.5) / kSize - 0.5;
      double lo = -1, hi = 1;
      for (int step = 0; step < 50; ++step) {
        const double middle = (lo + hi) / 2;
        (kernel_half_mass(middle) < wanted ? lo : hi) = middle;
      }
      values_[i] = (lo + hi) / 2;
    }
  }
  double at(double u) const {
    const double place = std::clamp(u * kSize - 0.5, 0.0, kSize - 1.0);
    const auto i = std::min(static_cast<std::size_t>(place), kSize - 2);
    return values_[i] + (place - static_cast<double>(i)) * (values_[i + 1] - values_[i]);
  }

 private:
  static constexpr std::size_t kSize = 2000;
  std::array<double, kSize> values_;
};

double kernel_sample(Rng& rng, double centre, double reach) {
  static const Quantiles quantiles;
  for (;;) {  // a kernel has its centre in [0, 1], so that at least a seventh of it lies there
    const double x = centre + reach * quantiles.at(rng.uniform());
    if (x >= 0 && x <= 1) return x;
  }
}

/// The spread of what was observed on one axis.
struct Spread {
  double n = 0;  // effective number: (sum w)^2 / sum w^2
  double deviation = 0;
};

Spread spread_of(std::span<const WeightedPoint> points, std::span<const double> at) {
  double sum = 0, squares = 0, first = 0, second = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double x = at[i], w = points[i].weight;
    if (std::isnan(x)) continue;
    sum += w, squares += w * w, first += w * x, second += w * x * x;
  }
  if (!(sum > 0)) return {};
  const double mean = first / sum;
  return {sum * sum / squares, std::sqrt(std::max(0.0, second / sum - mean * mean))};
}

/// One bandwidth for all kernels of an axis: Scott's rule on what was observed there; never below a share of the range
/// that shrinks with n (magic clipping), nor below the floor that the user gave.
double bandwidth(const Spread& spread, double dimensions, const KernelRules& rules) {
  const double scott = rules.spread * spread.deviation * std::pow(spread.n, -1 / (dimensions + 4));
  return std::min(1.0, std::max({scott, rules.clip / (1 + spread.n), rules.min_bandwidth}));
}

std::size_t padded(std::size_t n) { return (n + kKernelBlock - 1) / kKernelBlock * kKernelBlock; }

}  // namespace

Parzen::Parzen(const std::vector<KernelAxis>& axes, const std::vector<std::size_t>& members,
               std::span<const WeightedPoint> points, const KernelRules& rules, std::span<const double> given)
    : axes_(&axes),
      points_(points.size()),
      blocks_(padded(points.size()) / kKernelBlock),
      prior_weight_(rules.prior_weight),
      weights_(blocks_ * kKernelBlock) {
  // Scott's exponent counts the coordinates that a trial really has.
  std::size_t known = 0;
  columns_.reserve(members.size());
  terms_.reserve(members.size());
  for (const std::size_t k : members) {
    columns_.push_back(gathered(k, points));
    if (axes[k].levels != 1) known += columns_.back().mentioned;
  }
  if (points_ > 0) dimensions_ = std::max(1.0, static_cast<double>(known) / static_cast<double>(points_));
  for (Column& column : columns_) fill(column, points, rules);
  std::stable_sort(columns_.begin(), columns_.end(), [](const Column& a, const Column& b) { return a.kind < b.kind; });
  // p(a | b) = p(a, b) / p(b): the kernels at b become weights.
  for (std::size_t i = 0; i < points_; ++i) weights_[i] = points[i].weight;
  for (std::size_t k = 0; k < given.size(); ++k) {
    if (std::isnan(given[k])) continue;
    Column column = gathered(k, points);
    fill(column, points, rules);
    const Place place = Place::of(axes[k], given[k]);
    prior_weight_ *= place.prior;
    if (column.mentioned > 0) {
      times(column.kind, std::vector{term(column, place)}, 0, weights_);
    } else {
      for (double& weight : weights_) weight *= place.prior;
    }
  }
  total_ = 0;
  for (std::size_t i = 0; i < points_; ++i) sums_.push_back(total_ += weights_[i]);
  log_scale_ = std::log(prior_weight_ + total_);
}

Parzen::Column Parzen::gathered(std::size_t k, std::span<const WeightedPoint> points) const {
  const KernelAxis& axis = (*axes_)[k];
  Column column{.axis = k, .kind = !axis.ordered ? Kind::Options : axis.levels > 0 ? Kind::Levels : Kind::Numeric};
  column.at.assign(blocks_ * kKernelBlock, 0);
  for (std::size_t i = 0; i < points_; ++i) {
    column.at[i] = points[i].x[k];
    column.mentioned += !std::isnan(column.at[i]);
  }
  return column;
}

void Parzen::fill(Column& column, std::span<const WeightedPoint> points, const KernelRules& rules) const {
  const KernelAxis& axis = (*axes_)[column.axis];
  const Spread spread = spread_of(points, column.at);
  if (!(spread.n > 0)) column.mentioned = 0;  // or all of no weight
  if (column.mentioned == 0) return;
  // Of c options with n observations: as if 1 / (1 + n) of each had been seen besides (Optuna does so), so that two good
  // trials alike do not settle a choice.
  const auto count = static_cast<double>(axis.levels);
  const double choice_mix = std::max(rules.choice_mix, count / (count + 1 + spread.n));
  const double mix = !axis.ordered ? choice_mix : axis.levels > 0 ? rules.level_mix : rules.mix;
  if (axis.ordered) column.reach = kReach * bandwidth(spread, dimensions_, rules);
  column.scale = 1 / column.reach;
  const double unit = axis.levels > 0 ? count : kKernelPeak / column.reach;
  column.height.assign(blocks_ * kKernelBlock, 0);
  column.floor.assign(blocks_ * kKernelBlock, 1);
  for (std::size_t i = 0; i < points_; ++i) {
    if (std::isnan(column.at[i])) {
      column.at[i] = 0;
      continue;
    }
    column.floor[i] = mix;
    column.height[i] = (1 - mix) * unit;
    if (!axis.ordered) column.at[i] = static_cast<double>(axis.level_at(column.at[i]));
  }
  if (axis.ordered) cut_heights(column.at.data(), column.scale, column.at.size(), column.height.data());
}

Place Place::of(const KernelAxis& axis, double x) {
  if (std::isnan(x) || axis.levels == 0) return {x, 0, std::isnan(x) ? 1 : axis.prior_density(x)};
  const std::size_t level = axis.level_at(x);
  const double prior = axis.level_density(level);
  if (!axis.ordered) return {static_cast<double>(level), 0, prior};
  return {axis.edges[level], axis.edges[level + 1], prior};
}

KernelTerm Parzen::term(const Column& column, const Place& place) {
  return {column.at.data(), column.height.data(), column.floor.data(), place.at,
          place.hi,         1 / column.reach,     place.prior};
}

void Parzen::times(Kind kind, std::span<const KernelTerm> terms, std::size_t from, std::span<double> product) {
  if (terms.empty()) return;
  const auto loop = kind == Kind::Numeric ? times_numeric : kind == Kind::Levels ? times_levels : times_options;
  loop(product.data(), terms.data(), terms.size(), from, product.size());
}

double Parzen::log_density(std::span<const Place> x, double enough) const {
  double sum = prior_weight_, alike = 1;  // alike: what is a factor of every kernel
  terms_.clear();
  std::array<std::size_t, 4> ends = {};
  for (const Column& column : columns_) {
    const Place& place = x[column.axis];
    if (std::isnan(place.at)) continue;
    sum *= place.prior;
    if (column.mentioned == 0) alike *= place.prior;
    if (column.mentioned > 0) terms_.push_back(term(column, place));
    ends[static_cast<std::size_t>(column.kind) + 1] = terms_.size();
  }
  for (std::size_t kind = 1; kind < ends.size(); ++kind) ends[kind] = std::max(ends[kind], ends[kind - 1]);
  const double stop = enough < 700 ? (prior_weight_ + total_) * std::exp(enough) : HUGE_VAL;
  std::array<double, kChunk> product;
  for (std::size_t from = 0; from < weights_.size() && !(sum > stop); from += kChunk) {
    const std::span<double> part(product.data(), std::min(kChunk, weights_.size() - from));
    std::copy_n(weights_.data() + from, part.size(), product.begin());
    for (std::size_t kind = 0; kind + 1 < ends.size(); ++kind)
      times(static_cast<Kind>(kind), std::span(terms_).subspan(ends[kind], ends[kind + 1] - ends[kind]), from, part);
    sum += alike * sum_of(product.data(), part.size());
  }
  return std::log(std::clamp(sum, 1e-300, 1e300)) - log_scale_;
}

void Parzen::sample(Rng& rng, std::span<double> out) const {
  const double r = rng.uniform() * (prior_weight_ + total_) - prior_weight_;
  const bool prior = r < 0 || points_ == 0;
  const auto found = std::upper_bound(sums_.begin(), sums_.end(), r);
  const std::size_t i = std::min(static_cast<std::size_t>(found - sums_.begin()), points_ - (prior ? 0 : 1));
  for (const Column& column : columns_) {
    const std::size_t k = column.axis;
    const KernelAxis& axis = (*axes_)[k];
    if (prior || column.mentioned == 0 || (column.floor[i] > 0 && rng.uniform() < column.floor[i])) {
      out[k] = axis.prior_sample(rng);
    } else if (!axis.ordered) {
      out[k] = (column.at[i] + 0.5) / static_cast<double>(axis.levels);
    } else {
      out[k] = axis.snapped(kernel_sample(rng, column.at[i], column.reach));
    }
  }
}

}  // namespace hone
