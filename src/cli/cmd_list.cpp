#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "cli/clock.h"
#include "cli/parser.h"
#include "cli/text_out.h"
#include "cli/view.h"
#include "run/home.h"
#include "store/lock.h"
#include "store/sqlite.h"

namespace hone {

int list_command(const Command& self, const Words& words) {
  Parser parser(self);
  bool csv = false, names = false;
  parser.add_home();
  parser.add_json();
  parser.flag("--csv", csv, "comma-separated values");
  parser.flag("--names", names, "only their names, a line each");
  if (const auto status = parser.parse(words)) return *status;
  const std::string home = parser.home();
  auto storage = open_sqlite(database_path(home), OpenMode::ReadOnly);
  std::vector<StudyRow> rows;
  if (storage) {
    auto list = (*storage)->list();
    if (!list) return complain(list.error());
    rows = std::move(*list);
  } else if (storage.error().code != Code::NotFound) {
    return complain(storage.error());
  }
  if (names) {  // no log is read: completion waits for it
    for (const StudyRow& row : rows) fmt::print("{}\n", row.name);
    return kDone;
  }
  Json out = Json::array();
  Table table({"study", "state", "trials", "best", "created"});
  if (csv) fmt::print("{}", csv_line({"study", "state", "trials", "best", "created"}));
  for (const StudyRow& row : rows) {
    const auto view = load_view(home, row.name);
    if (!view) {  // one that cannot be read does not hide the others
      warn(view.error().what);
      continue;
    }
    const std::string state = study_state(*view, study_locked(study_folder(home, row.name)));
    const auto best = view->ledger().best();
    const std::size_t trials = view->ledger().trials().size();
    const std::string result = best ? result_text(view->spec(), view->trial(*best)) : "-";
    if (parser.json) {
      Json one{{"study", row.name}, {"state", state}, {"trials", trials}, {"best", nullptr}, {"created", row.created}};
      if (best) one["best"] = Json{{"trial", *best}, {"metrics", metrics_json(view->metrics(*best))}};
      out.push_back(std::move(one));
    } else if (csv) {
      fmt::print("{}",
                 csv_line({row.name, state, std::to_string(trials), best ? result : "", number_text(row.created)}));
    } else {
      table.add({row.name, state, std::to_string(trials), result, local_time(row.created)});
    }
  }
  if (parser.json) fmt::print("{}\n", dump(out));
  else if (!csv && rows.empty()) fmt::print("no studies in {}\n", printable(without_passwords(home)));
  else if (!csv) fmt::print("{}", table.text());
  return kDone;
}

}  // namespace hone
