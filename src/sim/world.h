// A made-up world: N workers in virtual time, programs that are functions, and faults by probability.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "hone/executor.h"
#include "hone/spec.h"
#include "hone/study.h"

namespace hone {

struct Faults {      // probabilities
  double lost = 0;   // of a run: its machine is lost at some unit
  double crash = 0;  // of a run: it exits with status 1 at some unit
  double oom = 0;    // of a run: it runs out of memory at some unit
  double hang = 0;   // of a run: from some unit on it says nothing and does not end by itself
  double late = 0;   // of a report: it arrives units later, maybe after the run's end or after the next attempt began
  double twice = 0;  // of a report: it is delivered again, right away or much later
  double nan = 0;    // of a report: its values are nan
  double never = 0;  // of a report: it never arrives
  double past = 0;   // of a run: it goes on for units past its limit, and reports them

  /// When in its unit a run ends: before anything of it is done (at the first as soon as it is launched), half way, or
  /// after its report (at the last before it could end by itself).
  enum class Moment { Begin, Middle, End };
  /// At the unit `at` of `trial`, or of every trial without one, in its first `times` attempts at that unit.
  struct Mark {
    enum class What { Lost, Crash, Oom, Hang, Nan, Never };
    What what = What::Nan;
    Resource at = 1;
    std::optional<TrialId> trial = {};
    Moment moment = Moment::Middle;  // of what ends a run
    std::int64_t times = 1;
  };
  /// From `at` seconds on so many workers are there; those that go take the runs with them that were launched last.
  struct Change {
    Seconds at = 0;
    int workers = 0;
  };
  std::vector<Mark> marks;
  std::vector<Change> workers;  // by time
};

/// What program and machines do. A curve gives a metric of `config` after unit `at`; `seed` is the trial's.
using Curve = std::function<double(const Config& config, Resource at, std::uint64_t seed)>;
/// A program with a state: `train` makes of it what it is after unit `at`, `measure` gives a metric. It rides in the
/// checkpoint, so that a child of PBT has its donor's.
using Weights = std::vector<double>;
struct Training {
  Weights begin;
  std::function<void(Weights& weights, const Config& config, Resource at)> train;
  std::vector<std::pair<std::string, std::function<double(const Weights& weights)>>> metrics;
};
struct Plan {
  int workers = 1;
  std::vector<std::pair<std::string, Curve>> metrics;  // by name, the objectives among them
  std::optional<Training> training = {};               // its metrics come after those of curves
  Curve seconds;                                       // that unit `at` takes; empty: 1
  std::function<std::uint64_t(const Trial&)> key;      // what curves get in the place of the trial's seed
  Resource length = 1;                                 // units of a run of a study without a fidelity
  Faults faults;
  bool checkpoints = true;  // a resumed or retried trial goes on from where it was; else from the start
  bool named = true;        // reports name the fidelity; else they are counted
  Seconds ending = 0;       // between a cancel and the end of the run
  std::uint64_t seed = 0;   // of the faults
  Seconds begin = 1;        // of the clock; a trial's record takes the time 0 for never
  Study::Around around;     // see hone/study.h
};

/// Plays the executor. What happened stays in an outbox until it is acknowledged and is handed out again after a
/// reconnect(), like the spool of a real one. Same calls, same answers.
class World {
 public:
  World(const StudySpec& spec, Plan plan);

  /// REQUIRES: now() has come to the time of the caller, a worker is free
  void launch(const Trial& trial);
  void cancel(RunKey key);  // an unknown key is success
  std::vector<RunKey> list() const;
  /// When something happens next by itself; nothing if nothing ever will.
  std::optional<Seconds> next() const;
  /// Moves the time on to `until` at most, stops at the first thing that happens, hands out all of that moment.
  std::vector<Notice> wait(Seconds until);
  void acknowledged();
  void reconnect() { handed_ = 0; }  // a new Hone: all that was not acknowledged comes again

