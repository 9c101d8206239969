// `resources: {cpu: 1..4}`: what becomes of slots that nobody wants.
#include "study/resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "study/world_for_test.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Grants = std::vector<std::pair<TrialId, int>>;

class ResourcesTest : public ::testing::Test {
 protected:
  static World world(const std::string& study, int slots) {
    World world(
        spec_of("space: {x: 'float(0, 1)'}\nsearcher: random\nfidelity: {name: epoch, min: 1, max: 9}\n" + study));
    world.slots = slots;
    return world;
  }
  /// Until nothing runs. The slots that runs take are never more than there are.
  static void finish(World& world) {
    for (world.decide(); !world.runs.empty(); world.decide()) {
      ASSERT_LE(world.study.taken(), world.slots);
      world.end_oldest();
    }
    EXPECT_NE(world.study.finished(), nullptr);
    EXPECT_EQ(world.study.taken(), 0);
    world.expect_replay();
  }
  static Grants grants(const World& world) {
    Grants out;
    for (const Event& event : world.log)
      if (const auto* granted = std::get_if<Granted>(&event.fact)) out.emplace_back(granted->trial, granted->slots);
    return out;
  }
};

TEST_F(ResourcesTest, ASlotIsWorthTheLeast) {
  Resources range{.cpu = 2'000'000, .gpu = 1'000'000, .cpu_most = 5'000'000, .gpu_most = 2'000'000};
  EXPECT_EQ(most_slots(range), 3);
  EXPECT_EQ(cpus_of(range, 1), 2'000'000);
  EXPECT_EQ(cpus_of(range, 2), 4'000'000);
  EXPECT_EQ(cpus_of(range, 3), 5'000'000);
  EXPECT_EQ(gpus_of(range, 3), 2'000'000);
  EXPECT_EQ(most_slots(Resources{.cpu = 4'000'000}), 1);
  EXPECT_EQ(cpus_of(Resources{.cpu = 4'000'000}, 1), 4'000'000);
}

TEST_F(ResourcesTest, ANewTrialHasTheLeastThoughSlotsAreFree) {
  World few = world("scheduler: sh\nstop: {trials: 2}\nresources: {cpu: 1..4}\n", 4);
  few.decide();
  EXPECT_THAT(grants(few), IsEmpty());
  EXPECT_EQ(few.study.taken(), 2);
}

TEST_F(ResourcesTest, WhoGoesOnWhileNothingMayStartGetsTheFreeSlots) {
  World three = world("scheduler: asha\nstop: {trials: 3}\nresources: {cpu: 1..2}\n", 3);
  finish(three);
  const TrialId best = *three.study.best();
  EXPECT_EQ(grants(three), (Grants{{best, 2}, {best, 2}})) << "at 3 epochs and at 9, two CPUs of three";
  EXPECT_EQ(three.trial(best).slots, 2);
  const auto& granted = *std::find_if(three.log.begin(), three.log.end(),
                                      [](const Event& e) { return std::holds_alternative<Granted>(e.fact); });
  EXPECT_EQ(words(granted),
            "Granted {\"takes\":2,\"why\":\"2 CPUs: 2 slots are free and nothing else may start (rung 2 (epoch 3) "
            "waits for 1 "
            "of its trials)\",\"slots\":2}");
}

TEST_F(ResourcesTest, FreeSlotsAreSharedEvenlyAndNeverKeepAnotherWaiting) {
  // Nine end at 1 epoch on five slots; three go on together, and two slots are left.
  World nine = world("scheduler: sh\nstop: {trials: 9}\nresources: {cpu: 1..4}\n", 5);
  finish(nine);
  const Grants given = grants(nine);
  ASSERT_EQ(given.size(), 3U);
  EXPECT_EQ(given[0].second, 2);
  EXPECT_EQ(given[1].second, 2);
  EXPECT_NE(given[0].first, given[1].first);
  EXPECT_EQ(given[2].second, 4) << "the last one alone: four CPUs of five";
}

TEST_F(ResourcesTest, NoRunGetsMoreOnceSomethingWasHeard) {
  World two = world("scheduler: sh\nstop: {trials: 2}\nresources: {cpu: 1..4}\n", 2);
  two.run(2);
  EXPECT_EQ(grants(two).size(), 1U) << "the better one went on with both";
  const TrialId on = two.runs.front();
  two.slots = 8;
  two.put(Reported{on, two.trial(on).attempt, 1, {{"loss", 0.5}, {"epoch", 2}}, {}});
  two.decide();
  EXPECT_EQ(grants(two).size(), 1U);
  EXPECT_EQ(two.study.taken(), 2);
}

TEST_F(ResourcesTest, ALostRunStartsAgainWithTheLeastAndGetsWhatIsFreeThen) {
  World two = world("scheduler: sh\nstop: {trials: 2}\nresources: {cpu: 1..2}\n", 2);
  two.run(2);
  const TrialId on = two.runs.front();
  two.slots = 1;  // its machine went
  two.end_oldest(Cause::Lost);
  two.decide();
  EXPECT_EQ(two.trial(on).slots, 1);
  EXPECT_EQ(two.study.taken(), 1);
  two.slots = 2;
  two.end(on, Cause::Lost);
  two.decide();
  EXPECT_EQ(two.trial(on).slots, 2);
  two.expect_replay();
}

TEST_F(ResourcesTest, WithoutARangeNothingIsGranted) {
  World plain = world("scheduler: sh\nstop: {trials: 9}\nresources: {cpu: 2}\n", 5);
  finish(plain);
  EXPECT_THAT(grants(plain), IsEmpty());
}

}  // namespace
}  // namespace hone
