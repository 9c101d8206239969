#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cstdio>

#include "base/text.h"
#include "cli/lint.h"
#include "cli/parser.h"
#include "cli/spec_input.h"

namespace hone {
namespace {

/// Set on the command line, so that no line of the file is to blame: `--trials` for stop.trials.
bool is_option(const StudyOptions& options, const std::string& field) {
  return std::any_of(options.begin(), options.end(), [&](const auto& option) {
    const std::string& key = option.first;
    const bool shorter = key == "trials" || key == "time" || key == "target";
    return field == (shorter ? "stop." + key : key) || (field.rfind(key + ".", 0) == 0);
  });
}

struct Placed {
  Remark remark;
  int line = 0;  // 0: of no line
};

/// By line, those without one at the end. What the user holds with --fix is meant to be one value.
std::vector<Placed> placed(const Remarks& remarks, const std::string& text, const StudyOptions& options) {
  std::vector<Placed> out;
  for (const Remark& remark : remarks) {
    const bool held = std::any_of(options.begin(), options.end(), [&](const auto& option) {
      return option.first == "fix" && remark.field == "space." + option.second.substr(0, option.second.find('='));
    });
    if (held && remark.rule == "one-value") continue;
    out.push_back({remark, is_option(options, remark.field) ? 0 : line_of_field(text, remark.field)});
  }
  std::stable_sort(out.begin(), out.end(), [](const Placed& a, const Placed& b) {
    return (a.line > 0 ? a.line : INT_MAX) < (b.line > 0 ? b.line : INT_MAX);
  });
  return out;
}

}  // namespace

int lint_command(const Command& self, const Words& words) {
  auto split = split_words(words);
  if (!split) return complain(split.error());
  Parser parser(self);
  parser.add_study_keys(true);
  std::string path;
  parser.add_json();
  parser.word("FILE", path, "the study file; every key of it is an option too: --trials 20");
  if (const auto status = parser.parse(split->own)) return *status;
  if (path.empty() == !split->command) return complain(file_or_command("lint", path.empty()));
  const auto spec =
      split->command ? inline_spec(*split->command, split->options, nullptr) : read_spec(path, split->options, nullptr);
  if (!spec) return complain(spec.error());
  const auto plan = make_plan(*spec);
  if (!plan) return complain(plan.error());

  // Read once more for its lines; a pipe has none left.
  const auto again = split->command || path == "-" ? Result<std::string>() : read_text(path, 1 << 20);
  const std::string text = again.value_or("");
  Json list = Json::array();
  const auto remarks = placed(lint(*spec, *plan), text, split->options);
  for (const auto& [remark, line] : remarks) {
    list.push_back(Json{{"rule", remark.rule},
                        {"file", split->command ? Json(nullptr) : Json(path)},
                        {"line", line > 0 ? Json(line) : Json(nullptr)},
                        {"field", remark.field},
                        {"what", remark.what},
                        {"remedy", remark.remedy}});
    const std::string where = split->command ? "" : line > 0 ? fmt::format("{}:{}: ", path, line) : path + ": ";
    if (!parser.json)
      fmt::print("{}\n", printable(fmt::format("{}{}: {}; {} [{}]", where, remark.field, remark.what, remark.remedy,
                                               remark.rule)));
  }
  if (parser.json) fmt::print("{}\n", dump(list));
  else if (remarks.empty()) fmt::print("no remarks\n");
  else fmt::print("{}\n", counted(remarks.size(), "remark"));
  return kDone;
}

}  // namespace hone
