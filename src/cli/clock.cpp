#include "cli/clock.h"

#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <ctime>

namespace hone {

Seconds wall_clock() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

namespace {
Seconds steady_clock() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
}  // namespace

RunClock::RunClock(Seconds not_before) : base_(std::max(wall_clock(), not_before)), begin_(steady_clock()) {}
Seconds RunClock::now() const { return base_ + steady_clock() - begin_; }

std::string local_time(Seconds time) {
  const auto whole = static_cast<std::time_t>(time);
  std::tm parts{};
  char text[32];
  if (localtime_r(&whole, &parts) == nullptr || std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts) == 0)
    return "-";
  return text;
}

std::uint64_t random_seed() {
  std::uint32_t seed = 0;
  if (getentropy(&seed, sizeof seed) != 0) seed = static_cast<std::uint32_t>(wall_clock() * 1e3);
  return seed;
}

}  // namespace hone
