#include "cli/trial_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace hone {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> lines_of(const std::vector<std::string>& chunks) {
  std::vector<std::string> lines;
  LogText text;
  std::string line;
  const LogText::Each each = [&](const std::string& piece, bool whole) {
    line += piece;
    if (whole) lines.push_back(std::exchange(line, {}));
  };
  for (const std::string& chunk : chunks) text.feed(chunk, each);
  text.finish(each);
  return lines;
}

TEST(LogText, EndsALineAtEachKindOfEndAndKeepsEmptyOnes) {
  EXPECT_THAT(lines_of({"a\n\nb\r\nc\rd"}), ElementsAre("a", "", "b", "c", "d"));
  EXPECT_THAT(lines_of({"\r10%\r20%\r\r\n", "end\n"}), ElementsAre("10%", "20%", "end"));
  EXPECT_THAT(lines_of({"a\r", "\nb\n", "\r\n", "\n"}), ElementsAre("a", "b", "", ""));
  EXPECT_THAT(lines_of({""}), ElementsAre());
}

TEST(LogText, ShowsNothingThatMovesACursor) {
  EXPECT_THAT(lines_of({"\x1b[2Jred \x1b[31mx\x1b[0m\a\n"}), ElementsAre("red x?"));
  EXPECT_THAT(lines_of({"\xff\xfe ok\n"}), ElementsAre("?? ok"));
}

TEST(LogText, HandsOutALineOfAnyLengthInPiecesAndBreaksNoCharacter) {
  std::string line = "x";
  for (int i = 0; i < 100'000; ++i) line += "é";
  EXPECT_THAT(lines_of({line + "\nend\n"}), ElementsAre(line, "end"));
  std::size_t longest = 0;
  LogText text;
  text.feed(line, [&](const std::string& piece, bool) { longest = std::max(longest, piece.size()); });
  EXPECT_LE(longest, 1U << 16);
  EXPECT_GT(longest, 0U);
}

class Log : public testing::Test {
 protected:
  Log() : root_(fs::temp_directory_path() / fs::path("hone-log-XXXXXX")) {
    std::string name = root_.string();
    root_ = ::mkdtemp(name.data());
    fs::create_directory(root_ / "0");
  }
  ~Log() override { fs::remove_all(root_); }
  void append(const std::string& text) { std::ofstream(root_ / "0/stdout", std::ios::app) << text; }
  Result<std::vector<std::string>> read(TrialLog& log, std::optional<std::int64_t> last = std::nullopt) {
    std::vector<std::string> lines;
    const auto ok = log.read(last, [&](const std::string& text, bool) { lines.push_back(text); });
    if (!ok) return tl::unexpected(ok.error());
    return lines;
  }
  TrialLog log() const { return {(root_ / "0").string(), "stdout"}; }

  fs::path root_;
};

TEST_F(Log, GoesOnWhereItEnded) {
  TrialLog log = this->log();
  EXPECT_THAT(*read(log), ElementsAre()) << "it is not there yet";
  append("a\nb");
  EXPECT_THAT(*read(log), ElementsAre("a"));
  append("c\nd\n");
  EXPECT_THAT(*read(log), ElementsAre("bc", "d"));
  fs::resize_file(root_ / "0/stdout", 0);
  EXPECT_THAT(*read(log), ElementsAre());
  append("new\n");
  EXPECT_THAT(*read(log), ElementsAre("new"));
}

TEST_F(Log, ShowsTheLastLines) {
  append("a\nb\nc\nd\n");
  TrialLog log = this->log();
  EXPECT_THAT(*read(log, 2), ElementsAre("c", "d"));
  append("e\n");
  EXPECT_THAT(*read(log), ElementsAre("e"));
  TrialLog all = this->log(), none = this->log();
  EXPECT_EQ(read(all, 100)->size(), 5U);
  EXPECT_EQ(read(none, 0)->size(), 0U);
}

TEST_F(Log, RefusesWhateverStandsInTheFilesPlace) {
  const fs::path file = root_ / "0/stdout";
  fs::create_symlink("/etc/passwd", file);
  TrialLog link = log();
  EXPECT_THAT(read(link).error().what, HasSubstr("something else in its place"));
  fs::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  TrialLog fifo = log();
  EXPECT_THAT(read(fifo).error().what, HasSubstr("something else in its place"));
  fs::remove(file);
  fs::create_directory(file);
  TrialLog folder = log();
  EXPECT_THAT(read(folder).error().what, HasSubstr("something else in its place"));
}

TEST_F(Log, RefusesAFolderThatIsALink) {
  append("a\n");
  fs::rename(root_ / "0", root_ / "elsewhere");
  fs::create_directory_symlink(root_ / "elsewhere", root_ / "0");
  TrialLog log = this->log();
  EXPECT_THAT(read(log).error().what, HasSubstr("something else in its place"));
}

}  // namespace
}  // namespace hone
