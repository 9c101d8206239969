// A study with made-up runs, for tests of what users do to it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <string>

#include "study/event_json.h"
#include "study/extend.h"
#include "study/study_file.h"

namespace hone {

inline StudySpec spec_of(const std::string& text) {
  auto spec = read_study_file("name: s\nobjective: minimize loss\nseed: 3\n" + text, "s.yaml");
  EXPECT_TRUE(spec) << spec.error().what;
  return *spec;
}

inline std::string words(const Event& event) { return std::string(kind(event)) + " " + event_body(event); }

/// A study and a world of two slots; everything that happens is kept, so that it can be derived again.
class World {
 public:
  explicit World(const StudySpec& spec) : spec(spec), study(*Study::make(spec)) {}

  void put(Fact fact) {
    log.push_back({now, std::move(fact)});
    study.apply(log.back());
  }
  void steer(Steer what, TrialId trial = 0, int value = 0) {
    const Steered steered{trial, what, value};
    const auto ok = can_steer(study, steered);
    ASSERT_TRUE(ok) << ok.error().what;
    put(steered);
  }
  std::string refused(Steer what, TrialId trial = 0, int value = 0) {
    const auto ok = can_steer(study, {trial, what, value});
    return ok ? "" : ok.error().what;
  }
  void decide() {
    while (true) {
      const auto free = static_cast<int>(study.parallel().value_or(slots) - study.taken());
      auto next = study.decide(now, std::max(0, free));
      const auto* event = std::get_if<Event>(&next);
      if (!event) {
        why = std::get<Wait>(next).why;
        return;
      }
      put(event->fact);
      std::visit(
          [&](const auto& fact) {
            if constexpr (requires { fact.trial; })
              if (trial(fact.trial).phase == Phase::Running && trial(fact.trial).live &&
                  std::find(runs.begin(), runs.end(), fact.trial) == runs.end())
                runs.push_back(fact.trial);
          },
          event->fact);
    }
  }
  /// The oldest run reports up to its `until` and ends; `cause`: or fails before it says anything.
  void end_oldest(Cause cause = Cause::None) {
    const TrialId id = runs.front();
    runs.pop_front();
    end(id, cause);
  }
  void end(TrialId id, Cause cause = Cause::None) {
    const Trial& t = trial(id);
    now += 1;
    int n = 0;
    const double x = std::get<double>(t.config[0]);
    const Resource done = t.reports.empty() ? 0 : t.reports.back().at;
    if (cause == Cause::None && t.phase == Phase::Running)
      for (Resource at = done + 1; at <= t.until; ++at)
        put(Reported{id,
                     t.attempt,
                     ++n,
                     {{"loss", std::abs(x - 0.3) + 1.0 / static_cast<double>(at)}, {"epoch", static_cast<double>(at)}},
                     {}});
    put(Exited{.trial = id, .attempt = trial(id).attempt, .cause = cause, .code = cause == Cause::Exit ? 1 : 0});
  }
  void run(int runs_to_end) {
    for (decide(); runs_to_end > 0 && !runs.empty(); --runs_to_end) {
      end_oldest();
      decide();
    }
  }
  const Trial& trial(TrialId id) const { return study.trials()[static_cast<std::size_t>(id)]; }

  /// Every decision of the log follows from what came before it.
  void expect_replay() const {
    Study again = *Study::make(spec);
    for (const Event& event : log) {
      if (is_decision(event)) {
        const int slots = std::visit(
            [](const auto& f) {
              if constexpr (requires { f.free_slots; }) return f.free_slots;
              else return 0;
            },
            event.fact);
        const auto derived = again.decide(event.time, slots);
        ASSERT_TRUE(std::holds_alternative<Event>(derived)) << words(event);
        ASSERT_EQ(words(std::get<Event>(derived)), words(event));
      }
      // As it comes out of the store.
      const auto stored = EventReader().read(kind(event), trial_of(event).value_or(0), event.time, event_body(event));
      ASSERT_TRUE(stored) << stored.error().what;
      again.apply(*stored);
    }
  }

  StudySpec spec;
  Study study;
  std::vector<Event> log;
  std::deque<TrialId> runs;
  Seconds now = 100;
  int slots = 2;
  std::string why;
};

inline const char* const kPlain = "space: {x: 'float(0, 1)'}\nsearcher: random\nstop: {trials: 6}\n";
inline const char* const kAsha =
    "space: {x: 'float(0, 1)'}\nsearcher: tpe\nfidelity: {name: epoch, min: 1, max: 9}\nstop: {trials: 12}\n";

}  // namespace hone
