#include "exec/folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "exec/local_fixture.h"

namespace hone {
namespace {

using ::testing::HasSubstr;

namespace fs = std::filesystem;

class Folder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hone-folder-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    fs::create_directories(study_);
    put(root_ / "outside" / "precious", "mine");
    ok(mark_folder(study_));
  }
  void TearDown() override {
    std::error_code error;
    fs::remove_all(root_, error);
  }
  static void put(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  MarkedFolder folder() const { return MarkedFolder::open(study_).value(); }
  void expect_outside_untouched() const {
    EXPECT_EQ(read_file(root_ / "outside" / "precious"), "mine");
    EXPECT_EQ(std::distance(fs::directory_iterator(root_ / "outside"), {}), 1);
  }

  fs::path root_;
  struct Study {
    const Folder& test;
    operator fs::path() const { return test.root_ / "study"; }
    operator std::string() const { return (test.root_ / "study").string(); }
    fs::path operator/(const fs::path& path) const { return test.root_ / "study" / path; }
  } study_{*this};
};

TEST_F(Folder, ATreeIsRemovedAndItsLinksAreNotFollowed) {
  put(study_ / "7/files/a/b/c", "x");
  fs::create_directory_symlink(root_ / "outside", study_ / "7/files/a/link");
  fs::create_symlink(root_ / "outside/precious", study_ / "7/files/file");
  put(study_ / "8/keep", "x");
  ok(folder().remove("7/files"));
  EXPECT_FALSE(fs::exists(study_ / "7/files"));
  EXPECT_TRUE(fs::exists(study_ / "7"));
  EXPECT_TRUE(fs::exists(study_ / "8/keep"));
  ok(folder().remove("7"));
  ok(folder().remove("7"));
  ok(folder().remove("9/files"));
  expect_outside_untouched();
}

TEST_F(Folder, ALinkInThePlaceOfAFolderIsRemovedItselfAndNeverEntered) {
  fs::create_directory_symlink(root_ / "outside", study_ / "7");
  EXPECT_FALSE(folder().remove("7/precious"));
  ok(folder().remove("7"));
  EXPECT_FALSE(fs::is_symlink(study_ / "7"));
  expect_outside_untouched();
}

TEST_F(Folder, WithoutTheMarkerNothingIsDone) {
  const auto refused = MarkedFolder::open(root_ / "outside");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::Invalid);
  EXPECT_THAT(refused.error().what, HasSubstr("is no folder of Hone's (there is no .hone in it)"));
  fs::create_directory_symlink(study_, root_ / "link");
  EXPECT_FALSE(MarkedFolder::open(root_ / "link"));
  fs::create_symlink(study_ / ".hone", root_ / "outside" / ".hone");
  EXPECT_FALSE(MarkedFolder::open(root_ / "outside"));
  EXPECT_EQ(MarkedFolder::open(root_ / "nowhere").error().code, Code::NotFound);
}

TEST_F(Folder, PathsThatLeadOutOfItAreRefused) {
  for (const char* path : {"", ".", "..", "../outside", "7/../../outside", "/etc", "7//x", "7/", ".hone", "./7"})
    EXPECT_EQ(folder().remove(path).error().code, Code::Invalid) << path;
  expect_outside_untouched();
}

TEST_F(Folder, WhatIsNestedDeeperThanDescriptorsReachIsRemoved) {
  int at = open(std::string(study_).c_str(), O_RDONLY | O_DIRECTORY);
  for (int depth = 0; depth < 150; ++depth) {  // far beyond a path's length
    ASSERT_EQ(mkdirat(at, "a folder name of a usual size", 0700), 0);
    ASSERT_EQ(symlinkat("/etc", at, "l"), 0);
    const int below = openat(at, "a folder name of a usual size", O_RDONLY | O_DIRECTORY);
    close(at);
    at = below;
  }
  close(at);
  put(study_ / "a folder name of a usual size/.removing-0/in the way", "x");
  ok(folder().remove("a folder name of a usual size"));
  EXPECT_FALSE(fs::exists(study_ / "a folder name of a usual size"));
}

TEST_F(Folder, WhatItsOwnerMayNotReadIsRemovedAllTheSame) {
  put(study_ / "7/files/closed/inner/x", "x");
  fs::permissions(study_ / "7/files/closed/inner", fs::perms::none);
  fs::permissions(study_ / "7/files/closed", fs::perms::owner_read | fs::perms::owner_exec);
  ok(folder().remove("7"));
  EXPECT_FALSE(fs::exists(study_ / "7"));
}

TEST_F(Folder, AWholeStudyIsRemovedWithItsMarker) {
  put(study_ / "7/files/x", "x");
  ok(folder().remove_whole());
  EXPECT_FALSE(fs::exists(study_));
  expect_outside_untouched();
}

