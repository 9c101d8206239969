// Asynchronous successive halving, by promotion: Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht, Talwalkar,
// "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020, algorithm 2.
//
//   level[k]  fidelity of rung k: min * eta^k, and max at the top
//   n         trials with a result in rung k; those that failed or were stopped by somebody else have left
//   promotable  among the best floor(n / eta) of the n, paused, and not promoted before
//
// get_job() (lines 12-20): the highest rung with a promotable trial gives its best one; without any a new trial starts at
// rung 0. The result of a trial in rung k is its first report at level[k] or beyond; one that ended well at level[k]
// without such a report counts with the last that it gave.
//
// Beyond the paper: when no new trial may start, a rung is closed once nothing that runs at or below it can still come
// in. A closed rung from which nobody went on sends its best, so that exactly one way leads to the top, also from fewer
// than eta results.
#include "schedule/asha.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "schedule/rows.h"
#include "schedule/rungs.h"

namespace hone {
namespace {

class Promoting : public Scheduler {
 public:
  Promoting(const ScheduleInputs& inputs, std::int64_t eta) : wording_(inputs) {
    for (Resource level : rung_levels(inputs.min, inputs.max, eta)) rungs_.emplace_back(level, eta);
  }

  Move next(const Offer& offer) const override {
    if (offer.free_slots <= 0) return Wait{"no slot is free"};
    for (std::size_t k = top(); k-- > 0;) {
      const Level& rung = rungs_[k];
      if (rung.idle.empty() || !rung.results.goes_on(*rung.idle.begin())) continue;
      RungEntry best = *rung.idle.begin();
      return promote(k, best.trial, wording_.standing(k, rung.results, best));
    }
    if (!short_.empty()) return lift(*short_.begin());
    if (offer.can_start) return start();
    return close();
  }

  void tell(const Trial& trial, Change change) override {
    if (trial.id < 0) return;
    if (static_cast<std::size_t>(trial.id) >= places_.size()) places_.resize(static_cast<std::size_t>(trial.id) + 1);
    Place& place = places_[static_cast<std::size_t>(trial.id)];
    switch (change) {
      case Change::Started:
      case Change::Resumed:
        go(trial, place);
        return;
      case Change::Reported:
        if (place.seen) record(trial, place, 0);
        return;
      case Change::Paused:
        if (place.seen) pause(trial, place);
        return;
      case Change::Completed:
        if (!place.seen) return;
        halt(trial.id, place);
        record(trial, place, 0);
        return;
      case Change::Stopped:  // never by this scheduler
      case Change::Failed:
        if (place.seen) leave(trial.id, place);
        return;
    }
  }

 private:
  struct Level {
    Level(Resource level, std::int64_t eta) : results(level, eta) {}
    RungResults results;
    std::set<RungEntry> idle;   // paused here and not promoted
    std::int64_t running = 0;   // on their way to this level
    std::int64_t promoted = 0;  // have a result here and went on
  };
  struct Place {
    bool seen = false, running = false, idle = false;
    std::size_t target = 0;      // the rung that it runs towards or waits in
    std::vector<double> losses;  // its result in rung 0, 1, ... up to target at most
  };

  std::size_t top() const { return rungs_.size() - 1; }
  Resource level(std::size_t k) const { return rungs_[k].results.level(); }
  RungEntry rank(TrialId trial, const Place& place, std::size_t k) const { return {place.losses[k], trial}; }

  // --- next ---

  Move promote(std::size_t k, TrialId trial, std::string why) const {
    return Resume{trial, level(k + 1), fmt::format("{}; on to {}", why, wording_.fidelity(level(k + 1)))};
  }

  Move start() const {
    Start start;
    start.until = level(0);
    start.why = fmt::format("nothing to promote, so a new trial for {}", wording_.rung(0, level(0)));
    return start;
  }

  // Paused below the lowest rung: the levels were others when it started.
  Move lift(TrialId trial) const {
    std::size_t k = places_[static_cast<std::size_t>(trial)].target;
    return Resume{trial, level(k), fmt::format("it has not come to {} yet", wording_.rung(k, level(k)))};
  }

  Move close() const {
    for (std::size_t k = 0; k < top(); ++k) {
      const Level& rung = rungs_[k];
      if (rung.running > 0) {
        return Wait{fmt::format("{} waits for {} of its trials", wording_.rung(k, level(k)), rung.running)};
      }
      if (rung.promoted > 0 || rung.idle.empty()) continue;
      RungEntry best = *rung.idle.begin();
      return promote(k, best.trial,
                     fmt::format("{}: {} is {} of {}, and no more can come", wording_.rung(k, level(k)),
                                 wording_.value(best.loss), ordinal(rung.results.place(best)), rung.results.size()));
    }
    return Wait{"no new trial may start and no rung has one to promote"};
  }

