// Learning-curve extrapolation: Domhan, Springenberg, Hutter, "Speeding Up Automatic Hyperparameter Optimization of Deep
// Neural Networks by Extrapolation of Learning Curves", IJCAI 2015, section 3.3; the posterior is that of
// model/curve_posterior.h, as fast as Adriaensen et al., NeurIPS 2023, without a network.
//
//   y_i(X)      what trial i will have at the last fidelity X, given its reports: a distribution
//   promise     of a trial that has ended at X what it has; of one on its way the value that it will have or better with
//               90 %; so trials are compared before any has ended
//   ŷ           the best promise: the incumbent
//   chance      P(y_i(X) < ŷ)                                                                     (1)
//   bar         min(p, 1 / (n + 1)), n: trials that have reported                                  (2)
//
// A trial is paused at a report where its chance falls under the bar. 1 / (n + 1) is the chance of a new trial: with a fixed
// p (the paper's 0.05) every new one would be paused at once as soon as more than twenty have run.
//
// Paused, not killed. A paused trial goes on when its chance against today's ŷ is twice the bar (a promise was not kept), or,
// when no new trial may start, a fifth of the bar: nothing better is left for the slots. From then on a fifth is its bar.
// One that would be the next to go on in this way is not paused.
//
// Outcome constraints: a trial that breaks one promises nothing, nor does one that ended without being known to meet them
// all. It has no chance where the incumbent had met all at that fidelity; before, when it may still come to meet them as
// the incumbent did, and as long as nobody has promised anything, its loss decides. No violation is extrapolated.
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "model/curve_posterior.h"
#include "schedule/rows.h"
#include "schedule/rungs.h"
#include "space/option_rows.h"

namespace hone {
namespace {

constexpr double kPromise = 0.9;
constexpr double kAgain = 2, kLenient = 0.2;  // bars
constexpr double kOrder = 0.01;               // paused trials are kept in the order of this quantile
constexpr Resource kLooks = 50;               // on the way to X, by default
constexpr double kNone = std::numeric_limits<double>::infinity();
constexpr Resource kNever = std::numeric_limits<Resource>::max();

struct CurveOptions {
  double p = 0.05;
  Resource grace = 1, every = 1;
  std::int64_t startup = 5;
  bool stop = false;
};

class Curve : public Scheduler {
 public:
  Curve(const ScheduleInputs& inputs, const CurveOptions& options)
      : options_(options), wording_(inputs), max_(inputs.max), maximize_(inputs.maximize) {}

  Move next(const Offer& offer) const override {
    for (const auto& [trial, why] : verdicts_) {
      if (options_.stop) return Stop{trial, why};
      if (!offer.is_away(trial) && !comes_back(trial, offer)) return Pause{trial, why};
    }
    if (offer.free_slots <= 0) return Wait{"no slot is free"};
    for (const RungEntry& paused : paused_) {
      if (offer.is_away(paused.trial)) continue;
      if (auto again = revival(paused.trial, offer.can_start)) return std::move(*again);
      break;  // those after it are no better
    }
    if (offer.can_start) return whole_run(max_);
    if (!paused_.empty())  // still ending: waited for
      if (auto again = revival(paused_.begin()->trial, false)) return std::move(*again);
    return Wait{"no new trial may start, and no paused one has a chance"};
  }

  void tell(const Trial& trial, Change change) override {
    if (trial.id < 0) return;
    Place& place = places_[trial.id];
    if (change == Change::Reported) return report(trial, place);
    verdicts_.erase(trial.id);
    leave(trial.id, place);
    switch (change) {
      case Change::Started:
      case Change::Reported:
        return;
      case Change::Resumed:
        place.revived = true;
        place.sketch.reset();
        place.next_look = 0;
        return;
      case Change::Paused:
        if (!options_.stop) park(trial, place);
        break;
      case Change::Completed:
        if (std::isfinite(place.latest) && is_number(trial) && place.violation == 0)
          promise(trial.id, place, place.latest);
        place.done = true;
        break;
      case Change::Stopped:
      case Change::Failed:
        break;
    }
    if (place.habits) posterior_->learn(*place.habits);
    place.habits.reset();
  }

 private:
  struct Place {
    bool reported = false, revived = false, done = false;
    double first = kNone, latest = kNone;  // finite losses; none yet
    double violation = 0;                  // at its last report
    Resource feasible_from = kNever;       // and at all reports since
    Resource next_look = 0;
    std::optional<double> promise;
    std::optional<CurveSketch> sketch;  // of the fit that it was paused for
    Resource sketched = 0;              // after its report here
    std::optional<RungEntry> waits;     // paused, and its place in the order of those
    std::optional<CurveHabits> habits;  // of its last fit, not yet learnt from
  };