TEST_F(Folder, ACopyHasTheSameFilesModesTimesAndLinks) {
  const fs::path from = study_ / "3/files", to = study_ / "7/files";
  put(from / "model.bin", std::string(3 << 20, 'm'));
  put(from / "sub/run.sh", "#!/bin/sh\n");
  fs::permissions(from / "sub/run.sh", fs::perms::owner_all);
  fs::last_write_time(from / "sub/run.sh", fs::file_time_type::clock::now() - std::chrono::hours(5));
  fs::create_symlink("model.bin", from / "latest");
  fs::create_symlink(root_ / "outside/precious", from / "far");
  ASSERT_EQ(mkfifo((from / "fifo").c_str(), 0600), 0);
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (from / "socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  fs::create_directories(study_ / "7");
  ASSERT_TRUE(folder().copy("3/files", "7/files"));
  EXPECT_EQ(read_file(to / "model.bin"), std::string(3 << 20, 'm'));
  EXPECT_EQ(read_file(to / "sub/run.sh"), "#!/bin/sh\n");
  EXPECT_EQ(fs::status(to / "sub/run.sh").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::last_write_time(to / "sub/run.sh"), fs::last_write_time(from / "sub/run.sh"));
  EXPECT_EQ(fs::last_write_time(to / "sub"), fs::last_write_time(from / "sub"));
  EXPECT_EQ(fs::read_symlink(to / "latest"), "model.bin");
  EXPECT_EQ(fs::read_symlink(to / "far"), root_ / "outside/precious");
  EXPECT_FALSE(fs::exists(to / "fifo"));
  EXPECT_FALSE(fs::exists(to / "socket"));
}

TEST_F(Folder, HolesStayHoles) {
  put(study_ / "3/files/sparse", "begin");
  fs::resize_file(study_ / "3/files/sparse", 64 << 20);
  fs::create_directories(study_ / "7");
  ASSERT_TRUE(folder().copy("3/files", "7/files"));
  struct stat info {};
  ASSERT_EQ(stat((study_ / "7/files/sparse").c_str(), &info), 0);
  EXPECT_EQ(info.st_size, 64 << 20);
  EXPECT_LT(info.st_blocks * 512, 10 << 20);
  EXPECT_TRUE(read_file(study_ / "7/files/sparse").starts_with("begin"));
}

TEST_F(Folder, ACopyNeverGoesWhereSomethingIsAndLeavesNothingByHalf) {
  put(study_ / "3/files/x", "new");
  put(study_ / "7/files/x", "old");
  EXPECT_EQ(folder().copy("3/files", "7/files").error().code, Code::Conflict);
  EXPECT_EQ(read_file(study_ / "7/files/x"), "old");
  fs::create_directory_symlink(root_ / "outside", study_ / "8");
  EXPECT_FALSE(folder().copy("3/files", "8/files"));
  EXPECT_FALSE(folder().copy("8", "9"));
  EXPECT_EQ(folder().copy("3", "3/files/again").error().code, Code::Invalid);
  fs::path deep = study_ / "4";
  for (int depth = 0; depth < 120; ++depth) deep /= "d";
  fs::create_directories(deep);
  const auto refused = folder().copy("4", "5");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("too many folders in each other"));
  EXPECT_FALSE(fs::exists(study_ / "5"));
  expect_outside_untouched();
}

TEST_F(Folder, AnotherFileSystemIsNotEntered) {
  fs::create_directories(study_ / "7/files/mounted");
  if (mount(root_.c_str(), (study_ / "7/files/mounted").c_str(), nullptr, MS_BIND, nullptr) != 0)
    GTEST_SKIP() << "only root may mount";
  const auto refused = folder().remove("7");
  const auto copied = folder().copy("7", "8");
  ASSERT_EQ(umount((study_ / "7/files/mounted").c_str()), 0);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("another file system is mounted there; unmount it"));
  EXPECT_FALSE(copied);
  expect_outside_untouched();
}

/// A folder and a link to the outside change places all the time.
TEST_F(Folder, AFolderThatBecomesALinkMeanwhileLeadsNowhere) {
  std::atomic<bool> stop = false;
  for (int i = 0; i < 50; ++i) put(root_ / "outside" / "many" / std::to_string(i), "mine");
  fs::create_directories(study_ / "7/files");
  const fs::path at = study_ / "7/files/x", aside = root_ / "aside", link = root_ / "link";
  fs::create_directory_symlink(root_ / "outside", link);
  std::thread swapper([&] {
    while (!stop) {
      mkdir(at.c_str(), 0700);
      mkdir((at / "many").c_str(), 0700);
      renameat2(AT_FDCWD, at.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE);
      renameat2(AT_FDCWD, at.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE);
    }
  });
  fs::create_directories(study_ / "8");
  for (int round = 0; round < 100; ++round) {
    static_cast<void>(folder().copy("7/files", "8/files"));
    if (!fs::is_symlink(study_ / "8/files/x")) {
      EXPECT_FALSE(fs::exists(study_ / "8/files/x/precious")) << "copied from outside";
    }
    ok(folder().remove("8/files"));
    static_cast<void>(folder().remove("7/files/x"));
  }
  stop = true;
  swapper.join();
  EXPECT_EQ(read_file(root_ / "outside" / "precious"), "mine");
  EXPECT_EQ(std::distance(fs::directory_iterator(root_ / "outside/many"), {}), 50);
}

}  // namespace
}  // namespace hone
