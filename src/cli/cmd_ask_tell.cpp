#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <string>

#include "cli/ask_tell_lines.h"
#include "cli/clock.h"
#include "cli/parser.h"
#include "cli/spec_input.h"
#include "run/home.h"
#include "store/sqlite.h"

namespace hone {
namespace {

int converse(AskTell& study) {
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    fmt::print("{}\n", answer_line(study, line));
    std::fflush(stdout);
    if (study.broken()) return complain(*study.broken());
  }
  return kDone;
}

}  // namespace

int ask_tell_command(const Command& self, const Words& words) {
  auto split = split_words(words);
  if (!split) return complain(split.error());
  Parser parser(self);
  parser.add_study_keys();
  std::string path, home;
  parser.required_word("FILE", path, "the study file; every key of it is an option too: --trials 20");
  parser.word("--home", home, "keeps the study in this folder; without, it lives in memory", "DIR");
  if (const auto status = parser.parse(split->own)) return *status;
  if (path == "-") return complain({Code::Invalid, "FILE: standard input is for the conversation; give a file"});
  auto spec = read_spec(path, split->options, nullptr);
  if (!spec) return complain(spec.error());
  if (auto ok = can_ask(*spec, home.empty()); !ok) return complain(ok.error());
  if (home.empty()) {
    if (!spec->seed) spec->seed = random_seed();
    auto study = Study::make(std::move(*spec));
    if (!study) return complain(study.error());
    AskTell asked(std::move(*study), wall_clock);
    return converse(asked);
  }
  if (auto ok = make_folders(home, spec->name); !ok) return complain(ok.error());
  const auto lock = lock_study(study_folder(home, spec->name));
  if (!lock) return complain({Code::Unavailable, lock.error().what});
  auto storage = open_sqlite(database_path(home), OpenMode::ReadWrite);
  if (!storage) return complain(storage.error());
  auto open = open_study(**storage, std::move(*spec), {.seed = random_seed(), .now = wall_clock()});
  if (!open) return complain(open.error());
  StudyRow row = open->row;
  AskTell asked(std::move(open->study), wall_clock, [&](std::span<const Event> events) -> Result<void> {
    const auto last = (*storage)->append(row.id, row.last, events);
    if (!last) return tl::unexpected(last.error());
    row.last = *last;
    return {};
  });
  const auto read = (*storage)->read(row.id, 0, [&](Seq, Event&& event) {
    asked.remember(event);
    return true;
  });
  if (!read) return complain(read.error());
  asked.give_up_live();
  if (asked.broken()) return complain(*asked.broken());
  return converse(asked);
}

}  // namespace hone
