// Configs from outside: named values, and configs of another version of the space.
#include "base/check.h"

#include <fmt/format.h>

#include <cmath>

#include "space/data.h"
#include "space/value.h"

namespace hone {
namespace {

using Mistakes = std::vector<std::string>;

tl::unexpected<Error> all_of(const Mistakes& mistakes) { return invalid(fmt::format("{}", fmt::join(mistakes, "\n"))); }

bool is_free(const Domain& domain) {
  return !std::holds_alternative<Derived>(domain) && !std::holds_alternative<Constant>(domain);
}

/// Other programs print derived values with their own number of digits.
bool close_value(const Value& a, const Value& b) {
  if (same_value(a, b)) return true;
  if (!is_number(a) || !is_number(b)) return false;
  return std::abs(as_double(a) - as_double(b)) <= 1e-9 * std::max(std::abs(as_double(a)), std::abs(as_double(b)));
}

/// The values in the order of the parameters; free ones in the type of their domain.
std::vector<Value> sort_out(const Space::Data& data, const NamedValues& values, Mistakes& mistakes) {
  std::vector<Value> given(data.params.size());
  for (const auto& [name, value] : values) {
    const auto found = data.names.find(name);
    if (found == data.names.end()) {
      std::vector<std::string> names;
      for (const auto& [known, index] : data.names) names.push_back(known);
      const std::string hint = did_you_mean(name, names);
      mistakes.push_back(fmt::format("{}: unknown parameter{}", in_short(name), hint.empty() ? "; drop it" : hint));
      continue;
    }
    if (!active(value)) continue;  // null: as if it were absent
    if (active(given[found->second])) {
      mistakes.push_back(fmt::format("{}: given twice; drop one", name));
      continue;
    }
    const Domain& domain = data.params[found->second].domain;
    given[found->second] = value;
    if (std::holds_alternative<Derived>(domain)) continue;
    const Result<Value> own = accept(domain, value);
    if (own) given[found->second] = *own;
    else mistakes.push_back(fmt::format("{}: {}", name, own.error().what));
  }
  return given;
}

/// Values that the finished config contradicts: given for inactive parameters, or another than the derived one.
void contradictions(const Space::Data& data, const std::vector<Value>& given, const Config& config,
                    Mistakes& mistakes) {
  for (std::size_t i = 0; i < given.size(); ++i) {
    const Param& param = data.params[i];
    const auto* derived = std::get_if<Derived>(&param.domain);
    if (derived != nullptr && !active(config[i]) && data.active(i, config) &&
        !data.nodes[i].derived->mentions_inactive(config)) {
      mistakes.push_back(
          fmt::format("{}: {} has no value here; choose other values", param.name, in_short(derived->expression)));
    } else if (active(given[i]) && !active(config[i])) {
      mistakes.push_back(fmt::format("{}: inactive here{}; leave it out", param.name,
                                     param.when.empty() ? "" : ", as " + in_short(param.when) + " does not hold"));
    } else if (derived != nullptr && active(given[i]) && !close_value(given[i], config[i])) {
      mistakes.push_back(fmt::format("{}: {} is not {} = {}; leave it out", param.name, in_short(value_text(given[i])),
                                     in_short(derived->expression), value_text(config[i])));
    }
  }
}

void broken_rules(const Space::Data& data, const Config& config, Mistakes& mistakes) {
  for (std::size_t i = 0; i < data.rules.size(); ++i) {
    if (data.rules[i].mentions_inactive(config) || data.rules[i].holds(config)) continue;
    mistakes.push_back(
        fmt::format("constraints[{}]: {} does not hold; choose other values", i, in_short(data.constraints[i])));
  }
}

}  // namespace

Result<Config> Space::check(const NamedValues& values) const {
  Mistakes mistakes;
  const std::vector<Value> given = sort_out(*data_, values, mistakes);
  if (!mistakes.empty()) return all_of(mistakes);
  Config config = data_->fill([&](std::size_t param, std::size_t) {
    if (!active(given[param])) {
      mistakes.push_back(fmt::format("{}: missing; give a value of {}", data_->params[param].name,
                                     domain_text(data_->params[param].domain)));
    }
    return given[param];
  });
  if (mistakes.empty()) {  // else what follows from the missing ones would be reported as well
    contradictions(*data_, given, config, mistakes);
    broken_rules(*data_, config, mistakes);
  }
  if (!mistakes.empty()) return all_of(mistakes);
  return config;
}

Result<Config> Space::complete(const NamedValues& values, Rng rng) const {
  constexpr int kMostDraws = 1000;
  Mistakes mistakes;
  const std::vector<Value> given = sort_out(*data_, values, mistakes);
  if (!mistakes.empty()) return all_of(mistakes);
  for (int i = 0; i < kMostDraws; ++i) {
    Config config = data_->fill([&](std::size_t param, std::size_t k) {
      const double unit = rng.uniform();
      return active(given[param]) ? given[param] : data_->axes[k].draw(unit);
    });
    mistakes.clear();
    contradictions(*data_, given, config, mistakes);
    broken_rules(*data_, config, mistakes);
    if (mistakes.empty()) return config;
  }
  // All that is wrong with the last draw is an example; the first of it is enough.
  return invalid(fmt::format("{} (so in each of {} draws of the missing values)", mistakes.front(), kMostDraws));
}

std::optional<Config> Space::adopt(const Config& config, const Space& from) const {
  const Data& old = *from.data_;
  HONE_CHECK(config.size() == old.params.size(), "adopt: the config is not of the space it is said to be from");
  std::vector<Value> given(data_->params.size());
  for (std::size_t i = 0; i < config.size(); ++i) {
    if (!active(config[i])) continue;
    const auto index = find(old.params[i].name);
    if (!index) {
      if (is_free(old.params[i].domain)) return std::nullopt;  // its effect would be laid at another's door
      continue;
    }
    const Domain& domain = data_->params[*index].domain;
    if (std::holds_alternative<Derived>(domain)) continue;
    const Result<Value> own = accept(domain, config[i]);
    if (!own) return std::nullopt;
    given[*index] = *own;
  }
  bool complete = true;
  Config result = data_->fill([&](std::size_t param, std::size_t) -> Value {
    if (active(given[param])) return given[param];
    const Param& missing = data_->params[param];
    if (missing.fallback && !from.find(missing.name)) return *missing.fallback;  // what it was before it was there
    complete = false;
    return {};
  });
  for (std::size_t i = 0; i < given.size(); ++i) complete = complete && (!active(given[i]) || active(result[i]));
  if (!complete) return std::nullopt;
  return result;
}

}  // namespace hone
