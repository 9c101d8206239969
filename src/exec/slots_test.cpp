#include "exec/slots.h"

#include <gmock/gmock.h>

namespace hone {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Machine machine(Millionths cpus, std::vector<std::string> gpus = {}) { return {.cpus = cpus, .gpus = std::move(gpus)}; }
constexpr std::int64_t kGiB = std::int64_t{1} << 30;
Resources wants(Millionths cpu, Millionths gpu = 0) { return {.cpu = cpu, .gpu = gpu, .memory = 0}; }

TEST(Slots, CpusArePackedExactly) {
  EXPECT_EQ(Slots::make(wants(1'000'000), {}, machine(4'000'000))->total(), 4);
  EXPECT_EQ(Slots::make(wants(200'000), {}, machine(1'000'000))->total(), 5);
  EXPECT_EQ(Slots::make(wants(333'334), {}, machine(1'000'000))->total(), 2);
  EXPECT_EQ(Slots::make(wants(1'500'000), {}, machine(4'000'000))->total(), 2);
}

TEST(Slots, ParallelLowersTheNumberAndNeverRaisesIt) {
  EXPECT_EQ(Slots::make(wants(1'000'000), 2, machine(4'000'000))->total(), 2);
  EXPECT_EQ(Slots::make(wants(1'000'000), 9, machine(4'000'000))->total(), 4);
}

TEST(Slots, AQuotaBelowOneCpuStillRunsOneTrial) {
  EXPECT_EQ(Slots::make(wants(1'000'000), {}, machine(500'000))->total(), 1);
}

TEST(Slots, WithoutACpuRequestThereIsOneSlotPerCpu) {
  EXPECT_EQ(Slots::make(wants(0), {}, machine(3'500'000))->total(), 3);
  EXPECT_EQ(Slots::make(wants(0), 64, machine(3'500'000))->total(), 64);
}

TEST(Slots, FiveSharesOfAFifthFillOneDevice) {
  auto slots = Slots::make(wants(0, 200'000), {}, machine(64'000'000, {"0"}));
  ASSERT_TRUE(slots);
  EXPECT_EQ(slots->total(), 5);
  for (int i = 0; i < 5; ++i) EXPECT_THAT(slots->take({i, 1}).value(), ElementsAre("0"));
  EXPECT_FALSE(slots->take({5, 1}));
  slots->free({2, 1});
  EXPECT_TRUE(slots->take({5, 1}));
}

TEST(Slots, AShareNeverSpansTwoDevices) {
  auto slots = Slots::make(wants(0, 600'000), {}, machine(64'000'000, {"0", "1"}));
  EXPECT_EQ(slots->total(), 2);
  EXPECT_EQ(Slots::make(wants(0, 333'334), {}, machine(64'000'000, {"0"}))->total(), 2);
}

TEST(Slots, ARunThatTakesSeveralLeavesSoMuchLessForTheOthers) {
  Resources range = wants(1'000'000, 1'000'000);
  range.cpu_most = 3'000'000;
  range.gpu_most = 2'000'000;
  auto slots = Slots::make(range, {}, machine(64'000'000, {"0", "1", "2", "3"}));
  ASSERT_TRUE(slots);
  EXPECT_EQ(slots->total(), 4);
  EXPECT_THAT(slots->take({0, 1}).value(), ElementsAre("0"));
  EXPECT_FALSE(slots->take({1, 1}, 4)) << "3 are left";
  EXPECT_THAT(slots->take({1, 1}, 3).value(), ElementsAre("1", "2")) << "three slots, but no more than two devices";
  EXPECT_EQ(slots->used(), 4);
  EXPECT_FALSE(slots->take({2, 1}));
  slots->free({1, 1});
  EXPECT_EQ(slots->used(), 1);
  EXPECT_THAT(slots->take({2, 1}, 2).value(), ElementsAre("1", "2"));
}

TEST(Slots, SharesSpreadOverDevices) {
  auto slots = Slots::make(wants(0, 500'000), {}, machine(64'000'000, {"3", "5"}));
  EXPECT_THAT(*slots->take({0, 1}), ElementsAre("3"));
  EXPECT_THAT(*slots->take({1, 1}), ElementsAre("5"));
  EXPECT_THAT(*slots->take({2, 1}), ElementsAre("3"));
}

TEST(Slots, WholeNumbersTakeWholeDevices) {
  auto slots = Slots::make(wants(0, 2'000'000), {}, machine(64'000'000, {"0", "1", "2", "3", "4"}));
  EXPECT_EQ(slots->total(), 2);
  EXPECT_THAT(*slots->take({0, 1}), ElementsAre("0", "1"));
  EXPECT_THAT(*slots->take({1, 1}), ElementsAre("2", "3"));
  EXPECT_FALSE(slots->take({2, 1}));
  slots->free({0, 1});
  EXPECT_THAT(*slots->take({2, 1}), ElementsAre("0", "1"));
}

TEST(Slots, TakingTwiceIsTakingOnceAndFreeingTwiceIsFreeingOnce) {
  auto slots = Slots::make(wants(0, 1'000'000), {}, machine(64'000'000, {"0", "1"}));
  EXPECT_EQ(*slots->take({0, 1}), *slots->take({0, 1}));
  EXPECT_EQ(slots->used(), 1);
  slots->free({0, 1});
  slots->free({0, 1});
  EXPECT_TRUE(slots->take({1, 1}));
  EXPECT_TRUE(slots->take({2, 1}));
  EXPECT_FALSE(slots->take({3, 1}));
}

TEST(Slots, ARunFoundAliveKeepsItsDevice) {
  auto slots = Slots::make(wants(0, 1'000'000), {}, machine(64'000'000, {"0", "1"}));
  slots->hold({7, 1}, {"0"});
  EXPECT_THAT(*slots->take({8, 1}), ElementsAre("1"));
  EXPECT_FALSE(slots->take({9, 1}));
}

TEST(Slots, MemoryBoundsThemToo) {
  Machine with = machine(8'000'000);
  with.memory = 10 * kGiB;
  const auto slots = Slots::make({.cpu = 1'000'000, .gpu = 0, .memory = 4 * kGiB}, {}, with);
  EXPECT_EQ(slots->total(), 2);
  EXPECT_EQ(slots->bound(), "memory");
  EXPECT_EQ(Slots::make({.cpu = 1'000'000, .gpu = 0, .memory = kGiB}, {}, with)->total(), 8);
  with.memory = 0;  // unknown
  EXPECT_EQ(Slots::make({.cpu = 1'000'000, .gpu = 0, .memory = 4 * kGiB}, {}, with)->total(), 8);
}

TEST(Slots, WhatBoundsThemIsNamed) {
  EXPECT_EQ(Slots::make(wants(1'000'000), {}, machine(4'000'000))->bound(), "CPU");
  EXPECT_EQ(Slots::make(wants(1'000'000), 8, machine(4'000'000))->bound(), "CPU");
  EXPECT_EQ(Slots::make(wants(1'000'000), 3, machine(4'000'000))->bound(), "parallel");
  EXPECT_EQ(Slots::make(wants(1'000'000, 1'000'000), {}, machine(4'000'000, {"0"}))->bound(), "GPU");
  EXPECT_EQ(Slots::make(wants(0), {}, machine(4'000'000))->bound(), "CPU");
}

TEST(Slots, AnotherParallelCountsFromHereOnAndTheMachineStillBounds) {
  auto slots = Slots::make(wants(1'000'000), 2, machine(4'000'000));
  EXPECT_TRUE(slots->take({0, 1}));
  EXPECT_TRUE(slots->take({1, 1}));
  EXPECT_FALSE(slots->take({2, 1}));
  slots->set_parallel(9);
  EXPECT_EQ(slots->total(), 4);
  EXPECT_EQ(slots->bound(), "CPU");
  EXPECT_TRUE(slots->take({2, 1}));
  slots->set_parallel(1);  // what runs goes on
  EXPECT_EQ(slots->used(), 3);
  slots->free({0, 1});
  slots->free({1, 1});
  EXPECT_FALSE(slots->take({3, 1}));
  slots->free({2, 1});
  EXPECT_TRUE(slots->take({3, 1}));
}

TEST(Slots, ImpossibleRequestsAreRefusedInWords) {
  const auto text = [](const auto& result) { return result ? std::string("accepted") : result.error().what; };
  EXPECT_THAT(text(Slots::make(wants(0, 1'500'000), {}, machine(1'000'000, {"0", "1"}))),
              HasSubstr("resources.gpu: 1.5 is neither a share of one GPU nor a whole number; use 1 or 2"));
  EXPECT_THAT(text(Slots::make(wants(0, 1'000'000), {}, machine(1'000'000))), HasSubstr("no GPU was found"));
  EXPECT_THAT(text(Slots::make(wants(0, 3'000'000), {}, machine(1'000'000, {"0", "1"}))), HasSubstr("there are 2"));
  EXPECT_THAT(text(Slots::make(wants(8'000'000), {}, machine(2'000'000))),
              HasSubstr("asks for 8 but this machine has 2"));
  Machine small = machine(1'000'000);
  small.memory = 3 * kGiB / 2;
  EXPECT_EQ(text(Slots::make({.cpu = 1'000'000, .gpu = 0, .memory = 2 * kGiB}, {}, small)),
            "resources.memory: a trial asks for 2 GiB but this machine has 1.5 GiB; lower it");
  EXPECT_THAT(text(Slots::make(wants(1'000'000), 0, machine(2'000'000))), HasSubstr("parallel: 0"));
}

}  // namespace
}  // namespace hone
