#include "run/disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace hone {
namespace {

using testing::HasSubstr;
constexpr std::int64_t kMiB = 1 << 20;

class DiskTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = testing::TempDir() + "hone-disk-XXXXXX";
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    folder_ = path;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, std::int64_t bytes) {
    std::filesystem::create_directories(std::filesystem::path(folder_ + "/" + name).parent_path());
    std::ofstream(folder_ + "/" + name, std::ios::binary) << std::string(static_cast<std::size_t>(bytes), 'x');
  }
  DiskWatch watch(std::int64_t budget) {
    return DiskWatch(folder_, budget, [this](const std::string& line) { warnings_.push_back(line); });
  }

  std::string folder_;
  std::vector<std::string> warnings_;
};

TEST_F(DiskTest, WarnsBeforeTheBudgetIsFullAndThenStartsNothing) {
  DiskWatch disk = watch(10 * kMiB);
  EXPECT_TRUE(disk.room(0));
  write("0/files/model", 9 * kMiB + kMiB / 2);
  disk.ended(0);
  EXPECT_TRUE(disk.room(2));
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_THAT(warnings_[0], HasSubstr("of limits.disk 10 MiB"));
  write("1/files/model", kMiB);
  disk.ended(1);
  EXPECT_FALSE(disk.room(4));
  EXPECT_FALSE(disk.room(4.5));
  ASSERT_EQ(warnings_.size(), 2u) << "said once";
  EXPECT_THAT(warnings_[1], HasSubstr("no new runs until there is more room"));
  std::filesystem::remove_all(folder_ + "/0/files");  // `hone tidy`, for instance
  EXPECT_FALSE(disk.room(6)) << "looked at every ten seconds";
  EXPECT_TRUE(disk.room(20));
  EXPECT_THAT(warnings_.back(), HasSubstr("runs start again"));
}

TEST_F(DiskTest, WhatRunsIsMeasuredWhileItRuns) {
  DiskWatch disk = watch(4 * kMiB);
  disk.launched(3);
  EXPECT_TRUE(disk.room(0));
  write("3/files/model", 5 * kMiB);
  EXPECT_TRUE(disk.room(1)) << "looked at every two seconds";
  EXPECT_FALSE(disk.room(3));
  disk.ended(3);
  EXPECT_GE(disk.used(), 5 * kMiB);
  EXPECT_LT(disk.used(), 6 * kMiB) << "and not counted twice";
}

TEST_F(DiskTest, WhatLiesThereFromBeforeCounts) {
  write("0/files/model", 3 * kMiB);
  write("keeper/1.jsonl", 3 * kMiB);
  DiskWatch disk = watch(10 * kMiB);
  EXPECT_GE(disk.used(), 3 * kMiB);
  EXPECT_LT(disk.used(), 4 * kMiB);
}

TEST_F(DiskTest, LinksAreNotFollowed) {
  write("outside/model", 3 * kMiB);
  std::filesystem::create_directories(folder_ + "/0/files");
  std::filesystem::create_directory_symlink(folder_ + "/outside", folder_ + "/0/files/link");
  std::filesystem::create_directory_symlink(folder_, folder_ + "/0/files/loop");
  EXPECT_LT(folder_bytes(folder_ + "/0"), kMiB);
}

}  // namespace
}  // namespace hone
