#include <fmt/format.h>

#include <algorithm>
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

std::string remark_line(const Remark& remark, const std::string& where) {
  return fmt::format("{}{}: {}; {} [{}]", where, remark.field, remark.what, remark.remedy, remark.rule);
}

}  // namespace

int lint_command(const Command& self, const Words& words) {
  auto split = split_words(words);
  if (!split) return complain(split.error());
  Parser parser(self);
  parser.add_study_keys(true);
  std::string path, text;
  parser.add_json();
  parser.word("FILE", path, "the study file; every key of it is an option too: --trials 20");
  if (const auto status = parser.parse(split->own)) return *status;
  if (path.empty() == !split->command)
    return complain({Code::Invalid, "give a study FILE or a command after --, not both; see `hone lint --help`"});
  if (!split->command) {
    auto read = read_text(path, 1 << 20);
    if (!read) return complain(read.error());
    text = std::move(*read);
  }
  const auto spec = split->command ? inline_spec(*split->command, split->options, nullptr)
                                   : read_spec_text(text, path, split->options, nullptr);
  if (!spec) return complain(spec.error());
  const auto plan = make_plan(*spec);
  if (!plan) return complain(plan.error());

  Json list = Json::array();
  const Remarks remarks = lint(*spec, *plan);
  for (const Remark& remark : remarks) {
    const int line = split->command || is_option(split->options, remark.field) ? 0 : line_of_field(text, remark.field);
    list.push_back(Json{{"rule", remark.rule},
                        {"file", split->command ? Json(nullptr) : Json(path)},
                        {"line", line > 0 ? Json(line) : Json(nullptr)},
                        {"field", remark.field},
                        {"what", remark.what},
                        {"remedy", remark.remedy}});
    const std::string where = split->command ? "" : line > 0 ? fmt::format("{}:{}: ", path, line) : path + ": ";
    if (!parser.json) fmt::print("{}\n", printable(remark_line(remark, where)));
  }
  if (parser.json) fmt::print("{}\n", dump(list));
  else if (remarks.empty()) fmt::print("no remarks\n");
  else fmt::print("{} remark{}\n", remarks.size(), remarks.size() == 1 ? "" : "s");
  return kDone;
}

}  // namespace hone
