#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "cli/clock.h"
#include "cli/parser.h"
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
  const auto view = load_view(home, study);
  if (!view) return complain(view.error());
  const bool running = study_locked(study_folder(home, view->name()));
  const Json status = status_json(*view, running, wall_clock());
  if (parser.json) {
    fmt::print("{}\n", dump(status));
    return kDone;
  }
  fmt::print("study    {}\nstate    {}", view->name(), status["state"].get<std::string>());
  if (const auto& finished = view->ledger().finished()) fmt::print(": {}", printable(finished->why));
  fmt::print("\ntrials   {}", view->ledger().trials().size());
  std::string counts;
  for (const auto& [state, count] : status["counts"].items())
    if (count.get<int>() > 0) counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count.get<int>(), state);
  fmt::print("{}\n", counts.empty() ? "" : " (" + counts + ")");
  if (const auto best = view->ledger().best())
    fmt::print("best     trial {}: {}\n         {}\n", *best, result_text(view->spec(), view->trial(*best)),
               config_text(view->spec().space, view->trial(*best).config));
  fmt::print("elapsed  {}\n", duration_text(status["elapsed"].get<double>()));
  fmt::print("slots    {} of {} in use\n", status["slots"]["used"].get<std::int64_t>(), view->slots());
  return kDone;
}

}  // namespace hone
