#include "search/history.h"

#include <limits>

#include "search/testing.h"

namespace hone {
namespace {

using lab::running;

struct Case {
  Space space = lab::space_of({{"x", "float(0, 1)"}});
  History history{space};

  Trial trial(TrialId id) const { return running(id, space.decode(std::vector<double>{0.5})); }
  void tell(Trial trial, std::vector<Report> reports, Phase phase = Phase::Running, Cause cause = Cause::None) {
    trial.reports = std::move(reports);
    trial.phase = phase;
    trial.cause = cause;
    history.tell(trial, phase == Phase::Failed ? Change::Failed : Change::Reported);
  }
  std::vector<TrialId> order() const {
    std::vector<TrialId> ids;
    for (const Standing& rank : history.ranked()) ids.push_back(rank.id);
    return ids;
  }
};

Report report(Resource at, double loss, double excess = 0) {
  return {.at = at, .loss = {loss}, .excess = {excess}, .cost = 0};
}

TEST(History, FurtherTrialsComeBeforeBetterOnesThatAreLessFar) {
  Case c;
  c.tell(c.trial(0), {report(1, 0.1)});
  c.tell(c.trial(1), {report(1, 0.4), report(3, 0.9)});
  c.tell(c.trial(2), {report(3, 0.5)});
  EXPECT_EQ(c.order(), (std::vector<TrialId>{2, 1, 0}));
}

TEST(History, FeasibleComesBeforeInfeasibleAndTheLeastViolationFirst) {
  Case c;
  c.tell(c.trial(0), {report(1, 0.1, 2)});
  c.tell(c.trial(1), {report(1, 0.2, 1)});
  c.tell(c.trial(2), {report(1, 0.9, -1)});
  c.tell(c.trial(3), {report(1, 0.0, std::nan(""))});
  EXPECT_EQ(c.order(), (std::vector<TrialId>{2, 1, 0, 3}));
}

TEST(History, NanMissingAndFailedComeLast) {
  Case c;
  c.tell(c.trial(0), {}, Phase::Failed, Cause::Exit);
  c.tell(c.trial(1), {report(9, std::nan(""))});
  c.tell(c.trial(2), {report(9, -std::numeric_limits<double>::infinity())});
  c.tell(c.trial(3), {}, Phase::Stopped);
  c.tell(c.trial(4), {report(1, 1e300)});
  EXPECT_EQ(c.order(), (std::vector<TrialId>{4, 1, 2, 3, 0}));
  EXPECT_EQ(c.history.with_loss(), 1U);
}

TEST(History, TiesGoToTheEarlierTrial) {
  Case c;
  for (const TrialId id : {3, 1, 2}) c.tell(c.trial(id), {report(1, 0.5)});
  EXPECT_EQ(c.order(), (std::vector<TrialId>{1, 2, 3}));
}

TEST(History, ATrialIsPendingUntilItReportsOrEnds) {
  Case c;
  c.tell(c.trial(0), {});
  c.tell(c.trial(1), {});
  c.tell(c.trial(2), {}, Phase::Paused);
  EXPECT_EQ(c.history.pending(), (std::set<TrialId>{0, 1, 2}));
  c.tell(c.trial(0), {report(1, 0.5)});
  c.tell(c.trial(1), {}, Phase::Failed, Cause::Oom);
  EXPECT_EQ(c.history.pending(), (std::set<TrialId>{2}));
  EXPECT_EQ(c.order(), (std::vector<TrialId>{0, 1}));
}

TEST(History, ALostMachineSaysNothingAboutTheConfiguration) {
  Case c;
  c.tell(c.trial(0), {});
  c.tell(c.trial(0), {}, Phase::Failed, Cause::Lost);
  c.tell(c.trial(1), {report(1, 0.5)}, Phase::Failed, Cause::Lost);
  EXPECT_TRUE(c.history.pending().empty());
  EXPECT_EQ(c.order(), (std::vector<TrialId>{1}));
  EXPECT_EQ(c.history.with_loss(), 1U);
}

TEST(History, TheLastTellOfATrialCountsHoweverOftenItIsTold) {
  Case c;
  for (int i = 0; i < 3; ++i) c.tell(c.trial(0), {report(1, 0.5)});
  c.tell(c.trial(0), {report(1, 0.5), report(2, 0.7)});
  c.tell(c.trial(0), {report(1, 0.5), report(2, 0.7)}, Phase::Failed, Cause::Exit);
  ASSERT_EQ(c.order(), (std::vector<TrialId>{0}));
  EXPECT_EQ(c.history.ranked().begin()->tier, Standing::Tier::Failed);
  EXPECT_EQ(c.history.with_loss(), 0U);
}

}  // namespace
}  // namespace hone
