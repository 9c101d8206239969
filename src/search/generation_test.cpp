#include "search/generation.h"

#include "search/testing.h"

namespace hone {
namespace {

using lab::running;

Trial ended(TrialId id, const Config& config, double loss, Phase phase = Phase::Completed, Resource at = 1) {
  Trial trial = running(id, config);
  trial.reports.push_back({.at = at, .loss = {loss}, .excess = {}, .cost = 1});
  trial.phase = phase;
  return trial;
}

class GenerationOfOne : public ::testing::Test {
 protected:
  Space space_ = lab::space_of({{"x", "float(0, 1)"}});
  Config config_ = space_.decode(std::vector<double>{0.5});
  Generation generation_{space_};
};

TEST_F(GenerationOfOne, ATrialCountsOnceHoweverOftenItsEndIsTold) {
  EXPECT_TRUE(generation_.tell(ended(3, config_, 0.5), Change::Completed));
  EXPECT_FALSE(generation_.tell(ended(3, config_, 0.5), Change::Completed));
  generation_.clear();
  EXPECT_FALSE(generation_.tell(ended(3, config_, 0.5), Change::Completed));
  EXPECT_EQ(generation_.size(), 0U);
}

TEST_F(GenerationOfOne, APromotedTrialCountsAtItsFirstRungOnly) {
  EXPECT_FALSE(generation_.tell(ended(0, config_, 0.5, Phase::Running, 1), Change::Reported));
  const auto standing = generation_.tell(ended(0, config_, 0.5, Phase::Paused, 1), Change::Paused);
  ASSERT_TRUE(standing);
  EXPECT_EQ(standing->at, 1);
  EXPECT_FALSE(generation_.tell(ended(0, config_, 0.1, Phase::Completed, 9), Change::Completed));
}

TEST_F(GenerationOfOne, NanAndFailuresComeLastAndLostTrialsNotAtAll) {
  Trial failed = running(0, config_), lost = running(1, config_);
  failed.phase = lost.phase = Phase::Failed;
  failed.cause = Cause::Exit;
  lost.cause = Cause::Lost;
  EXPECT_TRUE(generation_.tell(failed, Change::Failed));
  EXPECT_FALSE(generation_.tell(lost, Change::Failed));
  EXPECT_TRUE(generation_.tell(ended(2, config_, std::nan("")), Change::Completed));
  EXPECT_TRUE(generation_.tell(ended(3, config_, 7), Change::Completed));
  std::vector<TrialId> order;
  for (const Standing& standing : generation_.ranked()) order.push_back(standing.id);
  EXPECT_EQ(order, (std::vector<TrialId>{3, 2, 0}));
}

}  // namespace
}  // namespace hone
