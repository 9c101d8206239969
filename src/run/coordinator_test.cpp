#include "run/coordinator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>

#include "store/memory.h"

namespace hone {
namespace {

/// A world in which every launched run reports `acc` once and ends at the next wait(); it records what it was asked.
class FakeExecutor : public Executor {
 public:
  int slots() const override { return slots_; }
  void set_parallel(int parallel) override { slots_ = parallel; }
  Result<void> launch(const RunSpec& run) override {
    launches.push_back(run.key);
    if (!known_.emplace(run.key, true).second) return {};
    if (hang) return {};
    pending_.push_back(
        {0, Reported{run.key.trial, run.key.attempt, 1, {{"acc", 0.1 * static_cast<double>(run.key.trial)}}, {}}});
    pending_.push_back({0, Exited{.trial = run.key.trial, .attempt = run.key.attempt}});
    return {};
  }
  Result<void> cancel(const RunKey& key) override {
    cancels.push_back(key);
    if (known_[key])
      pending_.push_back({0, Exited{.trial = key.trial, .attempt = key.attempt, .cause = Cause::Signal, .code = 15}});
    known_[key] = false;
    return {};
  }
  Result<std::vector<RunStatus>> list() override {
    std::vector<RunStatus> all;
    for (const auto& [key, live] : known_) all.push_back({key, !live});
    return all;
  }
  Result<std::vector<Notice>> wait(Seconds) override {
    ++waits;
    if (before_wait) before_wait();
    std::vector<Notice> out(pending_.begin(), pending_.end());
    if (twice) out.insert(out.end(), pending_.begin(), pending_.end());
    pending_.clear();
    return out;
  }
  std::vector<RunKey> launches, cancels;
  bool hang = false, twice = false;
  int waits = 0;

  /// The runs of a hanging world: they say and end in the order of `keys`.
  void end(const std::vector<RunKey>& keys) {
    for (const RunKey& key : keys) {
      known_[key] = false;
      const double value = static_cast<double>(key.trial * 7 % 5);
      pending_.push_back({0, Reported{key.trial, key.attempt, 1, {{"acc", value}}, {}}});
      pending_.push_back({0, Exited{.trial = key.trial, .attempt = key.attempt}});
    }
  }
  std::vector<RunKey> alive() const {
    std::vector<RunKey> keys;
    for (const auto& [key, live] : known_)
      if (live) keys.push_back(key);
    return keys;
  }
  std::function<void()> before_wait;

 private:
  int slots_ = 2;
  std::map<RunKey, bool> known_;
  std::deque<Notice> pending_;
};

/// Passes on to a store in memory, but fails the first `failures` appends.
class FlakyStorage final : public Storage {
 public:
  Result<StudyRow> create(const std::string& name, const std::string& spec, Seconds now) override {
    return memory_.create(name, spec, now);
  }
  Result<void> remove(std::int64_t study) override { return memory_.remove(study); }
  Result<StudyRow> find(const std::string& name) const override { return memory_.find(name); }
  Result<std::vector<StudyRow>> list() const override { return memory_.list(); }
  Result<Seq> append(std::int64_t study, Seq expected, std::span<const Event> events) override {
    if (failures-- > 0) return fail(Code::Unavailable, "hone.db: disk full");
    return memory_.append(study, expected, events);
  }
  Result<void> read(std::int64_t study, Seq from, const std::function<bool(Seq, Event&&)>& each) const override {
    return memory_.read(study, from, each);
  }
  int failures = 0;

 private:
  MemoryStorage memory_;
};

StudySpec make_spec(std::int64_t trials) {
  StudySpec spec;
  spec.name = "s";
  spec.objectives = {{"acc", true, Aggregate::Last}};
  spec.space = *Space::make({*parse_param("x", "float(0, 1)")});
  spec.searcher.name = "random";
  spec.stop.trials = trials;
  spec.seed = 1;
  return spec;
}

class CoordinatorTest : public ::testing::Test {
 protected:
  void SetUp() override { row_ = *storage_.create("s", "{}", 0); }
  RunHooks hooks() {
    return RunHooks{.now = [this] { return clock_ += 0.001; },
                    .launch = [](const Trial& trial) -> Result<RunSpec> {
                      return RunSpec{.key = {trial.id, trial.attempt}};
                    },
                    .interrupts = [this] { return executor_.waits >= interrupt_after_ ? 1 : 0; },
                    .warn = [this](const std::string& text) { warnings_.push_back(text); },
                    .pause = [this](Seconds) { ++pauses_; }};
  }
  Study rebuilt(std::int64_t trials) {
    Study study = *Study::make(make_spec(trials));
    EXPECT_TRUE(storage_.read(row_.id, 0, [&](Seq seq, Event&& event) {
      study.apply(event);
      row_.last = seq;
      return true;
    }));
    return study;
  }

