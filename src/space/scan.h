// Cutting the text of domains and expressions into pieces.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hone/result.h"

namespace hone {

inline bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool in_name(char c) { return starts_name(c) || is_digit(c) || c == '.'; }

/// An identifier that may hold dots (svm.C), and none of the words of expressions: and or not in if.
bool is_param_name(std::string_view name);

/// Reads the quoted word that begins at text[at] and moves `at` past it. Doubling the quote, or a backslash before it,
/// puts it into the word. Nothing if the closing quote is missing.
std::optional<std::string> quoted_word(std::string_view text, std::size_t& at);

/// Splits at the commas outside quotes, parentheses and brackets; trimmed. An empty text has no pieces.
/// Invalid "`(` is never closed" and the like.
Result<std::vector<std::string>> split_commas(std::string_view text);

/// Position just behind the bracket that closes the one at text[open]; nothing if there is none.
std::optional<std::size_t> closing(std::string_view text, std::size_t open);

/// `BODY if CONDITION`, cut at the first ` if ` outside quotes and brackets; both trimmed.
struct Clause {
  std::string body;
  std::optional<std::string> condition;
};
Clause split_if(std::string_view text);

}  // namespace hone
