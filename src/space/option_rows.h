// What the rows of the registries are written with. A row stands at the end of its algorithm's file.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hone/registry.h"

namespace hone {

inline OptionRow whole(std::string name, std::int64_t fallback, double lo, double hi, std::string doc) {
  return {.name = std::move(name),
          .type = OptionRow::Type::Int,
          .fallback = fallback,
          .lo = lo,
          .hi = hi,
          .words = {},
          .doc = std::move(doc)};
}
inline OptionRow real(std::string name, double fallback, double lo, double hi, std::string doc) {
  return {.name = std::move(name),
          .type = OptionRow::Type::Float,
          .fallback = fallback,
          .lo = lo,
          .hi = hi,
          .words = {},
          .doc = std::move(doc)};
}
inline OptionRow yes_no(std::string name, bool fallback, std::string doc) {
  return {.name = std::move(name),
          .type = OptionRow::Type::Bool,
          .fallback = std::int64_t{fallback},
          .lo = 0,
          .hi = 1,
          .words = {},
          .doc = std::move(doc)};
}
inline OptionRow word(std::string name, std::string fallback, std::vector<std::string> words, std::string doc) {
  return {.name = std::move(name),
          .type = OptionRow::Type::Word,
          .fallback = std::move(fallback),
          .lo = 0,
          .hi = 0,
          .words = std::move(words),
          .doc = std::move(doc)};
}

inline OptionRow text(std::string name, std::string doc) {
  return {.name = std::move(name),
          .type = OptionRow::Type::Text,
          .fallback = {},
          .lo = 0,
          .hi = 0,
          .words = {},
          .doc = std::move(doc)};
}

}  // namespace hone
