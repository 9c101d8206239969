#include "space/course.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace hone {
namespace {

using Json = nlohmann::ordered_json;

/// Numbers and words; nothing else is a value.
std::optional<Value> value_of(const Json& json) {
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  return std::nullopt;
}

NamedValues given_values(const Json& config) {
  NamedValues values;
  for (const auto& [name, given] : config.items()) values.emplace_back(name, value_of(given).value_or(Value()));
  return values;
}

tl::unexpected<Error> wrong(std::size_t step, const std::string& what) {
  return invalid(fmt::format("step {} of the schedule: {}", step, what));
}

}  // namespace

Result<std::vector<CourseStep>> read_course(std::string_view text, const Space& space) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_array() || json.empty())
    return invalid(
        "the schedule is no JSON list of {\"at\": N, \"config\": {..}}; `hone export STUDY --pbt-schedule` writes one");
  std::vector<CourseStep> course;
  NamedValues values;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const Json& step = json[i];
    if (!step.is_object() || !step.contains("at") || !step["at"].is_number_integer() || !step.contains("config") ||
        !step["config"].is_object())
      return wrong(i, "is not {\"at\": N, \"config\": {..}}");
    const auto at = step["at"].get<std::int64_t>();
    if (i == 0 ? at != 0 : at <= course.back().at)
      return wrong(i, fmt::format("at {}; the first is 0, and each is larger than the one before", at));
    for (const auto& [name, given] : step["config"].items()) {
      const auto value = value_of(given);
      if (!value) return wrong(i, fmt::format("{}: is neither a number nor a word", name));
      const auto old = std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.first == name; });
      if (old == values.end()) values.emplace_back(name, *value);
      else old->second = *value;
    }
    auto config = space.check(values);
    if (!config && i > 0) config = space.check(given_values(step["config"]));  // a step that names all that is active
    if (!config) return wrong(i, config.error().what);
    course.push_back({at, std::move(*config)});
  }
  return course;
}

std::string course_text(const std::vector<CourseStep>& course, const Space& space) {
  std::string text = "[";
  for (std::size_t i = 0; i < course.size(); ++i) {
    Json config = Json::object();
    for (std::size_t p = 0; p < space.params().size(); ++p)
      std::visit(
          [&](const auto& value) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::monostate>)
              config[space.params()[p].name] = value;
          },
          course[i].config[p]);
    Json step;
    step["at"] = course[i].at;
    step["config"] = std::move(config);
    text += (i == 0 ? "" : ",\n ") + step.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return text + "]\n";
}

}  // namespace hone
