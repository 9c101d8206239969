#include "study/study_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "study/study_reader.h"

namespace hone {
namespace {

/// The node that an option of the command line sets.
void apply_option(FieldReader& reader, YamlNode& root, const std::string& option, const std::string& text) {
  const std::size_t dot = option.find('.');
  const std::string top = option.substr(0, dot), rest = dot == std::string::npos ? "" : option.substr(dot + 1);
  // Patterns and variables are plain text, whatever they begin with.
  auto value =
      top == "metrics" || top == "env" ? tl::expected<YamlNode, YamlError>(yaml_word(text)) : read_yaml_option(text);
  if (!value) return reader.wrong(0, option, value.error().what);
  YamlNode& node = root.at(top);
  if (rest.empty()) {
    node = std::move(*value);
    return;
  }
  YamlNode* map = &node;
  if (top == "searcher" || top == "scheduler") {
    const std::string name = map->is_scalar()                            ? map->text
                             : map->is_map() && map->entries.size() == 1 ? map->entries[0].key
                                                                         : "auto";
    if (!map->is_map() || map->entries.size() != 1) *map = YamlNode(), map->at(name);
    map->kind = YamlNode::Kind::Map;
    map = &map->entries[0].value;
  }
  if (!map->is_map()) *map = YamlNode(), map->kind = YamlNode::Kind::Map;
  map->at(rest) = std::move(*value);
}

}  // namespace

bool is_study_name(std::string_view name) {
  const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > 100 || !alnum(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return alnum(c) || c == '.' || c == '_' || c == '-'; });
}

Result<StudySpec> read_study_file(std::string_view text, const std::string& file, const StudyOptions& options,
                                  const StudyCheck& check) {
  FieldReader reader(printable(file));
  std::vector<YamlError> mistakes;
  auto root = read_yaml(text, &mistakes);
  for (const YamlError& mistake : mistakes) reader.wrong(mistake.line, mistake.field, mistake.what);
  for (const YamlError& mistake : mistakes)
    if (mistake.unread) reader.excuse(mistake.field);
  if (!root) {
    reader.wrong(std::max(root.error().line, 1), "", root.error().what);
    return invalid(reader.text());
  }
  if (!root->is_map()) {
    reader.wrong(
        1, "",
        fmt::format("{} is not a study; write `key: value` lines, e.g. `objective: maximize val_acc`", shown(*root)));
    return invalid(reader.text());
  }
  std::vector<std::string> fixes;
  std::vector<std::pair<std::string, std::string>> sorted;
  for (const auto& [key, value] : options) {
    if (key == "fix") fixes.push_back(value);
    else sorted.emplace_back(key == "trials" || key == "time" || key == "target" ? "stop." + key : key, value);
  }
  // `--searcher.candidates 64 --searcher tpe` means the same as the other way round.
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return (a.first.find('.') == std::string::npos) > (b.first.find('.') == std::string::npos);
  });
  for (const auto& [key, value] : sorted) apply_option(reader, *root, key, value);
  Draft draft = read_study(reader, *root, file, fixes);
  if (check)
    for (const auto& [field, what] : check(draft)) reader.wrong(line_of(*root, field), field, what);
  if (!reader.clean()) return invalid(reader.text());
  return std::move(draft.spec);
}

}  // namespace hone
