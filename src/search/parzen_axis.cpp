// What a density needs to know of a parameter.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "search/parzen.h"

namespace hone {
namespace {

constexpr std::uint64_t kMostLevels = 32;  // more are as good as continuous

bool is_log(const Domain& domain) {
  const auto* real = std::get_if<Float>(&domain);
  const auto* whole = std::get_if<Int>(&domain);
  return (real && real->log) || (whole && whole->log);
}

double normal_share(const KernelAxis& axis, double lo, double hi) {
  return normal_cdf((hi - axis.mean) / axis.sigma) - normal_cdf((lo - axis.mean) / axis.sigma);
}

/// The user's normal prior in unit coordinates, where it has the scale of its domain; elsewhere the prior is uniform.
void set_prior(KernelAxis& axis, const Param& param) {
  const auto* prior = param.prior ? std::get_if<Normal>(&*param.prior) : nullptr;
  if (!prior || !(prior->sigma > 0)) return;
  double lo = 0, hi = 0;
  if (const auto* real = std::get_if<Float>(&param.domain)) {
    lo = real->lo, hi = real->hi;
  } else if (const auto* whole = std::get_if<Int>(&param.domain)) {
    lo = static_cast<double>(whole->lo), hi = static_cast<double>(whole->hi);
  }
  if (is_log(param.domain) != prior->log || !(hi > lo)) return;
  if (prior->log) lo = std::log(lo), hi = std::log(hi);
  axis.mean = std::clamp((prior->mu - lo) / (hi - lo), 0.0, 1.0);
  axis.sigma = prior->sigma / (hi - lo);
}

/// Where the levels of coordinate `k` are encoded and where their cells end, asked of the space itself: on a
/// logarithmic scale they are not evenly spaced.
void set_cells(KernelAxis& axis, const Param& param) {
  const auto alone = Space::make({Param{.name = "x", .domain = param.domain, .when = {}}});
  if (!alone) return;
  for (std::size_t level = 0; level < axis.levels; ++level) {
    axis.centres.push_back(alone->encode(*alone->cell(level))[0]);
  }
  axis.edges.push_back(0);
  for (std::size_t level = 1; level < axis.levels; ++level) {
    double lo = axis.centres[level - 1], hi = axis.centres[level];
    for (int step = 0; step < 40; ++step) {
      const double middle = (lo + hi) / 2;
      const double nearest = alone->encode(alone->decode(std::vector<double>{middle}))[0];
      (nearest < axis.centres[level] ? lo : hi) = middle;
    }
    axis.edges.push_back((lo + hi) / 2);
  }
  axis.edges.push_back(1);
}

}  // namespace

std::vector<KernelAxis> KernelAxis::of(const Space& space) {
  std::vector<KernelAxis> axes;
  for (std::size_t k = 0; k < space.free().size(); ++k) {
    const Param& param = space.params()[space.free()[k]];
    const std::uint64_t levels = space.levels(k);
    const auto* choice = std::get_if<Choice>(&param.domain);
    KernelAxis axis;
    if (choice && !choice->ordered) {
      axis = options(choice->weights.empty() ? std::vector<double>(choice->options.size(), 1.0) : choice->weights);
    } else {
      set_prior(axis, param);
      if (levels > 0 && levels <= kMostLevels) {
        axis.levels = static_cast<std::size_t>(levels);
        set_cells(axis, param);
        for (std::size_t level = 0; level < axis.levels; ++level) {
          const double lo = axis.edges[level], hi = axis.edges[level + 1];
          axis.prior.push_back(std::isinf(axis.sigma) ? 1 / static_cast<double>(levels)
                                                      : normal_share(axis, lo, hi) / normal_share(axis, 0, 1));
        }
      }
    }
    axes.push_back(std::move(axis));
  }
  return axes;
}

KernelAxis KernelAxis::even_levels(std::size_t count) {
  KernelAxis axis{
      .levels = count, .ordered = true, .prior = std::vector<double>(count, 1 / static_cast<double>(count))};
  for (std::size_t i = 0; i <= count; ++i) axis.edges.push_back(static_cast<double>(i) / static_cast<double>(count));
  for (std::size_t i = 0; i < count; ++i) axis.centres.push_back((axis.edges[i] + axis.edges[i + 1]) / 2);
  return axis;
}

KernelAxis KernelAxis::options(std::vector<double> prior) {
  double sum = 0;
  for (const double weight : prior) sum += weight;
  for (double& weight : prior) weight /= sum;
  const std::size_t count = prior.size();
  return {.levels = count, .ordered = false, .prior = std::move(prior)};
}

std::size_t KernelAxis::level_at(double x) const {
  if (ordered) {
    const auto above = std::upper_bound(edges.begin() + 1, edges.end() - 1, x);
    return static_cast<std::size_t>(above - edges.begin()) - 1;
  }
  const auto level = static_cast<std::size_t>(std::max(0.0, x) * static_cast<double>(levels));
  return std::min(level, levels - 1);
}

double KernelAxis::level_density(std::size_t level) const {
  const double own = prior[level] * static_cast<double>(levels);
  return std::isinf(sigma) ? own : trust * own + (1 - trust);
}

double KernelAxis::prior_density(double x) const {
  if (std::isinf(sigma)) return 1;
  const double z = (x - mean) / sigma;
  const double own = std::exp(-0.5 * z * z) / (sigma * std::sqrt(2 * std::numbers::pi) * normal_share(*this, 0, 1));
  return trust * own + (1 - trust);
}

double KernelAxis::prior_sample(Rng& rng) const {
  const double u = rng.uniform();
  if (!std::isinf(sigma) && rng.uniform() >= trust) return snapped(u);
  if (levels > 0) {
    std::size_t level = 0;
    for (double sum = prior[0]; u >= sum && level + 1 < levels; sum += prior[++level]) continue;
    return ordered ? centres[level] : (static_cast<double>(level) + 0.5) / static_cast<double>(levels);
  }
  if (std::isinf(sigma)) return u;
  const double below = normal_cdf(-mean / sigma);
  return std::clamp(mean + sigma * normal_quantile(below + u * normal_share(*this, 0, 1)), 0.0, 1.0);
}

double KernelAxis::snapped(double x) const { return levels > 0 && ordered ? centres[level_at(x)] : x; }

}  // namespace hone
