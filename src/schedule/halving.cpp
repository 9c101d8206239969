// Successive halving: Jamieson, Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization",
// AISTATS 2016, figure 3; as the inner loop of Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar, "Hyperband", JMLR 18, 2018
// (ICLR 2017), algorithm 1.
//
//   r, R    fidelity.min and .max      eta   one of so many goes on        K     rungs r, r * eta, ... below R, and R
//   s_max   K - 1                      s     halvings to come in a bracket: its first rung is the (s_max - s + 1)th
//   n       ceil((s_max + 1) * eta^s / (s + 1)) trials begin a bracket (line 3; B = (s_max + 1) R)
//   n_i     floor(n / eta^i) of them reach its rung i (line 6), at least 1
//
// Synchronous: a rung is full, and all that were sent there have come, before anybody goes on (line 8); a bracket has
// ended before the next begins. So slots idle at the end of each rung, which the reason of the Wait says.
//
// Beyond the papers: a trial that failed is the worst of its rung, so that nobody waits for it. When all that went on
// from a rung are dead, its next best goes. When no new trial may start, a bracket makes do with the trials that it has:
// floor(n' / eta) of n', at least 1. Trials of an extended study whose levels were others (bracket -1) are promoted as by
// asha, among themselves.
#include "schedule/halving.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "schedule/asha.h"
#include "schedule/ladder.h"
#include "schedule/rows.h"

namespace hone {
namespace {

class Halving : public Scheduler {
 public:
  Halving(const ScheduleInputs& inputs, std::int64_t eta, Shapes shapes, Filling filling)
      : wording_(inputs),
        eta_(eta),
        filling_(filling),
        objectives_(inputs.objectives),
        shapes_(std::move(shapes)),
        old_(make_promoting_asha(inputs, all_rungs(inputs, eta))) {}

  Move next(const Offer& offer) const override {
    if (offer.free_slots <= 0) return Wait{"no slot is free"};
    Offer closed = offer;
    closed.can_start = false;
    Move left = old_->next(closed);
    if (!std::holds_alternative<Wait>(left)) return left;
    for (std::size_t b : ready_) {
      std::optional<Move> move = next_in(b, offer.can_start);
      if (move && !std::holds_alternative<Wait>(*move)) return *move;
    }
    std::optional<Move> wait;
    for (auto b = open_.begin(); b != open_.end() && !wait; ++b) wait = next_in(*b, offer.can_start);
    const bool begin = offer.can_start && (!wait || filling_ == Filling::Evolve);
    if (begin) return start(brackets_.size(), 0);
    if (wait) return *wait;
    return Wait{kNothingToPromote};
  }

  void tell(const Trial& trial, Change change) override {
    if (trial.id < 0) return;
    // Every bracket has a trial, so that a number beyond the trial's own is none of ours.
    if (trial.bracket < 0 || trial.bracket > trial.id) return old_->tell(trial, change);
    const auto b = static_cast<std::size_t>(trial.bracket);
    while (brackets_.size() <= b) {
      std::vector<Resource> levels;
      for (const Rung& rung : shape(brackets_.size()).rungs) levels.push_back(rung.r);
      open_.insert(brackets_.size());
      brackets_.emplace_back(levels, eta_, objectives_, Ladder::Dead::IsWorst);
    }
    brackets_[b].tell(trial, change);
    if (finished(b)) open_.erase(b);
    else open_.insert(b);
    std::optional<Move> move = next_in(b, true);
    if (move && !std::holds_alternative<Wait>(*move)) ready_.insert(b);
    else ready_.erase(b);
  }

  std::string standing(const Trial& trial) const override {
    if (trial.bracket < 0 || trial.bracket > trial.id) return old_->standing(trial);
    const auto b = static_cast<std::size_t>(trial.bracket);
    const auto at = b < brackets_.size() ? brackets_[b].waiting(trial.id) : std::nullopt;
    if (!at) return {};
    const Ladder::Level& rung = brackets_[b].rungs()[at->rung];
    if (!evolves(b))
      return fmt::format("{}, {}", label(b), wording_.standing(at->rung, rung.results, at->entry, quota(rung)));
    return fmt::format("{}, {}: {}, and the next rung is filled with new trials", label(b),
                       wording_.rung(at->rung, rung.results.level()), wording_.place(rung.results, at->entry));
  }

 private:
  const Bracket& shape(std::size_t b) const { return shapes_[b % shapes_.size()]; }

  // No trial may join the first rung any more.
  bool full(std::size_t b) const {
    const Ladder& bracket = brackets_[b];
    return bracket.rungs()[0].entrants >= shape(b).rungs[0].n || (bracket.top() > 0 && bracket.rungs()[1].entrants > 0);
  }

