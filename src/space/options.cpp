#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "hone/registry.h"
#include "space/value.h"

namespace hone {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string range_text(const OptionRow& row) {
  if (row.type == OptionRow::Type::Bool) return "yes or no";
  if (row.type == OptionRow::Type::Word) return "one of " + join(row.words);
  if (row.type == OptionRow::Type::Text) return "text";
  return fmt::format("{} from {} to {}", row.type == OptionRow::Type::Int ? "a whole number" : "a number",
                     number_text(row.lo), number_text(row.hi));
}

std::optional<double> as_number(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

std::optional<Value> read_bool(const Value& value) {
  const std::string text = value_text(value);
  for (const char* word : {"1", "true", "yes", "on"}) {
    if (text == word) return Value(std::int64_t{1});
  }
  for (const char* word : {"0", "false", "no", "off"}) {
    if (text == word) return Value(std::int64_t{0});
  }
  return std::nullopt;
}

std::optional<Value> read_number(const OptionRow& row, const Value& value) {
  const auto number = as_number(value);
  if (!number || !(*number >= row.lo && *number <= row.hi)) return std::nullopt;
  if (row.type == OptionRow::Type::Float) return Value(*number);
  if (std::holds_alternative<std::int64_t>(value)) return value;
  constexpr double exact = 9007199254740992.0;  // 2^53: doubles beyond it are not exact integers
  if (*number != std::floor(*number) || std::abs(*number) > exact) return std::nullopt;
  return Value(static_cast<std::int64_t>(*number));
}

/// The value in the row's own type, or nothing if it is outside.
std::optional<Value> read_option(const OptionRow& row, const Value& value) {
  switch (row.type) {
    case OptionRow::Type::Bool:
      return read_bool(value);
    case OptionRow::Type::Int:
    case OptionRow::Type::Float:
      return read_number(row, value);
    case OptionRow::Type::Word: {
      const std::string text = value_text(value);
      if (std::find(row.words.begin(), row.words.end(), text) == row.words.end()) return std::nullopt;
      return Value(text);
    }
    case OptionRow::Type::Text: {
      const std::string text = value_text(value);
      return text.empty() ? std::nullopt : std::optional(Value(text));
    }
  }
  return std::nullopt;
}

std::string unknown_option(const std::string& name, const std::vector<std::string>& names) {
  if (names.empty()) return "unknown option; it takes none";
  const std::string near = nearest_name(name, names);
  return near.empty() ? "unknown option; it takes " + join(names) : "unknown option; did you mean " + near + "?";
}

template <class T>
const T& get_option(const Options& options, const std::string& name) {
  const auto found = options.find(name);
  HONE_CHECK(found != options.end(), "an option that its row does not have");
  const T* value = std::get_if<T>(&found->second);
  HONE_CHECK(value != nullptr, "options are checked before they are used");
  return *value;
}

}  // namespace

Result<Options> check_options(const std::string& where, const std::vector<OptionRow>& rows, const Options& given) {
  Options options;
  std::vector<std::string> names;
  for (const auto& row : rows) {
    options[row.name] = row.fallback;
    names.push_back(row.name);
  }
  std::string mistakes;
  const auto mistake = [&](const std::string& name, const std::string& what) {
    mistakes += (mistakes.empty() ? "" : "\n") + where + "." + in_short(name) + ": " + what;
  };
  for (const auto& [name, value] : given) {
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const OptionRow& r) { return r.name == name; });
    if (row == rows.end()) {
      mistake(name, unknown_option(name, names));
      continue;
    }
    if (const auto read = read_option(*row, value)) {
      options[name] = *read;
    } else {
      const std::string text = value_text(value);
      mistake(name, fmt::format("{} is not {}", text.empty() ? "an empty value" : in_short(text), range_text(*row)));
    }
  }
  if (!mistakes.empty()) return invalid(mistakes);
  return options;
}

std::int64_t option_int(const Options& options, const std::string& name) {
  return get_option<std::int64_t>(options, name);
}
const char* option_type_name(OptionRow::Type type) {
  switch (type) {
    case OptionRow::Type::Bool:
      return "bool";
    case OptionRow::Type::Int:
      return "int";
    case OptionRow::Type::Float:
      return "float";
    case OptionRow::Type::Text:
      return "text";
    case OptionRow::Type::Word:
      return "word";
  }
  return "";
}

double option_float(const Options& options, const std::string& name) { return get_option<double>(options, name); }
bool option_bool(const Options& options, const std::string& name) {
  return get_option<std::int64_t>(options, name) != 0;
}
std::string option_word(const Options& options, const std::string& name) {
  return get_option<std::string>(options, name);
}

}  // namespace hone
