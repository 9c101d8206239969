#include "model/curve_posterior.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "hone/rng.h"

namespace hone {
namespace {

struct Drift {
  double walk, bend;  // ω, η
};
constexpr Drift kDrifts[] = {{0.01, 0}, {1, 0}, {30, 0}, {300, 0}, {0, 10}, {0, 300}, {0, 1e4}, {0, 3e5}};
constexpr double kNoises[] = {0.0003, 0.001, 0.004, 0.015, 0.06, 0.25, 1};  // s, in spreads
constexpr double kDamping = 0.5;                                            // κ: a trend lasts for two e-folds of x
constexpr double kLevel = 5;                 // deviation of a, in spreads: (4) says what is known of the end
constexpr double kDrop = 1.3;                // of b
constexpr double kUniformCurves = 10;        // how many curves the uniform prior of the grids is worth
constexpr double kUnlikely = 1e-5;           // parts with less than this, against the likeliest, are left out
constexpr double kTails = 1.25;              // values at X have heavier tails than a normal distribution
constexpr double kFar = 3, kFarEnds = 0.05;  // (4) has a tail on the side of the worse: density of what has diverged
constexpr double kBest = 1e3, kWild = 6;     // further away all are alike, or rounding would rule

/// Whether W stays within what trials have: some spreads in an e-fold.
bool sensible(Drift drift, double noise) { return drift.walk * noise * noise <= 3 && drift.bend * noise * noise <= 5; }

/// r -> 1 + ln r above 1: (1).
double squeezed(double r) { return std::clamp(r > 1 ? 1 + std::log(r) : r, -kBest, kWild); }
double stretched(double z) { return z > 1 ? std::exp(z - 1) : z; }

/// One column of (2), or y, under the filter: what it predicts of the next report, and the slope of that.
struct Column {
  double level = 0, slope = 0;
};

/// The filter of (3) over the reports of one curve, for s = 1: products of the whitened columns.
struct Whitened {
  double one_one = 0, one_start = 0, start_start = 0, one_y = 0, start_y = 0, y_y = 0, log_scale = 0;
  std::vector<double> shape_shape, shape_one, shape_start, shape_y;  // by shape
  // At X: what W takes on there given the reports, of each column, and the variance that is left, with ε.
  double one = 0, start = 0, y = 0, variance = 0;
  std::vector<double> shape;
};

class Filter {
 public:
  Filter(Drift drift, std::size_t shapes) : drift_(drift), level_(shapes), slope_(shapes) {
    for (auto* sums : {&out_.shape_shape, &out_.shape_one, &out_.shape_start, &out_.shape_y}) sums->resize(shapes);
  }

  void add(double time, double start, double y, const std::vector<double>& shape) {
    advance(first_ ? 0 : time - time_);
    first_ = false;
    time_ = time;
    const double total = p11_ + 1, gain = p11_ / total, turn = p12_ / total, weight = 1 / total;
    out_.log_scale += std::log(total);
    const double e1 = 1 - one_.level, es = start - start_.level, ey = y - y_.level;
    out_.one_one += weight * e1 * e1, out_.one_start += weight * e1 * es, out_.start_start += weight * es * es;
    out_.one_y += weight * e1 * ey, out_.start_y += weight * es * ey, out_.y_y += weight * ey * ey;
    for (std::size_t j = 0; j < shape.size(); ++j) {
      const double e = shape[j] - level_[j], we = weight * e;
      out_.shape_shape[j] += we * e;
      out_.shape_one[j] += we * e1;
      out_.shape_start[j] += we * es;
      out_.shape_y[j] += we * ey;
      level_[j] += gain * e;
      slope_[j] += turn * e;
    }
    one_.level += gain * e1, start_.level += gain * es, y_.level += gain * ey;
    one_.slope += turn * e1, start_.slope += turn * es, y_.slope += turn * ey;
    p22_ -= turn * p12_, p12_ *= 1 - gain, p11_ *= 1 - gain;
  }

  Whitened at_end(double time) {
    advance(time - time_);
    out_.one = one_.level, out_.start = start_.level, out_.y = y_.level;
    out_.shape = std::move(level_);
    out_.variance = p11_ + 1;
    return std::move(out_);
  }

