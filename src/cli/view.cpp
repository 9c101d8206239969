#include "cli/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "cli/best.h"
#include "cli/event_words.h"
#include "cli/front.h"
#include "cli/started_in.h"
#include "run/home.h"
#include "store/sqlite.h"
#include "study/study_file.h"

namespace hone {
namespace {

std::string join_why(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + "; " + b;
}

/// What its current or last run was given.
Json run_resources(const StudySpec& spec, const Trial& trial) {
  Json out;
  out["cpu"] = static_cast<double>(cpus_of(spec.resources, trial.slots)) / 1e6;
  if (spec.resources.gpu > 0) out["gpu"] = static_cast<double>(gpus_of(spec.resources, trial.slots)) / 1e6;
  return out;
}

}  // namespace

void StudyView::apply(Event&& event) {
  const std::optional<TrialId> id = trial_of(event);
  const bool known = id && *id >= 0 && *id < static_cast<TrialId>(views_.size());
  const std::int64_t taken = ledger_.taken();
  const Seconds spent = known ? trial(*id).spent : 0;
  const bool current = known && (trial(*id).phase == Phase::Running || trial(*id).live);
  const std::size_t before = known ? trial(*id).reports.size() : 0;
  told_.clear();
  if (const auto* end = std::get_if<Finished>(&event.fact); end && !ledger_.finished())
    for (const Trial& trial : ledger_.trials())
      if (trial.phase == Phase::Paused || trial.phase == Phase::Waiting)
        views_[static_cast<std::size_t>(trial.id)].why = "the study ended: " + end->why;
  ledger_.apply(event, told_);
  if (const auto* extended = std::get_if<Extended>(&event.fact)) {
    const std::string folder = std::move(spec_.folder);
    spec_ = *extended->spec;
    spec_.folder = folder;
  }
  views_.resize(ledger_.trials().size());
  if (is_decision(event))
    std::visit(
        [&](const auto& f) {
          if constexpr (requires { f.free_slots; }) slots_ = taken + f.free_slots;
        },
        event.fact);
  if (!id || *id < 0 || *id >= static_cast<TrialId>(views_.size())) return;

  const Trial& trial = this->trial(*id);
  TrialView& view = views_[static_cast<std::size_t>(*id)];
  std::visit(
      [&](auto& f) {
        if constexpr (requires {
                        f.why;
                        f.trial;
                      })
          view.why = std::move(f.why);
      },
      event.fact);
  if (const auto* steered = std::get_if<Steered>(&event.fact)) view.why = steer_words(*steered);
  if (auto* started = std::get_if<Started>(&event.fact)) view.why = join_why(view.why, started->searcher_why);

  Metrics said;
  if (auto* report = std::get_if<Reported>(&event.fact); report && current && report->attempt == trial.attempt) {
    for (const auto& [name, value] : report->metrics) put_metric(said, name, value);  // a line may name a metric twice
    if (!report->infeasible.empty()) view.why = report->infeasible;
  } else if (auto* added = std::get_if<Added>(&event.fact)) {
    for (const auto& [name, value] : added->metrics) put_metric(said, name, value);
  }
  const bool told = std::any_of(told_.begin(), told_.end(), [](const Told& t) { return t.change == Change::Reported; });
  const bool counts = std::holds_alternative<Added>(event.fact) || told;
  if (!counts) {
    for (auto& [name, value] : said) put_metric(view.pending, name, value);
    return;
  }
  const auto push = [&](Resource at, Metrics metrics) {
    ReportView report{
        .at = at, .metrics = std::move(metrics), .seconds = spent + std::max(0.0, event.time - trial.launched)};
    const bool again =
        spec_.fidelity && !view.reports.empty() && view.reports.back().at == at;  // one that was not finite
    if (again) view.reports.back() = std::move(report);
    else view.reports.push_back(std::move(report));
  };
  // Two at once: the first was kept back, as the program might have been one that reports once.
  if (trial.reports.size() == before + 2) push(trial.reports[before].at, std::exchange(view.pending, {}));
  for (auto& [name, value] : std::exchange(view.pending, {}))
    if (std::none_of(said.begin(), said.end(), [&](const auto& m) { return m.first == name; }))
      said.emplace_back(name, value);
  // A program that prints its result at the end: its last report counts for as far as it was asked to go.
  if (said.empty() && !view.reports.empty()) said = view.reports.back().metrics;
  if (spec_.repeat > 1 && !trial.reports.empty()) put_objectives(said, trial.reports.back());
  push(spec_.fidelity && !trial.reports.empty() ? trial.reports.back().at
                                                : static_cast<Resource>(view.reports.size()) + 1,
       std::move(said));
}

Metrics StudyView::metrics(TrialId id) const {
  const Trial& trial = this->trial(id);
  Metrics out = view(id).reports.empty() ? Metrics() : view(id).reports.back().metrics;
  if (trial.reports.empty()) return out;
  put_objectives(out, trial.reports.back());
  return out;
}

/// The objectives as they count.
void StudyView::put_objectives(Metrics& out, const Report& report) const {
  for (std::size_t i = 0; i < spec_.objectives.size(); ++i)
    if (std::isfinite(report.loss[i]))
      put_metric(out, spec_.objectives[i].metric, spec_.objectives[i].maximize ? 0 - report.loss[i] : report.loss[i]);
}

std::vector<double> StudyView::repeats(TrialId id) const {
  std::vector<double> values;
  for (const auto& run : trial(id).repeats)
    if (!run.empty() && !run.back().loss.empty())
      values.push_back(spec_.objectives[0].maximize ? 0 - run.back().loss[0] : run.back().loss[0]);
  return values;
}

std::vector<TrialId> StudyView::ranked() const {
  std::vector<TrialId> out;
  for (const Trial& trial : ledger_.trials())
    if (!trial.reports.empty()) out.push_back(trial.id);
  const auto bad = [&](const Trial& trial) {
    const Report& last = trial.reports.back();
    return trial.phase == Phase::Failed || !std::isfinite(last.loss[0]) ||
           std::any_of(last.excess.begin(), last.excess.end(), [](double excess) { return !(excess <= 0); });
  };
  std::stable_sort(out.begin(), out.end(), [&](TrialId left, TrialId right) {
    const Trial &a = trial(left), &b = trial(right);
    const bool bad_a = bad(a), bad_b = bad(b);
    if (bad_a != bad_b) return bad_b;
    if (a.reports.back().at != b.reports.back().at) return a.reports.back().at > b.reports.back().at;
    const double x = a.reports.back().loss[0], y = b.reports.back().loss[0];
    return std::isnan(x) ? false : std::isnan(y) || x < y;
  });
  return out;
}

Result<StudySpec> stored_spec(const std::string& home, const StudyRow& row) {
  auto spec = read_study_file(row.spec, row.name + ".json");
  if (!spec)
    return fail(Code::Corrupt, fmt::format("{}: the definition of {} cannot be read: {}", database_path(home), row.name,
                                           spec.error().what));
  spec->name = row.name;
  spec->folder = started_in(absolute_path(study_folder(home, row.name))).value_or("");
  return spec;
}

Result<StudyView> load_view(const std::string& home, const std::string& study,
                            const std::function<void(const Event&)>& each) {
  auto storage = open_sqlite(database_path(home), OpenMode::ReadOnly);
  if (!storage && storage.error().code == Code::NotFound)
    return fail(Code::NotFound,
                fmt::format("study {}: there are no studies in {}; choose another --home", study, home));
  if (!storage) return tl::unexpected(storage.error());
  const auto row = (*storage)->find(study);
  if (!row) return tl::unexpected(row.error());
  auto spec = stored_spec(home, *row);
  if (!spec) return tl::unexpected(spec.error());
  StudyView view(row->name, std::move(*spec));
  const auto read = (*storage)->read(row->id, 0, [&](Seq, Event&& event) {
    if (each) each(event);
    view.apply(std::move(event));
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  return view;
}

const char* state_name(const Trial& trial) {
  return hone::name(trial.phase == Phase::Waiting && trial.held ? Phase::Paused : trial.phase);
}

std::string why_text(const StudyView& study, TrialId id) {
  const Trial& trial = study.trial(id);
  const std::string& why = study.view(id).why;
  if (trial.phase != Phase::Waiting) return why;
  if (trial.held) return join_why(why, "held until `hone resume`");
  return trial.alone ? join_why(why, "it ran out of memory, so it waits to run alone") : why;
}

Json trial_json(const StudyView& study, TrialId id) {
  const Trial& trial = study.trial(id);
  const TrialView& view = study.view(id);
  const std::string cause = trial.phase == Phase::Failed ? cause_text(trial.cause, trial.code) : "";
  Json::array_t reports;
  reports.reserve(view.reports.size());
  for (const ReportView& report : view.reports) {
    Json::object_t one;
    one.reserve(3);
    one.emplace_back("at", report.at);
    one.emplace_back("metrics", metrics_json(report.metrics));
    one.emplace_back("seconds", report.seconds);
    reports.emplace_back(std::move(one));
  }
  const bool over = trial.phase != Phase::Running && (trial.phase != Phase::Waiting || trial.held);
  Json::object_t out;
  out.reserve(17);  // with what `hone best` adds
  out.emplace_back("trial", trial.id);
  out.emplace_back("state", state_name(trial));
  out.emplace_back("cause", cause.empty() ? Json(nullptr) : Json(cause));
  out.emplace_back("config", config_json(study.spec().space, trial.config));
  out.emplace_back("metrics", metrics_json(study.metrics(id)));
  out.emplace_back("reports", std::move(reports));
  if (study.spec().repeat > 1) out.emplace_back("repeats", study.repeats(id));
  out.emplace_back("bracket", trial.bracket);
  out.emplace_back("parent", trial.from ? Json(trial.from->trial) : Json(nullptr));
  out.emplace_back("attempts", trial.attempt);
  out.emplace_back("why", why_text(study, id));
  out.emplace_back("started", trial.started);
  out.emplace_back("ended", over ? Json(trial.ended) : Json(nullptr));
  if (most_slots(study.spec().resources) > 1) out.emplace_back("resources", run_resources(study.spec(), trial));
  out.emplace_back("cpu_seconds", trial.cpu_seconds);
  out.emplace_back("peak_memory", trial.peak_memory);
  return out;
}

std::string study_state(const StudyView& study, bool running) {
  if (const auto& finished = study.ledger().finished()) return finished->failed ? "failed" : "finished";
  return running ? "running" : "interrupted";
}

Json status_json(const StudyView& study, bool running, Seconds now) {
  const Ledger& ledger = study.ledger();
  Json counts;
  for (const Phase phase :
       {Phase::Waiting, Phase::Running, Phase::Paused, Phase::Completed, Phase::Stopped, Phase::Failed})
    counts[name(phase)] = 0;
  for (const Trial& trial : ledger.trials()) counts[state_name(trial)] = counts[state_name(trial)].get<int>() + 1;
  Json best = nullptr;
  if (const auto id = ledger.best()) best = Json{{"trial", *id}, {"metrics", metrics_json(study.metrics(*id))}};
  const bool going = running && ledger.live() > 0 && !ledger.finished();
  Json out;
  out["study"] = study.name();
  out["state"] = study_state(study, running);
  out["counts"] = std::move(counts);
  out["best"] = std::move(best);
  out["elapsed"] = ledger.elapsed() + (going ? std::max(0.0, now - ledger.last_time()) : 0.0);
  out["slots"] = Json{{"used", running ? ledger.taken() : 0}, {"total", study.slots()}};
  const bool front = study.spec().objectives.size() > 1 && ledger.best();
  out["hypervolume"] = front ? number_json(front_of(study).hypervolume) : Json(nullptr);
  return out;
}

std::string result_text(const StudySpec& spec, const Trial& trial) {
  if (trial.reports.empty()) return "no result";
  std::string out;
  for (std::size_t i = 0; i < spec.objectives.size(); ++i) {
    const Objective& objective = spec.objectives[i];
    const double loss = trial.reports.back().loss[i];
    out +=
        fmt::format("{}{} {}", i > 0 ? ", " : "", objective.metric, short_number(objective.maximize ? 0 - loss : loss));
  }
  if (spec.fidelity) out += fmt::format(" at {} {}", spec.fidelity->name, trial.reports.back().at);
  return out;
}

}  // namespace hone