  FlakyStorage storage_;
  FakeExecutor executor_;
  StudyRow row_;
  Seconds clock_ = 1000;
  int interrupt_after_ = 1'000'000, pauses_ = 0;
  std::vector<std::string> warnings_;
};

TEST_F(CoordinatorTest, RunsAStudyToItsEndAndStoresAllOfIt) {
  Study study = rebuilt(5);
  EXPECT_EQ(Coordinator(study, storage_, row_, executor_, hooks()).run(), Ending::Finished);
  EXPECT_EQ(executor_.launches.size(), 5u);
  EXPECT_EQ(study.best(), 4);
  const Study again = rebuilt(5);
  ASSERT_TRUE(again.finished());
  EXPECT_EQ(*again.finished(), "trial limit reached");
  EXPECT_EQ(again.best(), 4);
}

TEST_F(CoordinatorTest, NoticesThatComeTwiceAreStoredOnce) {
  executor_.twice = true;
  Study study = rebuilt(5);
  ASSERT_TRUE(Coordinator(study, storage_, row_, executor_, hooks()).run());
  int reports = 0, exits = 0;
  ASSERT_TRUE(storage_.read(row_.id, 0, [&](Seq, Event&& event) {
    reports += std::holds_alternative<Reported>(event.fact);
    exits += std::holds_alternative<Exited>(event.fact);
    return true;
  }));
  EXPECT_EQ(reports, 5);
  EXPECT_EQ(exits, 5);
}

TEST_F(CoordinatorTest, AStoreThatIsFullForAWhileLosesNothingAndIsToldOnce) {
  storage_.failures = 3;
  Study study = rebuilt(3);
  EXPECT_EQ(Coordinator(study, storage_, row_, executor_, hooks()).run(), Ending::Finished);
  EXPECT_EQ(pauses_, 3);
  EXPECT_EQ(warnings_.size(), 1u);
  EXPECT_TRUE(rebuilt(3).finished());
}

TEST_F(CoordinatorTest, NothingIsLaunchedBeforeItIsStored) {
  storage_.failures = 1'000'000;
  Study study = rebuilt(3);
  RunHooks with = hooks();
  int asked = 0;
  with.interrupts = [&] { return ++asked > 2 ? 1 : 0; };  // the user gives up while the store is full
  EXPECT_FALSE(Coordinator(study, storage_, row_, executor_, with).run());
  EXPECT_TRUE(executor_.launches.empty());
}

TEST_F(CoordinatorTest, AnInterruptEndsRunsWhichTheNextRunLaunchesAgain) {
  executor_.hang = true;
  interrupt_after_ = 2;
  {
    Study study = rebuilt(3);
    EXPECT_EQ(Coordinator(study, storage_, row_, executor_, hooks()).run(), Ending::Interrupted);
    EXPECT_EQ(executor_.cancels.size(), 2u);
  }
  executor_.hang = false;
  interrupt_after_ = 1'000'000;
  Study study = rebuilt(3);
  EXPECT_EQ(study.trials()[0].phase, Phase::Waiting);
  EXPECT_EQ(Coordinator(study, storage_, row_, executor_, hooks()).run(), Ending::Finished);
  EXPECT_EQ(study.trials().size(), 3u);
  EXPECT_EQ(study.trials()[0].attempt, 2);
  EXPECT_EQ(study.trials()[2].attempt, 1);
}

TEST_F(CoordinatorTest, WhatTheUserAsksForIsStoredBeforeItIsAnswered) {
  executor_.hang = true;
  Study study = rebuilt(3);
  RunHooks with = hooks();
  std::vector<std::string> answers;
  int round = 0;
  const auto ask = [&](Steer what, TrialId trial, int value) {
    return Request{{trial, what, value}, [&](const Result<void>& ok) {
                     answers.push_back(ok ? "stored " + std::to_string(storage_.find("s")->last) : ok.error().what);
                   }};
  };
  with.requests = [&] {
    std::vector<Request> asked;
    if (++round == 1) asked.push_back(ask(Steer::Pause, 0, 0));
    if (round == 2) asked.push_back(ask(Steer::Resume, 7, 0));
    if (round == 3) asked.push_back(ask(Steer::Parallel, 0, 5));
    if (round == 4) asked.push_back(ask(Steer::StopStudy, 0, 0));
    return asked;
  };
  EXPECT_EQ(Coordinator(study, storage_, row_, executor_, with).run(), Ending::Finished);
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(answers[0].substr(0, 7), "stored ");
  EXPECT_EQ(answers[1], "trial 7: there are trials 0 to 1");
  EXPECT_EQ(executor_.slots(), 5);
  EXPECT_EQ(*rebuilt(3).finished(), "stopped by the user");
  EXPECT_EQ(executor_.cancels.size(), 3u) << "the paused one, and the others at the end";
}

TEST_F(CoordinatorTest, WithoutRoomOnTheDiskNothingIsLaunchedUntilThereIs) {
  Study study = rebuilt(3);
  RunHooks with = hooks();
  bool room = false;
  std::string why;
  with.room = [&] { return room; };
  with.waits = [&](const std::string& text) { why = text; };
  executor_.before_wait = [&] {
    if (executor_.waits == 4) {
      EXPECT_TRUE(executor_.launches.empty());
      EXPECT_EQ(why, "the disk has no room for more");
      room = true;
    }
  };
  EXPECT_EQ(Coordinator(study, storage_, row_, executor_, with).run(), Ending::Finished);
  EXPECT_EQ(executor_.launches.size(), 3u);
}

TEST_F(CoordinatorTest, WhatRunsTheStudyIsOnRecordEachTime) {
  for (const char* host : {"a", "b"}) {
    executor_.hang = host == std::string("a");
    interrupt_after_ = executor_.hang ? 1 : 1'000'000;
    Study study = rebuilt(3);
    RunHooks with = hooks();
    with.opened = {{"host", host}};
    ASSERT_TRUE(Coordinator(study, storage_, row_, executor_, with).run());
  }
  std::string hosts;
  ASSERT_TRUE(storage_.read(row_.id, 0, [&](Seq, Event&& event) {
    if (const auto* opened = std::get_if<Opened>(&event.fact)) hosts += opened->facts[0].second;
    return true;
  }));
  EXPECT_EQ(hosts, "ab");
}

Proposed proposed(TrialId trial, double x) { return {trial, {x}, ""}; }

TEST_F(CoordinatorTest, WhileTheSearchersCommandThinksTheLoopGoesOn) {
  StudySpec spec = make_spec(3);
  spec.searcher = {"command", {{"command", std::string("mine")}}};
  spec.parallel = 2;
  Study study = *Study::make(spec);
  RunHooks with = hooks();
  int asked = 0;
  with.propose = [&](const Study& now, const Ask& ask) -> Result<std::optional<Proposed>> {
    ++asked;
    if (ask.trial == 1 && now.trials()[0].phase != Phase::Completed) return std::nullopt;
    return proposed(ask.trial, 0.5);
  };
  EXPECT_EQ(Coordinator(study, storage_, row_, executor_, with).run(), Ending::Finished);
  EXPECT_EQ(study.trials().size(), 3u);
  EXPECT_GT(asked, 3) << "trial 0 ended while its answer was awaited";
}

/// All trials' configs and states of a study whose runs end in an order drawn from `seed`; by command, whose searcher
/// thinks for a number of turns drawn likewise.
std::string deterministic_run(std::uint64_t seed, bool command) {
  StudySpec spec = make_spec(40);
  spec.searcher.name = "tpe";
  if (command) spec.searcher = {"command", {{"command", std::string("mine")}}};
  spec.parallel = 4;
  Study study = *Study::make(spec);
  MemoryStorage storage;
  const StudyRow row = *storage.create("s", "{}", 0);
  FakeExecutor executor;
  executor.hang = true;
  executor.set_parallel(4);
  std::uint64_t draws = 0;
  executor.before_wait = [&] {
    std::vector<RunKey> alive = executor.alive();
    Rng rng = Rng::stream(seed, "order", ++draws);
    std::vector<RunKey> ended;
    for (const RunKey& key : alive)
      if (rng.uniform() < 0.5) ended.push_back(key);
    if (ended.size() > 1 && rng.uniform() < 0.5) std::swap(ended[0], ended[1]);
    executor.end(ended);
  };
  Seconds clock = 1000;
  RunHooks hooks{.now = [&] { return clock += 0.001; },
                 .launch = [](const Trial& trial) -> Result<RunSpec> {
                   return RunSpec{.key = {trial.id, trial.attempt}};
                 },
                 .in_order = true};
  hooks.propose = [&](const Study& now, const Ask& ask) -> Result<std::optional<Proposed>> {
    if (Rng::stream(seed, "thinks", ++draws).uniform() < 0.7) return std::nullopt;
    double x = 0;  // of all that is known when the answer comes
    for (const Trial& trial : now.trials())
      x += trial.phase == Phase::Completed ? 0.001 * static_cast<double>(trial.id + 1) : 0;
    return proposed(ask.trial, x);
  };
  EXPECT_EQ(Coordinator(study, storage, row, executor, hooks).run(), Ending::Finished);
  std::string text;
  for (const Trial& trial : study.trials())
    text += std::to_string(trial.id) + " " + name(trial.phase) + " " + value_text(trial.config[0]) + "\n";
  return text;
}

TEST_F(CoordinatorTest, InOrderTheSameTrialsComeWhateverTheirTiming) {
  for (const bool command : {false, true}) {
    const std::string first = deterministic_run(1, command);
    for (std::uint64_t seed = 2; seed < 20; ++seed) EXPECT_EQ(deterministic_run(seed, command), first) << seed;
  }
}

TEST_F(CoordinatorTest, RunsOfWhichTheExecutorKnowsNothingAreLostAndLaunchedAgain) {
  {
    Study study = rebuilt(2);
    Event started = std::get<Event>(study.decide(1, 2));
    ASSERT_TRUE(storage_.append(row_.id, 0, std::span(&started, 1)));  // and then the process died
  }
  Study study = rebuilt(2);
  EXPECT_EQ(Coordinator(study, storage_, row_, executor_, hooks()).run(), Ending::Finished);
  EXPECT_EQ(executor_.launches[0], (RunKey{0, 2}));
  EXPECT_EQ(study.trials()[0].phase, Phase::Completed);
}

}  // namespace
}  // namespace hone
