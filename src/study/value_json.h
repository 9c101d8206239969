// Numbers, values and configs as JSON: of canonical definitions, of lines to other programs, of output. The log of events
// writes values in a form of its own (event_json.cpp).
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

#include "hone/space.h"

namespace hone {

/// nan and infinities, which JSON lacks, are strings.
inline nlohmann::ordered_json number_json(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

inline nlohmann::ordered_json value_json(const Value& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return *i;
  if (const auto* d = std::get_if<double>(&value)) return number_json(*d);
  if (const auto* s = std::get_if<std::string>(&value)) return *s;
  return nullptr;
}

/// Inactive parameters are absent. Names are distinct already: appending to an object spares the search for the key;
/// tables of 100 000 trials pass here.
inline nlohmann::ordered_json config_json(const Space& space, const Config& config) {
  nlohmann::ordered_json::object_t out;
  out.reserve(config.size());
  for (std::size_t i = 0; i < config.size() && i < space.params().size(); ++i)
    if (!std::holds_alternative<std::monostate>(config[i]))
      out.emplace_back(space.params()[i].name, value_json(config[i]));
  return out;
}

/// Values that a user named: of a point, of a stage. Their names may be of no parameter.
inline nlohmann::ordered_json named_json(const NamedValues& values) {
  auto out = nlohmann::ordered_json::object();
  for (const auto& [name, value] : values) out[name] = value_json(value);
  return out;
}

}  // namespace hone
