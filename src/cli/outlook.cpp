#include "cli/outlook.h"

#include <algorithm>

namespace hone {

std::optional<Seconds> time_left(const StopRules& stop, std::int64_t started, std::int64_t settled, Seconds elapsed) {
  if (settled <= 0 || elapsed <= 0) return std::nullopt;
  std::optional<Seconds> left;
  if (stop.time) left = std::max(0.0, *stop.time - elapsed);
  if (stop.trials && (started < *stop.trials || settled < started)) {
    const Seconds each = elapsed / static_cast<double>(settled);
    const Seconds rest = each * static_cast<double>(std::max<std::int64_t>(0, *stop.trials - settled));
    left = left ? std::min(*left, rest) : rest;
  }
  return left;
}

}  // namespace hone
