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

#include "search/parzen_kernels.h"

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

Spread spread_of(std::span<const WeightedPoint> points, std::size_t k) {
  double sum = 0, squares = 0, first = 0, second = 0;
  for (const WeightedPoint& point : points) {
    const double x = point.x[k], w = point.weight;
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

Parzen::Parzen(const std::vector<KernelAxis>& axes, std::vector<std::size_t> members,
               std::span<const WeightedPoint> points, const KernelRules& rules, std::span<const double> given)
    : axes_(&axes),
      members_(std::move(members)),
      points_(points.size()),
      blocks_(padded(points.size()) / kKernelBlock),
      prior_weight_(rules.prior_weight),
      weights_(blocks_ * kKernelBlock) {
  // Scott's exponent counts the coordinates that a trial really has.
  double known = 0;
  for (const WeightedPoint& point : points) {
    for (const std::size_t k : members_) known += axes[k].levels != 1 && !std::isnan(point.x[k]);
  }
  if (points_ > 0) dimensions_ = std::max(1.0, known / static_cast<double>(points_));
  columns_.resize(members_.size());
  queries_.reserve(members_.size());
  for (std::size_t j = 0; j < members_.size(); ++j) fill(columns_[j], members_[j], points, rules);
  // p(a | b) = p(a, b) / p(b): the kernels at b become weights.
  for (std::size_t i = 0; i < points_; ++i) weights_[i] = points[i].weight;
  for (std::size_t k = 0; k < given.size(); ++k) {
    if (std::isnan(given[k])) continue;
    Column column;
    fill(column, k, points, rules);
    const Query at = query(column, axes[k], given[k]);
    prior_weight_ *= at.prior;
    times(at, 0, weights_);
  }
  total_ = 0;
  for (std::size_t i = 0; i < points_; ++i) sums_.push_back(total_ += weights_[i]);
}

void Parzen::fill(Column& column, std::size_t k, std::span<const WeightedPoint> points,
                  const KernelRules& rules) const {
  const KernelAxis& axis = (*axes_)[k];
  const Spread spread = spread_of(points, k);
  column.mentioned = spread.n > 0;
  if (!column.mentioned) return;
  const bool options = !axis.ordered;
  // Of c options with n observations: as if 1 / (1 + n) of each had been seen besides (Optuna does so), so that two good
  // trials alike do not settle a choice.
  const auto count = static_cast<double>(axis.levels);
  const double choice_mix = std::max(rules.choice_mix, count / (count + 1 + spread.n));
  const double mix = options ? choice_mix : axis.levels > 0 ? rules.level_mix : rules.mix;
  column.reach = options ? 0 : kReach * bandwidth(spread, dimensions_, rules);
  column.at.assign(blocks_ * kKernelBlock, 0);
  column.height.assign(blocks_ * kKernelBlock, 0);
  column.floor.assign(blocks_ * kKernelBlock, 1);
  for (std::size_t i = 0; i < points_; ++i) {
    const double c = points[i].x[k];
    if (std::isnan(c)) continue;
    column.floor[i] = mix;
    if (options) {
      column.at[i] = static_cast<double>(axis.level_at(c));
      column.height[i] = (1 - mix) * static_cast<double>(axis.levels);
      continue;
    }
    column.at[i] = c;
    const double inside = kernel_half_mass((1 - c) / column.reach) - kernel_half_mass(-c / column.reach);
    const double unit = axis.levels > 0 ? static_cast<double>(axis.levels) : kKernelPeak / column.reach;
    column.height[i] = (1 - mix) * unit / inside;
  }
}

Parzen::Query Parzen::query(const Column& column, const KernelAxis& axis, double x) const {
  Query query{Query::Kind::Numeric, &column, x, 0, 1 / column.reach, axis.prior_density(x)};
  if (!column.mentioned) {
    query.kind = Query::Kind::Unmentioned;
  } else if (!axis.ordered) {
    query.kind = Query::Kind::Options;
    query.at = static_cast<double>(axis.level_at(x));
  } else if (axis.levels > 0) {
    query.kind = Query::Kind::Levels;
    const std::size_t level = axis.level_at(x);
    query.at = axis.edges[level], query.hi = axis.edges[level + 1];
  }
  return query;
}

void Parzen::times(const Query& query, std::size_t from, std::span<double> product) {
  if (query.kind == Query::Kind::Unmentioned) {
    for (double& p : product) p *= query.prior;
    return;
  }
  const Column& column = *query.column;
  const KernelRow row{column.at.data() + from, column.height.data() + from, column.floor.data() + from, product.size()};
  switch (query.kind) {
    case Query::Kind::Unmentioned:
      break;
    case Query::Kind::Options:
      times_options(product.data(), row, query.at, query.prior);
      break;
    case Query::Kind::Levels:
      times_levels(product.data(), row, query.at, query.hi, query.scale, query.prior);
      break;
    case Query::Kind::Numeric:
      times_numeric(product.data(), row, query.at, query.scale, query.prior);
      break;
  }
}

double Parzen::log_density(std::span<const double> x, double enough) const {
  double sum = prior_weight_;
  queries_.clear();
  for (std::size_t j = 0; j < members_.size(); ++j) {
    if (std::isnan(x[members_[j]])) continue;
    queries_.push_back(query(columns_[j], (*axes_)[members_[j]], x[members_[j]]));
    sum *= queries_.back().prior;
  }
  const double scale = prior_weight_ + total_;
  const double stop = scale * std::exp(std::min(enough, 700.0));
  std::array<double, kChunk> product;
  for (std::size_t from = 0; from < weights_.size() && !(sum > stop); from += kChunk) {
    const std::size_t size = std::min(kChunk, weights_.size() - from);
    std::copy_n(weights_.data() + from, size, product.begin());
    for (const Query& each : queries_) times(each, from, std::span(product).first(size));
    sum += sum_of(product.data(), size);
  }
  return std::log(std::clamp(sum, 1e-300, 1e300)) - std::log(scale);
}

void Parzen::sample(Rng& rng, std::span<double> out) const {
  const double r = rng.uniform() * (prior_weight_ + total_) - prior_weight_;
  const bool prior = r < 0 || points_ == 0;
  const auto found = std::upper_bound(sums_.begin(), sums_.end(), r);
  const std::size_t i = std::min(static_cast<std::size_t>(found - sums_.begin()), points_ - (prior ? 0 : 1));
  for (std::size_t j = 0; j < members_.size(); ++j) {
    const std::size_t k = members_[j];
    const KernelAxis& axis = (*axes_)[k];
    const Column& column = columns_[j];
    if (prior || !column.mentioned || (column.floor[i] > 0 && rng.uniform() < column.floor[i])) {
      out[k] = axis.prior_sample(rng);
    } else if (!axis.ordered) {
      out[k] = (column.at[i] + 0.5) / static_cast<double>(axis.levels);
    } else {
      out[k] = axis.snapped(kernel_sample(rng, column.at[i], column.reach));
    }
  }
}

}  // namespace hone
