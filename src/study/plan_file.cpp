#include "study/plan_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "study/study_file.h"
#include "study/words.h"

namespace hone {
namespace {

constexpr std::int64_t kMostTrials = 1'000'000'000'000;

void read_free(FieldReader& reader, const YamlNode& node, const std::string& field, Stage& stage) {
  if (node.is_list()) {
    for (const YamlNode& item : node.items)
      if (const auto word = reader.word(item, field, "free: [lr]")) stage.free.push_back(*word);
  } else if (const auto word = reader.word(node, field, "free: [lr]")) {
    stage.free.push_back(*word);
  }
}

NamedValues read_values(FieldReader& reader, const YamlNode& map, const std::string& field) {
  NamedValues values;
  for (const auto& entry : map.entries)
    if (const auto value = reader.value(entry.value, field + "." + entry.key)) values.emplace_back(entry.key, *value);
  return values;
}

}  // namespace

void read_stages(FieldReader& reader, const YamlNode& node, StudySpec& spec) {
  constexpr std::size_t kMostStages = 1000;
  if (!node.is_list())
    return reader.wrong(node.line, "stages",
                        fmt::format("{} is not a list; write [{{free: [lr], trials: 20}}]", shown(node)));
  if (node.items.size() > kMostStages)
    return reader.wrong(node.line, "stages", fmt::format("{} stages; give at most {}", node.items.size(), kMostStages));
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    const std::string field = fmt::format("stages[{}]", i);
    Stage& stage = spec.stages.emplace_back();
    if (!reader.expect_map(item, field, "- {free: [lr], trials: 20}")) continue;
    reader.check_keys(item, field, {"free", "fixed", "trials"});
    if (const YamlNode* free = item.find("free")) read_free(reader, *free, field + ".free", stage);
    if (stage.free.empty() && !item.find("free"))
      reader.wrong(item.line, field + ".free", "is missing; name the parameters that this stage tunes");
    if (const YamlNode* fixed = item.find("fixed");
        fixed && reader.expect_map(*fixed, field + ".fixed", "fixed: {dropout: 0.1}"))
      stage.fixed = read_values(reader, *fixed, field + ".fixed");
    if (const YamlNode* trials = item.find("trials"))
      stage.trials = reader.whole(*trials, field + ".trials", 1, kMostTrials);
  }
}

void read_warm_start(FieldReader& reader, const YamlNode& node, StudySpec& spec) {
  const auto add = [&](const YamlNode& item) {
    const auto word = reader.word(item, "warm_start", "warm_start: [other-study]");
    if (!word) return;
    if (!is_study_name(*word))
      reader.wrong(item.line, "warm_start", fmt::format("{} is not a study's name", shown(item)));
    else if (std::find(spec.warm_start.begin(), spec.warm_start.end(), *word) == spec.warm_start.end())
      spec.warm_start.push_back(*word);
  };
  if (!node.is_list()) return add(node);
  for (const YamlNode& item : node.items) add(item);
}

void read_warm(FieldReader& reader, const YamlNode& node, StudySpec& spec) {
  if (!node.is_list()) return reader.wrong(node.line, "warm", "is Hone's own; remove it and use warm_start");
  for (const YamlNode& item : node.items) {
    WarmPoint point;
    const YamlNode* config = item.is_map() ? item.find("config") : nullptr;
    if (!config || !config->is_map())
      return reader.wrong(item.line, "warm", "is Hone's own; remove it and use warm_start");
    point.config = read_values(reader, *config, "warm");
    if (const YamlNode* from = item.find("from"); from && from->is_scalar()) point.from = from->text;
    spec.warm.push_back(std::move(point));
  }
}

}  // namespace hone