  // --- tell ---

  // The highest rung that `until` reaches; the lowest if it reaches none.
  std::size_t rung_of(Resource until) const {
    std::size_t k = top();
    while (k > 0 && level(k) > until) --k;
    return k;
  }

  void go(const Trial& trial, Place& place) {
    halt(trial.id, place);
    aim(place, rung_of(trial.until));
    place.seen = place.running = true;
    ++rungs_[place.target].running;
  }

  // Sets the target; results in the rungs below it count as promoted. Never backwards: results stay where they are.
  void aim(Place& place, std::size_t target) {
    for (; place.target < target; ++place.target) {
      if (place.target < place.losses.size()) ++rungs_[place.target].promoted;
    }
  }

  // Neither running nor waiting here any more.
  void halt(TrialId trial, Place& place) {
    Level& rung = rungs_[place.target];
    if (place.running) --rung.running;
    if (place.idle) rung.idle.erase(rank(trial, place, place.target));
    short_.erase(trial);
    place.running = place.idle = false;
  }

  // Enters its results up to the target. `reached`: it ended well there, so up to that level it counts without a report.
  void record(const Trial& trial, Place& place, Resource reached) {
    if (place.losses.size() == place.target + 1) correct(trial, place);
    while (place.losses.size() <= place.target) {
      std::size_t k = place.losses.size();
      std::optional<double> loss = loss_at(trial, level(k));
      if (!loss && level(k) <= reached) {
        loss = trial.reports.empty() ? std::numeric_limits<double>::quiet_NaN() : first_loss(trial.reports.back());
      }
      if (!loss) return;
      place.losses.push_back(*loss);
      rungs_[k].results.insert(rank(trial.id, place, k));
      if (k < place.target) ++rungs_[k].promoted;
    }
  }

  // A report that came after the trial had been counted without it.
  void correct(const Trial& trial, Place& place) {
    std::size_t k = place.target;
    std::optional<double> loss = loss_at(trial, level(k));
    RungEntry now{loss.value_or(place.losses[k]), trial.id}, old = rank(trial.id, place, k);
    if (!(now < old) && !(old < now)) return;
    Level& rung = rungs_[k];
    rung.results.erase(old);
    rung.results.insert(now);
    if (place.idle) {
      rung.idle.erase(old);
      rung.idle.insert(now);
    }
    place.losses[k] = now.loss;
  }

  void pause(const Trial& trial, Place& place) {
    halt(trial.id, place);
    Resource reached = std::max(trial.until, trial.reports.empty() ? 0 : trial.reports.back().at);
    record(trial, place, reached);
    if (place.losses.size() <= place.target) {
      short_.insert(trial.id);
    } else if (place.target < top()) {
      place.idle = true;
      rungs_[place.target].idle.insert(rank(trial.id, place, place.target));
    }
  }

  void leave(TrialId trial, Place& place) {
    halt(trial, place);
    for (std::size_t k = 0; k < place.losses.size(); ++k) {
      rungs_[k].results.erase(rank(trial, place, k));
      if (k < place.target) --rungs_[k].promoted;
    }
    place = Place();
  }

  Wording wording_;
  std::vector<Level> rungs_;
  std::vector<Place> places_;  // by trial
  std::set<TrialId> short_;    // paused below the first level
};

}  // namespace

std::unique_ptr<Scheduler> make_promoting_asha(const ScheduleInputs& inputs, std::int64_t eta) {
  return std::make_unique<Promoting>(inputs, eta);
}

SchedulerRow asha_row() {
  SchedulerRow row;
  row.name = "asha";
  row.doc =
      "Asynchronous successive halving: many trials for little, the best 1/eta of each rung for more. Never leaves a "
      "slot "
      "idle.";
  row.paper = "Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020, algorithm 2";
  row.options = {
      {"eta", OptionRow::Type::Int, std::int64_t{3}, 2, 10, {}, "one of so many goes on from each rung"},
      {"stop",
       OptionRow::Type::Bool,
       std::int64_t{0},
       0,
       1,
       {},
       "trials run on until they are stopped at a rung, instead of pausing there; always so if the command cannot go "
       "on"},
  };
  row.make = [](const ScheduleInputs& inputs, const Options& options) {
    std::int64_t eta = option_int(options, "eta");
    bool stop = option_bool(options, "stop") || !inputs.resumable;
    return stop ? make_stopping_asha(inputs, eta) : make_promoting_asha(inputs, eta);
  };
  row.plan = [](const ScheduleInputs& inputs, const Options& options) {
    return rung_plan(inputs, option_int(options, "eta"));
  };
  return row;
}

}  // namespace hone
