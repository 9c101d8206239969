// Random fault plans against every scheduler: fault_plans_test [COUNT [FIRST]].
//
// A seed that fails is printed with its scenario, which is written to faults-SEED.hone as well: it goes into tests/scenarios
// under a name that says what it showed, with the fix.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "faults/plans.h"

namespace hone {
namespace {

std::uint64_t count = 300, first = 1;  // NOLINT: the command line's

/// What the plans have brought about, so that a path that none of them takes is noticed.
using Seen = std::map<std::string, std::int64_t>;
void see(const Verdict& verdict, Seen& seen) {
  seen["deaths of Hone"] += verdict.deaths;
  for (const Event& event : verdict.log) {
    ++seen[kind(event)];
    if (const auto* end = std::get_if<Finished>(&event.fact); end && end->failed) ++seen["studies that failed"];
    if (const auto* begin = std::get_if<Started>(&event.fact); begin && begin->from) ++seen["children"];
    if (const auto* again = std::get_if<Relaunched>(&event.fact)) {
      seen["alone"] += again->alone ? 1 : 0;
      seen["fresh"] += again->fresh ? 1 : 0;
    }
  }
  for (const Trial& trial : verdict.trials)
    if (trial.phase == Phase::Failed) ++seen["failed: " + cause_text(trial.cause, trial.code)];
}

TEST(FaultPlans, LeakNoSlotLoseNoPromotionKeepTheBudgetAndReplayTheSame) {
  Seen seen;
  int failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < 5; ++seed) {
    const std::string text = random_scenario(seed);
    const std::string file = fmt::format("faults-{}.hone", seed);
    auto scenario = read_scenario(text, file);
    ASSERT_TRUE(scenario.has_value()) << scenario.error().what << "\n" << text;
    const Verdict verdict = judge(*scenario);
    see(verdict, seen);
    if (verdict.wrong.empty()) continue;
    ++failures;
    std::ofstream(file) << text;
    ADD_FAILURE() << fmt::format("{}\n--- {}, to become a scenario of tests/scenarios:\n{}",
                                 fmt::join(verdict.wrong, "\n"), file, text);
  }
  for (const auto& [what, times] : seen) fmt::print("{:>10} {}\n", times, what);
  if (count < 300) return;
  for (const char* what : {"deaths of Hone", "studies that failed", "children", "alone", "fresh", "Resumed", "Expired",
                           "Stopped", "Paused", "failed: exit 1", "failed: timeout", "failed: oom", "failed: no metric",
                           "failed: not finite", "failed: lost"})
    EXPECT_GT(seen[what], 0) << what;
}

}  // namespace
}  // namespace hone

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc > 1) hone::count = std::strtoull(argv[1], nullptr, 10);
  if (argc > 2) hone::first = std::strtoull(argv[2], nullptr, 10);
  return RUN_ALL_TESTS();
}
