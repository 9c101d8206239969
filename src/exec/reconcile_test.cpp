#include "exec/reconcile.h"

#include <gmock/gmock.h>

namespace hone {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Difference diff(std::vector<WantedRun> wanted, std::vector<RunStatus> actual) { return reconcile(wanted, actual); }

TEST(Reconcile, NothingToDoWhenWhatIsWantedRuns) {
  const auto d = diff({{{0, 1}, true}, {{1, 1}, false}}, {{{0, 1}, false}, {{1, 1}, false}});
  EXPECT_THAT(d.launch, IsEmpty());
  EXPECT_THAT(d.cancel, IsEmpty());
  EXPECT_THAT(d.lost, IsEmpty());
}

TEST(Reconcile, LaunchesWhatIsWantedAndUnknownInTheOrderWanted) {
  EXPECT_THAT(diff({{{5, 1}, false}, {{2, 3}, false}}, {}).launch, ElementsAre(RunKey{5, 1}, RunKey{2, 3}));
}

TEST(Reconcile, CancelsWhatRunsUnwantedButNotWhatHasEnded) {
  const auto d = diff({}, {{{0, 1}, false}, {{1, 1}, true}});
  EXPECT_THAT(d.cancel, ElementsAre(RunKey{0, 1}));
}

TEST(Reconcile, ARunThatWasLaunchedAndIsUnknownIsLostAndNotLaunchedAgain) {
  const auto d = diff({{{4, 2}, true}}, {});
  EXPECT_THAT(d.lost, ElementsAre(RunKey{4, 2}));
  EXPECT_THAT(d.launch, IsEmpty());
}

TEST(Reconcile, ARunWhoseEndIsOnItsWayIsNeitherLostNorLaunched) {
  const auto d = diff({{{4, 2}, true}}, {{{4, 2}, true}});
  EXPECT_THAT(d.lost, IsEmpty());
  EXPECT_THAT(d.launch, IsEmpty());
}

TEST(Reconcile, ANewAttemptWaitsUntilTheOldOneOfItsTrialHasEnded) {
  const auto before = diff({{{3, 2}, false}}, {{{3, 1}, false}});
  EXPECT_THAT(before.cancel, ElementsAre(RunKey{3, 1}));
  EXPECT_THAT(before.launch, IsEmpty());
  EXPECT_THAT(diff({{{3, 2}, false}}, {{{3, 1}, true}}).launch, ElementsAre(RunKey{3, 2}));
}

}  // namespace
}  // namespace hone
