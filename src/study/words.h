// A command line as text, split into words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hone/result.h"

namespace hone {

/// Splits at blanks as a POSIX shell does: '...', "..." and backslash quote; nothing is expanded. Invalid if a quote is
/// left open.
Result<std::vector<std::string>> split_command(std::string_view text);

}  // namespace hone
