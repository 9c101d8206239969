#include "cli/live_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <tuple>

#include "base/text.h"
#include "cli/text_out.h"
#include "cli/view.h"

namespace hone {
namespace {

const Trial& trial_at(const Study& study, TrialId id) { return study.trials()[static_cast<std::size_t>(id)]; }

double shown_value(const StudySpec& spec, double loss) { return spec.objectives[0].maximize ? 0 - loss : loss; }

/// The state that a user knows: one that is held waits for nobody but the user.
std::string row_state(const Trial& trial) {
  if (trial.live && trial.phase != Phase::Running) return "ending";
  return state_name(trial);
}

std::string off_text(const Trial& trial) {
  if (trial.held) return "paused by the user";
  const std::string cause = trial.cause == Cause::None ? "lost or interrupted" : cause_text(trial.cause, trial.code);
  return fmt::format("waiting ({}, {})", cause, trial.alone ? "alone later" : "again soon");
}

std::optional<LiveBest> best_of(const Study& study) {
  const StudySpec& spec = study.spec();
  const std::vector<TrialId> front = study.front();
  if (front.empty()) return std::nullopt;
  const Trial& trial = trial_at(study, front[0]);
  LiveBest best;
  best.value = fmt::format("trial {}: {}", trial.id, printable(result_text(spec, trial)));
  if (front.size() > 1) best.value = fmt::format("{} nondominated trials, e.g. {}", front.size(), best.value);
  best.config = config_text(spec.space, trial.config);
  for (const Report& report : trial.reports) best.reports.push_back(shown_value(spec, report.loss[0]));
  return best;
}

}  // namespace

void LiveView::seen(const Event& event, const Study& study) {
  changed_ = true;
  const auto id = trial_of(event);
  if (!id || *id < 0 || *id >= static_cast<TrialId>(study.trials().size())) return;
  if (const auto* report = std::get_if<Reported>(&event.fact)) {
    if (report->attempt != trial_at(study, *id).attempt) return;
    Row& row = rows_[*id];
    row.heard = event.time;
    for (const auto& [metric, value] : report->metrics) put_metric(row.metrics, metric, value);
  } else if (std::holds_alternative<Started>(event.fact) || std::holds_alternative<Resumed>(event.fact) ||
             std::holds_alternative<Relaunched>(event.fact)) {
    rows_[*id] = Row{};
  }
}

void LiveView::scan(const Study& study, const Moment& moment) {
  const StudySpec& spec = study.spec();
  scanned_ = LiveState{};
  on_.clear();
  off_.clear();
  std::map<std::string, std::int64_t> states;
  std::optional<std::pair<Resource, double>> best;  // highest fidelity first, as in Study::best()
  for (const Trial& trial : study.trials()) {
    ++states[trial.held ? name(Phase::Paused) : name(trial.phase)];
    if (trial.live) on_.push_back(trial.id);
    else if (trial.phase == Phase::Waiting) off_.push_back(trial.id);
    scanned_.started += counts(trial) ? 1 : 0;
    scanned_.settled += counts(trial) && settled(trial) ? 1 : 0;
    if (trial.reports.empty()) continue;
    const Report& last = trial.reports.back();
    const bool feasible = std::all_of(last.excess.begin(), last.excess.end(), [](double e) { return e <= 0; });
    if (trial.phase != Phase::Failed && feasible && std::isfinite(last.loss[0]) &&
        (!best || last.at > best->first || (last.at == best->first && last.loss[0] < best->second)))
      best = {last.at, last.loss[0]};
    if (best) scanned_.history.push_back(shown_value(spec, best->second));
  }
  std::erase_if(rows_, [&](const auto& entry) { return !trial_at(study, entry.first).live; });
  for (const Phase phase :
       {Phase::Running, Phase::Waiting, Phase::Paused, Phase::Completed, Phase::Stopped, Phase::Failed})
    if (const auto found = states.find(name(phase)); found != states.end()) scanned_.states.push_back(*found);
  scanned_.causes = cause_counts(study.trials());
  scanned_.best = best_of(study);
  const std::int64_t free = moment.slots - study.taken();
  if (free > 0 && !moment.interrupted && !study.finished()) scanned_.wait = printable(moment.waits);
}

void LiveView::choose(const Study& study, std::size_t most) {
  const std::set<TrialId> on(on_.begin(), on_.end()), off(off_.begin(), off_.end());
  const std::set<TrialId> before(shown_.begin(), shown_.end());
  const auto key = [&](TrialId id) {  // smallest first
    const Trial& trial = trial_at(study, id);
    const double part = trial.reports.empty() || trial.until <= 0
                            ? 0
                            : static_cast<double>(trial.reports.back().at) / static_cast<double>(trial.until);
    const auto found = rows_.find(id);
    return std::tuple(!on.contains(id), -part, found == rows_.end() ? 0 : -found->second.heard, id);
  };
  std::vector<decltype(key(0))> candidates;
  for (const auto* ids : {&on_, &off_})
    for (const TrialId id : *ids)
      if (!before.contains(id)) candidates.push_back(key(id));
  const std::size_t wanted = std::min(candidates.size(), most);
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(wanted), candidates.end());
  std::size_t next = 0;
  std::vector<TrialId> kept;
  for (const TrialId id : shown_) {
    const bool stays = on.contains(id) || (off.contains(id) && kept.size() + on.size() < most);
    if (stays) kept.push_back(id);
    else if (next < wanted && on.contains(std::get<TrialId>(candidates[next])))
      kept.push_back(std::get<TrialId>(candidates[next++]));
  }
  while (kept.size() < most && next < wanted) kept.push_back(std::get<TrialId>(candidates[next++]));
  kept.resize(std::min(kept.size(), most));
  std::stable_partition(kept.begin(), kept.end(), [&](TrialId id) { return on.contains(id); });
  shown_ = std::move(kept);
}

