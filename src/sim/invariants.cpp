#include "sim/invariants.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace hone {
namespace {

constexpr std::size_t kShown = 10;

const Trial* find(const Study& study, TrialId trial) {
  if (trial < 0 || trial >= static_cast<TrialId>(study.trials().size())) return nullptr;
  return &study.trials()[static_cast<std::size_t>(trial)];
}

}  // namespace

void Invariants::add(std::string what) {
  if (broken_.size() < kShown) broken_.push_back(std::move(what));
}

void Invariants::check_launch(const char* what, TrialId id, Phase needed, const Study& study) {
  const Trial* trial = find(study, id);
  if (!trial) return add(fmt::format("{} of trial {}, which does not exist", what, id));
  if (trial->phase != needed) add(fmt::format("{} of trial {}, which is {}", what, id, name(trial->phase)));
  if (trial->live) add(fmt::format("{} of trial {}, whose last run has not ended", what, id));
  if (study.taken() >= workers_) add(fmt::format("{} of trial {} without a free slot", what, id));
}

void Invariants::check(const Event& event, const Study& study) {
  if (is_decision(event) && study.finished()) add(fmt::format("{} after the end", kind(event)));
  if (const auto* e = std::get_if<Started>(&event.fact)) {
    if (e->trial != static_cast<TrialId>(study.trials().size())) {
      add(fmt::format("trial {} started, {} expected", e->trial, study.trials().size()));
    }
    if (study.taken() >= workers_) add(fmt::format("trial {} started without a free slot", e->trial));
    if (e->config.size() != spec_.space.params().size() || !spec_.space.allows(e->config)) {
      add(fmt::format("trial {} started with a configuration that is not legal", e->trial));
    }
  } else if (const auto* e = std::get_if<Resumed>(&event.fact)) {
    check_launch("Resumed", e->trial, Phase::Paused, study);
    const Trial* trial = find(study, e->trial);
    const Resource reached = trial && !trial->reports.empty() ? trial->reports.back().at : 0;
    // One that was paused by the user, or whose rungs have changed, may have to go where it was sent before.
    if (trial && e->until <= std::min(trial->until, reached))
      add(fmt::format("trial {} resumed to {}, where it has been", e->trial, e->until));
    if (spec_.fidelity && e->until > spec_.fidelity->max)
      add(fmt::format("trial {} resumed to {}, beyond the last", e->trial, e->until));
  } else if (const auto* e = std::get_if<Relaunched>(&event.fact)) {
    check_launch("Relaunched", e->trial, Phase::Waiting, study);
  } else if (const auto* e = std::get_if<Granted>(&event.fact)) {
    const Trial* trial = find(study, e->trial);
    if (!trial || trial->phase != Phase::Running || trial->slots != 1)
      return add(fmt::format("Granted to trial {}, which is not about to run", e->trial));
    if (e->slots < 2 || e->slots > most_slots(spec_.resources))
      add(fmt::format("Granted {} slots to trial {}", e->slots, e->trial));
    if (study.taken() + e->slots - 1 > workers_)
      add(fmt::format("Granted {} slots to trial {}, more than are free", e->slots, e->trial));
  } else if (const auto* e = std::get_if<Stopped>(&event.fact)) {
    const Trial* trial = find(study, e->trial);
    bool alive =
        trial && (trial->phase == Phase::Running || trial->phase == Phase::Paused || trial->phase == Phase::Waiting);
    if (!alive) add(fmt::format("Stopped trial {}, which has ended", e->trial));
  } else if (const auto* e = std::get_if<Paused>(&event.fact)) {
    const Trial* trial = find(study, e->trial);
    if (!trial || (trial->phase != Phase::Running && trial->phase != Phase::Waiting))
      add(fmt::format("Paused trial {}, which does not run", e->trial));
  }
}

void Invariants::check_end(const Study& study, std::span<const Event> log) {
  if (!study.finished()) add("the study did not finish");
  if (study.live() != 0 || study.taken() != 0) add(fmt::format("{} slots leaked", study.taken()));
  std::int64_t started = 0;
  for (const Trial& trial : study.trials()) {
    if (trial.phase == Phase::Running || trial.phase == Phase::Waiting || trial.phase == Phase::Paused) {
      add(fmt::format("trial {} is still {}", trial.id, name(trial.phase)));
    }
    if (trial.source.empty() && !trial.from) ++started;
    for (std::size_t i = 1; i < trial.reports.size(); ++i) {
      if (trial.reports[i].at <= trial.reports[i - 1].at)
        add(fmt::format("trial {} has reports out of order", trial.id));
    }
  }
  if (spec_.stop.trials && started > *spec_.stop.trials) {
    add(fmt::format("{} trials started, {} allowed", started, *spec_.stop.trials));
  }
  if (!spec_.space.finite()) return;
  std::set<Config> seen;
  for (const Event& event : log) {
    const auto* e = std::get_if<Started>(&event.fact);
    if (e && !e->from && !seen.insert(e->config).second && e->source != "initial") {
      add(fmt::format("trial {} repeats a configuration of a finite space", e->trial));
    }
  }
}

}  // namespace hone
