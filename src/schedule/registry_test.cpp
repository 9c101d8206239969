#include <gtest/gtest.h>

#include "schedule/desk_for_test.h"

namespace hone {
namespace {

TEST(Schedulers, AreSortedDocumentedAndFoundByName) {
  std::string last;
  for (const SchedulerRow& row : schedulers()) {
    EXPECT_LT(last, row.name);
    last = row.name;
    EXPECT_FALSE(row.doc.empty());
    EXPECT_EQ(find_scheduler(row.name), &row);
    auto options = check_options("scheduler." + row.name, row.options, {});
    ASSERT_TRUE(options.has_value());
    ScheduleInputs inputs = epochs(1, 9);
    inputs.trials = 10;
    EXPECT_NE(row.make(inputs, *options), nullptr);
    std::vector<Bracket> plan = row.plan(inputs, *options);
    std::int64_t trials = 0;
    for (const Bracket& bracket : plan) trials += bracket.rungs.front().n;
    EXPECT_EQ(trials, 10) << row.name;
    EXPECT_EQ(plan.front().rungs.back().r, 9);
  }
  EXPECT_EQ(find_scheduler("ashaa"), nullptr);
}

TEST(Schedulers, StartTrialsForTheHighestFidelityIfTheyNeverPause) {
  const Options stop = {{"stop", std::int64_t{1}}};
  for (const SchedulerRow& row : schedulers()) {
    for (const bool resumable : {true, false}) {
      ScheduleInputs inputs = epochs(1, 9);
      inputs.resumable = resumable;
      const Options options = *check_options("", row.options, {});
      if (!pauses(row, options, resumable)) {
        EXPECT_EQ(brief(Desk(row.name, inputs).next()), "start 9") << row.name;
      }
      if (options.contains("stop")) {
        EXPECT_FALSE(pauses(row, *check_options("", row.options, stop), resumable)) << row.name;
      }
    }
  }
  EXPECT_TRUE(pauses(*find_scheduler("sh"), {}, false)) << "what it promotes starts over";
  EXPECT_TRUE(pauses(*find_scheduler("bohb"), {{"async", std::int64_t{0}}}, false)) << "as sh";
  EXPECT_FALSE(pauses(*find_scheduler("bohb"), {{"async", std::int64_t{1}}}, false)) << "as asyncband";
  EXPECT_FALSE(pauses(*find_scheduler("none"), {}, true));
}

TEST(Schedulers, HaveMoreThanOneRungIfTheyCompareAtRungs) {
  for (const SchedulerRow& row : schedulers()) {
    const auto plan = row.plan(epochs(1, 9), *check_options("", row.options, {}));
    EXPECT_EQ(row.rungs, plan.front().rungs.size() > 1) << row.name;
  }
}

// After an extension a scheduler made anew is told of trials that it would never have treated so.
TEST(Schedulers, AcceptAnyOrderOfChangesAndNeverAskForTheImpossible) {
  std::vector<std::pair<std::string, Options>> all = {{"asha", {{"stop", std::int64_t{1}}}}};
  for (const SchedulerRow& row : schedulers()) all.push_back({row.name, {}});
  for (const auto& [name, options] : all) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      SCOPED_TRACE(name + ", seed " + std::to_string(seed));
      Rng rng = Rng::stream(seed, "order");
      Desk desk(name, epochs(1 + static_cast<Resource>(seed % 3), 10 + static_cast<Resource>(seed)), options);
      for (int step = 0; step < 600; ++step) {
        TrialId id = static_cast<TrialId>(rng.below(25));
        auto until = static_cast<Resource>(1 + rng.below(45));
        switch (rng.below(8)) {
          case 0:
            desk.begin(until);
            break;
          case 1:
            desk.resume(id, until);
            break;
          case 2:
          case 3:
          case 4: {
            auto& reports = desk.trial(id).reports;
            Resource at = (reports.empty() ? 0 : reports.back().at) + 1 + static_cast<Resource>(rng.below(4));
            desk.report(id, at, rng.below(10) == 0 ? std::numeric_limits<double>::quiet_NaN() : rng.normal());
            break;
          }
          case 5:
            desk.end(id, Change::Paused);
            break;
          case 6:
            desk.end(id, rng.below(2) == 0 ? Change::Completed : Change::Stopped);
            break;
          case 7:
            desk.end(id, Change::Failed);
            break;
        }
        Move move = desk.next(rng.below(2) == 0, static_cast<int>(rng.below(2)));
        if (auto* pause = std::get_if<Pause>(&move)) {
          ASSERT_EQ(desk.trial(pause->trial).phase, Phase::Running);
        }
        if (auto* resume = std::get_if<Resume>(&move)) {
          ASSERT_EQ(desk.trial(resume->trial).phase, Phase::Paused);
          ASSERT_GT(resume->until, 0);
        }
        if (auto* stop = std::get_if<Stop>(&move)) {
          const Phase phase = desk.trial(stop->trial).phase;
          ASSERT_TRUE(phase == Phase::Running || phase == Phase::Paused);
        }
      }
    }
  }
}

}  // namespace
}  // namespace hone
