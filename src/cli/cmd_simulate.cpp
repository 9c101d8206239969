#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "base/text.h"
#include "cli/parser.h"
#include "cli/spec_input.h"
#include "cli/text_out.h"
#include "sim/curve_table.h"
#include "sim/fault_plan.h"
#include "sim/simulator.h"
#include "sim/table_study.h"

namespace hone {
namespace {

constexpr std::size_t kLargestTable = std::size_t{1} << 30;

Result<std::string> read_whole(const std::string& path) {
  auto text = read_text(path, kLargestTable);
  if (text && text->size() > kLargestTable)
    return invalid(fmt::format("{}: more than 1 GiB; leave out what is not needed", printable(path)));
  return text;
}

/// The table and what stands beside it: configs.csv, TASK.seconds_cumulative.csv, BENCH.space.json.
Result<CurveTable> read_table(const std::string& path) {
  if (path.ends_with(".gz")) return invalid(fmt::format("{}: is compressed; gunzip it first", printable(path)));
  auto text = read_whole(path);
  if (!text) return tl::unexpected(text.error());
  CurveFiles files{printable(path), std::move(*text), {}, {}, {}};
  const std::filesystem::path table(path);
  const std::string task = table.filename().string().substr(0, table.filename().string().find('.'));
  const auto beside = [&](const std::string& name) -> Result<std::optional<std::string>> {
    const std::filesystem::path other = table.parent_path() / name;
    std::error_code none;
    if (!std::filesystem::is_regular_file(other, none)) return std::optional<std::string>();
    auto whole = read_whole(other.string());
    if (!whole) return tl::unexpected(whole.error());
    return std::optional(std::move(*whole));
  };
  for (const auto& [name, into] :
       {std::pair(std::string("configs.csv"), &files.configs),
        std::pair(task + ".seconds_cumulative.csv", &files.seconds), std::pair(task + ".space.json", &files.space)}) {
    auto found = beside(name);
    if (!found) return tl::unexpected(found.error());
    *into = std::move(*found);
  }
  return read_curve_table(files);
}

/// The clock does not begin at 0, which costs the last bits.
double rounded(Seconds seconds) { return std::round(seconds * 1e6) / 1e6; }

Json result_json(const SimResult& result) {
  Json trace = Json::array();
  for (const Improvement& at : result.trace)
    trace.push_back(
        Json{{"seconds", rounded(at.seconds)}, {"units", at.units}, {"best", at.best}, {"trial", at.trial}});
  return Json{{"trace", std::move(trace)},
              {"trials", result.study.trials().size()},
              {"units", result.units},
              {"seconds", rounded(result.seconds)},
              {"utilisation", result.utilisation}};
}

std::string result_text(const SimResult& result) {
  const StudySpec& spec = result.study.spec();
  Table table({"seconds", "units", spec.objectives[0].metric, "trial"});
  constexpr std::size_t kShown = 15;  // the first, the last, and as many evenly between
  const std::size_t size = result.trace.size(), shown = std::min(size, kShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const Improvement& at = result.trace[shown == 1 ? 0 : i * (size - 1) / (shown - 1)];
    table.add({short_number(at.seconds), std::to_string(at.units), short_number(at.best), std::to_string(at.trial)});
  }
  return fmt::format("{}{} and {} in {} simulated seconds, {} at a time, {:.1f} % of their time in use\nended: {}\n",
                     table.text(), counted(result.study.trials().size(), "trial"), counted(result.units, "unit"),
                     short_number(result.seconds), spec.parallel.value_or(1), 100 * result.utilisation,
                     *result.study.finished());
}

Result<Faults> faults_of(const std::string& path) {
  if (path.empty()) return Faults();
  const auto text = read_text(path, 1 << 20);
  if (!text) return tl::unexpected(text.error());
  return read_fault_plan(*text, printable(path));
}

}  // namespace

int simulate_command(const Command& self, const Words& words) {
  auto split = split_words(words);
  if (!split) return complain(split.error());
  Parser parser(self);
  parser.add_study_keys();
  std::string path, curves, plan;
  parser.add_json();
  parser.required_word("FILE", path, "the study file; every key of it is an option too: --scheduler asha");
  parser.word("--curves", curves, "the recorded table, a CSV file", "FILE");
  parser.require("--curves");
  parser.word("--faults", plan, "what goes wrong, a YAML file: {lost: 0.1, nan: 0.01}", "FILE");
  if (const auto status = parser.parse(split->own)) return *status;
  if (split->command) return complain({Code::Invalid, "simulate runs no command; leave out what stands after --"});
  std::vector<std::string> warnings;
  const auto spec = read_spec(path, split->options, &warnings, {.ended = true});
  if (!spec) return complain(spec.error());
  const auto table = read_table(curves);
  if (!table) return complain(table.error());
  const auto faults = faults_of(plan);
  if (!faults) return complain(faults.error());
  const auto study = study_on_table(*spec, *table, *faults);
  if (!study) return complain(study.error());
  warnings.insert(warnings.end(), study->remarks.begin(), study->remarks.end());
  for (const std::string& line : warnings) warn(line);
  const auto result = simulate(study->spec, study->plan);
  if (!result) return complain(result.error());
  if (!result->study.finished())
    return complain(
        {Code::Unavailable, fmt::format("the simulation cannot go on: {}; give limits.time or limits.silence",
                                        fmt::join(result->broken, "; "))});
  fmt::print("{}", parser.json ? dump(result_json(*result)) + "\n" : printable(result_text(*result), true));
  return result->study.failed() ? kNoResult : kDone;
}

}  // namespace hone
