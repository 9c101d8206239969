#include "study/field_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "hone/registry.h"

namespace hone {

std::string shown(std::string_view text) {
  std::string out = printable(text.substr(0, 200));
  if (out.size() > 60) out = printable(std::string_view(out).substr(0, 57)) + "...";
  return out;
}

std::string shown(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::Null:
      return node.text.empty() ? "nothing" : node.text;
    case YamlNode::Kind::Scalar:
      return node.text.empty() ? "an empty word" : shown(std::string_view(node.text));
    case YamlNode::Kind::List:
      return "a list";
    case YamlNode::Kind::Map:
      return "a map";
  }
  return {};
}

int line_of(const YamlNode& root, std::string_view field) {
  const YamlNode* node = &root;
  int line = 1;
  while (!field.empty()) {
    if (field.front() == '[') {
      const std::size_t end = std::min(field.find(']'), field.size());
      const Value index = parse_value(field.substr(1, end - 1));
      const auto* i = std::get_if<std::int64_t>(&index);
      if (!i || *i < 0 || static_cast<std::size_t>(*i) >= node->items.size()) break;
      node = &node->items[static_cast<std::size_t>(*i)];
      line = node->line;
      field.remove_prefix(std::min(end + 1, field.size()));
    } else {  // a key may hold dots itself: the longest that fits
      const YamlEntry* found = nullptr;
      for (const auto& entry : node->entries) {
        const std::string_view rest =
            field.substr(0, entry.key.size()) == entry.key ? field.substr(entry.key.size()) : "x";
        if ((rest.empty() || rest[0] == '.' || rest[0] == '[') && (!found || entry.key.size() > found->key.size()))
          found = &entry;
      }
      if (!found) break;
      node = &found->value;
      line = node->line == 0 ? 0 : found->line;
      field.remove_prefix(found->key.size());
    }
    if (!field.empty() && field.front() == '.') field.remove_prefix(1);
  }
  return line;
}

void FieldReader::wrong(int line, std::string_view field, std::string_view what) {
  broken_.emplace(field.substr(0, field.find_first_of(".[")));
  for (std::size_t end = 0; line > 0 && !excused_.empty() && end < field.size();) {
    end = std::min(field.find_first_of(".[", end + 1), field.size());
    if (excused_.contains(field.substr(0, end))) return;
  }
  // Text of the file may be in there, also in what other layers said about it.
  const std::string safe_field = printable(field), safe = printable(what);
  std::string where = line == 0 ? "--" + safe_field : safe_field;
  if (line > 0 && !file_.empty()) where = fmt::format("{}:{}{}{}", file_, line, field.empty() ? "" : ": ", safe_field);
  mistakes_.emplace_back(line, where.empty() ? safe : fmt::format("{}: {}", where, safe));
}

std::string FieldReader::text() const {
  std::set<std::string_view> said;
  std::vector<std::pair<int, std::string_view>> sorted;
  for (const auto& [line, text] : mistakes_)
    if (said.insert(text).second) sorted.emplace_back(line, text);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  constexpr std::size_t most = 100;
  std::string out;
  for (std::size_t i = 0; i < std::min(sorted.size(), most); ++i)
    out += fmt::format("{}{}", i > 0 ? "\n" : "", sorted[i].second);
  if (sorted.size() > most)
    out += fmt::format("\n{}{}and more mistakes; correct these first", file_, file_.empty() ? "" : ": ");
  return out;
}

bool FieldReader::expect_map(const YamlNode& node, std::string_view field, std::string_view example) {
  if (node.is_map()) return true;
  wrong(node.line, field, fmt::format("{} is not a map; write `{}`", shown(node), example));
  return false;
}

