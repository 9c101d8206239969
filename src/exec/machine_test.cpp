#include "exec/machine.h"

#include <gmock/gmock.h>

#include <map>

namespace hone {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

FileReader files(std::map<std::string, std::string> files) {
  return [files](const std::string& path) -> std::optional<std::string> {
    const auto file = files.find(path);
    return file == files.end() ? std::nullopt : std::optional(file->second);
  };
}

TEST(CpuQuota, TheTightestGroupOfVersionTwoBinds) {
  EXPECT_EQ(cpu_quota(files({{"/proc/self/cgroup", "0::/a/b\n"},
                             {"/sys/fs/cgroup/a/b/cpu.max", "max 100000\n"},
                             {"/sys/fs/cgroup/a/cpu.max", "150000 100000\n"},
                             {"/sys/fs/cgroup/cpu.max", "400000 100000\n"}})),
            1'500'000);
}

TEST(CpuQuota, VersionOneIsReadFromTheCpuController) {
  EXPECT_EQ(cpu_quota(files({{"/proc/self/cgroup", "4:memory:/x\n2:cpu,cpuacct:/x\n"},
                             {"/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "50000\n"},
                             {"/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n"}})),
            500'000);
}

TEST(CpuQuota, InANamespaceWhosePathIsNotMountedTheRootCounts) {
  EXPECT_EQ(cpu_quota(files({{"/proc/self/cgroup", "0::/../outside\n"}, {"/sys/fs/cgroup/cpu.max", "200000 100000"}})),
            2'000'000);
}

TEST(CpuQuota, AThirdIsRoundedDown) {
  EXPECT_EQ(cpu_quota(files({{"/proc/self/cgroup", "0::/\n"}, {"/sys/fs/cgroup/cpu.max", "100000 300000"}})), 333'333);
}

TEST(CpuQuota, WithoutALimitThereIsNone) {
  EXPECT_FALSE(cpu_quota(files({})));
  EXPECT_FALSE(cpu_quota(files({{"/proc/self/cgroup", "0::/\n1:cpu:/\n"},
                                {"/sys/fs/cgroup/cpu.max", "max 100000"},
                                {"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1"},
                                {"/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000"}})));
}

TEST(MemorySize, TheTightestGroupOrTheMachineBinds) {
  const std::string info = "MemTotal:       2000 kB\nMemFree:        1000 kB\n";
  EXPECT_EQ(memory_size(files({{"/proc/meminfo", info}})), 2000 * 1024);
  EXPECT_EQ(memory_size(files({{"/proc/meminfo", info},
                               {"/proc/self/cgroup", "0::/a/b\n"},
                               {"/sys/fs/cgroup/a/b/memory.max", "max\n"},
                               {"/sys/fs/cgroup/a/memory.max", "1000000\n"}})),
            1'000'000);
  EXPECT_EQ(memory_size(files({{"/proc/meminfo", info},
                               {"/proc/self/cgroup", "4:memory:/x\n0::/\n"},
                               {"/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "500000\n"},
                               {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"}})),
            500'000);
  EXPECT_EQ(memory_size(files({{"/proc/meminfo", info},
                               {"/proc/self/cgroup", "4:memory:/\n"},
                               {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"}})),
            2000 * 1024);
  EXPECT_EQ(memory_size(files({})), 0);
}

TEST(VisibleDevices, IdsArePassedThroughAndMinusOneEndsTheList) {
  EXPECT_THAT(visible_devices("2,0"), ElementsAre("2", "0"));
  EXPECT_THAT(visible_devices("GPU-aa-bb, MIG-cc"), ElementsAre("GPU-aa-bb", "MIG-cc"));
  EXPECT_THAT(visible_devices("1,-1,0"), ElementsAre("1"));
  EXPECT_THAT(visible_devices(""), IsEmpty());
}

TEST(ThisMachine, HasACpuAndTheGpusItWasToldOf) {
  EXPECT_GT(this_machine(false, {}, nullptr).cpus, 0);
  EXPECT_GT(this_machine(false, {}, nullptr).memory, 0);
  EXPECT_THAT(this_machine(false, {}, "0,1").gpus, IsEmpty());
  EXPECT_THAT(this_machine(true, 2, nullptr).gpus, ElementsAre("0", "1"));
  EXPECT_THAT(this_machine(true, {}, "4,7").gpus, ElementsAre("4", "7"));
  EXPECT_THAT(this_machine(true, 1, "4,7").gpus, ElementsAre("4"));
  EXPECT_THAT(this_machine(true, {}, "").gpus, IsEmpty());
}

}  // namespace
}  // namespace hone
