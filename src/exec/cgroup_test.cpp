// Against a made-up tree: what is written where. The kernel's side of it is not here.
#include "exec/cgroup.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "exec/local_fixture.h"
#include "exec/spawn.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

class Groups : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hone-groups-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    mount_ = name;
    own_ = mount_ / "user" / "session";
    put("cgroup.controllers", "cpu memory pids\n");
    put("cgroup.subtree_control", "");
    put("cgroup.procs", "100\n");
    put("hone-keeper-100/cgroup.procs", "");  // the kernel makes the files of a new group
  }
  void TearDown() override { fs::remove_all(mount_); }
  void put(const std::string& name, const std::string& text) {
    fs::create_directories((own_ / name).parent_path());
    std::ofstream(own_ / name) << text;
  }
  std::string get(const std::string& name) const { return read_file(own_ / name); }
  std::optional<MemoryGroups> make(pid_t parent = 99) const {
    return MemoryGroups::make(mount_, "4:memory:/elsewhere\n0::/user/session\n", 100, parent);
  }
  void new_group(const std::string& name) {
    for (const char* file : {"cgroup.procs", "memory.max", "memory.swap.max", "memory.oom.group"})
      put(name + "/" + file, "");
  }

  fs::path mount_, own_;
};

TEST_F(Groups, TheKeeperMovesIntoALeafAndAsksForMemory) {
  const auto groups = make();
  ASSERT_TRUE(groups);
  EXPECT_EQ(get("hone-keeper-100/cgroup.procs"), "100");
  EXPECT_EQ(get("cgroup.subtree_control"), "+memory");
}

TEST_F(Groups, ItsParentMovesAlongIfNobodyElseIsThere) {
  put("cgroup.procs", "99\n100\n");
  ASSERT_TRUE(make());
  EXPECT_EQ(get("hone-keeper-100/cgroup.procs"), "99") << "written last";
  put("cgroup.procs", "99\n100\n101\n");
  put("cgroup.subtree_control", "");
  ASSERT_TRUE(make());
  EXPECT_EQ(get("hone-keeper-100/cgroup.procs"), "100") << "a process of somebody else is not moved";
}

TEST_F(Groups, WhatIsRefusedIsPutBackAsItWas) {
  fs::remove(own_ / "cgroup.subtree_control");  // not delegated: nothing can be written there
  put("cgroup.procs", "");
  EXPECT_FALSE(make());
  EXPECT_EQ(get("cgroup.procs"), "100") << "moved back";
}

TEST_F(Groups, WithoutTheControllerThereIsNone) {
  put("cgroup.controllers", "cpu memory_like\n");
  EXPECT_FALSE(make());
  EXPECT_EQ(get("hone-keeper-100/cgroup.procs"), "");
  EXPECT_FALSE(MemoryGroups::make(mount_, "4:memory:/user/session\n", 100, 99));
  EXPECT_FALSE(MemoryGroups::make(mount_, "0::/../user/session\n", 100, 99));
}

TEST_F(Groups, WhereMemoryIsGivenOutAlreadyNobodyMoves) {
  put("cgroup.subtree_control", "cpu memory\n");
  ASSERT_TRUE(make());
  EXPECT_EQ(get("hone-keeper-100/cgroup.procs"), "");
  EXPECT_EQ(get("cgroup.subtree_control"), "cpu memory\n");
}

TEST_F(Groups, ARunsGroupIsLimitedWithoutSwapAndDiesTogether) {
  auto groups = make();
  ASSERT_TRUE(groups);
  new_group("run");
  const MemoryGroup group = groups->open("run", 2'000'000);
  ASSERT_TRUE(group);
  EXPECT_EQ(get("run/memory.max"), "2000000");
  EXPECT_EQ(get("run/memory.swap.max"), "0");
  EXPECT_EQ(get("run/memory.oom.group"), "1");
  EXPECT_FALSE(group.ran_out());
  EXPECT_EQ(group.peak(), std::nullopt);
  put("run/memory.events", "low 0\nhigh 0\nmax 12\noom 1\noom_kill 0\noom_group_kill 0\n");
  EXPECT_FALSE(group.ran_out());
  put("run/memory.events", "low 0\nhigh 0\nmax 12\noom 1\noom_kill 3\noom_group_kill 1\n");
  put("run/memory.peak", "1999000\n");
  EXPECT_TRUE(group.ran_out());
  EXPECT_EQ(group.peak(), 1'999'000);
  for (const auto& entry : fs::directory_iterator(own_ / "run")) fs::remove(entry);  // as the kernel does
  groups->remove("run");
  EXPECT_FALSE(fs::exists(own_ / "run"));
}

TEST_F(Groups, AProgramEntersItsGroupBeforeItStarts) {
  auto groups = make();
  ASSERT_TRUE(groups);
  new_group("run");
  const Fd entrance = groups->open("run", 2'000'000).entrance();
  const std::vector<std::string> argv{"sh", "-c", "cat \"$0\"; exit 7", (own_ / "run" / "cgroup.procs").string()};
  const std::vector<const char*> env{nullptr};
  const fs::path out = mount_ / "out";
  const Fd output(open(out.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  Spawner spawner(boot_id(), {});
  const Spawned spawned =
      spawner.spawn({argv, env, "/bin:/usr/bin", "/", output.get(), output.get(), 0, entrance.get()});
  ASSERT_GT(spawned.mark.pid, 0) << spawned.error;
  EXPECT_TRUE(spawned.entered);
  int status = 0;
  ASSERT_EQ(waitpid(spawned.mark.pid, &status, 0), spawned.mark.pid);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_EQ(read_file(out), "0") << "a process that writes 0 moves itself";
}

TEST_F(Groups, AGroupThatCannotBeLimitedIsNone) {
  auto groups = make();
  ASSERT_TRUE(groups);
  EXPECT_FALSE(groups->open("run", 2'000'000)) << "memory.max cannot be written";
  EXPECT_FALSE(fs::exists(own_ / "run"));
}

TEST_F(Groups, AtTheEndAllIsAsItWas) {
  { ASSERT_TRUE(make()); }
  EXPECT_EQ(get("cgroup.procs"), "100");
  EXPECT_EQ(get("cgroup.subtree_control"), "-memory");
}

TEST_F(Groups, EmptyGroupsOfAKeeperThatWasKilledAreRemoved) {
  fs::create_directories(own_ / "hone-7-1");
  put("hone-8-1/cgroup.procs", "5\n");
  fs::create_directories(own_ / "other");
  ASSERT_TRUE(make());
  EXPECT_FALSE(fs::exists(own_ / "hone-7-1"));
  EXPECT_TRUE(fs::exists(own_ / "hone-8-1"));
  EXPECT_TRUE(fs::exists(own_ / "other"));
}

}  // namespace
}  // namespace hone
