#include <gtest/gtest.h>

#include <cmath>

#include "schedule/desk_for_test.h"

namespace hone {
namespace {

/// A population in which only a rate near `good` lets the loss fall.
double proposed(double good, std::uint64_t seed) {
  ScheduleInputs inputs = epochs(1, 1000);
  inputs.space = *Space::make({*parse_param("rate", "float(0, 1)"), *parse_param("kind", "[a, b, c]")});
  inputs.trials = 12;
  inputs.seed = seed;
  Desk desk("pb2", inputs, {{"interval", std::int64_t{10}}});
  std::vector<double> loss(12, 1.0);
  for (TrialId id = 0; id < 12; ++id) {
    desk.begin(10);
    desk.trial(id).config = {static_cast<double>(id) / 11, "a"};
  }
  for (Resource at = 10; at <= 40; at += 10) {
    for (TrialId id = 0; id < 12; ++id) {
      const double rate = static_cast<double>(id) / 11;
      double& own = loss[static_cast<std::size_t>(id)];
      if (at > 10) desk.resume(id, at);
      own -= 0.05 * std::exp(-20 * (rate - good) * (rate - good));
      desk.finish(id, own);
    }
  }
  for (int i = 0; i < 24; ++i) {
    const Move move = desk.next(false);
    if (const auto* stop = std::get_if<Stop>(&move)) {
      desk.end(stop->trial, Change::Stopped);
    } else if (const auto* on = std::get_if<Resume>(&move)) {
      desk.resume(on->trial, on->until);
    } else if (const auto* start = std::get_if<Start>(&move)) {
      EXPECT_TRUE(start->from.has_value());
      return std::get<double>(start->config->at(0));
    }
  }
  ADD_FAILURE() << "nobody was replaced";
  return 0;
}

TEST(Pb2, ProposesWhatLetTheLossFall) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    EXPECT_NEAR(proposed(0.3, seed), 0.3, 0.15) << seed;
    EXPECT_NEAR(proposed(0.8, seed), 0.8, 0.15) << seed;
  }
}

}  // namespace
}  // namespace hone
