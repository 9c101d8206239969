// What would run, as `hone plan` prints it.
#include "cli/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "study/study_file.h"

namespace hone {
namespace {

using testing::HasSubstr;

StudySpec spec_of(const std::string& text) {
  auto spec = read_study_file(text, "study.yaml");
  EXPECT_TRUE(spec.has_value()) << (spec ? "" : spec.error().what);
  return *spec;
}

TEST(Plan, CountsUnitsOfRungs) {
  const auto plan =
      make_plan(spec_of("objective: maximize acc\nspace: {lr: \"float(0, 1)\"}\nfidelity: {name: epoch, min: 1, max: "
                        "9}\nscheduler: {asha: {eta: 3}}\n"
                        "searcher: random\nstop: {trials: 9}\nseed: 1\n"));
  ASSERT_TRUE(plan.has_value()) << plan.error().what;
  const Json json = plan_json(*plan);
  ASSERT_EQ(json["brackets"].size(), 1U);
  EXPECT_EQ(json["brackets"][0]["rungs"], Json::parse(R"([{"n": 9, "r": 1}, {"n": 3, "r": 3}, {"n": 1, "r": 9}])"));
  EXPECT_EQ(json["units"], 9 * 1 + 3 * 2 + 1 * 6);
  const auto slots = Slots::make({.cpu = 1'000'000}, {}, {.cpus = 4'000'000});
  EXPECT_EQ(plan_text(*plan, *slots),
            "study      study\nsearcher   random\nscheduler  asha\nspace      1 parameter, 1 free\n"
            "stop       9 trials\nslots      4 (CPU-bound: resources.cpu is 1 a trial)\n"
            "rungs      9 trials up to epoch 1\n           3 trials up to epoch 3\n           1 trial up to epoch 9\n"
            "units      about 21 epochs in all\n");
}

TEST(Plan, SaysThatTheLowestRungOfAutoIsOnlyPassedAtFirst) {
  const auto plan =
      make_plan(spec_of("objective: maximize acc\nspace: {lr: \"float(0, 1)\"}\nfidelity: {name: epoch, max: 9}\n"
                        "stop: {trials: 9}\nseed: 1\n"));
  ASSERT_TRUE(plan.has_value()) << plan.error().what;
  EXPECT_THAT(plan_text(*plan, *Slots::make({.cpu = 1'000'000}, {}, {.cpus = 4'000'000})),
              HasSubstr("rungs      9 trials up to epoch 1; all pass until it is seen to foretell the next rung\n"
                        "           9 trials up to epoch 3\n           3 trials up to epoch 9\n"));
}

TEST(Plan, SaysWhyAutoHasNoRungsWhereThereIsASlotForEachTrial) {
  const std::string study =
      "objective: maximize acc\nspace: {lr: \"float(0, 1)\"}\nfidelity: {name: epoch, max: 9}\nseed: 1\nparallel: 4\n";
  const auto text = [&](const std::string& more) {
    return plan_text(*make_plan(spec_of(study + more)), *Slots::make({.cpu = 1'000'000}, {}, {.cpus = 4'000'000}));
  };
  EXPECT_THAT(text("stop: {trials: 4}\n"),
              HasSubstr("rungs      4 trials up to epoch 9; there is a slot for each, so nothing is compared early\n"));
  EXPECT_THAT(text("stop: {trials: 5}\n"), testing::Not(HasSubstr("slot for each")));
  EXPECT_THAT(text("stop: {trials: 4}\nscheduler: none\n"), testing::Not(HasSubstr("slot for each")));
}

TEST(Plan, CountsUnitsOnceWhereTrialsAreStoppedInsteadOfPaused) {
  const auto units = [](const std::string& scheduler) {
    const auto plan =
        make_plan(spec_of("command: train {lr}\nobjective: maximize acc\nspace: {lr: \"float(0, 1)\"}\n"
                          "fidelity: {name: epoch, max: 9}\nstop: {trials: 9}\nseed: 1\nscheduler: " +
                          scheduler + "\n"));
    EXPECT_TRUE(plan.has_value());
    return plan ? plan->units : 0;
  };
  EXPECT_EQ(units("asha"), 9 * 1 + 3 * 2 + 1 * 6);
  EXPECT_EQ(units("sh"), 9 * 1 + 3 * 3 + 1 * 9) << "what goes on starts over";
}

TEST(Plan, SaysOfWhatThereIsTooLittle) {
  StudySpec spec =
      spec_of("objective: maximize acc\nspace: {lr: \"float(0, 1)\"}\nresources: {memory: 3GiB}\nparallel: 8\n");
  EXPECT_EQ(slots_text(spec, 7, "memory"), "7 of 8 (memory-bound: resources.memory is 3 GiB a trial)");
  EXPECT_EQ(slots_text(spec, 4, "CPU"), "4 of 8 (CPU-bound: resources.cpu is 1 a trial)");
  EXPECT_EQ(slots_text(spec, 8, "parallel"), "8");
}

}  // namespace
}  // namespace hone
