#include "schedule/asyncband.h"

#include <gtest/gtest.h>

#include <map>

#include "schedule/desk_for_test.h"

namespace hone {
namespace {

TEST(Asyncband, DrawsBracketsAsHyperbandSizesThem) {  // 9, 5, 3 of 17
  Desk desk("asyncband", epochs(1, 9));
  std::map<int, int> drawn;
  for (int i = 0; i < 1700; ++i) {
    Move move = desk.next();
    const Start start = std::get<Start>(move);
    ++drawn[start.bracket];
    EXPECT_EQ(start.until, start.bracket == 0 ? 1 : start.bracket == 1 ? 3 : 9);
    desk.begin(start.until, start.bracket);
  }
  EXPECT_NEAR(drawn[0], 900, 60);
  EXPECT_NEAR(drawn[1], 500, 60);
  EXPECT_NEAR(drawn[2], 300, 50);
}

TEST(Asyncband, GivesEachBracketTheSameBudgetInItsPlan) {
  ScheduleInputs inputs = epochs(1, 81);
  inputs.trials = 143;
  std::vector<Bracket> plan = asyncband_plan(inputs, 3, 100);
  ASSERT_EQ(plan.size(), 5u);
  std::vector<std::int64_t> first;
  for (const Bracket& bracket : plan) first.push_back(bracket.rungs.front().n);
  EXPECT_EQ(first, (std::vector<std::int64_t>{81, 34, 15, 8, 5}));
  inputs.trials = 1;
  EXPECT_EQ(asyncband_plan(inputs, 3, 100).size(), 1u);
}

TEST(Asyncband, ComparesOnlyWithinABracket) {
  Desk desk("asyncband", epochs(1, 9));
  for (double loss : {0.1, 0.2}) desk.finish(desk.begin(3, 0), loss);
  desk.finish(desk.begin(3, 1), 0.3);
  EXPECT_TRUE(std::holds_alternative<Start>(desk.next())) << "two in one bracket, one in the other";
  for (double loss : {0.4, 0.5}) desk.finish(desk.begin(3, 1), loss);
  EXPECT_EQ(brief(desk.next()), "resume 2 to 9");
  EXPECT_EQ(desk.standing(3), "bracket 1, rung 1 (epoch 3): 0.4 is 2nd of 3, top 1 go on");
  EXPECT_EQ(why(desk.next()), "bracket 1, rung 1 (epoch 3): 0.3 is 1st of 3, top 1 go on; on to epoch 9");
}

TEST(Asyncband, PromotesWhereItLeadsFurthest) {
  Desk desk("asyncband", epochs(1, 9));
  for (double loss : {0.1, 0.2, 0.3}) desk.finish(desk.begin(1, 0), loss);
  EXPECT_EQ(brief(desk.next()), "resume 0 to 3");
  for (double loss : {0.4, 0.5, 0.6}) desk.finish(desk.begin(3, 1), loss);
  EXPECT_EQ(brief(desk.next()), "resume 3 to 9");
}

TEST(Asyncband, ClosesEachBracketWhenNoMoreMayStart) {
  Desk desk("asyncband", epochs(1, 9));
  desk.finish(desk.begin(1, 0), 0.1);
  TrialId late = desk.begin(3, 1);
  EXPECT_EQ(brief(desk.next(false)), "resume 0 to 3");
  desk.resume(0, 3);
  EXPECT_EQ(why(desk.next(false)), "bracket 2, rung 2 (epoch 3) waits for 1 of its trials");
  desk.finish(late, 0.2);
  EXPECT_EQ(brief(desk.next(false)), "resume 1 to 9");
}

TEST(Asyncband, HasOnlyTheBracketsThatItIsAskedFor) {
  Desk desk("asyncband", epochs(1, 9), {{"brackets", std::int64_t{1}}});
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(brief(desk.next()), "start 1");
    desk.start();
  }
}

TEST(Asyncband, StopsTrialsOfCommandsThatCannotGoOn) {
  ScheduleInputs inputs = epochs(1, 9);
  inputs.resumable = false;
  Desk desk("asyncband", inputs);
  EXPECT_EQ(brief(desk.next()), "start 9");
  for (int i = 0; i < 3; ++i) desk.begin(9, 1);
  for (int i = 0; i < 3; ++i) desk.report(i, 3, 0.1 * i);
  EXPECT_EQ(brief(desk.next(true, 0)), "stop 2");
  EXPECT_EQ(why(desk.next()), "bracket 1, rung 1 (epoch 3): 0.2 is 3rd of 3, top 1 go on");
}

}  // namespace
}  // namespace hone
