#include "search/gp_space.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "search/make.h"
#include "search/parzen.h"

namespace hone {
namespace {

constexpr std::uint64_t kMostStops = 4096;

bool ascending_numbers(const Choice& choice) {
  double last = -std::numeric_limits<double>::infinity();
  for (const Value& option : choice.options) {
    const auto* real = std::get_if<double>(&option);
    const auto* whole = std::get_if<std::int64_t>(&option);
    if (real == nullptr && whole == nullptr) return false;
    const double x = real != nullptr ? *real : static_cast<double>(*whole);
    if (!(x > last)) return false;
    last = x;
  }
  return true;
}

/// Integers on a log scale have levels of different widths: they are found by decoding.
std::vector<double> stops_of(const Space& space, std::size_t k) {
  const std::uint64_t levels = space.levels(k);
  if (levels == 0 || levels > kMostStops) return {};
  const Param& param = space.params()[space.free()[k]];
  std::vector<double> stops;
  if (const auto* whole = std::get_if<Int>(&param.domain); whole != nullptr && whole->log) {
    // Half a step below lo to half a step above the last, geometric (space/axis.h).
    const double step = static_cast<double>(whole->step), lo = static_cast<double>(whole->lo);
    const double from = std::log(lo - step / 2);
    const double width = std::log(lo + (static_cast<double>(levels) - 0.5) * step) - from;
    for (std::uint64_t i = 0; i < levels; ++i)
      stops.push_back((std::log(lo + static_cast<double>(i) * step) - from) / width);
    return stops;
  }
  for (std::uint64_t i = 0; i < levels; ++i)
    stops.push_back((static_cast<double>(i) + 0.5) / static_cast<double>(levels));
  return stops;
}

GpSpace::Column column_of(const Space& space, std::size_t k) {
  GpSpace::Column column;
  const Param& param = space.params()[space.free()[k]];
  if (const auto* choice = std::get_if<Choice>(&param.domain)) {
    column.word = !choice->ordered && !ascending_numbers(*choice);
    column.category = column.word && choice->options.size() > 2;
  }
  column.stops = stops_of(space, k);
  if (column.stops.size() > 1) {
    column.from = column.stops.front();
    column.width = column.stops.back() - column.stops.front();
  }
  return column;
}

}  // namespace

GpSpace::GpSpace(const Space& space, bool fidelity) : space_(space), fidelity_(fidelity) {
  std::map<std::pair<std::string, bool>, std::size_t>
      groups;  // by condition; those without one: numbers and words apart
  for (std::size_t k = 0; k < space.free().size(); ++k) {
    const Param& param = space.params()[space.free()[k]];
    columns_.push_back(column_of(space, k));
    shape_.category.push_back(columns_.back().category);
    stepped_ = stepped_ || space.levels(k) > 1;
    plain_ = plain_ && param.when.empty() && (space.levels(k) == 0 || !columns_.back().stops.empty());
    const auto [group, created] =
        groups.try_emplace({param.when, param.when.empty() && columns_.back().word}, shape_.groups.size());
    if (created) shape_.groups.emplace_back();
    shape_.groups[group->second].columns.push_back(static_cast<Eigen::Index>(k));
  }
  plain_ = plain_ && space.constraints().empty();
  if (fidelity) {
    const auto [group, created] = groups.try_emplace({"", false}, shape_.groups.size());
    if (created) shape_.groups.emplace_back();
    shape_.groups[group->second].columns.push_back(shape_.columns());
    shape_.category.push_back(0);
  }
  width_ = shape_.category.size();
  for (const auto& [key, group] : groups) {
    if (!key.first.empty()) shape_.groups[group].flag = static_cast<Eigen::Index>(width_++);
  }
  measure();
  prefer();
}

/// How much is active at once, on average.
void GpSpace::measure() {
  Rng rng = Rng::stream(0, "gp active");  // a property of the space, not a draw of the study
  constexpr int kDraws = 64;
  double active = 0, active_groups = 0;
  for (int i = 0; i < kDraws; ++i) {
    const auto point = space_.encode(space_.draw(uniform_point(rng, space_)));
    for (std::size_t k = 0; k < point.size(); ++k) {
      if (std::isnan(point[k])) continue;
      ++active;
      if (columns_[k].word) options_ += static_cast<double>(columns_[k].stops.size() - 1) / kDraws;
    }
    std::vector<double> out(width_);
    row(point, 1, out.data());
    for (const auto& group : shape_.groups)
      active_groups += group.flag < 0 ? 1 : out[static_cast<std::size_t>(group.flag)];
  }
  active_ = std::max(1.0, active / kDraws);
  shape_.active_groups = std::max(1.0, active_groups / kDraws);
}

void GpSpace::prefer() {
  const std::vector<KernelAxis> axes = KernelAxis::of(space_);
  for (const auto& group : shape_.groups) {
    for (const Eigen::Index j : group.columns) {
      const auto k = static_cast<std::size_t>(j);
      if (k >= columns_.size()) continue;  // the fidelity
      const KernelAxis& axis = axes[k];
      Preference one{.column = j, .flag = group.flag};
      if (std::isfinite(axis.sigma)) {
        one.mean = (axis.mean - columns_[k].from) / columns_[k].width;
        one.precision = std::pow(columns_[k].width / axis.sigma, 2);
        preferences_.push_back(one);
      } else if (columns_[k].word &&
                 std::adjacent_find(axis.prior.begin(), axis.prior.end(), std::not_equal_to<>()) != axis.prior.end()) {
        for (const double p : axis.prior) one.logs.push_back(std::log(std::max(p, 1e-6)));
        one.stretch = columns_[k].category ? 1 : static_cast<double>(axis.prior.size() - 1);
        preferences_.push_back(one);
      }
    }
  }
}

void GpSpace::row(std::span<const double> point, double level, double* out) const {
  for (std::size_t k = 0; k < columns_.size(); ++k) {
    const Column& column = columns_[k];
    const double u = point[k];
    if (column.category) {
      out[k] = std::isnan(u) ? -1 : std::floor(u * static_cast<double>(column.stops.size()));
    } else {
      out[k] = std::isnan(u) ? 0.5 : (u - column.from) / column.width;
    }
  }
  if (fidelity_) out[columns_.size()] = level;
  for (const auto& group : shape_.groups) {
    if (group.flag >= 0) out[group.flag] = std::isnan(point[static_cast<std::size_t>(group.columns[0])]) ? 0 : 1;
  }
}

std::vector<double> GpSpace::settled(std::vector<double> point) const {
  if (!plain_) return space_.encode(space_.decode(point));
  for (std::size_t k = 0; k < point.size(); ++k) {
    const auto& stops = columns_[k].stops;
    if (stops.empty()) {
      point[k] = std::clamp(point[k], 0.0, 1.0);
      continue;
    }
    const auto above = std::lower_bound(stops.begin(), stops.end(), point[k]);
    if (above == stops.end()) {
      point[k] = stops.back();
    } else if (above == stops.begin() || *above - point[k] < point[k] - *(above - 1)) {
      point[k] = *above;
    } else {
      point[k] = *(above - 1);
    }
  }
  return point;
}

std::vector<std::vector<double>> GpSpace::neighbours(const std::vector<double>& point, Rng& rng) const {
  std::vector<std::vector<double>> all;
  const auto add = [&](std::size_t k, double u) {
    std::vector<double> next = point;
    next[k] = u;
    if (!plain_) {
      for (double& x : next) {
        if (std::isnan(x)) x = rng.uniform();
      }
    }
    all.push_back(settled(std::move(next)));
  };
  for (std::size_t k = 0; k < columns_.size(); ++k) {
    const auto& stops = columns_[k].stops;
    if (std::isnan(point[k]) || stops.size() < 2) continue;
    const auto here =
        std::min_element(stops.begin(), stops.end(),
                         [&](double a, double b) { return std::abs(a - point[k]) < std::abs(b - point[k]); }) -
        stops.begin();
    const auto count = static_cast<std::ptrdiff_t>(stops.size());
    if (columns_[k].category) {
      for (std::ptrdiff_t i = 0; i < count; ++i) {
        if (i != here) add(k, stops[static_cast<std::size_t>(i)]);
      }
      continue;
    }
    for (std::ptrdiff_t step = 1; step < count; step *= 2) {
      if (here + step < count) add(k, stops[static_cast<std::size_t>(here + step)]);
      if (here - step >= 0) add(k, stops[static_cast<std::size_t>(here - step)]);
    }
  }
  return all;
}

std::vector<double> GpSpace::perturbed(const std::vector<double>& point, double scale, double share, Rng& rng) const {
  std::vector<double> next = point;
  const std::size_t always = static_cast<std::size_t>(rng.below(next.size()));
  for (std::size_t k = 0; k < next.size(); ++k) {
    const bool chosen = rng.uniform() < share || k == always;
    const double step = rng.normal(), fresh = rng.uniform();
    if (std::isnan(next[k])) {
      next[k] = fresh;
    } else if (chosen && columns_[k].category) {
      next[k] = fresh;
    } else if (chosen) {
      const auto levels = static_cast<double>(columns_[k].stops.size());
      next[k] += step * (levels > 0 ? std::max(scale, 0.7 / levels) : scale);
      if (next[k] < 0) next[k] = std::min(1.0, -next[k]);
      if (next[k] > 1) next[k] = std::max(0.0, 2 - next[k]);
    }
  }
  return settled(std::move(next));
}

}  // namespace hone
