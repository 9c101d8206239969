#include <fmt/format.h>

#include <cstdio>

#include "cli/parser.h"
#include "cli/trial_table.h"
#include "run/checkpoints.h"
#include "run/home.h"
#include "study/lineage.h"

namespace hone {

int trials_command(const Command& self, const Words& words) {
  Parser parser(self);
  std::string study;
  std::optional<std::int64_t> top;
  bool csv = false;
  parser.add_home();
  parser.add_json();
  parser.required_word("STUDY", study, "its name");
  parser.flag("--csv", csv, "comma-separated values");
  parser.whole("--top", top, "only the N best");
  if (const auto status = parser.parse(words)) return *status;
  const auto view = load_view(parser.home(), study);
  if (!view) return complain(view.error());
  const auto ids = chosen_trials(*view, top);
  if (parser.json) print_trials_json(*view, ids, checkpoint_copies(study_folder(parser.home(), view->name())), stdout);
  else if (csv) print_trials_csv(*view, ids, stdout);
  else print_trials_table(*view, ids, stdout);
  return kDone;
}

int export_command(const Command& self, const Words& words) {
  Parser parser(self);
  std::string study, format = "csv", path;
  bool schedule = false;
  parser.add_home();
  parser.required_word("STUDY", study, "its name");
  parser.one_of("--format", format, "csv (default) or jsonl: a trial a line", {"csv", "jsonl"});
  parser.flag("--pbt-schedule", schedule, "the parameters that the best training went through, for pbt-replay");
  parser.word("-o,--output", path, "a file instead of standard output", "FILE");
  if (const auto status = parser.parse(words)) return *status;
  const auto view = load_view(parser.home(), study);
  if (!view) return complain(view.error());
  if (schedule && !view->ledger().best())
    return complain({Code::NotFound, fmt::format("study {}: no trial has a result yet", study)});
  std::FILE* out = path.empty() ? stdout : std::fopen(path.c_str(), "we");
  if (out == nullptr) return complain({Code::Unavailable, path + ": cannot be written; choose another -o"});
  const auto ids = chosen_trials(*view, std::nullopt);
  if (schedule)
    fmt::print(out, "{}", course_text(course_of(view->ledger().trials(), *view->ledger().best()), view->spec().space));
  else if (format == "jsonl") print_trials_json_lines(*view, ids, out);
  else print_trials_csv(*view, ids, out);
  if ((path.empty() ? std::fflush(out) : std::fclose(out)) != 0)
    return complain({Code::Unavailable,
                     (path.empty() ? "standard output" : path) + ": cannot be written whole; is the disk full?"});
  return kDone;
}

}  // namespace hone
