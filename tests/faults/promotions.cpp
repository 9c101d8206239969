#include "faults/promotions.h"

#include <fmt/format.h>

#include <algorithm>

#include "hone/registry.h"
#include "schedule/halving.h"

namespace hone {
namespace {

/// The result of a trial in the rung at `level`, if it has one: by the first `count` reports if it went on from there.
std::optional<RungEntry> result_at(const Trial& trial, Resource level, std::size_t count, bool ended) {
  const std::span<const Report> reports(trial.reports.data(), count);
  for (const Report& report : reports)
    if (report.at >= level) return rung_entry(trial.id, &report);
  if (!ended) return std::nullopt;
  return rung_entry(trial.id, reports.empty() ? nullptr : &reports.back());
}

std::int64_t place(const std::vector<RungEntry>& results, RungEntry rank) {
  return std::lower_bound(results.begin(), results.end(), rank) - results.begin() + 1;
}

}  // namespace

Promotions::Promotions(const StudySpec& spec) : spec_(spec) {
  const SchedulerRow* row = find_scheduler(spec.scheduler.name);
  const auto options = row ? check_options("", row->options, spec.scheduler.options) : Result<Options>();
  if (!row || !options || !spec.fidelity || spec.objectives.size() != 1) return;
  const std::string& name = row->name;
  const auto set = [&](const char* option) { return options->contains(option) && option_bool(*options, option); };
  if (set("stop")) return;
  eta_ = options->contains("eta") ? option_int(*options, "eta") : 3;
  ScheduleInputs inputs;
  inputs.min = spec.fidelity->min;
  inputs.max = spec.fidelity->max;
  Shapes shapes;
  if (name == "asha" || name == "sh")
    shapes = halving_shapes(inputs, eta_, name == "sh" ? option_int(*options, "n") : 0);
  if (name == "asyncband" || name == "hyperband" || name == "bohb") shapes = hyperband_shapes(inputs, eta_);
  together_ = name == "sh" || name == "hyperband" || (name == "bohb" && !set("async"));
  for (const Bracket& shape : shapes) {
    levels_.emplace_back();
    for (const hone::Rung& rung : shape.rungs) levels_.back().push_back(rung.r);
  }
}

const std::vector<Resource>& Promotions::levels(int bracket) const {
  return levels_[static_cast<std::size_t>(bracket) % levels_.size()];
}

void Promotions::enter(const Trial& trial, const std::vector<Resource>& levels, std::vector<Rung>& rungs) const {
  std::size_t target = levels.size() - 1;
  while (target > 0 && levels[target] > trial.until) --target;
  const bool running = trial.phase == Phase::Running || trial.phase == Phase::Waiting;
  const bool ended_short = trial.phase == Phase::Completed && !report_at(trial, levels[target]);
  const bool dead = trial.phase == Phase::Failed || trial.phase == Phase::Stopped || (together_ && ended_short);
  if (dead && !together_) return;
  for (std::size_t k = 0; k <= target; ++k) {
    ++rungs[k].entrants;
    std::size_t count = trial.reports.size();
    for (auto leg = trial.legs.rbegin(); leg != trial.legs.rend(); ++leg)
      if (leg->until >= levels[k]) count = leg->reports;
    // What it had reported before it was sent on counts here only once it says more.
    const bool silent = k == target && running && !trial.legs.empty() && trial.legs.back().reports == count;
    if (silent) continue;
    auto result = result_at(trial, levels[k], count, k < target || trial.phase == Phase::Paused);
    if (dead && k == target) result = rung_entry(trial.id, nullptr);
    if (!result) continue;
    rungs[k].results.push_back(*result);
    if (k < target && !dead) ++rungs[k].promoted;
    // One whose run is still ending is passed over, but where all wait for all.
    if (k == target && trial.phase == Phase::Paused && (together_ || !trial.live)) rungs[k].waiting.push_back(*result);
  }
  if (running) ++rungs[target].running;
}

std::vector<Promotions::Rung> Promotions::rungs(const std::vector<Trial>& trials, int bracket) const {
  std::vector<Rung> rungs(levels(bracket).size());
  for (const Trial& trial : trials)
    if (trial.bracket == bracket) enter(trial, levels(bracket), rungs);
  for (Rung& rung : rungs) {
    std::sort(rung.results.begin(), rung.results.end());
    std::sort(rung.waiting.begin(), rung.waiting.end());
  }
  return rungs;
}

/// Who may go on from rung k, at most one: by its rank, or as the only way to the top.
std::optional<TrialId> Promotions::due(const std::vector<Rung>& rungs, std::size_t k) const {
  const Rung& rung = rungs[k];
  if (rung.waiting.empty()) return std::nullopt;
  bool closed = true;
  for (std::size_t j = 0; j <= k; ++j) closed = closed && rungs[j].running == 0;
  const std::int64_t rank = place(rung.results, rung.waiting.front());
  // All who went on ended by themselves below the next rung.
  bool ended_below = !together_ && k + 1 < rungs.size() && rungs[k + 1].results.empty();
  for (std::size_t j = k + 1; j < rungs.size(); ++j) ended_below = ended_below && rungs[j].running == 0;
  const bool alone = closed && (rung.promoted == 0 || ended_below);
  const bool by_rank = together_ ? closed && rank <= std::max<std::int64_t>(rung.entrants / eta_, 1)
                                 : rank <= static_cast<std::int64_t>(rung.results.size()) / eta_;
  return alone || by_rank ? std::optional(rung.waiting.front().trial) : std::nullopt;
}

std::vector<std::string> Promotions::check(std::span<const Event> log) const {
  std::vector<std::string> broken;
  if (levels_.empty()) return broken;
  Ledger ledger(spec_);
  std::vector<Told> told;
  for (const Event& event : log) {
    const std::vector<Trial>& trials = ledger.trials();
    if (const auto* resumed = std::get_if<Resumed>(&event.fact)) {
      const Trial& trial = trials[static_cast<std::size_t>(resumed->trial)];
      const auto& here = levels(trial.bracket);
      const auto level = std::find(here.begin(), here.end(), trial.until);
      const auto k = static_cast<std::size_t>(level - here.begin());
      if (k + 1 >= here.size() || here[k + 1] != resumed->until)
        broken.push_back(fmt::format("trial {} was sent from {} to {}", trial.id, trial.until, resumed->until));
      else if (due(rungs(trials, trial.bracket), k) != trial.id)
        broken.push_back(fmt::format("trial {} was sent from {} to {}, which is not due: {}", trial.id, trial.until,
                                     resumed->until, resumed->why));
    } else if (const auto* end = std::get_if<Finished>(&event.fact); end && !spec_.stop.time) {
      int brackets = 0;
      for (const Trial& trial : trials) brackets = std::max(brackets, trial.bracket + 1);
      for (int b = 0; b < brackets; ++b) {
        const auto standing = rungs(trials, b);
        for (std::size_t k = 0; k + 1 < standing.size(); ++k)
          if (const auto lost = due(standing, k))
            broken.push_back(fmt::format("trial {} never went on from {} in bracket {}; the end was: {}", *lost,
                                         levels(b)[k], b, end->why));
      }
    }
    told.clear();
    ledger.apply(event, told);
  }
  return broken;
}

}  // namespace hone
