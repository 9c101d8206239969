#include "cli/trial_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace hone {
namespace {

std::string metric_text(const Metrics& metrics, const std::string& name, bool exact) {
  for (const auto& [key, value] : metrics)
    if (key == name) return exact ? number_text(value) : short_number(value);
  return "";
}

Json copy_json(const CheckpointCopy& copy) {
  return Json{{"from", copy.from.trial},
              {"at", copy.from.at},
              {"bytes", copy.bytes},
              {"shared", copy.shared},
              {"seconds", copy.seconds}};
}

/// Every metric that a trial has, in the order in which they first came; the objectives first.
std::vector<std::string> metric_names(const StudyView& study, const std::vector<TrialId>& ids) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  const auto add = [&](const std::string& name) {
    if (seen.insert(name).second) names.push_back(name);
  };
  for (const Objective& objective : study.spec().objectives) add(objective.metric);
  for (const TrialId id : ids)
    for (const ReportView& report : study.view(id).reports)
      for (const auto& metric : report.metrics) add(metric.first);
  return names;
}

std::string state_text(const Trial& trial) {
  const std::string cause = trial.phase == Phase::Failed ? cause_text(trial.cause, trial.code) : "";
  return cause.empty() ? state_name(trial) : fmt::format("{}: {}", state_name(trial), cause);
}

}  // namespace

std::vector<TrialId> chosen_trials(const StudyView& study, std::optional<std::int64_t> top) {
  if (top) {
    auto ids = study.ranked();
    ids.resize(std::min(ids.size(), static_cast<std::size_t>(std::max<std::int64_t>(0, *top))));
    return ids;
  }
  std::vector<TrialId> ids;
  for (const Trial& trial : study.ledger().trials()) ids.push_back(trial.id);
  return ids;
}

void print_trials_json(const StudyView& study, const std::vector<TrialId>& ids,
                       const std::vector<CheckpointCopy>& copies, std::FILE* out) {
  std::map<TrialId, Json> of;
  for (const CheckpointCopy& copy : copies) of[copy.trial].push_back(copy_json(copy));
  write_text(out, "[");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Json trial = trial_json(study, ids[i]);
    if (const auto found = of.find(ids[i]); found != of.end()) trial["copies"] = found->second;
    write_text(out, (i > 0 ? ",\n" : "") + dump(trial));
  }
  write_text(out, "]\n");
}

void print_trials_json_lines(const StudyView& study, const std::vector<TrialId>& ids, std::FILE* out) {
  for (const TrialId id : ids) write_text(out, dump(trial_json(study, id)) + "\n");
}

void print_trials_csv(const StudyView& study, const std::vector<TrialId>& ids, std::FILE* out) {
  const Space& space = study.spec().space;
  const auto metrics = metric_names(study, ids);
  std::vector<std::string> row = {"trial", "state",   "cause", "bracket", "parent",      "attempts",
                                  "at",    "started", "ended", "seconds", "cpu_seconds", "peak_memory"};
  for (const Param& param : space.params()) row.push_back("config." + param.name);
  for (const std::string& metric : metrics) row.push_back("metrics." + printable(metric));
  write_text(out, csv_line(row));
  for (const TrialId id : ids) {
    const Trial& trial = study.trial(id);
    const bool over = trial.phase != Phase::Running && (trial.phase != Phase::Waiting || trial.held);
    row = {std::to_string(id),
           state_name(trial),
           trial.phase == Phase::Failed ? cause_text(trial.cause, trial.code) : "",
           std::to_string(trial.bracket),
           trial.from ? std::to_string(trial.from->trial) : "",
           std::to_string(trial.attempt),
           trial.reports.empty() ? "" : std::to_string(trial.reports.back().at),
           number_text(trial.started),
           over ? number_text(trial.ended) : "",
           study.view(id).reports.empty() ? "" : number_text(study.view(id).reports.back().seconds),
           number_text(trial.cpu_seconds),
           std::to_string(trial.peak_memory)};
    for (std::size_t i = 0; i < space.params().size(); ++i)
      row.push_back(i < trial.config.size() ? space.text(i, trial.config[i]) : "");
    const Metrics values = study.metrics(id);
    for (const std::string& metric : metrics) row.push_back(metric_text(values, metric, true));
    write_text(out, csv_line(row));
  }
}

void print_trials_table(const StudyView& study, const std::vector<TrialId>& ids, std::FILE* out) {
  const StudySpec& spec = study.spec();
  std::vector<std::string> head = {"trial", "state"};
  for (const Objective& objective : spec.objectives) head.push_back(objective.metric);
  for (const OutcomeConstraint& outcome : spec.outcomes) head.push_back(outcome.metric);
  if (spec.fidelity) head.push_back(spec.fidelity->name);
  for (const Param& param : spec.space.params()) head.push_back(param.name);
  head.push_back("time");
  Table table(head);
  for (const TrialId id : ids) {
    const Trial& trial = study.trial(id);
    std::vector<std::string> row = {std::to_string(id), state_text(trial)};
    const Metrics values = study.metrics(id);
    for (const Objective& objective : spec.objectives) {
      const std::string value = metric_text(values, objective.metric, false);
      row.push_back(value.empty() ? "-" : value);
    }
    for (std::size_t i = 0; i < spec.outcomes.size(); ++i) {
      const OutcomeConstraint& outcome = spec.outcomes[i];
      const std::string value = metric_text(values, outcome.metric, false);
      const bool broken = !trial.reports.empty() && trial.reports.back().excess[i] > 0;
      row.push_back(value.empty() ? "-"
                    : broken      ? fmt::format("{} {} {:g}", value, outcome.at_most ? ">" : "<", outcome.bound)
                                  : value);
    }
    if (spec.fidelity) row.push_back(trial.reports.empty() ? "-" : std::to_string(trial.reports.back().at));
    for (std::size_t i = 0; i < spec.space.params().size(); ++i) {
      const Value& value = trial.config[i];
      const auto* real = std::get_if<double>(&value);
      row.push_back(std::holds_alternative<std::monostate>(value) ? "-"
                    : real                                        ? short_number(*real)
                                                                  : spec.space.text(i, value));
    }
    row.push_back(study.view(id).reports.empty() ? "-" : duration_text(study.view(id).reports.back().seconds));
    table.add(std::move(row));
  }
  write_text(out, table.text());
}

}  // namespace hone