 private:
  /// (3), exactly.
  void advance(double dt) {
    if (dt <= 0) return;
    if (drift_.bend == 0) {
      p11_ += drift_.walk * dt;
      return;
    }
    const double keep = std::exp(-kDamping * dt), reach = (1 - keep) / kDamping, q = drift_.bend / (2 * kDamping);
    p11_ += reach * (2 * p12_ + reach * p22_) +
            q / (kDamping * kDamping) * (2 * kDamping * dt - 3 + 4 * keep - keep * keep);
    p12_ = keep * (p12_ + reach * p22_) + q * kDamping * reach * reach;
    p22_ = keep * keep * p22_ + q * (1 - keep * keep);
    for (Column* column : {&one_, &start_, &y_}) column->level += reach * column->slope, column->slope *= keep;
    for (std::size_t j = 0; j < level_.size(); ++j) level_[j] += reach * slope_[j], slope_[j] *= keep;
  }

  Drift drift_;
  bool first_ = true;
  double time_ = 0;
  double p11_ = 0, p12_ = 0, p22_ = 0;  // covariance of (W, v)
  Column one_, start_, y_;
  std::vector<double> level_, slope_;  // of the shapes
  Whitened out_;
};

/// Every combination of the grids: its weight, and what it says of y(X) - level.
struct Mixture {
  std::vector<double> log_weight, mean, variance;
  std::vector<std::size_t> shape, grid;
  std::size_t now = 0;  // drift and noise
  void add(double w, double m, double v, std::size_t j) {
    log_weight.push_back(w), mean.push_back(m), variance.push_back(v), shape.push_back(j), grid.push_back(now);
  }
};

/// Integrates a, c, b for one kind of W and one s. Everything in spreads and relative to level and start.
void integrate(const Whitened& w, double noise, double start_spread, double start_at_end, double log_prior,
               const std::vector<double>& log_shape, std::size_t reports, Mixture& out) {
  const double v = noise * noise, per = 1 / v, va = kLevel * kLevel, vb = kDrop * kDrop,
               vc = start_spread * start_spread;
  // The Cholesky factor of the precision of (a, c, b); its first two rows are the same for all shapes.
  const double l11 = std::sqrt(1 / va + w.one_one * per), l21 = w.one_start * per / l11;
  const double l22 = std::sqrt(std::max(1 / vc + w.start_start * per - l21 * l21, 1e-9 / vc));
  const double z1 = w.one_y * per / l11, z2 = (w.start_y * per - l21 * z1) / l22;
  // y(X) = h · (a, c, b) + ..., h: each column at X without what W takes on of it
  const double h1 = (1 - w.one) / l11, h2 = (start_at_end - w.start - l21 * h1) / l22;
  const double common =
      log_prior -
      0.5 * (static_cast<double>(reports) * std::log(v) + w.log_scale + w.y_y * per + std::log(va * vb * vc)) +
      0.5 * (z1 * z1 + z2 * z2) - std::log(l11 * l22);
  const double centre = w.y + h1 * z1 + h2 * z2, variance = v * w.variance + h1 * h1 + h2 * h2;
  for (std::size_t j = 0; j < log_shape.size(); ++j) {
    const double l31 = w.shape_one[j] * per / l11, l32 = (w.shape_start[j] * per - l31 * l21) / l22;
    const double d = std::max(1 / vb + w.shape_shape[j] * per - l31 * l31 - l32 * l32, 1e-9 / vb), l33 = std::sqrt(d);
    const double z3 = (w.shape_y[j] * per - l31 * z1 - l32 * z2) / l33;
    const double h3 = (-w.shape[j] - l31 * h1 - l32 * h2) / l33;  // a shape is 0 at X
    const double mean = centre + h3 * z3, own = variance + h3 * h3;
    const double weight = common + log_shape[j] + 0.5 * z3 * z3 - std::log(l33);
    // (4): one more observation, of deviation 1
    const double total = own + 1;
    out.add(weight - 0.5 * (std::log(total) + mean * mean / total), mean / total, own / total, j);
    if (mean > kFar && mean * mean > 4 * own) out.add(weight + std::log(kFarEnds), mean, own, j);
  }
}

/// Which of `x` are used: all, or kMost that are spread evenly in ln x, the first and the last among them.
std::vector<std::size_t> chosen(std::span<const double> x) {
  std::vector<std::size_t> all(x.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (x.size() <= CurvePosterior::kMost) return all;
  std::vector<std::size_t> some = {0};
  for (std::size_t k = 1; k + 1 < CurvePosterior::kMost; ++k) {
    // Equal ratios from where we are to the end, but at least the next one.
    const double left = static_cast<double>(CurvePosterior::kMost - k);
    const double aim = x[some.back()] * std::pow(x.back() / x[some.back()], 1 / left);
    const auto next = std::lower_bound(x.begin() + static_cast<std::ptrdiff_t>(some.back()) + 1, x.end(), aim);
    const auto index = static_cast<std::size_t>(next - x.begin());
    if (index + 1 >= x.size()) break;
    some.push_back(index);
  }
  some.push_back(x.size() - 1);
  return some;
}

double quantile_of(std::vector<double>& values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

CurvePosterior::Fit summarise(const Mixture& all, std::size_t shapes, const CurvePrior& prior) {
  const double highest = *std::max_element(all.log_weight.begin(), all.log_weight.end());
  std::vector<double> weight;
  weight.reserve(all.log_weight.size());
  for (const double w : all.log_weight) weight.push_back(std::exp(w - highest));
  const double sum = std::accumulate(weight.begin(), weight.end(), 0.0);
  CurveHabits habits{std::vector<double>(shapes), std::vector<double>(std::size(kDrifts)),
                     std::vector<double>(std::size(kNoises))};
  std::vector<CurveForecast::Part> parts;
  double kept = 0;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const std::size_t grid = all.grid[i];
    habits.shape[all.shape[i]] += weight[i] / sum;
    habits.noise[grid % std::size(kNoises)] += weight[i] / sum;
    habits.drift[grid / std::size(kNoises)] += weight[i] / sum;
    if (weight[i] < kUnlikely) continue;
    kept += weight[i];
    parts.push_back({weight[i], all.mean[i], std::sqrt(all.variance[i])});
  }
  for (CurveForecast::Part& part : parts) part.weight /= kept;
  return {CurveForecast(std::move(parts), prior.level, prior.spread), std::move(habits)};
}

std::vector<double> logs(const std::vector<double>& weights) {
  std::vector<double> out(weights.size());
  std::transform(weights.begin(), weights.end(), out.begin(), [](double w) { return std::log(w); });
  return out;
}

}  // namespace

CurvePrior curve_prior(std::span<const double> first, std::span<const double> latest, double ahead) {
  std::vector<double> now(latest.begin(), latest.end()), drop;
  CurvePrior prior;
  prior.level = quantile_of(now, 0.5);
  const double best = *std::min_element(now.begin(), now.end());
  // The best of n lies where the distribution function is about n / (n + 1).
  const auto n = static_cast<double>(std::max<std::size_t>(now.size(), 2));
  prior.spread = kTails * (prior.level - best) / normal_quantile(n / (n + 1)) * (1 + 0.5 * ahead);
  // All alike: what is left is what they came from, or the size of the numbers.
  double moved = 0;
  for (std::size_t i = 0; i < latest.size(); ++i) drop.push_back(std::abs(first[i] - latest[i]));
  moved = quantile_of(drop, 0.5);
  prior.spread = std::max({prior.spread, 1e-3 * moved, 1e-9 * std::abs(prior.level), 1e-300});
  for (std::size_t i = 0; i < latest.size(); ++i)
    drop[i] = squeezed((first[i] - prior.level) / prior.spread) - squeezed((latest[i] - prior.level) / prior.spread);
  prior.start = quantile_of(drop, 0.5);
  prior.start_spread = std::max({quantile_of(drop, 0.84) - prior.start, prior.start - quantile_of(drop, 0.16), 0.1});
  return prior;
}

double CurveForecast::below_squeezed(double z) const {
  double sum = 0;
  for (const Part& part : parts_) sum += part.weight * normal_cdf((z - part.mean) / part.deviation);
  return sum;
}

double CurveForecast::below(double value) const { return below_squeezed(squeezed((value - level_) / spread_)); }

double CurveForecast::quantile(double share) const {
  double lo = parts_.front().mean, hi = lo;
  for (const Part& part : parts_) {
    lo = std::min(lo, part.mean - 8 * part.deviation);
    hi = std::max(hi, part.mean + 8 * part.deviation);
  }
  const double enough = 1e-5 * (hi - lo);
  while (hi - lo > enough) {
    const double middle = lo + (hi - lo) / 2;
    if (middle <= lo || middle >= hi) break;
    (below_squeezed(middle) < share ? lo : hi) = middle;
  }
  return level_ + spread_ * stretched(lo + (hi - lo) / 2);
}

CurveSketch::CurveSketch(const CurveForecast& forecast)
    : low(forecast.quantile(0.05)), median(forecast.quantile(0.5)), high(forecast.quantile(0.95)) {
  constexpr double kSteps[kPoints] = {0, 0.4, 0.7, 1, 1.4, 2, 3, 4.5};  // from the median, in distances of low
  for (std::size_t i = 0; i < kPoints; ++i) {
    value[i] = median - kSteps[i] * (median - low);
    log_share[i] = std::log(std::max(forecast.below(value[i]), 1e-12));
  }
}

double CurveSketch::below(double at) const {
  if (at >= high) return 0.95;
  if (at >= median) return 0.5 + 0.45 * (at - median) / (high - median);
  for (std::size_t i = 1; i < kPoints; ++i) {
    if (at < value[i]) continue;
    const double part = (at - value[i]) / (value[i - 1] - value[i]);
    return std::exp(log_share[i] + part * (log_share[i - 1] - log_share[i]));
  }
  return std::exp(log_share.back());
}

double CurveSketch::quantile(double share) const {
  const double wanted = std::log(share);
  for (std::size_t i = 1; i < kPoints; ++i) {
    if (wanted < log_share[i]) continue;
    const double part = (wanted - log_share[i]) / (log_share[i - 1] - log_share[i]);
    return value[i] + std::clamp(part, 0.0, 1.0) * (value[i - 1] - value[i]);
  }
  return value.back();
}

CurvePosterior::CurvePosterior(double first, double last) : shapes_(first, last), curves_(kUniformCurves) {
  const auto uniform = [](std::size_t n) { return std::vector<double>(n, 1 / static_cast<double>(n)); };
  habits_ = {uniform(shapes_.size()), uniform(std::size(kDrifts)), uniform(std::size(kNoises))};
}

void CurvePosterior::learn(const CurveHabits& seen) {
  const auto add = [&](std::vector<double>& weights, const std::vector<double>& more) {
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = (weights[i] * curves_ + more[i]) / (curves_ + 1);
  };
  add(habits_.shape, seen.shape);
  add(habits_.drift, seen.drift);
  add(habits_.noise, seen.noise);
  curves_ += 1;
}

CurvePosterior::Fit CurvePosterior::fit(std::span<const double> x, std::span<const double> y, const CurvePrior& prior) {
  const std::vector<std::size_t> used = chosen(x);
  const std::vector<double> log_shape = logs(habits_.shape);
  const auto transient = [&](double at) { return std::pow(at / shapes_.first(), -3); };
  const double start_end = transient(shapes_.last());
  Mixture all;
  for (std::size_t d = 0; d < std::size(kDrifts); ++d) {
    Filter filter(kDrifts[d], shapes_.size());
    for (const std::size_t i : used) {
      const double value = squeezed((y[i] - prior.level) / prior.spread);
      filter.add(std::log(x[i]), transient(x[i]), value - prior.start * transient(x[i]), shapes_.at(x[i]));
    }
    Whitened whitened = filter.at_end(std::log(shapes_.last()));
    whitened.y += prior.start * start_end;
    for (std::size_t s = 0; s < std::size(kNoises); ++s, ++all.now)
      if (sensible(kDrifts[d], kNoises[s]))
        integrate(whitened, kNoises[s], prior.start_spread, start_end, std::log(habits_.drift[d] * habits_.noise[s]),
                  log_shape, used.size(), all);
  }
  return summarise(all, shapes_.size(), prior);
}

}  // namespace hone
