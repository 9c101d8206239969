// A value in a canonical definition. Values of events and of output are written otherwise where they are not finite.
#pragma once

#include <nlohmann/json.hpp>

#include "hone/space.h"

namespace hone {

inline nlohmann::ordered_json value_json(const Value& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return *i;
  if (const auto* d = std::get_if<double>(&value)) return *d;
  if (const auto* s = std::get_if<std::string>(&value)) return *s;
  return nullptr;
}

}  // namespace hone