  static bool is_number(const Trial& trial) {
    return !trial.reports.empty() && std::isfinite(first_loss(trial.reports.back()));
  }
  double bar() const { return std::min(options_.p, 1 / static_cast<double>(reported_ + 1)); }
  double incumbent() const { return promises_.empty() ? kNone : promises_.begin()->first; }

  void report(const Trial& trial, Place& place) {
    if (trial.reports.empty()) return;
    const Report& last = trial.reports.back();
    const double loss = first_loss(last);
    if (!std::exchange(place.reported, true)) ++reported_;
    place.violation = violation_so_far(last);
    place.feasible_from = place.violation > 0 ? kNever : std::min(place.feasible_from, last.at);
    if (is_broken(place.violation)) take_back(trial.id, place);
    if (std::isfinite(loss)) {
      if (place.first == kNone) place.first = loss;
      place.latest = loss;
      furthest_ = std::max(furthest_, std::min(last.at, max_));  // a program may run past its limit
    }
    if (!posterior_ && last.at < max_) posterior_.emplace(static_cast<double>(last.at), static_cast<double>(max_));
    if (trial.phase == Phase::Paused && place.waits) {  // what it said on its way out
      leave(trial.id, place);
      return park(trial, place);
    }
    if (trial.phase != Phase::Running || last.at >= max_ || last.at < place.next_look) return;
    place.next_look = last.at + options_.every;
    look(trial, place);
  }

  void look(const Trial& trial, Place& place) {
    take_back(trial.id, place);
    verdicts_.erase(trial.id);
    place.sketch.reset();
    const Resource at = trial.reports.back().at;
    const bool may_judge = at >= options_.grace && reported_ > options_.startup && !promises_.empty();
    if (!is_number(trial)) {
      if (may_judge)
        verdicts_[trial.id] = fmt::format("{} at {}: not a number to extrapolate",
                                          wording_.value(first_loss(trial.reports.back())), wording_.fidelity(at));
      return;
    }
    CurvePosterior::Fit fit = extrapolate(trial);
    const bool beaten = is_beaten(place, at);
    const double chance = promises_.empty() ? 1 : beaten ? 0 : fit.forecast.below(incumbent());
    if (chance >= kPromise && !is_broken(place.violation)) promise(trial.id, place, fit.forecast.quantile(kPromise));
    const double limit = bar() * (place.revived ? kLenient : 1);
    if (may_judge && chance < limit) {
      place.sketch.emplace(fit.forecast);
      place.sketched = at;
      verdicts_[trial.id] =
          beaten ? fmt::format("{}: {}, where the best, trial {}, was feasible", wording_.fidelity(at),
                               wording_.value(first_loss(trial.reports.back()), place.violation),
                               promises_.begin()->second)
                 : fmt::format("{}: {}, under {}", wording_.fidelity(at), words(chance, *place.sketch), percent(limit));
    }
    place.habits = std::move(fit.habits);
  }

  /// Breaks a constraint where the incumbent met all.
  bool is_beaten(const Place& place, Resource at) const {
    return is_broken(place.violation) && !promises_.empty() &&
           places_.at(promises_.begin()->second).feasible_from <= at;
  }

  CurvePosterior::Fit extrapolate(const Trial& trial) {
    std::vector<double> x, y;
    for (const Report& report : trial.reports) {
      const double loss = first_loss(report);
      if (report.at >= max_ || !std::isfinite(loss)) continue;
      x.push_back(static_cast<double>(report.at));
      y.push_back(loss);
    }
    return posterior_->fit(x, y, prior());
  }

  /// From all trials, made anew after every tenth look of them.
  const CurvePrior& prior() {
    if (prior_ && ++looks_ < static_cast<std::int64_t>(places_.size()) / 10) return *prior_;
    looks_ = 0;
    std::vector<double> first, latest;
    for (const auto& [id, place] : places_) {
      if (place.first == kNone) continue;
      first.push_back(place.first);
      latest.push_back(place.latest);
    }
    prior_ = curve_prior(first, latest, std::log(static_cast<double>(max_) / static_cast<double>(furthest_)));
    return *prior_;
  }

  void park(const Trial& trial, Place& place) {
    if (!is_number(trial) || trial.reports.back().at >= max_) return;
    if (!place.sketch || place.sketched != trial.reports.back().at) {
      CurvePosterior::Fit fit = extrapolate(trial);
      place.sketch.emplace(fit.forecast);
      place.sketched = trial.reports.back().at;
      place.habits = std::move(fit.habits);
    }
    place.waits = order(trial.id, place);
    paused_.insert(*place.waits);
  }