std::string LiveView::metrics_text(const Study& study, const Trial& trial) const {
  const StudySpec& spec = study.spec();
  std::vector<std::string> hidden = spec.fidelity ? spellings(*spec.fidelity) : std::vector<std::string>();
  std::string out;
  const auto add = [&](const std::string& metric, double value) {
    if (std::find(hidden.begin(), hidden.end(), metric) != hidden.end()) return;
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", printable(metric), short_number(value));
    hidden.push_back(metric);
  };
  const auto found = rows_.find(trial.id);
  const Metrics none, &metrics = found == rows_.end() ? none : found->second.metrics;
  for (std::size_t i = 0; i < spec.objectives.size(); ++i) {  // those first
    const std::string& objective = spec.objectives[i].metric;
    const auto said = std::find_if(metrics.begin(), metrics.end(), [&](const auto& m) { return m.first == objective; });
    if (said != metrics.end()) add(objective, said->second);
    else if (!trial.reports.empty()) {
      const double loss = trial.reports.back().loss[i];
      add(objective, spec.objectives[i].maximize ? 0 - loss : loss);
    }
  }
  for (const auto& [metric, value] : metrics) add(metric, value);
  return out;
}

LiveTrial LiveView::row(const Study& study, TrialId id, Seconds now) const {
  const Trial& trial = trial_at(study, id);
  LiveTrial out;
  out.id = id;
  out.on = trial.live;
  if (!trial.live) {
    out.state = off_text(trial);
    return out;
  }
  out.state = row_state(trial);
  out.running = std::max(0.0, now - trial.launched);
  out.at = trial.reports.empty() ? 0 : trial.reports.back().at;
  if (study.spec().fidelity && !study.spec().fidelity->further.empty())  // what is on its way to a level is no report
    out.at = std::max(out.at, trial.level);
  out.until = trial.until;
  out.metrics = metrics_text(study, trial);
  return out;
}

LiveState LiveView::state(const Study& study, const Moment& moment) {
  if (std::exchange(changed_, false)) scan(study, moment);
  const StudySpec& spec = study.spec();
  LiveState out = scanned_;
  out.study = spec.name;
  out.searcher = spec.searcher.name;
  out.scheduler = spec.scheduler.name;
  out.seed = spec.seed.value_or(0);
  out.interrupted = moment.interrupted;
  out.elapsed = study.elapsed(moment.now);
  out.time = spec.stop.time;
  out.trials = spec.stop.trials;
  out.left = time_left(spec.stop, out.started, out.settled, out.elapsed);
  out.running = study.taken();
  out.slots = moment.slots;
  out.bound = moment.bound;
  out.unit = spec.fidelity ? printable(spec.fidelity->name) : "";
  out.unicode = moment.unicode;
  choose(study, static_cast<std::size_t>(std::max(0, moment.rows)));
  for (const TrialId id : shown_) out.rows.push_back(row(study, id, moment.now));
  out.more = static_cast<std::int64_t>(on_.size() + off_.size() - shown_.size());
  return out;
}

}  // namespace hone
