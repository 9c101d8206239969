#include "space/value.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <system_error>

#include "base/text.h"
#include "hone/registry.h"

namespace hone {
namespace {

constexpr double kTwo63 = 9223372036854775808.0;

/// The shapes that count as numbers; what they hold is left to from_chars.
struct Shape {
  bool number = false;  // [+-] digits [. digits] [e [+-] digits], no leading zeros
  bool whole = false;   // neither point nor exponent
};

Shape shape_of(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t start = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - start;
  };
  Shape shape;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  const std::size_t first = i;
  const std::size_t before = digits();
  if (before > 1 && text[first] == '0') return shape;  // 010 is somebody's label
  std::size_t after = 0;
  bool point = false;
  if (i < text.size() && text[i] == '.') {
    point = true;
    ++i;
    after = digits();
  }
  if (before + after == 0) return shape;
  bool exponent = false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    exponent = true;
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    if (digits() == 0) return shape;
  }
  shape.number = i == text.size();
  shape.whole = shape.number && !point && !exponent;
  return shape;
}

}  // namespace

Value parse_value(std::string_view text) {
  const Shape shape = shape_of(text);
  if (!shape.number) return std::string(text);
  const char* begin = text.data() + (text.front() == '+' ? 1 : 0);
  const char* end = text.data() + text.size();
  if (shape.whole) {
    std::int64_t whole = 0;
    if (std::from_chars(begin, end, whole).ec == std::errc()) return whole;
  }
  double number = 0;
  if (std::from_chars(begin, end, number).ec != std::errc() || !std::isfinite(number)) return std::string(text);
  return number;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value == 0 && std::signbit(value)) return "-0.0";  // -0 reads back as the whole number 0
  return fmt::format("{}", value);
}

std::string value_text(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return number_text(*number);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  if (const auto* word = std::get_if<std::string>(&value)) return *word;
  return "";
}

double as_double(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return std::numeric_limits<double>::quiet_NaN();
}

std::optional<std::int64_t> as_whole(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  const auto* number = std::get_if<double>(&value);
  if (number == nullptr || !(*number >= -kTwo63 && *number < kTwo63) || *number != std::floor(*number)) return {};
  return static_cast<std::int64_t>(*number);
}

int compare_exactly(std::int64_t a, double b) {
  if (b >= kTwo63) return -1;
  if (b < -kTwo63) return 1;
  const auto whole = static_cast<std::int64_t>(b);  // towards zero
  if (a != whole) return a < whole ? -1 : 1;
  const double rest = b - static_cast<double>(whole);
  return rest > 0 ? -1 : rest < 0 ? 1 : 0;
}

bool same_value(const Value& a, const Value& b) {
  if (a.index() == b.index()) return a == b;
  if (a.index() == 2 && b.index() == 1) {
    const double number = std::get<double>(b);
    return !std::isnan(number) && compare_exactly(std::get<std::int64_t>(a), number) == 0;
  }
  if (a.index() == 1 && b.index() == 2) return same_value(b, a);
  return false;
}

bool value_less(const Value& a, const Value& b) {
  const auto rank = [](const Value& value) { return is_word(value) ? 2 : is_number(value) ? 1 : 0; };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  if (is_word(a)) return std::get<std::string>(a) < std::get<std::string>(b);
  if (!is_number(a) || same_value(a, b)) return false;
  if (a.index() == b.index()) return a < b;
  if (a.index() == 2) return compare_exactly(std::get<std::int64_t>(a), std::get<double>(b)) < 0;
  return compare_exactly(std::get<std::int64_t>(b), std::get<double>(a)) > 0;
}

std::string in_short(std::string_view text) {
  constexpr std::size_t kMost = 120;
  if (text.size() <= kMost) return printable(text);
  return printable(text.substr(0, kMost - 3)) + "...";
}

std::string listed(const std::vector<std::string>& items) {
  constexpr std::size_t kMost = 8;
  std::string text;
  for (std::size_t i = 0; i < items.size() && i < kMost; ++i) text += (i == 0 ? "" : ", ") + in_short(items[i]);
  if (items.size() > kMost) text += fmt::format(", ... ({} in all)", items.size());
  return text;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(word, candidates);
  return nearest.empty() ? "" : fmt::format("; did you mean {}?", in_short(nearest));
}

}  // namespace hone
