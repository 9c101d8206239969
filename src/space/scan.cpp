#include "space/scan.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace hone {
namespace {

char partner(char c) { return c == '(' ? ')' : c == '[' ? ']' : c == '{' ? '}' : '\0'; }
bool closes(char c) { return c == ')' || c == ']' || c == '}'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// A quote opens a word only where a word may begin, so that don't is no quotation.
bool opens_quote(std::string_view text, std::size_t at) {
  if (text[at] != '\'' && text[at] != '"') return false;
  return at == 0 || !(in_name(text[at - 1]) || closes(text[at - 1]));
}

/// Walks over the text outside quotes; `visit(position, depth)` may stop it by returning false. Returns the brackets
/// still open at the end, or nothing if one is closed that was not open or a quote is never closed.
template <class F>
std::optional<std::string> walk(std::string_view text, F visit) {
  std::string open;  // the closing partners that are due
  for (std::size_t i = 0; i < text.size();) {
    if (opens_quote(text, i)) {
      if (!quoted_word(text, i)) return std::nullopt;
      continue;
    }
    const char c = text[i];
    if (closes(c)) {
      if (open.empty() || open.back() != c) return std::nullopt;
      open.pop_back();
    }
    if (!visit(i, open.size())) return open;
    if (partner(c) != '\0') open.push_back(partner(c));
    ++i;
  }
  return open;
}

}  // namespace

bool is_param_name(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kReserved = {"and", "or", "not", "in", "if"};
  if (name.empty() || !starts_name(name.front()) || name.back() == '.') return false;
  if (!std::all_of(name.begin(), name.end(), in_name) || name.find("..") != name.npos) return false;
  return std::find(kReserved.begin(), kReserved.end(), name) == kReserved.end();
}

std::optional<std::string> quoted_word(std::string_view text, std::size_t& at) {
  const char quote = text[at];
  std::string word;
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    const bool more = i + 1 < text.size();
    if (text[i] == '\\' && more && (text[i + 1] == quote || text[i + 1] == '\\')) {
      word += text[++i];
    } else if (text[i] != quote) {
      word += text[i];
    } else if (more && text[i + 1] == quote) {
      word += text[++i];
    } else {
      at = i + 1;
      return word;
    }
  }
  return std::nullopt;
}

Result<std::vector<std::string>> split_commas(std::string_view text) {
  std::vector<std::string> pieces;
  std::size_t start = 0;
  const auto open = walk(text, [&](std::size_t i, std::size_t depth) {
    if (depth == 0 && text[i] == ',') {
      pieces.push_back(trim(text.substr(start, i - start)));
      start = i + 1;
    }
    return true;
  });
  if (!open) return invalid("a bracket or quote does not match; close each that is opened");
  if (!open->empty()) return invalid(std::string("`") + open->back() + "` is missing");
  const std::string last = trim(text.substr(start));
  if (!pieces.empty() || !last.empty()) pieces.push_back(last);
  return pieces;
}

std::optional<std::size_t> closing(std::string_view text, std::size_t open) {
  std::optional<std::size_t> end;
  walk(text.substr(open), [&](std::size_t i, std::size_t depth) {
    if (i > 0 && depth == 0) end = open + i + 1;
    return !end;
  });
  return end;
}

Clause split_if(std::string_view text) {
  Clause clause;
  std::optional<std::size_t> at;
  walk(text, [&](std::size_t i, std::size_t depth) {
    const bool keyword = depth == 0 && text.substr(i, 2) == "if" && i > 0 &&
                         (is_space(text[i - 1]) || closes(text[i - 1])) &&
                         (i + 2 == text.size() || is_space(text[i + 2]) || text[i + 2] == '(');
    if (keyword) at = i;
    return !at;
  });
  clause.body = trim(text.substr(0, at.value_or(text.size())));
  if (at) clause.condition = trim(text.substr(*at + 2));
  return clause;
}

}  // namespace hone
