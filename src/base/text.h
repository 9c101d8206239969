// Text helpers shared by every layer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hone/result.h"

namespace hone {

/// Without control characters, escape sequences and invalid UTF-8 (each becomes `?`; tab becomes a space): fit to be
/// shown. Keeps newlines if `lines`.
std::string printable(std::string_view text, bool lines = false);
/// Quoted for a POSIX shell if it needs to be.
std::string shell_quote(std::string_view word);
std::string trim(std::string_view text);
/// `30`, `45s`, `10m`, `1.5h`, `2d` in seconds; nothing if it is no duration.
std::optional<double> parse_duration(std::string_view text);
std::string duration_text(double seconds);  // 4.2s, 12m30s, 3h05m
/// `1024`, `16MiB`, `2GB` in bytes.
std::optional<std::int64_t> parse_bytes(std::string_view text);
/// `0.2` as 200000 millionths, exactly; further digits are rounded up (`round_up`) or down.
std::optional<std::int64_t> parse_millionths(std::string_view text, bool round_up);

/// `text` with the password of every URL in it (scheme://user:PASSWORD@host) replaced by ***.
std::string without_passwords(std::string_view text);
/// Where the password of the first URL at or after `from` is: its first byte and its length.
std::optional<std::pair<std::size_t, std::size_t>> find_password(std::string_view text, std::size_t from = 0);

}  // namespace hone
