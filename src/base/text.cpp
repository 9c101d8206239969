#include "base/text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/check.h"

namespace hone {
namespace {

/// Length of the valid UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned value = 0;
  if ((first & 0xe0) == 0xc0) length = 2, value = first & 0x1fU;
  else if ((first & 0xf0) == 0xe0) length = 3, value = first & 0x0fU;
  else if ((first & 0xf8) == 0xf0) length = 4, value = first & 0x07U;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    value = (value << 6) | (byte(i) & 0x3fU);
  }
  const bool shortest = value >= (length == 2 ? 0x80U : length == 3 ? 0x800U : 0x10000U);
  const bool legal = value <= 0x10ffff && (value < 0xd800 || value > 0xdfff) && value >= 0xa0;  // no C1 controls
  // Marks that turn the direction of text round could make it read as something else.
  const bool turns = (value >= 0x202a && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069);
  return shortest && legal && !turns ? length : 0;
}

/// End of the escape sequence that starts at `i` (ESC); just past ESC if it is none.
std::size_t skip_escape(std::string_view text, std::size_t i) {
  std::size_t j = i + 1;
  if (j >= text.size()) return j;
  if (text[j] == '[') {  // CSI: parameters, then one byte @..~
    for (++j; j < text.size() && (text[j] < '@' || text[j] > '~'); ++j) {
    }
    return j < text.size() ? j + 1 : j;
  }
  if (text[j] == ']') {  // OSC: up to BEL or ESC backslash
    for (++j; j < text.size() && text[j] != '\a' && text[j] != '\x1b' && text[j] != '\n'; ++j) {
    }
    if (j + 1 < text.size() && text[j] == '\x1b' && text[j + 1] == '\\') return j + 2;
    return j < text.size() && text[j] == '\a' ? j + 1 : j;
  }
  return j;
}

struct Unit {
  std::string_view suffix;
  double factor;
};

/// Splits `12.5m` into number and suffix.
std::optional<std::pair<double, std::string>> number_with_suffix(std::string_view text) {
  const std::string copy = trim(text);
  double number = 0;
  const auto [end, error] = std::from_chars(copy.data(), copy.data() + copy.size(), number);
  if (error != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  return std::pair{number, trim(std::string_view(end, static_cast<std::size_t>(copy.data() + copy.size() - end)))};
}

}  // namespace

void check_failed(const char* file, int line, const char* condition, const char* why) {
  std::fprintf(stderr, "hone: internal error at %s:%d: %s (%s)\n", file, line, why, condition);
  std::abort();
}

std::string printable(std::string_view text, bool lines) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\x1b') {
      i = skip_escape(text, i);
    } else if (c == '\t' || (c == '\n' && !lines)) {
      out += ' ', ++i;
    } else if (c == '\n') {
      out += c, ++i;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      if (c != '\r') out += '?';
      ++i;
    } else if (const std::size_t length = utf8_length(text.substr(i)); length > 0) {
      out += text.substr(i, length), i += length;
    } else {
      out += '?', ++i;
    }
  }
  return out;
}

std::string shell_quote(std::string_view word) {
  constexpr std::string_view safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (!word.empty() && word.find_first_not_of(safe) == std::string_view::npos) return std::string(word);
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out + "'";
}

std::string trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

std::optional<double> parse_duration(std::string_view text) {
  const auto parts = number_with_suffix(text);
  if (!parts) return std::nullopt;
  static constexpr Unit units[] = {{"", 1}, {"s", 1}, {"ms", 0.001}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}};
  for (const auto& unit : units)
    if (parts->second == unit.suffix) return parts->first * unit.factor;
  return std::nullopt;
}

std::string duration_text(double seconds) {
  if (!(seconds >= 0)) return "-";
  if (seconds < 60) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
  return fmt::format("{}d{:02}h", whole / 86400, whole / 3600 % 24);
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  const auto parts = number_with_suffix(text);
  if (!parts) return std::nullopt;
  static constexpr Unit units[] = {{"", 1},
                                   {"B", 1},
                                   {"kB", 1e3},
                                   {"KB", 1e3},
                                   {"MB", 1e6},
                                   {"GB", 1e9},
                                   {"TB", 1e12},
                                   {"KiB", 1024.0},
                                   {"MiB", 1048576.0},
                                   {"GiB", 1073741824.0},
                                   {"TiB", 1099511627776.0},
                                   {"k", 1e3},
                                   {"K", 1024.0},
                                   {"M", 1048576.0},
                                   {"G", 1073741824.0}};
  for (const auto& unit : units)
    if (parts->second == unit.suffix && parts->first * unit.factor < 9e18)
      return static_cast<std::int64_t>(parts->first * unit.factor);
  return std::nullopt;
}

std::optional<std::int64_t> parse_millionths(std::string_view text, bool round_up) {
  const std::string copy = trim(text);
  std::int64_t whole = 0, part = 0;
  int digits = 0;
  bool point = false, any = false, rest = false;
  for (const char c : copy) {
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (!point) {
        whole = whole * 10 + (c - '0');
        if (whole > 1'000'000'000) return std::nullopt;
      } else if (digits < 6) {
        part = part * 10 + (c - '0'), ++digits;
      } else {
        rest = rest || c != '0';
      }
    } else {
      return std::nullopt;
    }
  }
  if (!any) return std::nullopt;
  for (; digits < 6; ++digits) part *= 10;
  return whole * 1'000'000 + part + (round_up && rest ? 1 : 0);
}

std::optional<std::pair<std::size_t, std::size_t>> find_password(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find("://", from); at != std::string_view::npos; at = text.find("://", at + 3)) {
    const std::size_t begin = at + 3;
    const std::string_view authority = text.substr(begin, text.find_first_of("/?# \t\n\"'`", begin) - begin);
    const std::size_t end = authority.rfind('@'), colon = authority.find(':');
    if (end == std::string_view::npos || colon == std::string_view::npos || colon + 1 >= end) continue;
    return std::pair(begin + colon + 1, end - colon - 1);
  }
  return std::nullopt;
}

std::string without_passwords(std::string_view text) {
  std::string out;
  std::size_t from = 0;
  while (const auto found = find_password(text, from)) {
    out += text.substr(from, found->first - from);
    out += "***";
    from = found->first + found->second;
  }
  return out += text.substr(from);
}

}  // namespace hone
