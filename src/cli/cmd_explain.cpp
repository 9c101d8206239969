#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "cli/clock.h"
#include "cli/importance.h"
#include "cli/parser.h"

namespace hone {
namespace {

struct Line {
  Seconds time = 0;
  std::string event, what;
};

std::string metrics_text(const Metrics& metrics) {
  std::string out;
  for (const auto& [name, value] : metrics)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, short_number(value));
  return out;
}

std::string because(const std::string& text, const std::string& why) { return why.empty() ? text : text + ": " + why; }

/// What an event says about its trial, in words.
struct InWords {
  std::string operator()(const Started& e) const {
    std::string out = fmt::format("up to {}, bracket {}", e.until, e.bracket);
    if (e.from) out += fmt::format(", from trial {} at {}", e.from->trial, e.from->at);
    out = because(out, e.why);
    if (!e.searcher_why.empty()) out += "\nproposed: " + e.searcher_why;
    return out;
  }
  std::string operator()(const Resumed& e) const { return because(fmt::format("up to {}", e.until), e.why); }
  std::string operator()(const Paused& e) const { return e.why; }
  std::string operator()(const Stopped& e) const { return e.why; }
  std::string operator()(const Expired& e) const { return because(cause_text(e.cause, 0), e.why); }
  std::string operator()(const Relaunched& e) const { return e.why; }
  std::string operator()(const Finished& e) const { return e.why; }
  std::string operator()(const Reported& e) const {
    return because(fmt::format("{} (run {}, report {})", metrics_text(e.metrics), e.attempt, e.n), e.infeasible);
  }
  std::string operator()(const Exited& e) const {
    const std::string cause = cause_text(e.cause, e.code);
    return because(
        fmt::format("run {}: {}, {} CPU", e.attempt, cause.empty() ? "exit 0" : cause, duration_text(e.cpu_seconds)),
        e.detail);
  }
  std::string operator()(const Added& e) const { return because(e.source, metrics_text(e.metrics)); }
  std::string operator()(const Steered&) const { return "asked for by the user"; }
  std::string operator()(const Extended&) const { return {}; }  // of no trial
  std::string operator()(const Opened&) const { return {}; }
};

int explain_trial(const StudyView& study, TrialId id, const std::vector<Line>& lines, bool json) {
  const Trial& trial = study.trial(id);
  if (json) {
    Json out = Json::array();
    for (const Line& line : lines) out.push_back(Json{{"time", line.time}, {"event", line.event}, {"what", line.what}});
    fmt::print("{}\n", dump(out));
    return kDone;
  }
  fmt::print("trial {} is {}", id, name(trial.phase));
  if (trial.phase == Phase::Failed) fmt::print(" ({})", cause_text(trial.cause, trial.code));
  fmt::print(": {}\n{}\n\n", result_text(study.spec(), trial), config_text(study.spec().space, trial.config));
  for (const Line& line : lines) {
    std::string what = printable(line.what, true);
    for (std::size_t at = what.find('\n'); at != std::string::npos; at = what.find('\n', at + 1))
      what.insert(at + 1, 22, ' ');
    fmt::print("{:>9}  {:<10} {}\n", "+" + duration_text(std::max(0.0, line.time - trial.started)), line.event, what);
  }
  return kDone;
}

int explain_study(const StudyView& study, bool json) {
  const auto list = importances(study);
  const Objective& objective = study.spec().objectives[0];
  if (json) {
    Json out = Json::array();
    for (const Importance& one : list)
      out.push_back(
          Json{{"param", one.param}, {"kind", one.kind}, {"value", number_json(one.value)}, {"trials", one.trials}});
    fmt::print("{}\n", dump(out));
    return kDone;
  }
  Table table({"parameter", "value", "trials", "measure"});
  for (const Importance& one : list)
    table.add({one.param, std::isnan(one.value) ? "-" : fmt::format("{:.2f}", one.value), std::to_string(one.trials),
               one.kind});
  fmt::print(
      "How the parameters go with {} at the highest fidelity reached. A rank correlation lies from -1 to 1 (above 0: "
      "a\n"
      "larger value goes with a larger {}), a correlation ratio from 0 to 1; few trials say little.\n\n{}",
      objective.metric, objective.metric, table.text());
  return kDone;
}

}  // namespace

int explain_command(const Command& self, const Words& words) {
  Parser parser(self);
  std::string study;
  std::optional<std::int64_t> trial;
  parser.add_home();
  parser.add_json();
  parser.required_word("STUDY", study, "its name");
  parser.whole("TRIAL", trial, "its number; without: which parameters matter");
  if (const auto status = parser.parse(words)) return *status;
  std::vector<Line> lines;
  Line last;
  const auto view = load_view(parser.home(), study, [&](const Event& event) {
    if (const auto* end = std::get_if<Finished>(&event.fact))
      last = Line{event.time, "Stopped", "the study ended: " + end->why};
    if (trial && trial_of(event) == *trial)
      lines.push_back({event.time, kind(event), std::visit(InWords{}, event.fact)});
  });
  if (!view) return complain(view.error());
  if (!trial) return explain_study(*view, parser.json);
  if (*trial < 0 || *trial >= static_cast<TrialId>(view->ledger().trials().size()))
    return complain({Code::NotFound, fmt::format("trial {}: study {} has {} trials; `hone trials {}` lists them",
                                                 *trial, view->name(), view->ledger().trials().size(), view->name())});
  if (view->trial(*trial).phase == Phase::Stopped && (lines.empty() || lines.back().event != "Stopped") &&
      std::none_of(lines.begin(), lines.end(), [](const Line& line) { return line.event == "Stopped"; }))
    lines.push_back(last);
  return explain_trial(*view, *trial, lines, parser.json);
}

}  // namespace hone
