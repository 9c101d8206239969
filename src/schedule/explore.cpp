#include "schedule/explore.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "space/expression.h"

namespace hone {
namespace {

constexpr int kTries = 50;
constexpr double kDown = 0.8, kUp = 1.2;
constexpr std::size_t kShown = 4;

/// Parameters that decide which others are active.
std::set<std::size_t> gates_of(const Space& space) {
  const auto& params = space.params();
  NameIndex names;
  for (std::size_t i = 0; i < params.size(); ++i) names.emplace(params[i].name, i);
  std::set<std::size_t> gates;
  for (const Param& param : params) {
    if (param.when.empty()) continue;
    const auto when = Expression::compile(param.when, params, names, Expression::Use::Truth);
    if (when) gates.insert(when->mentions().begin(), when->mentions().end());
  }
  return gates;
}

std::optional<std::size_t> option_of(const Choice& choice, const Value& value) {
  const auto found = std::find(choice.options.begin(), choice.options.end(), value);
  if (found == choice.options.end()) return std::nullopt;
  return static_cast<std::size_t>(found - choice.options.begin());
}

Value changed_choice(const Choice& choice, const Value& value, double factor) {
  const auto at = option_of(choice, value);
  if (!choice.ordered || !at) return value;
  const std::size_t last = choice.options.size() - 1;
  return choice.options[factor > 1 ? std::min(*at + 1, last) : *at - std::min<std::size_t>(*at, 1)];
}

/// At least one step, else a small whole number would never change.
Value changed_whole(const Int& domain, std::int64_t value, double factor) {
  const double wanted = std::round(static_cast<double>(value) * factor);
  auto next =
      static_cast<std::int64_t>(std::clamp(wanted, static_cast<double>(domain.lo), static_cast<double>(domain.hi)));
  if (std::abs(static_cast<double>(next) - static_cast<double>(value)) < static_cast<double>(domain.step))
    next = factor > 1 ? (value > domain.hi - domain.step ? value : value + domain.step)
                      : (value < domain.lo + domain.step ? value : value - domain.step);
  return next;
}

Value changed_real(const Float& domain, double value, double factor) {
  double next = value * factor;
  if (domain.step && std::abs(next - value) < *domain.step)
    next = factor > 1 ? value + *domain.step : value - *domain.step;
  return std::clamp(next, domain.lo, domain.hi);
}

}  // namespace

Explorer::Explorer(const Space& space) : space_(space) {
  const std::set<std::size_t> gates = gates_of(space);
  for (std::size_t k = 0; k < space.free().size(); ++k) {
    const std::size_t param = space.free()[k];
    if (space.params()[param].changeable && !gates.contains(param)) coordinates_.push_back(k);
  }
}

Value Explorer::changed(std::size_t param, const Value& value, double factor) const {
  const Domain& domain = space_.params()[param].domain;
  if (const auto* choice = std::get_if<Choice>(&domain)) return changed_choice(*choice, value, factor);
  const auto* whole = std::get_if<std::int64_t>(&value);
  const auto* real = std::get_if<double>(&value);
  if (const auto* range = std::get_if<Int>(&domain)) return whole ? changed_whole(*range, *whole, factor) : value;
  if (!real) return value;
  if (const auto* range = std::get_if<Float>(&domain)) return changed_real(*range, *real, factor);
  if (const auto* bell = std::get_if<Normal>(&domain)) return std::clamp(*real * factor, bell->lo, bell->hi);
  return *real * factor;  // pieces: settled() clips it
}

Value Explorer::resampled(std::size_t coordinate, Rng& rng) const {
  std::vector<double> unit(space_.free().size());
  for (double& u : unit) u = rng.uniform();
  const std::size_t param = space_.free()[coordinate];
  Value value = space_.draw(unit)[param];
  return std::holds_alternative<std::monostate>(value) ? space_.decode(unit)[param] : value;
}

/// On the grid of its domains, with what is derived filled in.
Config Explorer::settled(const Config& raw) const { return space_.decode(space_.encode(raw)); }

Config Explorer::perturbed(const Config& base, double resample, Rng& rng) const {
  for (int i = 0; i < kTries; ++i) {
    Config config = base;
    for (const std::size_t k : coordinates_) {
      const std::size_t param = space_.free()[k];
      const bool anew = rng.uniform() < resample;
      const double factor = rng.below(2) == 0 ? kDown : kUp;
      if (std::holds_alternative<std::monostate>(base[param])) continue;
      Value value = anew ? resampled(k, rng) : changed(param, base[param], factor);
      if (!std::holds_alternative<std::monostate>(value)) config[param] = std::move(value);
    }
    config = settled(config);
    if (space_.allows(config)) return config;
  }
  return base;
}

Config Explorer::joined(const Config& donor, const Config& own) const {
  Config config = donor;
  for (const std::size_t k : coordinates_) {
    const std::size_t param = space_.free()[k];
    const bool both =
        !std::holds_alternative<std::monostate>(donor[param]) && !std::holds_alternative<std::monostate>(own[param]);
    if (both) config[param] = own[param];
  }
  config = settled(config);
  return space_.allows(config) ? config : donor;
}

Config Explorer::placed(const Config& base, const std::vector<double>& unit) const {
  std::vector<double> point = space_.encode(base);
  for (std::size_t i = 0; i < coordinates_.size(); ++i)
    if (!std::isnan(unit[i]) && !std::isnan(point[coordinates_[i]])) point[coordinates_[i]] = unit[i];
  Config config = space_.decode(point);
  return space_.allows(config) ? config : base;
}

std::string Explorer::changes(const Config& from, const Config& to) const {
  std::vector<std::string> texts;
  std::size_t more = 0;
  for (const std::size_t k : coordinates_) {
    const std::size_t param = space_.free()[k];
    if (from[param] == to[param]) continue;
    if (texts.size() == kShown) {
      ++more;
      continue;
    }
    texts.push_back(fmt::format("{} {} to {}", space_.params()[param].name, space_.text(param, from[param]),
                                space_.text(param, to[param])));
  }
  if (texts.empty()) return "nothing";
  return fmt::format("{}{}", fmt::join(texts, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace hone
