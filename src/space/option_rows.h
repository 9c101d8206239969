// What the rows of the registries are written with. A row stands at the end of its algorithm's file.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hone/registry.h"

namespace hone {

inline OptionRow whole(std::string name, std::int64_t fallback, double lo, double hi, std::string doc) {
  return {std::move(name), OptionRow::Type::Int, fallback, lo, hi, {}, std::move(doc)};
}
inline OptionRow real(std::string name, double fallback, double lo, double hi, std::string doc) {
  return {std::move(name), OptionRow::Type::Float, fallback, lo, hi, {}, std::move(doc)};
}
inline OptionRow yes_no(std::string name, bool fallback, std::string doc) {
  return {std::move(name), OptionRow::Type::Bool, std::int64_t{fallback}, 0, 1, {}, std::move(doc)};
}
inline OptionRow word(std::string name, std::string fallback, std::vector<std::string> words, std::string doc) {
  return {std::move(name), OptionRow::Type::Word, std::move(fallback), 0, 0, std::move(words), std::move(doc)};
}
inline OptionRow text(std::string name, std::string doc) {
  return {std::move(name), OptionRow::Type::Text, {}, 0, 0, {}, std::move(doc)};
}

}  // namespace hone
