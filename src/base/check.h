// Broken invariants. Never reachable by input, in every build type.
#pragma once

namespace hone {
[[noreturn]] void check_failed(const char* file, int line, const char* condition, const char* why);
}

#define HONE_CHECK(condition, why) \
  ((condition) ? static_cast<void>(0) : ::hone::check_failed(__FILE__, __LINE__, #condition, why))