  std::int64_t quota(const Ladder::Level& rung) const { return std::max<std::int64_t>(rung.entrants / eta_, 1); }

  // Who goes on from a rung to which nobody is on their way any more.
  std::optional<RungEntry> promotable(const Ladder::Level& rung) const {
    std::optional<RungEntry> best = rung.results.first_waiting();
    if (best && rung.promoted > 0 && rung.results.place(*best) > quota(rung)) return std::nullopt;
    return best;
  }

  bool evolves(std::size_t b) const { return filling_ == Filling::Evolve && b > 0; }
  // Of the trials that were meant for this rung and no further.
  std::int64_t started(std::size_t b, std::size_t k) const {
    if (b >= brackets_.size()) return 0;
    const Ladder& bracket = brackets_[b];
    return bracket.rungs()[k].entrants - (k < bracket.top() ? bracket.rungs()[k + 1].entrants : 0);
  }

  bool finished(std::size_t b) const {
    const Ladder& bracket = brackets_[b];
    if (evolves(b)) {
      for (std::size_t k = 0; k <= bracket.top(); ++k) {
        if (bracket.rungs()[k].running > 0 || started(b, k) < shape(b).rungs[k].n) return false;
      }
      return true;
    }
    if (!full(b) || !bracket.short_of().empty()) return false;
    for (std::size_t k = 0; k <= bracket.top(); ++k) {
      const Ladder::Level& rung = bracket.rungs()[k];
      if (rung.running > 0 || (k < bracket.top() && promotable(rung))) return false;
    }
    return true;
  }

  // None: the bracket has nothing to do, now or ever.
  std::optional<Move> next_in(std::size_t b, bool can_start) const {
    if (evolves(b)) return evolve_in(b, can_start);
    const Ladder& bracket = brackets_[b];
    if (!bracket.short_of().empty()) {
      TrialId trial = *bracket.short_of().begin();
      std::size_t k = bracket.target(trial);
      return Resume{trial, bracket.level(k),
                    fmt::format("{}, it has not come to {} yet", label(b), wording_.rung(k, bracket.level(k)))};
    }
    if (can_start && !full(b)) return start(b, 0);
    for (std::size_t k = 0; k <= bracket.top(); ++k) {
      const Ladder::Level& rung = bracket.rungs()[k];
      if (rung.running > 0) return waiting(b, k);
      if (k == bracket.top()) break;
      if (auto best = promotable(rung)) return promote(b, k, *best);
    }
    return std::nullopt;
  }

  // Rung after rung: those of a later one have the best of the one before for parents.
  std::optional<Move> evolve_in(std::size_t b, bool can_start) const {
    const Ladder& bracket = brackets_[b];
    for (std::size_t k = 0; k <= bracket.top(); ++k) {
      if (can_start && started(b, k) < shape(b).rungs[k].n) return start(b, k);
      if (bracket.rungs()[k].running > 0) return waiting(b, k);
    }
    return std::nullopt;
  }

  Move waiting(std::size_t b, std::size_t k) const {
    const Ladder::Level& rung = brackets_[b].rungs()[k];
    return Wait{fmt::format("{}, {} waits for {} of its {} {}", label(b), wording_.rung(k, rung.results.level()),
                            rung.running, rung.entrants, rung.entrants == 1 ? "trial" : "trials")};
  }

  Move promote(std::size_t b, std::size_t k, RungEntry best) const {
    const Ladder& bracket = brackets_[b];
    const RungResults& results = bracket.rungs()[k].results;
    const std::int64_t go_on = quota(bracket.rungs()[k]);
    std::string standing = wording_.standing(k, results, best, go_on);
    if (results.place(best) > go_on) standing += ", and those before it have failed or ended";
    return Resume{best.trial, bracket.level(k + 1),
                  fmt::format("{}, {}; on to {}", label(b), standing, wording_.fidelity(bracket.level(k + 1)))};
  }

  Move start(std::size_t b, std::size_t k) const {
    const Rung& rung = shape(b).rungs[k];
    Start start;
    start.until = rung.r;
    start.bracket = static_cast<int>(b);
    start.why = fmt::format("{}, {}: trial {} of {}", label(b), wording_.rung(k, rung.r), started(b, k) + 1, rung.n);
    if (filling_ == Filling::Evolve) start.breed = breed(b, k);
    return start;
  }

  // DEHB, section 4: the very first bracket is drawn; the first rung of each other one evolves by itself, a later one has as
  // many parents as successive halving would promote.
  Breed breed(std::size_t b, std::size_t k) const {
    const Rung& rung = shape(b).rungs[k];
    Breed breed;
    for (const Bracket& other : shapes_)
      for (const Rung& same : other.rungs)
        if (same.r == rung.r) breed.members = std::max(breed.members, same.n);
    if (b > 0) breed.parents = k == 0 ? 0 : rung.n;
    return breed;
  }