  Seconds now() const { return now_; }
  int workers() const { return workers_; }  // that are there
  Seconds there() const;                    // worker seconds that there were, busy or not
  int live() const { return live_; }
  std::int64_t units() const { return units_; }
  std::int64_t launches() const { return launches_; }
  Seconds busy() const;  // worker seconds that runs took, those that are on their way too
  /// Units done when notice `i` of those that wait() handed out last came about.
  std::int64_t units_then(std::size_t i) const { return stamps_[handed_ - last_ + i]; }
  std::int64_t launches_of(TrialId trial) const;
  const std::vector<std::string>& broken() const { return broken_; }  // what Hone did that no executor could carry out

 private:
  enum class What { Unit, Lost, Crash, Oom, Silence, Cancelled, Deliver, Workers };
  struct Item {
    Seconds time = 0;
    std::int64_t number = 0;  // ties: first in, first out
    What what = What::Unit;
    std::size_t index = 0;                     // of a run, of a fact to deliver, of a change of the workers
    bool operator<(const Item& other) const {  // a priority_queue puts the largest first
      return time != other.time ? time > other.time : number > other.number;
    }
  };
  struct Known {  // what the machines know of a trial
    Config config;
    std::uint64_t seed = 0;
    Resource checkpoint = 0;
    Resource ended = 0;  // the latest checkpoint of a run that ended well
    Weights weights;     // in the checkpoint, if there is a training
    std::map<Resource, Weights> ended_weights;
    std::int64_t launches = 0;
    std::size_t run = 0;  // its latest
    int attempt = 0;
  };
  struct SimRun {
    RunKey key;
    Resource at = 0, until = 0;
    Resource past = 0;  // units that it does beyond `until`
    std::int64_t launch = 0;
    int n = 0;  // reports so far
    int slots = 1;
    Seconds began = 0;
    bool ended = false, cancelled = false;
    int items = 0;           // of it in the heap; its place is used again only without any
    What fate = What::Unit;  // how the run ends, if not by itself, and where
    Resource fate_at = 0;
    Faults::Moment fate_moment = Faults::Moment::Middle;
  };

  void push(Seconds time, What what, std::size_t index);
  void inherit(const Trial& trial, Known& known);
  void schedule(std::size_t index);
  void happen(const Item& item);
  void forget();
  void unit(std::size_t index);
  void report(SimRun& run, Known& known, bool nan);
  void deliver(SimRun& run, Reported reported, Seconds unit);
  void draw_fate(SimRun& run, const Known& known);
  const Faults::Mark* mark(TrialId trial, Resource at, bool ends) const;
  const Faults::Mark* marked(TrialId trial, Resource at, bool ends);
  bool meets_fate(std::size_t index, Resource at, Faults::Moment moment, Seconds time);
  void set_workers(int workers);
  void end(SimRun& run, Cause cause, int code);
  Seconds cost(const Known& known, Resource at) const;
  void hand(Fact fact) {
    outbox_.push_back({now_, std::move(fact)});
    stamps_.push_back(units_);
  }

  Plan plan_;
  std::string fidelity_;  // its name; empty without one
  bool faulty_ = false;
  int workers_ = 1;
  Seconds changed_ = 0, there_ = 0;  // when workers_ changed last, and what there was until then
  std::priority_queue<Item> heap_;
  std::int64_t pushed_ = 0;
  std::deque<Known> known_;                                      // by trial
  std::map<std::pair<TrialId, std::size_t>, std::int64_t> had_;  // how often a trial has had a mark
  std::vector<SimRun> runs_;
  std::vector<std::size_t> free_;  // ended runs, to be used again
  std::deque<Fact> delayed_;
  std::vector<Notice> outbox_;
  std::vector<std::int64_t> stamps_;   // units_ when it was put there; parallel to outbox_
  std::size_t handed_ = 0, last_ = 0;  // by all calls of wait(), by the last
  Seconds now_ = 0, busy_ = 0;
  int live_ = 0, taken_ = 0;  // runs, and the workers that they take
  std::int64_t units_ = 0, launches_ = 0;
  std::vector<std::string> broken_;
};

}  // namespace hone
