// Asynchronous successive halving, by promotion: Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht, Talwalkar,
// "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020, algorithm 2.
//
//   level[k]  fidelity of rung k: min * eta^k, and max at the top
//   n         trials with a result in rung k; those that failed or were stopped by somebody else have left
//   promotable  among the best floor(n / eta) of the n, paused, its run has ended, and not promoted before
//
// get_job() (lines 12-20): the highest rung with a promotable trial gives its best one; without any a new trial starts at
// rung 0. Several objectives: the order of a rung is that of Schmucker et al. 2021 (fronts.h).
//
// Beyond the paper: when no new trial may start, a rung is closed once nothing that runs at or below it can still come
// in. A closed rung from which nobody went on, or nobody came to the next, sends its best, so that exactly one way leads to
// the top, also from fewer than eta results.
#include "schedule/asha.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "schedule/foretell.h"
#include "schedule/ladder.h"
#include "schedule/rows.h"
#include "space/option_rows.h"

namespace hone {
namespace {

class Promoting : public Scheduler {
 public:
  Promoting(const ScheduleInputs& inputs, const AshaRungs& rungs)
      : wording_(inputs),
        ladder_(rungs.levels, rungs.eta, inputs.objectives, Ladder::Dead::Leaves),
        foretell_(inputs, rungs.levels, rungs.judge) {}

  Move next(const Offer& offer) const override {
    if (offer.free_slots <= 0) return Wait{"no slot is free"};
    if (auto move = go_on(offer)) return *move;
    if (offer.can_start) return start();
    Offer all = offer;  // whose run is still ending is waited for
    all.away = nullptr;
    if (auto move = go_on(all)) return *move;
    return close();
  }

  void tell(const Trial& trial, Change change) override {
    if (trial.id < 0) return;
    ladder_.tell(trial, change);
    foretell_.tell(trial, change);
  }

  std::string standing(const Trial& trial) const override {
    const auto at = ladder_.waiting(trial.id);
    if (!at) return {};
    const RungResults& results = ladder_.rungs()[at->rung].results;
    std::string out = results.quota() > 0
                          ? wording_.standing(at->rung, results, at->entry, results.quota())
                          : fmt::format("{}: {}, too few to send one on", wording_.rung(at->rung, results.level()),
                                        wording_.place(results, at->entry));
    for (const PassedRung& passed : foretell_.passed())
      if (passed.r == results.level()) out += fmt::format("; the rung is passed over {}", passed.why);
    return out;
  }
  std::vector<PassedRung> passed_rungs() const override { return foretell_.passed(); }

 private:
  Resource level(std::size_t k) const { return ladder_.level(k); }

  std::optional<Move> go_on(const Offer& offer) const {
    for (std::size_t k = ladder_.top(); k-- > 0;) {
      if (!foretell_.counts(k) && offer.can_start) continue;  // else what has come so far is all that there is
      const RungResults& results = ladder_.rungs()[k].results;
      std::optional<RungEntry> best = results.first_waiting(offer);
      if (!best || !results.goes_on(*best)) continue;
      return promote(k, best->trial, wording_.standing(k, results, *best, results.quota()));
    }
    for (const TrialId trial : ladder_.short_of())
      if (!offer.is_away(trial)) return lift(trial);
    return std::nullopt;
  }

  Move promote(std::size_t k, TrialId trial, std::string why) const {
    const Resource until = level(foretell_.above(k));
    return Resume{trial, until, fmt::format("{}; on to {}", why, wording_.fidelity(until))};
  }

  Move start() const {
    Start start;
    const std::size_t first = foretell_.first();
    start.until = level(first);
    start.why = fmt::format("nothing to promote, so a new trial for {}{}", wording_.rung(first, level(first)),
                            foretell_.words());
    return start;
  }

  Move lift(TrialId trial) const {
    std::size_t k = ladder_.target(trial);
    return Resume{trial, level(k), fmt::format("it has not come to {} yet", wording_.rung(k, level(k)))};
  }

  Move close() const {
    for (std::size_t k = 0; k < ladder_.top(); ++k) {
      const Ladder::Level& rung = ladder_.rungs()[k];
      if (rung.running > 0) {
        return Wait{fmt::format("{} waits for {} of its trials", wording_.rung(k, level(k)), rung.running)};
      }
      std::optional<RungEntry> best = rung.results.first_waiting();
      if (!best || (rung.promoted > 0 && !ended_below(k + 1))) continue;
      return promote(
          k, best->trial,
          fmt::format("{}: {}, and no more can come", wording_.rung(k, level(k)), wording_.place(rung.results, *best)));
    }
    return Wait{kNothingToPromote};
  }

  /// All that were sent to rung k or beyond ended by themselves before it.
  bool ended_below(std::size_t k) const {
    const auto& rungs = ladder_.rungs();
    return rungs[k].results.size() == 0 && std::all_of(rungs.begin() + static_cast<std::ptrdiff_t>(k), rungs.end(),
                                                       [](const Ladder::Level& rung) { return rung.running == 0; });
  }

  Wording wording_;
  Ladder ladder_;
  Foretell foretell_;
};

}  // namespace

AshaRungs all_rungs(const ScheduleInputs& inputs, std::int64_t eta) {
  return {rung_levels(inputs.min, inputs.max, eta), eta, false};
}

std::unique_ptr<Scheduler> make_promoting_asha(const ScheduleInputs& inputs, const AshaRungs& rungs) {
  return std::make_unique<Promoting>(inputs, rungs);
}

OptionRow stop_option() {
  return yes_no("stop", false,
                "trials run on until they are stopped at a rung, instead of pausing there; always so if the command "
                "cannot go on");
}

SchedulerRow asha_row() {
  SchedulerRow row;
  row.name = "asha";
  row.cannot_go_on = stops_trials;
  row.levels = true;
  row.rungs = true;
  row.doc =
      "Asynchronous successive halving: many trials for little, the best 1/eta of each rung for more. Never leaves a "
      "slot idle.";
  row.multi_objective = true;
  row.paper = "Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020, algorithm 2";
  row.options = {
      eta_option(),
      grace_option(),
      stop_option(),
  };
  row.make = [](const ScheduleInputs& given, const Options& options) {
    const ScheduleInputs inputs = after_grace(given, options);
    const AshaRungs rungs = all_rungs(inputs, option_int(options, "eta"));
    bool stop = option_bool(options, "stop") || !inputs.resumable;
    return stop ? make_stopping_asha(inputs, rungs) : make_promoting_asha(inputs, rungs);
  };
  row.plan = [](const ScheduleInputs& inputs, const Options& options) {
    return rung_plan(after_grace(inputs, options), option_int(options, "eta"));
  };
  return row;
}

}  // namespace hone
