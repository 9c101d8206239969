#include "sim/simulator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"
#include "sim/invariants.h"
#include "study/event_json.h"

namespace hone {
namespace {

constexpr std::size_t kPatience = 1000;  // turns in a row in which time passes and nothing happens

Study rebuilt(const StudySpec& spec, std::span<const Event> log, const Study::Around& around) {
  auto study = Study::make(spec, around);
  HONE_CHECK(study.has_value(), "a study that was made once can be made again");
  for (const Event& event : log) study->apply(event);
  return std::move(*study);
}

class Simulation {
 public:
  Simulation(const StudySpec& spec, const Plan& plan, const Trouble& trouble, Study study)
      : spec_(spec),
        trouble_(trouble),
        around_(plan.around),
        study_(std::move(study)),
        world_(spec, plan),
        invariants_(spec, plan.workers),
        begin_(plan.begin),
        finished_(plan.begin) {}

  SimResult run() {
    bool alive = decide() && act();
    while (!stuck_ && !(study_.finished() && study_.live() == 0)) {
      if (alive) disturb();
      alive = alive ? turn() : recover();
    }
    invariants_.check_end(study_, log_);
    if (world_.live() != 0) invariants_.add(fmt::format("{} workers are still busy", world_.live()));
    SimResult result{.study = std::move(study_), .log = std::move(log_), .broken = invariants_.broken()};
    result.broken.insert(result.broken.end(), world_.broken().begin(), world_.broken().end());
    result.seconds = finished_ - begin_;
    if (result.seconds > 0) result.utilisation = std::min(1.0, busy_ / there_);
    result.trace = std::move(trace_);
    result.units = world_.units();
    result.launches = world_.launches();
    result.deaths = deaths_;
    return result;
  }

 private:
  // --- the coordinator's turn; each step returns false if Hone died in it ---

  bool turn() {
    std::optional<Seconds> wake = study_.wake(), next = world_.next();
    if (!wake && !next) return stick("nothing will ever happen: " + wait_);
    Seconds limit = std::numeric_limits<Seconds>::infinity();
    // A limit that rounding puts a hair before its time is asked for again, a hair later.
    if (wake) limit = std::max(*wake, std::nextafter(world_.now(), limit));
    std::size_t before = log_.size();
    std::vector<Notice> notices = world_.wait(limit);
    for (std::size_t i = 0; i < notices.size(); ++i) {
      Notice& notice = notices[i];
      units_ = world_.units_then(i);
      if (again_ && heard(notice.fact)) continue;
      if (!put({world_.now(), std::move(notice.fact)})) return false;
    }
    if (!decide()) return false;
    world_.acknowledged();
    again_ = false;
    idle_ = log_.size() > before ? 0 : idle_ + 1;
    if (idle_ > kPatience) return stick("the study asks to be woken and then does nothing: " + wait_);
    act();
    if (study_.live() != world_.live())
      invariants_.add(fmt::format("{} runs are on their way, and the study knows of {}", world_.live(), study_.live()));
    return true;
  }

  bool decide() {
    for (std::size_t decisions = 0;; ++decisions) {
      // A decision that apply() ignores would be proposed for ever.
      if (decisions > kPatience + 2 * study_.trials().size()) return stick("decide() never comes to an end");
      auto free = std::max<std::int64_t>(0, world_.workers() - study_.taken());
      auto move = study_.decide(world_.now(), static_cast<int>(free));
      if (auto* wait = std::get_if<Wait>(&move)) {
        wait_ = std::move(wait->why);
        return true;
      }
      if (!put(std::move(std::get<Event>(move)))) return false;
    }
  }

  /// Stores the event, then applies it.
  bool put(Event event) {
    invariants_.check(event, study_);
    if (trouble_.death > 0) {
      Rng rng = Rng::stream(trouble_.seed, "death", stores_++);
      if (rng.uniform() < trouble_.death) {
        if (rng.uniform() < 0.5) record(std::move(event));
        ++deaths_;
        return false;
      }
    }
    study_.apply(event);
    touch(event);
    see(event);
    record(std::move(event));
    return true;
  }

  /// The objective's values as Hone hears them.
  void see(const Event& event) {
    const auto* report = std::get_if<Reported>(&event.fact);
    if (!report || study_.finished() || spec_.objectives.size() != 1) return;
    const Objective& objective = spec_.objectives[0];
    for (const auto& [name, value] : report->metrics) {
      const double loss = objective.maximize ? -value : value;
      if (name != objective.metric || !std::isfinite(loss) || loss >= best_) continue;
      best_ = loss;
      trace_.push_back({event.time - begin_, units_, value, report->trial});
    }
  }

  void record(Event event) {
    if (std::holds_alternative<Finished>(event.fact)) {
      finished_ = event.time;
      busy_ = world_.busy();
      there_ = world_.there();
    }
    log_.push_back(std::move(event));
  }

  void touch(const Event& event) {
    const Fact& fact = event.fact;
    bool launched = std::holds_alternative<Started>(fact) || std::holds_alternative<Resumed>(fact) ||
                    std::holds_alternative<Relaunched>(fact);
    bool ended = std::holds_alternative<Paused>(fact) || std::holds_alternative<Stopped>(fact) ||
                 std::holds_alternative<Expired>(fact) ||
                 (std::holds_alternative<Reported>(fact) && !std::get<Reported>(fact).infeasible.empty());
    if (launched) launches_.push_back(*trial_of(event));
    if (ended) cancels_.push_back(*trial_of(event));
  }