  std::optional<Move> revival(TrialId trial, bool can_start) const {
    const Place& place = places_.at(trial);
    const CurveSketch& sketch = *place.sketch;
    const double chance = promises_.empty() ? 1 : is_beaten(place, place.sketched) ? 0 : sketch.below(incumbent());
    const double limit = bar() * (can_start ? kAgain : kLenient);
    if (chance < limit) return std::nullopt;
    const std::string reason =
        promises_.empty() ? "revived: no trial is left to beat"
        : can_start       ? fmt::format("revived: {}, again {} or more", words(chance, sketch), percent(limit))
                          : fmt::format("revived: no new trial may start, and it has {}", words(chance, sketch));
    return Resume{trial, max_, reason};
  }

  /// No new trial may start, and this one would be the first to be revived if it were paused.
  bool comes_back(TrialId trial, const Offer& offer) const {
    const Place& place = places_.at(trial);
    if (offer.can_start || !place.sketch) return false;
    return (paused_.empty() || order(trial, place) < *paused_.begin()) && revival(trial, false);
  }

  static RungEntry order(TrialId trial, const Place& place) {
    return {place.sketch->quantile(kOrder), trial, place.violation};
  }
  void promise(TrialId trial, Place& place, double value) {
    place.promise = value;
    promises_.emplace(value, trial);
  }
  void take_back(TrialId trial, Place& place) {
    if (place.promise) promises_.erase({*place.promise, trial});
    place.promise.reset();
  }
  void leave(TrialId trial, Place& place) {
    take_back(trial, place);
    if (place.waits) paused_.erase(*place.waits);
    place.waits.reset();
    place.done = false;
  }

  /// "2.1 % to beat 0.312 of trial 3; expected 0.45 at epoch 27, 0.41 to 0.52 with 90 %"
  std::string words(double chance, const CurveSketch& sketch) const {
    const auto& [value, trial] = *promises_.begin();
    const bool done = places_.at(trial).done;
    return fmt::format(
        "{} to beat the {} {} trial {}; expected {} at {}, {} to {} with 90 %", percent(chance), wording_.value(value),
        done ? "of" : "or better that is to come of", trial, wording_.value(sketch.median), wording_.fidelity(max_),
        wording_.value(maximize_ ? sketch.high : sketch.low), wording_.value(maximize_ ? sketch.low : sketch.high));
  }
  static std::string percent(double share) {
    return share < 1e-4 ? "less than 0.01 %" : fmt::format("{:.2g} %", 100 * share);
  }

  CurveOptions options_;
  Wording wording_;
  Resource max_;
  bool maximize_;
  Resource furthest_ = 1;
  std::int64_t reported_ = 0, looks_ = 0;
  std::map<TrialId, Place> places_;
  std::set<std::pair<double, TrialId>> promises_;
  std::set<RungEntry> paused_;
  std::map<TrialId, std::string> verdicts_;
  std::optional<CurvePosterior> posterior_;
  std::optional<CurvePrior> prior_;
};

}  // namespace

SchedulerRow curve_row() {
  SchedulerRow row;
  row.name = "curve";
  row.cannot_go_on = stops_trials;
  row.doc =
      "Extrapolates learning curves: pauses a trial that is unlikely to beat the best by the end, and revives it when "
      "it has a chance again.";
  row.paper =
      "Domhan et al., Speeding Up Automatic Hyperparameter Optimization of Deep Neural Networks by Extrapolation of "
      "Learning Curves, IJCAI 2015";
  row.options = {
      real("p", 0.05, 0, 0.5,
           "a trial is paused when its chance to beat the best falls under this, or under that of a new trial, 1 / "
           "(trials + "
           "1), where that is less"),
      grace_option(),
      startup_option(),
      {"every",
       OptionRow::Type::Int,
       std::monostate{},
       1,
       1e12,
       {},
       "units between two looks at a trial; default: max / 50"},
      yes_no("stop", false, "trials are stopped instead of paused; always so if the command cannot go on"),
  };
  row.make = [](const ScheduleInputs& inputs, const Options& options) {
    CurveOptions read;
    read.p = option_float(options, "p");
    read.grace = after_grace(inputs, options).min;
    read.every = given_int(options, "every").value_or(std::max<Resource>(1, inputs.max / kLooks));
    read.startup = option_int(options, "startup");
    read.stop = option_bool(options, "stop") || !inputs.resumable;
    return std::make_unique<Curve>(inputs, read);
  };
  row.plan = [](const ScheduleInputs& inputs, const Options&) { return whole_plan(inputs); };
  return row;
}

}  // namespace hone
