// Values: comparing them and reading them as numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hone/space.h"

namespace hone {

inline bool active(const Value& value) { return value.index() != 0; }
inline bool is_word(const Value& value) { return value.index() == 3; }
inline bool is_number(const Value& value) { return value.index() == 1 || value.index() == 2; }

/// The number as a double; NaN for words and inactive values.
double as_double(const Value& value);
/// The number as an int64 if it is whole and fits: 3 and 3.0 alike.
std::optional<std::int64_t> as_whole(const Value& value);
/// 1 and 1.0 are the same; a word is never the same as a number; inactive is the same as inactive.
bool same_value(const Value& a, const Value& b);
/// A total order of values (inactive, numbers, words) in which same_value() is equality.
bool value_less(const Value& a, const Value& b);
/// -1, 0, 1: an int64 against a double without rounding. REQUIRES: b is not NaN
int compare_exactly(std::int64_t a, double b);

/// Fit for a one-line message: control characters replaced, long text cut.
std::string in_short(std::string_view text);
/// `a, b, c`, cut after a few.
std::string listed(const std::vector<std::string>& items);
/// "; did you mean NAME?" or empty.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace hone
