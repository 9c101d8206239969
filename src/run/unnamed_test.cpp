#include "run/unnamed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

StudySpec spec_of(const std::string& cost, const std::vector<OutcomeConstraint>& outcomes = {}) {
  StudySpec spec;
  spec.objectives = {{"acc", true, Aggregate::Last}};
  spec.cost = cost;
  spec.outcomes = outcomes;
  return spec;
}
Reported report(TrialId trial, int n, Metrics metrics) { return {trial, 1, n, std::move(metrics), {}}; }
Exited exited(TrialId trial, Cause cause = Cause::None) { return {.trial = trial, .attempt = 1, .cause = cause}; }

constexpr const char* kCost =
    "trial 1: names no flops, so its time counts as its cost; print flops=VALUE, or leave cost out";

TEST(Unnamed, ACostThatARunDoesNotReportIsSaidOnce) {
  Unnamed unnamed(spec_of("flops"));
  unnamed.seen(report(0, 1, {{"acc", 1}}));
  EXPECT_THAT(unnamed.seen(exited(0, Cause::Exit)), IsEmpty()) << "it may have been on its way";
  unnamed.seen(report(1, 1, {{"acc", 1}}));
  unnamed.seen(report(1, 2, {{"acc", 1}}));
  EXPECT_THAT(unnamed.seen(exited(1)), ElementsAre(kCost));
  unnamed.seen(report(2, 1, {{"acc", 1}}));
  EXPECT_THAT(unnamed.seen(exited(2)), IsEmpty());
}

TEST(Unnamed, WhatOneReportNamesIsKnown) {
  Unnamed unnamed(spec_of("flops", {{"latency", true, 20}}));
  unnamed.seen(report(0, 1, {{"acc", 1}}));
  unnamed.seen(report(0, 2, {{"flops", 9}}));
  EXPECT_THAT(
      unnamed.seen(exited(0)),
      ElementsAre("trial 0: names no latency, so it counts as breaking outcome_constraints; print latency=VALUE, "
                  "or leave that constraint out"));
}

TEST(Unnamed, NothingIsSaidOfARunThatReportedBeforeARestartOrNotAtAll) {
  Unnamed unnamed(spec_of("flops"));
  unnamed.seen(report(0, 2, {{"acc", 1}}));
  EXPECT_THAT(unnamed.seen(exited(0)), IsEmpty());
  EXPECT_THAT(unnamed.seen(exited(1)), IsEmpty());
}

TEST(Unnamed, SecondsAreNobodysMetric) {
  Unnamed unnamed(spec_of("seconds"));
  unnamed.seen(report(1, 1, {{"acc", 1}}));
  EXPECT_THAT(unnamed.seen(exited(1)), IsEmpty());
}

}  // namespace
}  // namespace hone
