#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedule/desk_for_test.h"
#include "schedule/explore.h"

namespace hone {
namespace {

using testing::HasSubstr;

Space space(const std::string& rate = "float(0.001, 1)", bool fixed_width = true) {
  Param lr = *parse_param("lr", rate), width = *parse_param("width", "int(8, 64)"),
        kind = *parse_param("kind", "[a, b]");
  Param drop = *parse_param("drop", "float(0, 1) if kind == b"), size = *parse_param("size", "pow2(8, 64)");
  width.changeable = !fixed_width;
  return *Space::make({lr, width, kind, drop, size});
}

class Pbt : public testing::Test {
 protected:
  static ScheduleInputs inputs(std::int64_t trials) {
    ScheduleInputs inputs = epochs(1, 40);
    inputs.space = space();
    inputs.trials = trials;
    return inputs;
  }
  /// Members that have trained for an interval, with these losses.
  static Desk desk(const std::vector<double>& losses, Options options = {}) {
    options["interval"] = std::int64_t{10};
    Desk desk("pbt", inputs(static_cast<std::int64_t>(losses.size())), options);
    for (std::size_t i = 0; i < losses.size(); ++i) {
      const TrialId id = desk.begin(10);
      desk.trial(id).config = config(static_cast<double>(i + 1) / 100);
    }
    for (std::size_t i = 0; i < losses.size(); ++i) desk.finish(static_cast<TrialId>(i), losses[i]);
    return desk;
  }
  /// A new member trains for an interval.
  static void join(Desk& members, double loss) {
    const TrialId id = members.begin(10);
    members.trial(id).config = config(0.01);
    members.finish(id, loss);
  }
  /// Whoever's turn it is goes on, until somebody is to be replaced.
  static void let_go_on(Desk& members) {
    for (Move move = members.next(); std::holds_alternative<Resume>(move); move = members.next())
      members.resume(std::get<Resume>(move).trial, std::get<Resume>(move).until);
  }
  static Config config(double lr) {
    return *inputs(1).space.check({{"lr", lr}, {"width", std::int64_t{16}}, {"kind", "a"}, {"size", std::int64_t{16}}});
  }
};

TEST_F(Pbt, TheLastFifthIsStoppedAndTheFirstOneTakesItsPlaceFromItsCheckpoint) {
  Desk members = desk({0.5, 0.1, 0.4, 0.3, 0.9});
  let_go_on(members);
  EXPECT_EQ(brief(members.next()), "stop 4");
  EXPECT_EQ(why(members.next()), "epoch 10: 0.9 is 5th of 5, among the last 1; one of the first 1 takes its place");
  members.end(4, Change::Stopped);
  const Move move = members.next(false);
  const Start& start = std::get<Start>(move);
  EXPECT_EQ(start.from->trial, 1);
  EXPECT_EQ(start.from->at, 10);
  EXPECT_EQ(start.until, 20);
  EXPECT_EQ(start.config->at(1), Value(std::int64_t{16})) << "not mutable";
  EXPECT_EQ(start.config->at(2), Value("a")) << "decides what else is active";
  EXPECT_THAT(start.why, HasSubstr("in the place of trial 4, from trial 1 at epoch 10 (0.1); explored: "));
}

TEST_F(Pbt, OthersGoOnWhoeverIsFurthestBehindFirst) {
  Desk members = desk({0.4, 0.1, 0.5, 0.3});
  ASSERT_EQ(brief(members.next()), "resume 0 to 20");
  EXPECT_EQ(why(members.next()), "epoch 10: 0.4 is 3rd of 4, not among the last 1; on to epoch 20");
  members.resume(0, 20);
  members.finish(0, 0.05);
  EXPECT_EQ(brief(members.next()), "resume 1 to 20");
}

TEST_F(Pbt, WithOneSlotAllMembersBeginAndThenTakeTurns) {
  Desk members("pbt", inputs(3), {{"interval", std::int64_t{10}}});
  join(members, 0.3);
  EXPECT_EQ(brief(members.next()), "start 10") << "the population is not whole";
  join(members, 0.2);
  join(members, 0.1);
  ASSERT_EQ(brief(members.next()), "stop 0") << "its turn comes when all have begun";
  members.end(0, Change::Stopped);
  const Move move = members.next(false);
  const Start& start = std::get<Start>(move);
  EXPECT_EQ(start.from->trial, 2);
  EXPECT_EQ(start.until, 20);
}

TEST_F(Pbt, AMemberIsJudgedByAllThatIsKnownWhenItsTurnComes) {
  Desk members("pbt", inputs(4), {{"interval", std::int64_t{10}}});
  for (int i = 0; i < 4; ++i) members.begin(10);
  members.finish(3, 0.4);
  EXPECT_EQ(why(members.next()), "epoch 10: 0.4 is 1st of 1; on to epoch 20") << "with a slot for each nobody waits";
  members.finish(2, 0.3);
  members.finish(1, 0.2);
  members.finish(0, 0.1);
  let_go_on(members);
  EXPECT_EQ(brief(members.next()), "stop 3");
}

TEST_F(Pbt, MembersGoOnWhereThePopulationCannotBeFilled) {
  Desk members("pbt", inputs(3), {{"interval", std::int64_t{10}}});
  join(members, 0.3);
  EXPECT_EQ(brief(members.next(false)), "resume 0 to 20") << "no more may start";
  const TrialId failed = members.begin(10);
  members.end(failed, Change::Failed);
  EXPECT_EQ(brief(members.next()), "start 10") << "in the place of one that failed";
  EXPECT_EQ(brief(members.next(false)), "resume 0 to 20");
}

TEST_F(Pbt, NobodyIsJudgedByThoseWhoTrainedLonger) {
  Desk members = desk({0.5, 0.6});
  let_go_on(members);
  ASSERT_EQ(brief(members.next()), "stop 1");
  Desk ahead("pbt", inputs(2), {{"interval", std::int64_t{10}}});
  ahead.begin(10);
  ahead.begin(10);
  ahead.finish(0, 0.7);
  ahead.resume(0, 20);
  ahead.finish(0, 0.1);
  ahead.finish(1, 0.6);
  EXPECT_EQ(brief(ahead.next()), "resume 1 to 20") << "0.6 at 10 is better than 0.7 at 10";
}

TEST_F(Pbt, ADonorThatTrainsGivesTheCheckpointOfItsLastEndedRun) {
  Desk members = desk({0.1, 0.2, 0.3, 0.4});
  let_go_on(members);
  members.report(0, 15, 0.05);
  members.end(3, Change::Stopped);
  const Move move = members.next(false);
  EXPECT_EQ(std::get<Start>(move).from->trial, 0);
  EXPECT_EQ(std::get<Start>(move).from->at, 10);
}

TEST_F(Pbt, NoDonorIsOneThatFailedWasStoppedOrHasComeToTheEnd) {
  Desk members = desk({0.1, 0.2, 0.3, 0.4});
  let_go_on(members);
  members.end(3, Change::Stopped);
  members.end(0, Change::Failed);
  Move move = members.next(false);
  EXPECT_EQ(std::get<Start>(move).from->trial, 1);
  members.end(1, Change::Stopped);
  move = members.next(false);
  EXPECT_EQ(std::get<Start>(move).from->trial, 2);
  members.resume(2, 40);
  members.finish(2, 0.1, true);
  EXPECT_EQ(brief(members.next(false)), "wait");
}

TEST_F(Pbt, CopiedWeightsAloneLeaveTheParametersAsTheyWere) {
  Desk members = desk({0.1, 0.2, 0.3, 0.4}, {{"copy", std::string("weights")}, {"resample", 0.0}});
  let_go_on(members);
  members.end(3, Change::Stopped);
  const Move move = members.next(false);
  const double lr = std::get<double>(std::get<Start>(move).config->at(0));
  EXPECT_TRUE(std::abs(lr - 0.04 * 0.8) < 1e-9 || std::abs(lr - 0.04 * 1.2) < 1e-9) << lr << " from 0.04 of trial 3";
}

TEST_F(Pbt, ATournamentIsWithOneOther) {
  int exploited = 0;
  for (std::int64_t extra = 0; extra < 40; ++extra) {
    std::vector<double> losses;
    for (std::int64_t i = 0; i < 4 + extra; ++i) losses.push_back(0.1 + 0.01 * static_cast<double>(i));
    losses.back() = 0.15;
    Desk members = desk(losses, {{"exploit", std::string("tournament")}});
    let_go_on(members);
    const Move move = members.next();
    exploited += std::holds_alternative<Stop>(move) ? 1 : 0;
  }
  EXPECT_GT(exploited, 20) << "each of the others but the first met one that is better, or not";
}

TEST(Explore, NumbersGoByAFactorChoicesToANeighbourAndStayInTheirDomains) {
  const Space whole = space("float(0.001, 1)", false);
  const Explorer explorer(whole);
  ASSERT_EQ(explorer.coordinates().size(), 4u) << "all but kind";
  const Config base =
      *whole.check({{"lr", 0.9}, {"width", std::int64_t{9}}, {"kind", "b"}, {"drop", 0.5}, {"size", std::int64_t{8}}});
  std::set<double> rates, drops;
  std::set<std::int64_t> widths, sizes;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng = Rng::stream(seed, "explore");
    const Config config = explorer.perturbed(base, 0, rng);
    rates.insert(std::get<double>(config[0]));
    widths.insert(std::get<std::int64_t>(config[1]));
    EXPECT_EQ(config[2], Value("b"));
    drops.insert(std::get<double>(config[3]));
    sizes.insert(std::get<std::int64_t>(config[4]));
  }
  EXPECT_THAT(rates, testing::ElementsAre(testing::DoubleNear(0.72, 1e-9), 1));
  EXPECT_THAT(widths, testing::ElementsAre(8, 11)) << "9 * 0.8 = 7.2 is outside";
  EXPECT_THAT(drops, testing::ElementsAre(testing::DoubleNear(0.4, 1e-9), testing::DoubleNear(0.6, 1e-9)));
  EXPECT_THAT(sizes, testing::ElementsAre(8, 16));
}

TEST(Explore, KeepsTheConstraintsOrElseTheBase) {
  const Space tight =
      *Space::make({*parse_param("a", "float(0, 1)"), *parse_param("b", "float(0, 1)")}, {"a + b <= 1"});
  const Explorer explorer(tight);
  const Config base = *tight.check({{"a", 0.5}, {"b", 0.5}});
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Rng rng = Rng::stream(seed, "explore");
    EXPECT_TRUE(tight.allows(explorer.perturbed(base, 0.25, rng)));
  }
}

}  // namespace
}  // namespace hone
