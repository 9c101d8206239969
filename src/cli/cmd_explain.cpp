#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "cli/belief.h"
#include "cli/clock.h"
#include "cli/early.h"
#include "cli/event_words.h"
#include "cli/hints.h"
#include "cli/importance.h"
#include "cli/parser.h"
#include "cli/plan.h"
#include "run/checkpoints.h"
#include "run/home.h"

namespace hone {
namespace {

struct Line {
  Seconds time = 0;
  std::string event, what;
};

void print_lines(const std::vector<Line>& lines, Seconds from) {
  for (const Line& line : lines) {
    std::string what = printable(line.what, true);
    for (std::size_t at = what.find('\n'); at != std::string::npos; at = what.find('\n', at + 1))
      what.insert(at + 1, 22, ' ');
    fmt::print("{:>9}  {:<10} {}\n", "+" + duration_text(std::max(0.0, line.time - from)), line.event, what);
  }
}

int explain_trial(const StudyView& study, TrialId id, const std::vector<Line>& lines, bool json) {
  const Trial& trial = study.trial(id);
  if (json) {
    Json out = Json::array();
    for (const Line& line : lines) out.push_back(Json{{"time", line.time}, {"event", line.event}, {"what", line.what}});
    fmt::print("{}\n", dump(out));
    return kDone;
  }
  fmt::print("trial {} is {}", id, state_name(trial));
  if (trial.phase == Phase::Failed) fmt::print(" ({})", cause_text(trial.cause, trial.code));
  if (trial.phase == Phase::Waiting) fmt::print(" ({})", printable(why_text(study, id)));
  fmt::print(": {}\n{}\n\n", result_text(study.spec(), trial), config_text(study.spec().space, trial.config));
  print_lines(lines, trial.started);
  std::string words;
  for (const Line& line : lines) words += line.what + "\n";
  const auto notes = footnotes(words);
  if (!notes.empty()) fmt::print("\n{}\n", fmt::join(notes, "\n"));
  return kDone;
}

Json importance_json(const Importance& one) {
  Json top = nullptr;
  if (one.range) top = Json{{"lo", number_json(one.range->first)}, {"hi", number_json(one.range->second)}};
  else if (!one.options.empty()) top = Json(std::map<std::string, std::size_t>(one.options.begin(), one.options.end()));
  return Json{{"param", one.param},
              {"kind", one.kind},
              {"value", number_json(one.value)},
              {"share", number_json(one.share)},
              {"trials", one.trials},
              {"clear", one.clear},
              {"better", one.better},
              {"top", std::move(top)}};
}

std::string top_text(const Importance& one) {
  if (one.range && one.range->first == one.range->second) return short_number(one.range->first);
  if (one.range) return fmt::format("{} to {}", short_number(one.range->first), short_number(one.range->second));
  std::string out;
  for (const auto& [option, count] : one.options)
    out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", option, count);
  return out.empty() ? "-" : out;
}

std::string ranking_text(const StudyView& study) {
  const StudySpec& spec = study.spec();
  const Objective& objective = spec.objectives[0];
  const auto trials = comparable_trials(study);
  std::string out = fmt::format("What goes with {} ({} is better) in {}", objective.metric,
                                objective.maximize ? "higher" : "lower", counted(trials.size(), "trial"));
  if (spec.fidelity && !trials.empty())
    out += fmt::format(" at {} {}, the highest reached", spec.fidelity->name, trials[0]->reports.back().at);
  if (spec.objectives.size() > 1) out += "; it is the first objective";
  if (trials.size() < 3) return out + ": too few to compare\n";
  bool numbers = false, choices = false, unclear = false;
  auto [params, pairs] = importances(study);
  Table table({"parameter", "explains", "measure", "better with", "trials", "in the best tenth"});
  for (const Importance& one : params) {
    const bool category = one.kind == "correlation ratio";
    (category ? choices : numbers) = true;
    unclear = unclear || !one.clear;
    table.add({one.param, std::isnan(one.share) ? "-" : fmt::format("{:.0f} %", 100 * one.share),
               std::isnan(one.value) ? "-" : fmt::format("{:.2f}{}", one.value, category ? "*" : ""),
               one.clear ? one.better : "unclear", std::to_string(one.trials), top_text(one)});
  }
  out += "\n\n" + table.text() + "\n";
  std::erase_if(pairs, [](const Interaction& pair) { return pair.share < 0.05; });
  if (pairs.size() > 3) pairs.resize(3);
  for (const Interaction& pair : pairs)
    out += fmt::format("{} and {} together explain {:.0f} % more\n", pair.a, pair.b, 100 * pair.share);
  out += fmt::format("explains: share of how {} varies that is due to this parameter alone, where it is active\n",
                     objective.metric);
  if (numbers)
    out += fmt::format("measure: rank correlation, from -1 to 1; above 0, a larger value goes with a higher {}\n",
                       objective.metric);
  if (choices) out += "measure*: correlation ratio of the ranks, from 0 to 1: how far the options lie apart\n";
  return out + (unclear ? "unclear: chance alone gives as much in more than 1 of 20 studies\n" : "");
}

int explain_study(const std::string& home, const StudyView& study, const std::vector<Line>& lines, bool json) {
  const EarlyResults early = early_results(home, study);
  if (json) {
    Json params = Json::array();
    for (const Importance& one : importances(study).params) params.push_back(importance_json(one));
    fmt::print("{}\n", dump(Json{{"params", std::move(params)}, {"rungs", early_json(early)}}));
    return kDone;
  }
  fmt::print("{}", printable(ranking_text(study) + early_text(study.spec(), early), true));
  const auto advice = hints(study.spec(), study.ledger().trials());
  if (!advice.empty()) fmt::print("\n");
  for (const std::string& line : advice) fmt::print("hint: {}\n", printable(line));
  if (!lines.empty()) fmt::print("\n");
  print_lines(lines, study.ledger().first_time());
  return kDone;
}

int explain_points(const std::string& home, const std::string& study, const Words& at, bool json) {
  const auto view = load_view(home, study);
  if (!view) return complain(view.error());
  const auto beliefs = beliefs_at(home, *view, at);
  if (!beliefs) return complain(beliefs.error());
  Json list = Json::array();
  std::string text;
  for (const BeliefAt& belief : *beliefs) {
    list.push_back(belief_json(view->spec(), belief));
    text += (text.empty() ? "" : "\n") + belief_text(view->spec(), belief);
  }
  fmt::print("{}", json ? dump(list.size() == 1 ? list[0] : list) + "\n" : text);
  return kDone;
}

/// Where a trial stands that went no further, or has not yet.
std::string standing_text(const std::string& home, const StudyView& view, TrialId id) {
  const Trial& trial = view.trial(id);
  const SchedulerRow* row = find_scheduler(view.spec().scheduler.name);
  if (row == nullptr || !row->rungs || (trial.phase != Phase::Paused && !trial.cut)) return {};
  const auto study = rebuild(home, view);
  return study ? study->standing(id) : "";  // the view was read: it is shown without
}

}  // namespace

int explain_command(const Command& self, const Words& words) {
  Parser parser(self);
  std::string study;
  Words at;
  std::optional<std::int64_t> trial;
  parser.add_home();
  parser.add_json();
  parser.required_word("STUDY", study, "its name");
  parser.whole("TRIAL", trial, "its number; without: which parameters matter");
  parser.every("--at", at,
               "what the searcher's model expects there: mean and deviation of the objective, acquisition,\n"
               "and how likely a trial ends well (feasible); several give a list with --json",
               "NAME=VALUE,...");
  if (const auto status = parser.parse(words)) return *status;
  if (!at.empty() && trial) return complain({Code::Invalid, "--at: is given beside a trial; keep one"});
  if (!at.empty()) return explain_points(parser.home(), study, at, parser.json);
  std::vector<Event> events;
  const auto view = load_view(parser.home(), study, [&](const Event& event) {
    if (trial_of(event) == trial) events.push_back(event);
    else if (trial && std::holds_alternative<Finished>(event.fact)) events.push_back(event);
  });
  if (!view) return complain(view.error());
  const auto plan = make_plan(view->spec());
  const bool brackets = plan && plan->brackets.size() > 1;
  std::vector<Line> lines;
  for (const Event& event : events)
    lines.push_back({event.time, kind(event), event_words(event, view->spec(), brackets)});
  if (!trial) return explain_study(parser.home(), *view, lines, parser.json);
  const std::size_t count = view->ledger().trials().size();
  if (*trial < 0 || static_cast<std::size_t>(*trial) >= count)
    return complain({Code::NotFound, fmt::format("trial {}: study {} has {}; `hone trials {}` lists them", *trial,
                                                 view->name(), counted(count, "trial"), view->name())});
  for (const CheckpointCopy& copy : checkpoint_copies(study_folder(parser.home(), view->name())))
    if (copy.trial == *trial) lines.push_back({copy.time, "copied", copy_text(copy, view->spec())});
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.time < b.time; });
  // The end of the study stopped it, unless an event of its own did.
  const auto ends = [](const Line& line) { return line.event == "Stopped"; };
  const bool cut = view->trial(*trial).cut && std::none_of(lines.begin(), lines.end(), ends);
  for (Line& line : lines)
    if (line.event == "Finished") line.event = cut ? "Stopped" : "", line.what = "the study ended: " + line.what;
  std::erase_if(lines, [](const Line& line) { return line.event.empty(); });
  const std::string standing = standing_text(parser.home(), *view, *trial);
  if (!standing.empty()) lines.push_back({view->ledger().last_time(), cut ? "Stood" : "Waits", standing});
  return explain_trial(*view, *trial, lines, parser.json);
}

}  // namespace hone