  std::string label(std::size_t b) const {
    if (shapes_.size() == 1) return fmt::format("bracket {}", b + 1);
    return fmt::format("bracket {} of round {}", shape(b).s, b / shapes_.size() + 1);
  }

  Wording wording_;
  std::int64_t eta_;
  Filling filling_;
  int objectives_;
  Shapes shapes_;
  std::unique_ptr<Scheduler> old_;
  std::deque<Ladder> brackets_;
  std::set<std::size_t> ready_;  // have somebody to start or to send on
  std::set<std::size_t> open_;   // not finished; one if they promote, except after an extension
};

std::int64_t ceiling(std::int64_t a, std::int64_t b) { return a / b + (a % b != 0 ? 1 : 0); }

// A whole number that no study reaches, small enough to be multiplied.
constexpr std::int64_t kMany = std::int64_t{1} << 40;

}  // namespace

Shapes hyperband_shapes(const ScheduleInputs& inputs, std::int64_t eta) {
  const std::vector<Resource> levels = rung_levels(inputs.min, inputs.max, eta);
  const auto brackets = static_cast<std::int64_t>(levels.size());
  Shapes shapes;
  for (std::int64_t s = brackets - 1; s >= 0; --s) {
    std::int64_t power = 1;
    for (std::int64_t i = 0; i < s && power < kMany; ++i) power *= eta;
    Bracket bracket{static_cast<int>(s), {}};
    std::int64_t n = ceiling(brackets * power, s + 1);
    for (auto k = static_cast<std::size_t>(brackets - 1 - s); k < levels.size(); ++k, n /= eta) {
      bracket.rungs.push_back({std::max<std::int64_t>(n, 1), levels[k]});
    }
    shapes.push_back(std::move(bracket));
  }
  return shapes;
}

Shapes halving_shapes(const ScheduleInputs& inputs, std::int64_t eta, std::int64_t n) {
  Bracket bracket = hyperband_shapes(inputs, eta).front();
  if (n > 0) {
    for (Rung& rung : bracket.rungs) {
      rung.n = std::max<std::int64_t>(n, 1);
      n /= eta;
    }
  }
  return {bracket};
}

std::unique_ptr<Scheduler> make_halving(const ScheduleInputs& inputs, std::int64_t eta, Shapes shapes,
                                        Filling filling) {
  return std::make_unique<Halving>(inputs, eta, std::move(shapes), filling);
}

std::vector<Bracket> evolving_plan(const ScheduleInputs& inputs, std::int64_t eta, const Shapes& shapes) {
  ScheduleInputs first = inputs;
  if (inputs.trials) first.trials = std::min(*inputs.trials, shapes[0].rungs[0].n);
  std::vector<Bracket> plan = halving_plan(first, eta, {shapes[0]});
  std::int64_t turn = 0;
  for (const Bracket& shape : shapes) {
    for (const Rung& rung : shape.rungs) turn += rung.n;
  }
  // Without a limit what is left of one turn.
  const std::int64_t left = inputs.trials ? *inputs.trials - *first.trials : turn;
  std::int64_t rest = left % turn;
  std::vector<Bracket> evolved;
  for (std::size_t b = 1; b < shapes.size() + (inputs.trials ? 1 : 0); ++b) {
    const Bracket& shape = shapes[b % shapes.size()];
    for (const Rung& rung : shape.rungs) {
      const std::int64_t begun = inputs.trials ? std::min(rest, rung.n) : 0, n = left / turn * rung.n + begun;
      rest -= begun;
      if (n > 0) evolved.push_back({shape.s, {{n, rung.r}}});
    }
  }
  plan.insert(plan.end(), evolved.begin(), evolved.end());
  return plan;
}

std::vector<Bracket> halving_plan(const ScheduleInputs& inputs, std::int64_t eta, const Shapes& shapes) {
  if (!inputs.trials) return shapes;
  std::vector<Bracket> plan;
  std::int64_t turn = 0;
  for (const Bracket& shape : shapes) turn += shape.rungs[0].n;
  const std::int64_t turns = *inputs.trials / turn;
  std::int64_t left = *inputs.trials % turn;
  for (Bracket bracket : shapes) {
    const std::int64_t begun = std::min(left, bracket.rungs[0].n);
    left -= begun;
    if (turns == 0 && begun == 0) break;
    std::int64_t n = begun;
    for (Rung& rung : bracket.rungs) {
      rung.n = rung.n * turns + (begun > 0 ? std::max<std::int64_t>(n, 1) : 0);
      n /= eta;
    }
    plan.push_back(std::move(bracket));
  }
  return plan;
}

}  // namespace hone
