// Pieces of lines on a terminal: how wide a text is, what of it fits, bars and small curves.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace hone {

/// Cells that `text` takes (UTF-8 without control characters): two for a wide character, none for a combining mark.
int cells(std::string_view text);
/// As much of `text` as fits into `width` cells; the last of them is an ellipsis if something is left out.
std::string clip(std::string_view text, int width, bool unicode);
/// `text`, cut or filled up with spaces to exactly `width` cells.
std::string column(std::string_view text, int width, bool unicode);
/// Each character beyond ASCII becomes `?`.
std::string ascii(std::string_view text);

/// `part` of 0 to 1 as a bar of `width` cells.
std::string bar(double part, int width, bool unicode);
/// The values from left to right in at most `width` cells, the lowest as the lowest mark; where there are more values
/// than cells, the last value of each group. A value that is not finite leaves a gap.
std::string curve(std::span<const double> values, int width, bool unicode);

}  // namespace hone
