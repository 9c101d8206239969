#include "hone/space.h"

#include <cmath>

#include "base/check.h"
#include "space/data.h"
#include "space/value.h"

namespace hone {

Space::Space() : data_(std::make_shared<const Data>()) {}

const std::vector<Param>& Space::params() const { return data_->params; }
const std::vector<std::string>& Space::constraints() const { return data_->constraints; }
const std::vector<std::size_t>& Space::free() const { return data_->free; }
bool Space::finite() const { return data_->finite; }
std::uint64_t Space::cells() const { return data_->cells; }

std::optional<std::size_t> Space::find(std::string_view name) const {
  const auto found = data_->names.find(name);
  if (found == data_->names.end()) return std::nullopt;
  return found->second;
}

std::vector<double> Space::encode(const Config& config) const {
  HONE_CHECK(config.size() == data_->params.size(), "encode: a config of another space");
  std::vector<double> unit(data_->free.size());
  for (std::size_t k = 0; k < unit.size(); ++k) unit[k] = data_->axes[k].encode(config[data_->free[k]]);
  return unit;
}

Config Space::decode(std::span<const double> unit) const {
  HONE_CHECK(unit.size() == data_->free.size(), "decode: a point of another space");
  return data_->fill([&](std::size_t, std::size_t k) { return data_->axes[k].decode(unit[k]); });
}

Config Space::draw(std::span<const double> unit) const {
  HONE_CHECK(unit.size() == data_->free.size(), "draw: a point of another space");
  return data_->fill([&](std::size_t, std::size_t k) { return data_->axes[k].draw(unit[k]); });
}

bool Space::allows(const Config& config) const { return violations(config) == 0; }

int Space::violations(const Config& config) const {
  HONE_CHECK(config.size() == data_->params.size(), "violations: a config of another space");
  int count = 0;
  for (const Expression& rule : data_->rules) {
    if (!rule.mentions_inactive(config) && !rule.holds(config)) ++count;
  }
  // A derived value that should be there but is undefined (1 / 0) leaves nothing to run.
  for (const std::size_t param : data_->derived) {
    if (hone::active(config[param])) continue;
    if (data_->active(param, config) && !data_->nodes[param].derived->mentions_inactive(config)) ++count;
  }
  return count;
}

std::uint64_t Space::levels(std::size_t coordinate) const {
  HONE_CHECK(coordinate < data_->axes.size(), "levels: no such coordinate");
  return data_->axes[coordinate].levels();
}

std::optional<Config> Space::cell(std::uint64_t index, std::span<const double> unit) const {
  HONE_CHECK(index < data_->cells, "cell: beyond cells()");
  HONE_CHECK(unit.size() == data_->free.size() || (unit.empty() && data_->finite), "cell: a point of another space");
  std::vector<std::uint64_t> digits(data_->axes.size());
  for (std::size_t k = digits.size(); k-- > 0;) {
    const std::uint64_t levels = data_->axes[k].levels();
    if (levels == 0) continue;
    digits[k] = index % levels;
    index /= levels;
  }
  Config config = data_->fill([&](std::size_t, std::size_t k) {
    const Axis& axis = data_->axes[k];
    return axis.levels() == 0 ? axis.draw(unit[k]) : axis.level(digits[k]);
  });
  for (std::size_t k = 0; k < digits.size(); ++k) {
    if (digits[k] != 0 && !hone::active(config[data_->free[k]])) return std::nullopt;
  }
  return config;
}

std::string Space::text(std::size_t param, const Value& value) const {
  HONE_CHECK(param < data_->params.size(), "text: no such parameter");
  const Domain& domain = data_->params[param].domain;
  if (const auto* choice = std::get_if<Choice>(&domain)) {
    for (std::size_t i = 0; i < choice->options.size(); ++i) {
      if (same_value(choice->options[i], value)) return choice->texts[i];
    }
  }
  if (const auto* constant = std::get_if<Constant>(&domain);
      constant != nullptr && same_value(constant->value, value)) {
    return constant->text;
  }
  return value_text(value);
}

}  // namespace hone
