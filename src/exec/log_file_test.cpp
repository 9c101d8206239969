#include "exec/log_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace hone {
namespace {

namespace fs = std::filesystem;

class Log : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hone-log-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    folder_.reset(open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  void TearDown() override { fs::remove_all(root_); }
  LogWriter writer(std::int64_t limit) {
    LogWriter log;
    EXPECT_TRUE(log.open(folder_.get(), "stdout", limit)) << errno;
    return log;
  }
  LogReader reader() const { return {root_, "stdout"}; }
  static std::string all(LogReader reader) {
    std::string text;
    for (std::string more = reader.read(7).value(); !more.empty(); more = reader.read(7).value()) text += more;
    return text;
  }
  std::uintmax_t on_disk() const {
    std::uintmax_t size = 0;
    for (const auto& entry : fs::directory_iterator(root_)) size += entry.is_regular_file() ? entry.file_size() : 0;
    return size;
  }
  static std::string numbers(int from, int to) {
    std::string text;
    for (int i = from; i < to; ++i) text += std::to_string(i) + "\n";
    return text;
  }

  fs::path root_;
  Fd folder_;
};

TEST_F(Log, WhatFitsIsOneFileAsItWasWritten) {
  auto log = writer(1000);
  log.write("one\n");
  log.write("two\n");
  EXPECT_EQ(all(reader()), "one\ntwo\n");
  std::ifstream file(root_ / "stdout");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "one\ntwo\n");
}

TEST_F(Log, HeadAndTailAreKeptAndALineSaysWhatIsMissing) {
  const std::string text = numbers(0, 10000);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{13}, std::size_t{100}, std::size_t{65536}}) {
    for (const auto& entry : fs::directory_iterator(root_)) fs::remove(entry);
    auto log = writer(400);
    for (std::size_t at = 0; at < text.size(); at += piece) log.write(text.substr(at, piece));
    const std::string shown = all(reader());
    const auto mark = shown.find('['), end = shown.find("]\n");
    ASSERT_EQ(mark, 200u) << shown;
    const std::string head = shown.substr(0, mark), tail = shown.substr(end + 2);
    EXPECT_EQ(head, text.substr(0, 200));
    EXPECT_TRUE(text.ends_with(tail));
    EXPECT_GT(tail.size(), 100u) << piece;
    EXPECT_EQ(shown.substr(mark + 1, end - mark - 1),
              std::to_string(text.size() - head.size() - tail.size()) + " bytes left out by limits.log");
    EXPECT_LE(on_disk(), 400u + 100u) << "the limit, and the note in the head";
  }
}

TEST_F(Log, WithinTheLimitNothingIsMissing) {
  const std::string text = numbers(0, 90);
  auto log = writer(400);
  for (const char c : text) log.write({&c, 1});
  EXPECT_EQ(all(reader()), text);
}

TEST_F(Log, AnotherAttemptGoesOnWhereTheLastOneEnded) {
  const std::string text = numbers(0, 300);
  for (std::size_t at = 0; at < text.size(); at += 37) writer(400).write(text.substr(at, 37));
  const std::string shown = all(reader());
  EXPECT_TRUE(shown.starts_with(text.substr(0, 200)));
  EXPECT_TRUE(shown.ends_with("298\n299\n"));
  EXPECT_THAT(shown, ::testing::ContainsRegex("\\[[0-9]+ bytes left out"));
  EXPECT_LE(on_disk(), 500u);
}

TEST_F(Log, AReaderFollowsAFileThatGrowsAndSaysWhatItMissed) {
  LogReader follower = reader();
  EXPECT_EQ(follower.read().value(), "");
  auto log = writer(400);
  EXPECT_EQ(follower.read().value(), "");
  log.write("begin\n");
  EXPECT_EQ(follower.read().value(), "begin\n");
  EXPECT_EQ(follower.read().value(), "");
  log.write("half a l");
  EXPECT_EQ(follower.read().value(), "half a l");
  log.write(std::string(186, 'x') + "ine, and in another file\n");
  EXPECT_EQ(follower.read().value(), std::string(186, 'x'));
  EXPECT_EQ(follower.read().value(), "ine, and in another file\n");
  log.write(std::string(5000, 'y'));
  log.write("\nend\n");
  const std::string rest = all(follower);
  EXPECT_THAT(rest, ::testing::ContainsRegex("^\\[[0-9]+ bytes left out by limits.log\\]\ny+\nend\n$"));
}

TEST_F(Log, WhateverLiesInTheWayNothingElseIsWritten) {
  const fs::path other = root_ / "other";
  std::ofstream(other) << "mine";
  fs::create_symlink(other, root_ / "stdout.200");
  auto log = writer(400);
  log.write(std::string(300, 'x'));
  EXPECT_EQ(all(reader()), std::string(300, 'x'));
  fs::remove_all(root_ / "stdout.300");
  fs::create_directory(root_ / "stdout.300");
  log.write(std::string(1000, 'y'));
  EXPECT_EQ(fs::file_size(other), 4u);
  LogWriter refused;
  for (const char* name : {"a", "b", "c"}) EXPECT_FALSE(fs::exists(root_ / name));
  fs::create_symlink(other, root_ / "a");
  EXPECT_FALSE(refused.open(folder_.get(), "a", 100));
  ASSERT_EQ(mkfifo((root_ / "b").c_str(), 0600), 0);
  EXPECT_FALSE(refused.open(folder_.get(), "b", 100));
  fs::create_symlink("/dev/null", root_ / "c");
  EXPECT_FALSE(refused.open(folder_.get(), "c", 100));
  EXPECT_EQ(fs::file_size(other), 4u);
}

TEST_F(Log, AReaderIsNotLedAstray) {
  ASSERT_EQ(mkfifo((root_ / "stdout").c_str(), 0600), 0);
  EXPECT_EQ(reader().read().value_or(""), "");
  fs::remove(root_ / "stdout");
  fs::create_symlink("/etc/passwd", root_ / "stdout");
  EXPECT_FALSE(reader().read());
  fs::remove(root_ / "stdout");
  std::ofstream(root_ / "stdout") << "short\n";
  std::ofstream(root_ / "stdout.9223372036854775807") << "far";
  std::ofstream(root_ / "stdout.x") << "not a part";
  EXPECT_EQ(all(reader()), "short\n");
}

TEST_F(Log, ALimitOfNothingKeepsNothing) {
  auto log = writer(0);
  log.write("text\n");
  EXPECT_EQ(all(reader()), "");
}

}  // namespace
}  // namespace hone
