#include "cli/live_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace hone {
namespace {

struct Range {
  char32_t first, last;
};
// Unicode 15: what every terminal agrees on; where one does not, lines are drawn without wrapping.
constexpr Range kNarrow[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},    {0x64b, 0x65f},
                             {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x2060, 0x2064},  {0x20d0, 0x20ff},
                             {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef}};
constexpr Range kWide[] = {{0x1100, 0x115f},  {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97c},
                           {0xac00, 0xd7a3},  {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                           {0xffe0, 0xffe6},  {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff},
                           {0x20000, 0x3fffd}};

bool within(char32_t c, std::span<const Range> ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [c](const Range& r) { return c >= r.first && c <= r.last; });
}

struct Char {
  std::size_t bytes = 1;
  int cells = 1;
};
Char next(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0xc0) return {};
  const std::size_t bytes = std::min<std::size_t>(text.size(), first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4);
  char32_t c = first & (first < 0xe0 ? 0x1fU : first < 0xf0 ? 0x0fU : 0x07U);
  for (std::size_t i = 1; i < bytes; ++i) c = (c << 6) | (byte(i) & 0x3fU);
  return {bytes, within(c, kNarrow) ? 0 : within(c, kWide) ? 2 : 1};
}

/// Bytes of the longest beginning that fits.
std::size_t fitting(std::string_view text, int width) {
  std::size_t end = 0;
  for (int used = 0; end < text.size();) {
    const Char c = next(text.substr(end));
    if (used + c.cells > width) break;
    used += c.cells;
    end += c.bytes;
  }
  return end;
}

}  // namespace

int cells(std::string_view text) {
  int count = 0;
  for (std::size_t i = 0; i < text.size();) {
    const Char c = next(text.substr(i));
    count += c.cells;
    i += c.bytes;
  }
  return count;
}

std::string clip(std::string_view text, int width, bool unicode) {
  if (width <= 0) return {};
  if (fitting(text, width) == text.size()) return std::string(text);
  const std::string_view end = unicode ? "…" : width > 3 ? "..." : ".";
  return std::string(text.substr(0, fitting(text, width - cells(end)))).append(end);
}

std::string column(std::string_view text, int width, bool unicode) {
  std::string out = clip(text, width, unicode);
  out.append(static_cast<std::size_t>(std::max(0, width - cells(out))), ' ');
  return out;
}

std::string ascii(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const Char c = next(text.substr(i));
    out += c.bytes == 1 ? text[i] : '?';
    i += c.bytes;
  }
  return out;
}

std::string bar(double part, int width, bool unicode) {
  const int full = static_cast<int>(std::clamp(std::isfinite(part) ? part : 0.0, 0.0, 1.0) * std::max(0, width));
  std::string out;
  for (int i = 0; i < width; ++i) out += unicode ? (i < full ? "━" : "─") : (i < full ? "#" : ".");
  return out;
}

std::string curve(std::span<const double> values, int width, bool unicode) {
  static constexpr std::array<const char*, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr std::array<const char*, 8> kAscii = {"_", ".", "-", ":", "=", "+", "*", "#"};
  double lo = std::numeric_limits<double>::infinity(), hi = -lo;
  for (const double value : values)
    if (std::isfinite(value)) lo = std::min(lo, value), hi = std::max(hi, value);
  const std::size_t count = std::min(values.size(), static_cast<std::size_t>(std::max(0, width)));
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    const double value = values[(i + 1) * values.size() / count - 1];
    const double part = hi > lo ? (value / 2 - lo / 2) / (hi / 2 - lo / 2) : 0.5;  // halved: hi - lo may overflow
    const auto level = static_cast<std::size_t>(std::isfinite(value) ? std::clamp(part * 8, 0.0, 7.0) : 0);
    out += !std::isfinite(value) ? " " : unicode ? kBlocks[level] : kAscii[level];
  }
  return out;
}

}  // namespace hone