void FieldReader::check_keys(const YamlNode& map, std::string_view field, const std::vector<std::string>& known,
                             const std::map<std::string, std::string>& elsewhere) {
  const auto has = [](const std::vector<std::string>& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  for (const auto& [key, line, value] : map.entries) {
    if (has(known, key)) continue;
    const std::string path =
        field.empty() ? shown(std::string_view(key)) : fmt::format("{}.{}", field, shown(std::string_view(key)));
    const auto place = elsewhere.find(key);
    const std::string near = place == elsewhere.end() ? nearest_name(key, known) : place->second;
    if (!near.empty()) wrong(line, path, fmt::format("unknown key; did you mean {}?", near));
    else wrong(line, path, fmt::format("unknown key; known are {}", fmt::join(known, ", ")));
  }
}

std::optional<std::string> FieldReader::word(const YamlNode& node, std::string_view field, std::string_view example) {
  if (node.is_scalar() && !node.text.empty()) return node.text;
  wrong(node.line, field, fmt::format("{} is not text; write `{}`", shown(node), example));
  return std::nullopt;
}

std::optional<std::int64_t> FieldReader::whole(const YamlNode& node, std::string_view field, std::int64_t lo,
                                               std::int64_t hi) {
  const Value value = node.is_scalar() ? parse_value(node.text) : Value();
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number && *number >= lo && *number <= hi) return *number;
  wrong(node.line, field,
        fmt::format("{} is not a whole number from {} to {}; write e.g. {}", shown(node), lo, hi,
                    std::max<std::int64_t>(lo, 1)));
  return std::nullopt;
}

std::optional<double> FieldReader::number(const YamlNode& node, std::string_view field) {
  const Value value = node.is_scalar() ? parse_value(node.text) : Value();
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<double>(&value); number && std::isfinite(*number)) return *number;
  wrong(node.line, field, fmt::format("{} is not a number; write e.g. 0.5", shown(node)));
  return std::nullopt;
}

std::optional<double> FieldReader::duration(const YamlNode& node, std::string_view field, bool zero) {
  const auto seconds = node.is_scalar() ? parse_duration(node.text) : std::nullopt;
  if (seconds && (*seconds > 0 || zero) && *seconds <= 1e9) return seconds;
  wrong(node.line, field, fmt::format("{} is not a time; write e.g. 45s, 10m or 1.5h", shown(node)));
  return std::nullopt;
}

std::optional<std::int64_t> FieldReader::bytes(const YamlNode& node, std::string_view field) {
  const auto bytes = node.is_scalar() ? parse_bytes(node.text) : std::nullopt;
  if (bytes) return bytes;
  wrong(node.line, field, fmt::format("{} is not an amount of bytes; write e.g. 16MiB or 2GB", shown(node)));
  return std::nullopt;
}

std::optional<bool> FieldReader::truth(const YamlNode& node, std::string_view field) {
  if (node.is_scalar() && node.text == "true") return true;
  if (node.is_scalar() && node.text == "false") return false;
  wrong(node.line, field, fmt::format("{} is neither true nor false", shown(node)));
  return std::nullopt;
}

std::optional<Value> FieldReader::value(const YamlNode& node, std::string_view field) {
  if (node.is_scalar()) return parse_value(node.text);
  if (node.kind == YamlNode::Kind::Null && !node.text.empty()) return Value(node.text);
  wrong(node.line, field, fmt::format("{} is not a number or word", shown(node)));
  return std::nullopt;
}

namespace {
bool name_of(std::string_view name, std::string_view first_extra, std::string_view extra) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (name.empty() || name.size() > 200) return false;
  if (!letter(name[0]) && first_extra.find(name[0]) == std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || digit(c) || extra.find(c) != std::string_view::npos; });
}
}  // namespace

bool is_metric_name(std::string_view name) { return name_of(name, "0123456789", "./@%-+"); }
bool is_variable_name(std::string_view name) { return name_of(name, "", ""); }

std::vector<std::string_view> mistakes_in(std::string_view what) {
  std::vector<std::string_view> mistakes;
  while (!what.empty()) {
    const std::size_t end = std::min(what.find('\n'), what.size());
    mistakes.push_back(what.substr(0, end));
    what.remove_prefix(std::min(end + 1, what.size()));
  }
  return mistakes;
}

}  // namespace hone
