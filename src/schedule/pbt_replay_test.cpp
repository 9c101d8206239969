#include <gtest/gtest.h>

#include "schedule/desk_for_test.h"

namespace hone {
namespace {

TEST(PbtReplay, GoesThroughTheScheduleOneTrialAStep) {
  ScheduleInputs inputs = epochs(1, 30);
  inputs.space = *Space::make({*parse_param("lr", "float(0, 1)"), *parse_param("drop", "float(0, 1)")});
  Desk desk("pbt-replay", inputs,
            {{"schedule", std::string(R"([{"at": 0, "config": {"lr": 0.5, "drop": 0.25}}, )"
                                      R"({"at": 10, "config": {"lr": 0.125}}, {"at": 90, "config": {"lr": 0}}])")}});
  Move move = desk.next();
  EXPECT_EQ(brief(move), "start 10");
  EXPECT_EQ(*std::get<Start>(move).config, (Config{0.5, 0.25}));
  EXPECT_EQ(why(move), "step 1 of 2 of the schedule, to epoch 10");
  desk.run(0.5, 10);
  move = desk.next(false);
  const Start& second = std::get<Start>(move);
  EXPECT_EQ(second.until, 30);
  EXPECT_EQ(*second.config, (Config{0.125, 0.25})) << "drop as before";
  EXPECT_EQ(second.from->trial, 0);
  EXPECT_EQ(second.from->at, 10);
  const TrialId child = desk.begin(30, 0, second.from);
  EXPECT_EQ(brief(desk.next(false)), "stop 0");
  EXPECT_EQ(why(desk.next(false)), "goes on as trial 1");
  desk.end(0, Change::Stopped);
  desk.finish(child, 0.1, true);
  EXPECT_EQ(brief(desk.next()), "wait") << "once, without stop.trials";
}

}  // namespace
}  // namespace hone
