#include "study/words.h"

#include <fmt/format.h>

#include <utility>

namespace hone {

Result<std::vector<std::string>> split_command(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;  // a word, which may be empty: ''
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool more = i + 1 < text.size();
    if (quote == '\'') {
      if (c == '\'') quote = 0;
      else word += c;
    } else if (quote == '"') {
      if (c == '"') quote = 0;
      else if (c == '\\' && more && std::string_view("\"\\$`").find(text[i + 1]) != std::string_view::npos)
        word += text[++i];
      else word += c;
    } else if (c == '\'' || c == '"') {
      quote = c, inside = true;
    } else if (c == '\\') {
      if (!more) return invalid("ends in a backslash; remove it");
      ++i, inside = true;
      if (text[i] != '\n') word += text[i];
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (inside) words.push_back(std::exchange(word, {}));
      inside = false;
    } else {
      word += c, inside = true;
    }
  }
  if (quote != 0) return invalid(fmt::format("a quote {} is left open; close it", quote));
  if (inside) words.push_back(std::move(word));
  return words;
}

}  // namespace hone
