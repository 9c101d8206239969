#include "sim/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace hone {

World::World(const StudySpec& spec, Plan plan)
    : plan_(std::move(plan)), fidelity_(spec.fidelity && plan_.named ? spec.fidelity->name : "") {
  now_ = changed_ = plan_.begin;
  workers_ = plan_.workers;
  if (spec.fidelity) plan_.length = 0;  // runs have an `until` of their own
  const Faults& f = plan_.faults;
  for (const double p : {f.lost, f.crash, f.oom, f.hang, f.late, f.twice, f.nan, f.never, f.past})
    faulty_ = faulty_ || p > 0;
  for (std::size_t i = 0; i < f.workers.size(); ++i) push(plan_.begin + f.workers[i].at, What::Workers, i);
}

Seconds World::there() const { return there_ + (now_ - changed_) * workers_; }

Seconds World::busy() const {
  Seconds busy = busy_;
  for (const SimRun& run : runs_)
    if (!run.ended) busy += (now_ - run.began) * run.slots;
  return busy;
}

Seconds World::cost(const Known& known, Resource at) const {
  Seconds seconds = plan_.seconds ? plan_.seconds(known.config, at, known.seed) : 1;
  return seconds > 0 ? seconds : 0;  // nan counts as nothing
}

void World::launch(const Trial& trial) {
  auto id = static_cast<std::size_t>(trial.id);
  if (id >= known_.size()) known_.resize(id + 1);
  Known& known = known_[id];
  if (known.launches == 0) {
    known.config = trial.config;
    known.seed = plan_.key ? plan_.key(trial) : trial.seed;
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
  if (taken_ + trial.slots > workers_)
    broken_.push_back(fmt::format("trial {} launched without a free worker", trial.id));
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
  run.until = plan_.length > 0 ? plan_.length : trial.until;
  run.launch = launches_;
  run.at = plan_.checkpoints ? known.checkpoint : 0;
  if (!plan_.checkpoints && plan_.training) known.weights = plan_.training->begin;
  run.slots = trial.slots;
  run.began = now_;
  known.run = index;
  known.attempt = trial.attempt;
  ++known.launches;
  ++launches_;
  ++live_;
  taken_ += run.slots;
  if (faulty_) draw_fate(run, known);
  schedule(index);
}

void World::draw_fate(SimRun& run, const Known& known) {
  const Faults& f = plan_.faults;
  const auto number = static_cast<std::uint64_t>(run.key.trial) * 4096 + static_cast<std::uint64_t>(known.attempt);
  Rng rng = Rng::stream(plan_.seed, "run", number);
  const std::vector<std::pair<double, What>> fates = {
      {f.lost, What::Lost}, {f.crash, What::Crash}, {f.hang, What::Silence}, {f.oom, What::Oom}};
  double u = rng.uniform();
  for (const auto& [chance, fate] : fates) {
    if (u >= 0 && u < chance) run.fate = fate;
    u -= chance;
  }
  Resource units = std::max<Resource>(run.until - run.at, 1);
  run.fate_at = run.at + 1 + static_cast<Resource>(rng.below(static_cast<std::uint64_t>(units)));
  if (f.past > 0 && rng.uniform() < f.past) run.past = 1 + static_cast<Resource>(rng.below(3));
  run.fate_moment = static_cast<Faults::Moment>(Rng::stream(plan_.seed, "moment", number).below(3));
}

/// The first mark of its kind that is to have its effect at this unit; marks are few.
const Faults::Mark* World::mark(TrialId trial, Resource at, bool ends) const {
  const std::vector<Faults::Mark>& marks = plan_.faults.marks;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const Faults::Mark& mark = marks[i];
    if (mark.at != at || mark.trial.value_or(trial) != trial || (mark.what <= Faults::Mark::What::Hang) != ends)
      continue;
    const auto had = had_.find({trial, i});
    if (had == had_.end() || had->second < mark.times) return &mark;
  }
  return nullptr;
}

/// Likewise; it has its effect now.
const Faults::Mark* World::marked(TrialId trial, Resource at, bool ends) {
  const Faults::Mark* found = mark(trial, at, ends);
  if (found) ++had_[{trial, static_cast<std::size_t>(found - plan_.faults.marks.data())}];
  return found;
}

/// Does the run end at this moment of unit `at`, which is at `time`? Then that is on its way.
bool World::meets_fate(std::size_t index, Resource at, Faults::Moment moment, Seconds time) {
  const SimRun& run = runs_[index];
  What fate = run.fate != What::Unit && run.fate_at == at && run.fate_moment == moment ? run.fate : What::Unit;
  if (const Faults::Mark* ahead = mark(run.key.trial, at, true); ahead && ahead->moment == moment) {
    constexpr What kFates[] = {What::Lost, What::Crash, What::Oom, What::Silence};
    fate = kFates[static_cast<std::size_t>(marked(run.key.trial, at, true)->what)];
  }
  if (fate == What::Unit) return false;
  if (fate != What::Silence) push(time, fate, index);  // which only a cancel ends
  return true;
}

