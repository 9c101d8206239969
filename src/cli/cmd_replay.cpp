#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "cli/parser.h"
#include "cli/view.h"
#include "hone/study.h"
#include "run/home.h"
#include "store/sqlite.h"
#include "study/event_json.h"

namespace hone {
namespace {

std::string words(const Event& event) {
  const auto trial = trial_of(event);
  return fmt::format("{}{} {}", kind(event), trial ? fmt::format(" {}", *trial) : "", event_body(event));
}

int free_slots(const Event& event) {
  return std::visit(
      [](const auto& f) {
        if constexpr (requires { f.free_slots; }) return f.free_slots;
        else return 0;
      },
      event.fact);
}

}  // namespace

int replay_command(const Command& self, const Words& args) {
  Parser parser(self);
  std::string name;
  parser.add_home();
  parser.required_word("STUDY", name, "its name");
  if (const auto status = parser.parse(args)) return *status;
  auto storage = open_sqlite(database_path(parser.home()), OpenMode::ReadOnly);
  if (!storage) return complain(storage.error());
  const auto row = (*storage)->find(name);
  if (!row) return complain(row.error());
  auto spec = stored_spec(parser.home(), *row);
  if (!spec) return complain(spec.error());
  auto study = Study::make(std::move(*spec));
  if (!study) return complain(study.error());

  std::int64_t decisions = 0, events = 0;
  std::string difference;
  const auto read = (*storage)->read(row->id, 0, [&](Seq seq, Event&& event) {
    if (is_decision(event)) {
      ++decisions;
      const auto again = study->decide(event.time, free_slots(event));
      const auto* derived = std::get_if<Event>(&again);
      const std::string stored = words(event);
      const std::string now = derived ? words(*derived) : "no decision: " + std::get<Wait>(again).why;
      if (now != stored)
        difference = fmt::format("event {}: stored   {}\nevent {}: derived  {}", seq, stored, seq, now);
    }
    ++events;
    study->apply(event);
    return difference.empty();
  });
  if (!read) return complain(read.error());
  if (!difference.empty()) {
    fmt::print("different after {} decisions of {} events:\n{}\n", decisions - 1, events, printable(difference, true));
    return 1;
  }
  fmt::print("identical: {} decisions of {} events\n", decisions, events);
  return kDone;
}

}  // namespace hone
