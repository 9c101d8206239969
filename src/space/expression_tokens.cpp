#include <fmt/format.h>

#include <array>

#include "space/expression_parser.h"
#include "space/scan.h"
#include "space/value.h"

namespace hone {
namespace {

struct Mistake {
  std::string_view symbol, remedy;
};
// What people write who come from other languages. Longer ones first.
constexpr std::array<Mistake, 8> kMistakes = {{{"&&", "write `and`"},
                                               {"||", "write `or`"},
                                               {"//", "write floor(a / b)"},
                                               {"<>", "write !="},
                                               {"^", "a power is **"},
                                               {"=", "compare with =="},
                                               {"!", "write `not`"},
                                               {"&", "write `and`"}}};
constexpr std::array<std::string_view, 17> kSymbols = {"**", "==", "!=", "<=", ">=", "<", ">", "+", "-",
                                                       "*",  "/",  "%",  "(",  ")",  "[", "]", ","};

/// The symbol at `at`, or what to write instead.
Result<std::string> symbol_at(std::string_view text, std::size_t at) {
  std::string found;
  for (const std::string_view symbol : kSymbols) {
    if (found.empty() && text.substr(at, symbol.size()) == symbol) found = symbol;
  }
  for (const Mistake& mistake : kMistakes) {
    if (found.size() < mistake.symbol.size() && text.substr(at, mistake.symbol.size()) == mistake.symbol) {
      return invalid(fmt::format("`{}` at {}: {}", mistake.symbol, at + 1, mistake.remedy));
    }
  }
  if (found.empty()) {
    return invalid(fmt::format("`{}` at {} means nothing here; put a word with such signs into quotes",
                               in_short(text.substr(at, 1)), at + 1));
  }
  return found;
}

/// Length of the run at `at` that begins with a digit: a number or a label such as 010, 1:30, 3d.
std::size_t number_length(std::string_view text, std::size_t at) {
  std::size_t i = at;
  while (i < text.size()) {
    const bool sign = (text[i] == '+' || text[i] == '-') && i > at && (text[i - 1] == 'e' || text[i - 1] == 'E') &&
                      i + 1 < text.size() && is_digit(text[i + 1]) && is_word(parse_value(text.substr(at, i - at)));
    if (!in_name(text[i]) && text[i] != ':' && !sign) break;
    ++i;
  }
  return i - at;
}

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view text) {
  constexpr std::size_t kLongest = 10'000;
  if (text.size() > kLongest) return invalid(fmt::format("longer than {} characters; split it", kLongest));
  if (text.find('\0') != text.npos) return invalid("a zero byte is in it; remove it");
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++i;
      continue;
    }
    Token& token = tokens.emplace_back();
    token.at = i + 1;
    if (c == '\'' || c == '"') {
      const auto word = quoted_word(text, i);
      if (!word) return invalid(fmt::format("the quote at {} is never closed; close it", token.at));
      token.kind = Token::Kind::Word;
      token.text = *word;
    } else if (starts_name(c)) {
      while (i < text.size() && in_name(text[i])) token.text += text[i++];
      token.kind = Token::Kind::Name;
    } else if (is_digit(c) || (c == '.' && i + 1 < text.size() && is_digit(text[i + 1]))) {
      token.text = text.substr(i, number_length(text, i));
      i += token.text.size();
      token.number = parse_value(token.text);
      token.kind = is_word(token.number) ? Token::Kind::Word : Token::Kind::Number;
    } else {
      auto symbol = symbol_at(text, i);
      if (!symbol) return tl::unexpected(symbol.error());
      i += symbol->size();
      token.kind = Token::Kind::Symbol;
      token.text = std::move(*symbol);
    }
  }
  tokens.emplace_back().at = text.size() + 1;
  return tokens;
}

}  // namespace hone
