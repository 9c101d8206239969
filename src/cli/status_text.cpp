#include "cli/status_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/clock.h"
#include "cli/front.h"
#include "cli/outlook.h"

namespace hone {
namespace {

/// A study that nobody runs has no running trials, whatever its log says of them.
std::string state_counts(const Json& status) {
  const bool interrupted = status["state"] == "interrupted";
  Counts counts;
  for (const auto& [state, count] : status["counts"].items())
    if (count.get<std::int64_t>() > 0)
      counts.emplace_back(interrupted && state == "running" ? "running when it was interrupted" : state,
                          count.get<std::int64_t>());
  return counts_text(counts);
}

std::optional<Seconds> left(const StudyView& study, Seconds elapsed) {
  const auto& trials = study.ledger().trials();
  return time_left(study.spec().stop, std::count_if(trials.begin(), trials.end(), counts),
                   std::count_if(trials.begin(), trials.end(), [](auto& t) { return counts(t) && settled(t); }),
                   elapsed);
}

}  // namespace

Json opening_json(const std::optional<Opening>& opening) {
  if (!opening) return nullptr;
  Json facts = Json::object();
  for (const auto& [name, value] : opening->facts) facts[name] = value;
  return Json{{"time", opening->time}, {"facts", std::move(facts)}};
}

std::string status_text(const StudyView& study, const std::optional<Opening>& opening, bool running, Seconds now) {
  const Ledger& ledger = study.ledger();
  const Json status = status_json(study, running, now);
  const auto elapsed = status["elapsed"].get<Seconds>();
  std::string out = fmt::format("study    {}\nstate    {}", study.name(), status["state"].get<std::string>());
  if (const auto& finished = ledger.finished()) out += ": " + printable(finished->why);
  const std::string counts = state_counts(status);
  out += fmt::format("\ntrials   {}{}\n", ledger.trials().size(), counts.empty() ? "" : " (" + counts + ")");
  if (const Counts causes = cause_counts(ledger.trials()); !causes.empty())
    out += fmt::format("failed   {}: {}\n", total(causes), counts_text(causes));
  if (const auto best = ledger.best())
    out += fmt::format("best     trial {}: {}\n         {}\n", *best, result_text(study.spec(), study.trial(*best)),
                       config_text(study.spec().space, study.trial(*best).config));
  if (ledger.best() && study.spec().objectives.size() > 1) {
    const FrontView front = front_of(study);
    out += fmt::format("front    {}: hone best {}\nvolume   {}\n", counted(front.ids.size(), "trial"), study.name(),
                       volume_text(study.spec(), front));
  }
  out += fmt::format("elapsed  {}\n", duration_text(elapsed));
  if (const auto rest = left(study, elapsed); rest && running && !ledger.finished())
    out += fmt::format("ends     in about {}, at {}\n", duration_text(*rest), local_time(now + *rest));
  out += fmt::format("slots    {} of {} in use\n", status["slots"]["used"].get<std::int64_t>(), study.slots());
  if (!opening) return out;
  out += fmt::format("opened   {}\n", local_time(opening->time));
  for (const auto& [name, value] : opening->facts)
    if (name != "environment")  // dozens of names; --json has them
      out += fmt::format("         {}: {}\n", printable(name), printable(value));
  return out;
}

}  // namespace hone