/// A child begins with a copy of its donor's checkpoint.
void World::inherit(const Trial& trial, Known& known) {
  const auto donor = static_cast<std::size_t>(trial.from->trial);
  // Of a program that keeps none and does not say how far it is nobody can tell where it was ended.
  const bool unknowable = !plan_.checkpoints && !plan_.named;
  if (trial.from->trial < 0 || donor >= known_.size() || (known_[donor].ended < trial.from->at && !unknowable)) {
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
  if (meets_fate(index, run.at + 1, Faults::Moment::Begin, now_)) return;
  if (run.at >= run.until + run.past) return push(now_, What::Unit, index);  // nothing left to do: it looks, and ends
  const Seconds seconds = cost(known, run.at + 1);
  if (!meets_fate(index, run.at + 1, Faults::Moment::Middle, now_ + seconds / 2))
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
  last_ = notices.size();
  return notices;
}

/// Drops what ended runs would have done next, so that next() is about what will happen.
void World::forget() {
  while (!heap_.empty()) {
    const Item& item = heap_.top();
    if (item.what == What::Deliver || item.what == What::Workers || !runs_[item.index].ended) return;
    if (--runs_[item.index].items == 0) free_.push_back(item.index);
    heap_.pop();
  }
}

void World::push(Seconds time, What what, std::size_t index) {
  if (what != What::Deliver && what != What::Workers) ++runs_[index].items;
  // What ends at the moment at which machines go has ended.
  constexpr std::int64_t kLast = std::int64_t{1} << 62;
  heap_.push({time, what == What::Workers ? kLast + pushed_ : pushed_, what, index});
  ++pushed_;
}

void World::acknowledged() {
  outbox_.erase(outbox_.begin(), outbox_.begin() + static_cast<std::ptrdiff_t>(handed_));
  stamps_.erase(stamps_.begin(), stamps_.begin() + static_cast<std::ptrdiff_t>(handed_));
  handed_ = 0;
}

void World::happen(const Item& item) {
  if (item.what == What::Deliver) return hand(delayed_[item.index]);
  if (item.what == What::Workers) return set_workers(plan_.faults.workers[item.index].workers);
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
      case What::Oom:
        end(run, Cause::Oom, 9);
        break;
      case What::Cancelled:
        end(run, Cause::Signal, 15);
        break;
      case What::Silence:
      case What::Deliver:
      case What::Workers:
        break;
    }
  }
  if (runs_[item.index].ended && runs_[item.index].items == 0) free_.push_back(item.index);
}

/// Machines come and go. A run whose machine goes is lost.
void World::set_workers(int workers) {
  there_ = there();
  changed_ = now_;
  workers_ = std::min(workers, plan_.workers);
  while (taken_ > workers_) {
    SimRun* last = nullptr;
    for (SimRun& run : runs_)
      if (!run.ended && run.key.attempt > 0 && (!last || run.launch > last->launch)) last = &run;
    HONE_CHECK(last != nullptr, "live runs are among the runs");
    end(*last, Cause::Lost, 0);
    // Its place is given back when what it would have done next comes up.
    if (last->items == 0) free_.push_back(static_cast<std::size_t>(last - runs_.data()));
  }
}

void World::unit(std::size_t index) {
  SimRun& run = runs_[index];
  Known& known = known_[static_cast<std::size_t>(run.key.trial)];
  if (run.at < run.until + run.past) {
    ++run.at;
    ++units_;
    if (plan_.training) plan_.training->train(known.weights, known.config, run.at);
    known.checkpoint = std::max(known.checkpoint, run.at);
    const Faults::Mark* mark = marked(run.key.trial, run.at, false);
    if (mark && mark->what == Faults::Mark::What::Never) ++run.n;
    else report(run, known, mark != nullptr);
    // A quarter of a unit later, so that the report is heard before.
    if (meets_fate(index, run.at, Faults::Moment::End, now_ + cost(known, run.at) / 4)) return;
  }
  if (run.at >= run.until + run.past) return end(run, Cause::None, 0);
  schedule(index);
}

void World::report(SimRun& run, Known& known, bool nan) {
  Reported reported{run.key.trial, run.key.attempt, ++run.n, {}, {}};
  reported.metrics.reserve(plan_.metrics.size() + 1);
  for (const auto& [name, curve] : plan_.metrics)
    reported.metrics.emplace_back(
        name, nan ? std::numeric_limits<double>::quiet_NaN() : curve(known.config, run.at, known.seed));
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
  if (f.never > 0 && rng.uniform() < f.never) return;
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
  taken_ -= run.slots;
  busy_ += (now_ - run.began) * run.slots;
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
