#include "search/cmaes_axes.h"

#include <algorithm>
#include <cmath>

namespace hone {
namespace {

constexpr std::uint64_t kLadder = 256;  // coordinates with more levels are as good as continuous

/// Onto [0, 1], there and back again: continuous, so that an optimum at a bound is one of the unbounded function too.
double mirrored(double x) {
  const double r = x - 2 * std::floor(x / 2);
  return r <= 1 ? r : 2 - r;
}

/// Positions of the levels in the unit interval, as Space::encode gives them, and the limits between them.
CmaLadder ladder_of(const Domain& domain, std::uint64_t levels, int coordinate) {
  CmaLadder ladder{.coordinate = coordinate, .levels = {}, .limits = {}};
  double lo = 0, step = 1;
  bool log = false;
  if (const auto* whole = std::get_if<Int>(&domain)) {
    lo = static_cast<double>(whole->lo), step = static_cast<double>(whole->step), log = whole->log;
  } else if (const auto* real = std::get_if<Float>(&domain)) {
    lo = real->lo, step = real->step.value_or(1), log = real->log;
  }
  const auto count = static_cast<double>(levels);
  const double from = std::log(lo - step / 2), width = std::log(lo + (count - 0.5) * step) - from;
  // Value i + shift of the ladder, on the unit scale.
  const auto at = [&](double i) { return log ? (std::log(lo + i * step) - from) / width : (i + 0.5) / count; };
  for (std::uint64_t i = 0; i < levels; ++i) {
    ladder.levels.push_back(at(static_cast<double>(i)));
    if (i + 1 < levels) ladder.limits.push_back(at(static_cast<double>(i) + 0.5));
  }
  return ladder;
}

}  // namespace

CmaAxes::CmaAxes(const Space& space) : space_(space) {
  for (std::size_t k = 0; k < space.free().size(); ++k) {
    const Domain& domain = space.params()[space.free()[k]].domain;
    const std::uint64_t levels = space.levels(k);
    const auto* choice = std::get_if<Choice>(&domain);
    if (levels == 1) continue;
    if (levels == 2 || (choice != nullptr && !choice->ordered)) {
      const auto count = static_cast<Eigen::Index>(levels);
      Eigen::VectorXd chances = Eigen::VectorXd::Constant(count, 1 / static_cast<double>(count));
      if (choice != nullptr && !choice->weights.empty()) {
        for (Eigen::Index i = 0; i < count; ++i) chances(i) = choice->weights[static_cast<std::size_t>(i)];
        chances /= chances.sum();
      }
      chances_.push_back(std::move(chances));
      choices_.push_back({k, levels});
      continue;
    }
    if (levels > 0 && levels <= kLadder) ladders_.push_back(ladder_of(domain, levels, numbers()));
    numbers_.push_back({k, levels <= kLadder ? levels : 0});
  }
}

std::vector<int> CmaAxes::options() const {
  std::vector<int> counts;
  for (const Options& choice : choices_) counts.push_back(static_cast<int>(choice.levels));
  return counts;
}

void CmaAxes::confine(Eigen::VectorXd& numbers) const {
  for (std::size_t j = 0; j < numbers_.size(); ++j) {
    double& x = numbers(static_cast<Eigen::Index>(j));
    if (numbers_[j].levels == 0) x = std::clamp(x, 0.0, 1.0);
  }
}

Config CmaAxes::decode(const CmaPoint& point) const {
  std::vector<double> unit(space_.free().size(), 0.5);
  for (std::size_t j = 0; j < numbers_.size(); ++j) {
    const double x = point.numbers(static_cast<Eigen::Index>(j));
    unit[numbers_[j].coordinate] = numbers_[j].levels > 0 ? std::clamp(x, 0.0, 1.0) : mirrored(x);
  }
  for (std::size_t v = 0; v < choices_.size(); ++v) {
    unit[choices_[v].coordinate] = (point.options[v] + 0.5) / static_cast<double>(choices_[v].levels);
  }
  return space_.decode(unit);
}

CmaPoint CmaAxes::encode(const std::vector<double>& unit, const Eigen::VectorXd& mean) const {
  CmaPoint point{.numbers = mean, .options = std::vector<int>(choices_.size(), -1)};
  for (std::size_t j = 0; j < numbers_.size(); ++j) {
    const double x = unit[numbers_[j].coordinate];
    double& number = point.numbers(static_cast<Eigen::Index>(j));
    if (!std::isnan(x)) number = x;
  }
  for (std::size_t v = 0; v < choices_.size(); ++v) {
    const double x = unit[choices_[v].coordinate];
    if (std::isnan(x)) continue;
    point.options[v] = static_cast<int>(
        std::min(x * static_cast<double>(choices_[v].levels), static_cast<double>(choices_[v].levels) - 1));
  }
  return point;
}

}  // namespace hone
