#include "study/extend.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "study/study_file.h"

namespace hone {
namespace {

Result<void> can_steer_trial(const Study& study, const Trial& trial, Steer what) {
  const std::string where = fmt::format("trial {}", trial.id);
  if (what == Steer::Retry) {
    if (trial.phase == Phase::Failed) return {};
    return invalid(fmt::format("{}: is {}; only a failed trial can be retried", where, name(trial.phase)));
  }
  if (study.finished()) return invalid(fmt::format("{}: the study has ended ({})", where, *study.finished()));
  if (trial.phase == Phase::Completed || trial.phase == Phase::Stopped || trial.phase == Phase::Failed)
    return invalid(fmt::format("{}: is {} already{}", where, name(trial.phase),
                               trial.phase == Phase::Failed && what == Steer::Resume ? "; try `hone retry`" : ""));
  if (what == Steer::Stop) return {};
  if (trial.phase == Phase::Paused)
    return invalid(fmt::format("{}: is paused until the scheduler {} promotes it; `hone stop` ends it for good", where,
                               study.spec().scheduler.name));
  if (what == Steer::Pause && trial.held) return invalid(fmt::format("{}: is paused already", where));
  if (what == Steer::Resume && !trial.held)
    return invalid(fmt::format("{}: is {}, not paused", where, name(trial.phase)));
  return {};
}

/// Is every point of `before` at its place in `after`, so that those that were tried stay the same?
bool begins_with(const std::vector<InitialPoint>& after, const std::vector<InitialPoint>& before) {
  const auto same = [](const InitialPoint& a, const InitialPoint& b) {
    return a.config == b.config && a.metrics == b.metrics;
  };
  return after.size() >= before.size() && std::equal(before.begin(), before.end(), after.begin(), same);
}

}  // namespace

Result<void> can_steer(const Study& study, const Steered& steered) {
  if (steered.what == Steer::StopStudy || steered.what == Steer::Parallel) {
    if (study.finished()) return invalid(fmt::format("the study has ended ({})", *study.finished()));
    if (steered.what == Steer::Parallel && steered.value < 1)
      return invalid(fmt::format("parallel: {} is too small; use 1 or more", steered.value));
    return {};
  }
  const auto trials = static_cast<TrialId>(study.trials().size());
  if (steered.trial < 0 || steered.trial >= trials)
    return invalid(trials == 0 ? fmt::format("trial {}: the study has no trials yet", steered.trial)
                               : fmt::format("trial {}: there are trials 0 to {}", steered.trial, trials - 1));
  return can_steer_trial(study, study.trials()[static_cast<std::size_t>(steered.trial)], steered.what);
}

void keep_open(StudySpec& given, const StudySpec& study) {
  const auto open = [](const Algorithm& one) { return one.name == "auto" && one.options.empty() && !one.given; };
  if (!given.seed) given.seed = study.seed;
  if (open(given.searcher)) given.searcher = study.searcher;
  if (open(given.scheduler)) given.scheduler = study.scheduler;
  given.warm = study.warm;
  given.parallel = study.parallel;
}

Result<StudySpec> extended_spec(const StudySpec& study, StudySpec given) {
  keep_open(given, study);
  std::string mistakes;
  const auto wrong = [&](const std::string& text) { mistakes += (mistakes.empty() ? "" : "\n") + text; };
  for (const std::string& key : differing_keys(study_json(given), study_json(study)))
    for (const char* fixed : {"objective", "outcome_constraints", "cost", "seed", "fidelity.name", "fidelity.min"})
      if (key == fixed)
        wrong(fmt::format("{}: a study cannot change it; leave it as it is, or use another --name", key));
  const auto several = [](const StudySpec& spec) { return spec.fidelity && !spec.fidelity->further.empty(); };
  if (several(study) || several(given)) {
    for (const std::string& key : differing_keys(study_json(given), study_json(study)))
      if (key == "fidelity")
        wrong("fidelity: with several, another one would change what every level means; use another --name");
  } else if (study.fidelity.has_value() != given.fidelity.has_value())
    wrong("fidelity: a study cannot gain or lose it; use another --name");
  else if (study.fidelity && given.fidelity->max < study.fidelity->max)
    wrong(
        fmt::format("fidelity.max: {} is less than it was; use at least {}", given.fidelity->max, study.fidelity->max));
  if (!begins_with(given.initial, study.initial))
    wrong("initial: its points were tried; leave them, and add new ones after them");
  for (const Param& param : study.space.params())
    if (!given.space.find(param.name))
      wrong(
          fmt::format("space.{}: the trials before had it; keep it, as a constant if it no longer varies", param.name));
  for (const Param& param : given.space.params()) {
    const bool free = !std::holds_alternative<Constant>(param.domain) && !std::holds_alternative<Derived>(param.domain);
    if (free && !param.fallback && !study.space.find(param.name) && param.when.empty())
      wrong(fmt::format("space.{0}: is new; say what the trials before had: {0}: {{domain: \"...\", default: VALUE}}",
                        param.name));
  }
  if (!mistakes.empty()) return invalid(mistakes);
  return given;
}

}  // namespace hone
