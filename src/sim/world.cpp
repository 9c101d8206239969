#include "sim/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace hone {

World::World(const StudySpec& spec, Plan plan)
    : plan_(std::move(plan)), fidelity_(spec.fidelity && plan_.named ? spec.fidelity->name : "") {
  now_ = plan_.begin;
  const Faults& f = plan_.faults;
  faulty_ = f.lost > 0 || f.crash > 0 || f.hang > 0 || f.late > 0 || f.twice > 0 || f.nan > 0;
}

Seconds World::cost(const Known& known, Resource at) const {
  Seconds seconds = plan_.seconds ? plan_.seconds(known.config, at) : 1;
  return seconds > 0 ? seconds : 0;  // nan counts as nothing
}

void World::launch(const Trial& trial) {
  auto id = static_cast<std::size_t>(trial.id);
  if (id >= known_.size()) known_.resize(id + 1);
  Known& known = known_[id];
  if (known.launches == 0) {
    known.config = trial.config;
    known.seed = trial.seed;
    if (plan_.training) known.weights = plan_.training->begin;
    if (trial.from) inherit(trial, known);
  }
  if (trial.attempt <= known.attempt) {
    broken_.push_back(
        fmt::format("trial {} attempt {} launched after attempt {}", trial.id, trial.attempt, known.attempt));
    return;
  }
  if (known.attempt > 0 && runs_[known.run].key == RunKey{trial.id, known.attempt} && !runs_[known.run].ended) {
    broken_.push_back(
        fmt::format("trial {} attempt {} launched while {} runs", trial.id, trial.attempt, known.attempt));
  }
  if (live_ >= plan_.workers) broken_.push_back(fmt::format("trial {} launched without a free worker", trial.id));
  std::size_t index = runs_.size();
  if (free_.empty()) {
    runs_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  SimRun& run = runs_[index];
  run = SimRun();
  run.key = {trial.id, trial.attempt};
  run.until = trial.until;
  run.at = plan_.checkpoints ? known.checkpoint : 0;
  if (!plan_.checkpoints && plan_.training) known.weights = plan_.training->begin;
  run.began = now_;
  known.run = index;
  known.attempt = trial.attempt;
  ++known.launches;
  ++launches_;
  ++live_;
  if (faulty_) {
    const Faults& f = plan_.faults;
    Rng rng = Rng::stream(plan_.seed, "run",
                          static_cast<std::uint64_t>(trial.id) * 4096 + static_cast<std::uint64_t>(trial.attempt));
    double u = rng.uniform();
    run.fate = u < f.lost                      ? What::Lost
               : u < f.lost + f.crash          ? What::Crash
               : u < f.lost + f.crash + f.hang ? What::Silence
                                               : What::Unit;
    Resource units = std::max<Resource>(run.until - run.at, 1);
    run.fate_at = run.at + 1 + static_cast<Resource>(rng.below(static_cast<std::uint64_t>(units)));
    if (run.fate == What::Silence) return;  // only a cancel ends it
  }
  schedule(index);
}

/// A child begins with a copy of its donor's checkpoint.
void World::inherit(const Trial& trial, Known& known) {
  const auto donor = static_cast<std::size_t>(trial.from->trial);
  if (trial.from->trial < 0 || donor >= known_.size() || known_[donor].ended < trial.from->at) {
    broken_.push_back(fmt::format("trial {} begins at {} of trial {}, where no run has left a checkpoint", trial.id,
                                  trial.from->at, trial.from->trial));
    return;
  }
  known.checkpoint = plan_.checkpoints ? trial.from->at : 0;
  const auto& weights = known_[donor].ended_weights;
  if (const auto found = weights.find(trial.from->at); found != weights.end() && plan_.checkpoints)
    known.weights = found->second;
}

/// The next thing that the run does.
void World::schedule(std::size_t index) {
  const SimRun& run = runs_[index];
  const Known& known = known_[static_cast<std::size_t>(run.key.trial)];
  if (run.at >= run.until) return push(now_, What::Unit, index);  // nothing left to do: it looks, and ends
  Seconds seconds = cost(known, run.at + 1);
  if (run.fate != What::Unit && run.fate_at == run.at + 1) return push(now_ + seconds / 2, run.fate, index);
  push(now_ + seconds, What::Unit, index);
}

void World::cancel(RunKey key) {
  if (key.trial < 0 || static_cast<std::size_t>(key.trial) >= known_.size()) return;
  const Known& known = known_[static_cast<std::size_t>(key.trial)];
  if (known.attempt != key.attempt) return;
  SimRun& run = runs_[known.run];
  if (run.key != key || run.ended || run.cancelled) return;
  run.cancelled = true;
  push(now_ + plan_.ending, What::Cancelled, known.run);
}

std::vector<RunKey> World::list() const {
  std::vector<RunKey> keys;
  for (const SimRun& run : runs_) {
    if (!run.ended) keys.push_back(run.key);
  }
  for (const Notice& notice : outbox_) {  // ended, but nobody has acknowledged it
    if (const auto* exit = std::get_if<Exited>(&notice.fact)) keys.push_back({exit->trial, exit->attempt});
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::optional<Seconds> World::next() const {
  if (handed_ < outbox_.size()) return now_;
  if (heap_.empty()) return std::nullopt;
  return heap_.top().time;
}

std::vector<Notice> World::wait(Seconds until) {
  if (handed_ == outbox_.size()) {
    while (handed_ == outbox_.size() && !heap_.empty() && heap_.top().time <= until) {
      now_ = std::max(now_, heap_.top().time);
      while (!heap_.empty() && heap_.top().time <= now_) {
        Item item = heap_.top();
        heap_.pop();
        happen(item);
      }
      forget();
    }
    if (handed_ == outbox_.size() && until < std::numeric_limits<Seconds>::infinity()) now_ = std::max(now_, until);
  }
  std::vector<Notice> notices(outbox_.begin() + static_cast<std::ptrdiff_t>(handed_), outbox_.end());
  handed_ = outbox_.size();
  return notices;
}

/// Drops what ended runs would have done next, so that next() is about what will happen.
void World::forget() {
  while (!heap_.empty()) {
    const Item& item = heap_.top();
    if (item.what == What::Deliver || !runs_[item.index].ended) return;
    if (--runs_[item.index].items == 0) free_.push_back(item.index);
    heap_.pop();
  }
}

void World::push(Seconds time, What what, std::size_t index) {
  if (what != What::Deliver) ++runs_[index].items;
  heap_.push({time, pushed_++, what, index});
}

void World::acknowledged() {
  outbox_.erase(outbox_.begin(), outbox_.begin() + static_cast<std::ptrdiff_t>(handed_));
  handed_ = 0;
}

void World::happen(const Item& item) {
  if (item.what == What::Deliver) return hand(delayed_[item.index]);
  SimRun& run = runs_[item.index];
  --run.items;
  if (!run.ended) {
    switch (item.what) {
      case What::Unit:
        unit(item.index);
        break;
      case What::Lost:
        end(run, Cause::Lost, 0);
        break;
      case What::Crash:
        end(run, Cause::Exit, 1);
        break;
      case What::Cancelled:
        end(run, Cause::Signal, 15);
        break;
      case What::Silence:
      case What::Deliver:
        break;
    }
  }
  if (runs_[item.index].ended && runs_[item.index].items == 0) free_.push_back(item.index);
}

void World::unit(std::size_t index) {
  SimRun& run = runs_[index];
  Known& known = known_[static_cast<std::size_t>(run.key.trial)];
  if (run.at < run.until) {
    ++run.at;
    ++units_;
    if (plan_.training) plan_.training->train(known.weights, known.config, run.at);
    known.checkpoint = std::max(known.checkpoint, run.at);
    report(run, known);
  }
  if (run.at >= run.until) return end(run, Cause::None, 0);
  schedule(index);
}

void World::report(SimRun& run, Known& known) {
  Reported reported{run.key.trial, run.key.attempt, ++run.n, {}, {}};
  reported.metrics.reserve(plan_.metrics.size() + 1);
  for (const auto& [name, curve] : plan_.metrics)
    reported.metrics.emplace_back(name, curve(known.config, run.at, known.seed));
  if (plan_.training)
    for (const auto& [name, measure] : plan_.training->metrics)
      reported.metrics.emplace_back(name, measure(known.weights));
  if (!fidelity_.empty()) reported.metrics.emplace_back(fidelity_, static_cast<double>(run.at));
  if (faulty_) return deliver(run, std::move(reported), cost(known, run.at));
  hand(std::move(reported));
}

/// A report on its way through a bad network. `unit`: the seconds of one.
void World::deliver(SimRun& run, Reported reported, Seconds unit) {
  Rng rng = Rng::stream(
      plan_.seed, "report",
      (static_cast<std::uint64_t>(reported.trial) * 4096 + static_cast<std::uint64_t>(reported.attempt)) * 65536 +
          static_cast<std::uint64_t>(reported.n));
  const Faults& f = plan_.faults;
  auto later = [&](const Reported& what) {
    delayed_.push_back(what);
    double units = 0.5 + 3 * rng.uniform() * static_cast<double>(std::max<Resource>(run.until - run.at, 1));
    push(now_ + units * std::max(unit, 1e-6), What::Deliver, delayed_.size() - 1);
  };
  if (rng.uniform() < f.nan) {
    const std::size_t measured = plan_.metrics.size() + (plan_.training ? plan_.training->metrics.size() : 0);
    for (std::size_t i = 0; i < measured; ++i) {
      reported.metrics[i].second = std::numeric_limits<double>::quiet_NaN();
    }
  }
  bool late = rng.uniform() < f.late, twice = rng.uniform() < f.twice;
  if (twice && rng.uniform() < 0.5) later(reported);
  else if (twice) hand(reported);
  if (late) later(reported);
  else hand(std::move(reported));
}

void World::end(SimRun& run, Cause cause, int code) {
  run.ended = true;
  Known& known = known_[static_cast<std::size_t>(run.key.trial)];
  // One that was asked to end at its `until` has a checkpoint too.
  if (cause == Cause::None || run.at >= run.until) {
    known.ended = std::max(known.ended, run.at);
    if (plan_.training) known.ended_weights[run.at] = known.weights;
  }
  --live_;
  busy_ += now_ - run.began;
  Exited exited;
  exited.trial = run.key.trial;
  exited.attempt = run.key.attempt;
  exited.cause = cause;
  exited.code = code;
  hand(std::move(exited));
}

std::int64_t World::launches_of(TrialId trial) const {
  auto id = static_cast<std::size_t>(trial);
  return id < known_.size() ? known_[id].launches : 0;
}

}  // namespace hone
