// Asynchronous Hyperband: Li et al. 2020 (asha.cpp names it in full), section 3.2, with the brackets side by side as in Klein,
// Tiao, Lienart, Archambeau, Seeger, "Model-based Asynchronous Hyperparameter and Neural Architecture Search",
// arXiv:2003.10865, 2020, section 3.1 (Syne Tune) and Li, Shen, Jiang et al., "Hyper-Tune", VLDB 2022.
//
//   bracket i  asha on the rungs i, i + 1, ..., top; s = top - i halvings
//   w_s        ceil((s_max + 1) * eta^s / (s + 1)): how many trials Hyperband begins in the bracket
//
// A new trial draws its bracket with probability w_s / sum w. Hyperband gives each bracket the same budget, and so, on
// average, does this. Promotions come before new trials, in whichever bracket they lead furthest.
#include "schedule/asyncband.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "hone/rng.h"
#include "schedule/asha.h"
#include "schedule/halving.h"
#include "schedule/rows.h"

namespace hone {
namespace {

class Asyncband : public Scheduler {
 public:
  Asyncband(const ScheduleInputs& inputs, std::int64_t eta, std::int64_t brackets, bool stop) : seed_(inputs.seed) {
    for (const Bracket& shape : hyperband_shapes(inputs, eta)) {
      if (static_cast<std::int64_t>(brackets_.size()) == brackets) break;
      ScheduleInputs part = inputs;
      part.min = shape.rungs.front().r;
      const AshaRungs rungs = all_rungs(part, eta);
      brackets_.push_back(
          {shape.s, shape.rungs.front().n, stop ? make_stopping_asha(part, rungs) : make_promoting_asha(part, rungs)});
      total_ += shape.rungs.front().n;
    }
  }

  Move next(const Offer& offer) const override {
    Offer open = offer, closed = offer;
    open.can_start = true;  // then nothing is closed yet
    closed.can_start = false;
    if (auto move = go_on(open)) return *move;
    if (offer.free_slots <= 0) return Wait{"no slot is free"};
    if (offer.can_start) return start(offer);
    if (auto move = go_on(closed)) return *move;
    for (const Part& part : brackets_) {
      const Wait wait = std::get<Wait>(part.asha->next(closed));
      if (wait.why != kNothingToPromote) return Wait{fmt::format("bracket {}, {}", part.s, wait.why)};
    }
    return Wait{kNothingToPromote};
  }

  void tell(const Trial& trial, Change change) override { brackets_[of(trial.bracket)].asha->tell(trial, change); }

  std::string standing(const Trial& trial) const override {
    const Part& part = brackets_[of(trial.bracket)];
    const std::string standing = part.asha->standing(trial);
    return standing.empty() ? "" : fmt::format("bracket {}, {}", part.s, standing);
  }

 private:
  struct Part {
    int s = 0;
    std::int64_t weight = 1;
    std::unique_ptr<Scheduler> asha;
  };

  // Trials from before an extension go to the bracket that has all rungs.
  std::size_t of(int bracket) const {
    const auto b = static_cast<std::size_t>(std::max(bracket, 0));
    return b < brackets_.size() ? b : 0;
  }

  // Stops first, then whoever is sent furthest.
  std::optional<Move> go_on(const Offer& offer) const {
    std::optional<Move> best;
    Resource furthest = 0;
    for (const Part& part : brackets_) {
      Move move = part.asha->next(offer);
      if (auto* stop = std::get_if<Stop>(&move)) {
        stop->why = fmt::format("bracket {}, {}", part.s, stop->why);
        return move;
      }
      auto* resume = std::get_if<Resume>(&move);
      if (!resume || resume->until <= furthest) continue;
      furthest = resume->until;
      resume->why = fmt::format("bracket {}, {}", part.s, resume->why);
      best = std::move(move);
    }
    return best;
  }

  Move start(const Offer& offer) const {
    Rng rng = Rng::stream(seed_, "asyncband", static_cast<std::uint64_t>(offer.trial));
    auto left = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(total_)));
    std::size_t b = 0;
    while (left >= brackets_[b].weight) left -= brackets_[b++].weight;
    Offer open = offer;
    open.can_start = true;
    Start start = std::get<Start>(brackets_[b].asha->next(open));  // go_on() found nothing else
    start.bracket = static_cast<int>(b);
    start.why = fmt::format("bracket {}, drawn with weight {} of {}: {}", brackets_[b].s, brackets_[b].weight, total_,
                            start.why);
    return start;
  }

  std::uint64_t seed_;
  std::int64_t total_ = 0;
  std::vector<Part> brackets_;
};

}  // namespace

std::unique_ptr<Scheduler> make_asyncband(const ScheduleInputs& inputs, std::int64_t eta, std::int64_t brackets,
                                          bool stop) {
  return std::make_unique<Asyncband>(inputs, eta, brackets, stop || !inputs.resumable);
}

std::vector<Bracket> asyncband_plan(const ScheduleInputs& inputs, std::int64_t eta, std::int64_t brackets) {
  Shapes shapes = hyperband_shapes(inputs, eta);
  if (static_cast<std::int64_t>(shapes.size()) > brackets) shapes.resize(static_cast<std::size_t>(brackets));
  if (!inputs.trials) return shapes;
  std::int64_t total = 0, before = 0, weight = 0;
  for (const Bracket& shape : shapes) total += shape.rungs.front().n;
  std::vector<Bracket> plan;
  for (Bracket& shape : shapes) {
    weight += shape.rungs.front().n;
    // Shares that add up: each is what the brackets so far are due, less what those before it have.
    const auto due = static_cast<std::int64_t>(
        static_cast<double>(*inputs.trials) * static_cast<double>(weight) / static_cast<double>(total) + 0.5);
    std::int64_t n = due - before;
    before = due;
    if (n == 0) continue;
    for (Rung& rung : shape.rungs) {
      rung.n = std::max<std::int64_t>(n, 1);
      n /= eta;
    }
    plan.push_back(std::move(shape));
  }
  return plan;
}

SchedulerRow asyncband_row() {
  SchedulerRow row;
  row.name = "asyncband";
  row.cannot_go_on = stops_trials;
  row.levels = true;
  row.rungs = true;
  row.doc =
      "Asynchronous Hyperband: asha in several brackets at once, which begin at different rungs. Never leaves a slot "
      "idle.";
  row.paper = "Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020, section 3.2";
  row.multi_objective = true;
  row.options = {
      eta_option(),
      grace_option(),
      {"brackets", OptionRow::Type::Int, std::int64_t{100}, 1, 100, {}, "at most so many, from the lowest rung on"},
      stop_option(),
  };
  row.make = [](const ScheduleInputs& inputs, const Options& options) {
    return make_asyncband(after_grace(inputs, options), option_int(options, "eta"), option_int(options, "brackets"),
                          option_bool(options, "stop"));
  };
  row.plan = [](const ScheduleInputs& inputs, const Options& options) {
    return asyncband_plan(after_grace(inputs, options), option_int(options, "eta"), option_int(options, "brackets"));
  };
  return row;
}

}  // namespace hone