  /// Brings the world to what is now on record.
  bool act() {
    for (TrialId id : launches_) {
      const Trial& trial = study_.trials()[static_cast<std::size_t>(id)];
      if (trial.live) world_.launch(trial);
    }
    for (TrialId id : cancels_) {
      const Trial& trial = study_.trials()[static_cast<std::size_t>(id)];
      if (trial.live && trial.phase != Phase::Running) world_.cancel({id, trial.attempt});
    }
    launches_.clear();
    cancels_.clear();
    return true;
  }

  /// Was this stored before Hone died? What else is told twice or late goes to the study, which has to cope.
  bool heard(const Fact& fact) const {
    auto known = [&](TrialId id, int attempt) -> const Trial* {
      const Trial& trial = study_.trials()[static_cast<std::size_t>(id)];
      return trial.attempt == attempt ? &trial : nullptr;
    };
    if (const auto* report = std::get_if<Reported>(&fact)) {
      const Trial* trial = known(report->trial, report->attempt);
      return !trial || study_.finished() || report->n <= trial->reports_seen;
    }
    const auto* exit = std::get_if<Exited>(&fact);
    const Trial* trial = exit ? known(exit->trial, exit->attempt) : nullptr;
    return !trial || !trial->live;
  }

  /// A new Hone over the old log. What the log says is running and the world does not know is lost.
  bool recover() {
    launches_.clear();
    cancels_.clear();
    study_ = rebuilt(spec_, log_, around_);
    world_.reconnect();
    again_ = true;
    std::vector<RunKey> known = world_.list();
    for (std::size_t i = 0; i < study_.trials().size(); ++i) {
      const Trial& trial = study_.trials()[i];
      if (!trial.live) continue;
      RunKey key{trial.id, trial.attempt};
      if (trial.phase != Phase::Running) cancels_.push_back(trial.id);
      if (std::binary_search(known.begin(), known.end(), key)) continue;
      Exited lost;
      lost.trial = key.trial;
      lost.attempt = key.attempt;
      lost.cause = Cause::Lost;
      lost.detail = "no trace of its process";
      if (!put({world_.now(), std::move(lost)})) return false;
    }
    return decide() && act();
  }

  // --- trouble ---

  void disturb() {
    Rng rng = Rng::stream(trouble_.seed, "trouble", turns_++);
    if (trouble_.rebuild > 0 && rng.uniform() < trouble_.rebuild) study_ = rebuilt(spec_, log_, around_);
    if (trouble_.meddle > 0 && rng.uniform() < trouble_.meddle) {
      for (int i = 0; i < 3; ++i) {
        auto slots = static_cast<int>(rng.below(static_cast<std::uint64_t>(world_.workers()) + 1));
        (void)study_.decide(world_.now() + 100 * rng.uniform(), slots);
      }
    }
  }

  /// Ends the simulation: it would go on for ever.
  bool stick(std::string why) {
    invariants_.add(std::move(why));
    stuck_ = true;
    return true;
  }

  const StudySpec& spec_;
  Trouble trouble_;
  Study::Around around_;
  Study study_;
  World world_;
  Invariants invariants_;
  std::vector<Event> log_;
  std::vector<TrialId> launches_, cancels_;
  std::string wait_;
  Seconds begin_, finished_, busy_ = 0, there_ = 0;
  double best_ = std::numeric_limits<double>::infinity();
  std::vector<Improvement> trace_;
  std::int64_t units_ = 0;  // done when the notice at hand came about
  std::uint64_t stores_ = 0, turns_ = 0;
  std::int64_t deaths_ = 0;
  std::size_t idle_ = 0;
  bool stuck_ = false, again_ = false;
};

}  // namespace

Result<SimResult> simulate(const StudySpec& spec, const Plan& plan, const Trouble& trouble) {
  if (plan.workers < 1) return invalid("simulation: no workers; use at least 1");
  auto study = Study::make(spec, plan.around);
  if (!study) return tl::unexpected(study.error());
  StudySpec whole = study->spec();
  return Simulation(whole, plan, trouble, std::move(*study)).run();
}

std::vector<std::string> rederive(const StudySpec& spec, std::span<const Event> log, const Study::Around& around) {
  std::vector<std::string> differences;
  Study study = rebuilt(spec, {}, around);
  for (std::size_t i = 0; i < log.size() && differences.size() < 10; ++i) {
    const Event& event = log[i];
    if (is_decision(event)) {
      int slots = std::visit(
          [](const auto& fact) {
            if constexpr (requires { fact.free_slots; }) return fact.free_slots;
            return 0;
          },
          event.fact);
      auto move = study.decide(event.time, slots);
      const Event* again = std::get_if<Event>(&move);
      std::string was = fmt::format("{} {}", kind(event), event_body(event));
      std::string is =
          again ? fmt::format("{} {}", kind(*again), event_body(*again)) : "Wait: " + std::get<Wait>(move).why;
      if (was != is || (again && trial_of(*again) != trial_of(event))) {
        differences.push_back(
            fmt::format("event {}: trial {}: logged {}, now {}", i + 1, trial_of(event).value_or(-1), was, is));
      }
    }
    study.apply(event);
  }
  return differences;
}

}  // namespace hone
