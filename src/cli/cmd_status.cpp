#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/clock.h"
#include "cli/parser.h"
#include "cli/status_text.h"
#include "cli/view.h"
#include "run/home.h"
#include "store/lock.h"
#include "store/sqlite.h"

namespace hone {
namespace {

/// The newest study of the home.
Result<std::string> newest(const std::string& home) {
  auto storage = open_sqlite(database_path(home), OpenMode::ReadOnly);
  if (!storage && storage.error().code != Code::NotFound) return tl::unexpected(storage.error());
  auto rows = storage ? (*storage)->list() : Result<std::vector<StudyRow>>(std::vector<StudyRow>());
  if (!rows) return tl::unexpected(rows.error());
  if (rows->empty()) return fail(Code::NotFound, fmt::format("no studies in {}; start one with `hone run`", home));
  return std::max_element(
             rows->begin(), rows->end(),
             [](const auto& a, const auto& b) { return std::pair(a.created, a.id) < std::pair(b.created, b.id); })
      ->name;
}

}  // namespace

int status_command(const Command& self, const Words& words) {
  Parser parser(self);
  std::string study;
  parser.add_home();
  parser.add_json();
  parser.word("STUDY", study, "its name (default: the newest)");
  if (const auto status = parser.parse(words)) return *status;
  const std::string home = parser.home();
  if (study.empty()) {
    auto name = newest(home);
    if (!name) return complain(name.error());
    study = std::move(*name);
  }
  std::optional<Opening> opening;
  const auto view = load_view(home, study, [&](const Event& event) {
    if (const auto* opened = std::get_if<Opened>(&event.fact)) opening = Opening{event.time, opened->facts};
  });
  if (!view) return complain(view.error());
  const bool running = study_locked(study_folder(home, view->name()));
  if (!parser.json) {
    fmt::print("{}", status_text(*view, opening, running, wall_clock()));
    return kDone;
  }
  Json status = status_json(*view, running, wall_clock());
  status["opened"] = opening_json(opening);
  fmt::print("{}\n", dump(status));
  return kDone;
}

}  // namespace hone
