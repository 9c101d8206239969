#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/text_out.h"

namespace hone {
namespace {

std::string value_words(const StudySpec& spec, const Trial& trial) {
  if (trial.reports.empty()) return "no result";
  std::string out;
  for (std::size_t i = 0; i < spec.objectives.size(); ++i) {
    const double loss = trial.reports.back().loss[i];
    out += fmt::format("{}{} {}", i > 0 ? ", " : "", spec.objectives[i].metric,
                       short_number(spec.objectives[i].maximize ? 0 - loss : loss));
  }
  if (spec.fidelity) out += fmt::format(" at {} {}", spec.fidelity->name, trial.reports.back().at);
  return out;
}

std::string last_line(const std::string& text) {
  const std::string trimmed = trim(text);
  return printable(trimmed.substr(trimmed.rfind('\n') == std::string::npos ? 0 : trimmed.rfind('\n') + 1))
      .substr(0, 200);
}

}  // namespace

std::string Progress::summary(const Study& study) const {
  std::string out = fmt::format("{} ended, {} running", counted(ended_, "run"), study.running());
  if (const auto best = study.best())
    out += fmt::format("; best: trial {}, {}", *best,
                       value_words(study.spec(), study.trials()[static_cast<std::size_t>(*best)]));
  return out;
}

namespace {

std::string steered_words(const Steered& steered) {
  switch (steered.what) {
    case Steer::StopStudy:
      return "the user ends the study";
    case Steer::Parallel:
      return fmt::format("the user lets {} run at a time", steered.value);
    case Steer::Stop:
      return fmt::format("trial {} stopped by the user", steered.trial);
    case Steer::Pause:
      return fmt::format("trial {} paused by the user", steered.trial);
    case Steer::Resume:
      return fmt::format("trial {} may go on, says the user", steered.trial);
    case Steer::Retry:
      return fmt::format("trial {} is to be run again, says the user", steered.trial);
  }
  return {};
}

}  // namespace

std::string Progress::words(const Event& event, const Study& study) const {
  if (const auto* steered = std::get_if<Steered>(&event.fact)) return steered_words(*steered);
  const auto id = trial_of(event);
  if (!id || *id < 0 || *id >= static_cast<TrialId>(study.trials().size())) return {};
  const StudySpec& spec = study.spec();
  const Trial& trial = study.trials()[static_cast<std::size_t>(*id)];
  const std::string unit = spec.fidelity ? " up to " + level_text(*spec.fidelity, trial.until) : "";
  const bool best = study.best() == *id;
  if (std::holds_alternative<Started>(event.fact))
    return fmt::format("trial {} started{}: {}", *id, unit, config_text(spec.space, trial.config));
  if (const auto* e = std::get_if<Resumed>(&event.fact))
    return fmt::format("trial {} resumed{}: {}", *id, unit, e->why);
  if (const auto* e = std::get_if<Relaunched>(&event.fact)) return fmt::format("trial {} again: {}", *id, e->why);
  if (const auto* e = std::get_if<Granted>(&event.fact)) return fmt::format("trial {} gets {}", *id, e->why);
  if (const auto* e = std::get_if<Paused>(&event.fact))
    return fmt::format("trial {} paused, {}: {}", *id, value_words(spec, trial), e->why);
  if (const auto* e = std::get_if<Stopped>(&event.fact))
    return fmt::format("trial {} stopped, {}: {}", *id, value_words(spec, trial), e->why);
  if (const auto* e = std::get_if<Expired>(&event.fact))
    return fmt::format("trial {} {}: {}", *id, trial.phase == Phase::Failed ? "failed" : "ended", e->why);
  if (const auto* e = std::get_if<Exited>(&event.fact)) {
    if (e->attempt != trial.attempt) return {};
    if (trial.cause == Cause::Timeout && e->cause != Cause::Timeout) return {};  // told when the limit ended it
    if (trial.held) return {};                                                   // told when the user asked for it
    if (trial.phase == Phase::Waiting && trial.alone && trial.cause == Cause::Oom && trial.failures == 0)
      return fmt::format("trial {} waiting: ran out of memory, will be tried once more, alone", *id);
    if (e->interrupted && trial.phase == Phase::Waiting)
      return fmt::format("trial {} interrupted; it goes on with the next run of the study", *id);
    if (trial.phase == Phase::Completed || trial.phase == Phase::Paused)
      return fmt::format("trial {} {}: {}{}", *id, name(trial.phase), value_words(spec, trial),
                         best ? " (best so far)" : "");
    if (trial.phase == Phase::Failed || e->cause != Cause::None) {
      const std::string cause = cause_text(trial.phase == Phase::Failed ? trial.cause : e->cause,
                                           trial.phase == Phase::Failed ? trial.code : e->code);
      if (trial.phase != Phase::Failed && trial.phase != Phase::Waiting) return {};  // it was to end
      const std::string detail = last_line(e->detail);
      return fmt::format("trial {} {}: {}{}{}", *id, name(trial.phase), cause, detail.empty() ? "" : ": ", detail);
    }
  }
  return {};
}

void Progress::seen(const Event& event, const Study& study) {
  if (std::holds_alternative<Exited>(event.fact)) ++ended_;
  if (std::holds_alternative<Reported>(event.fact)) return;
  const std::string line = words(event, study);
  if (line.empty()) return;
  const Seconds now = clock_();
  if (refilled_ >= 0) tokens_ = std::min(kBurst, tokens_ + std::max(0.0, now - refilled_) * kRate);
  refilled_ = now;
  const double price = left_out_ > 0 ? 2 : 1;
  if (tokens_ < price) {
    ++left_out_;
    return;
  }
  tokens_ -= price;
  sum_up(study);
  print_(printable(line));
}

void Progress::sum_up(const Study& study) {
  if (left_out_ > 0) print_(fmt::format("... {} left out: {}", counted(left_out_, "line"), summary(study)));
  left_out_ = 0;
}

void Progress::end(const Study& study) { sum_up(study); }

}  // namespace hone
