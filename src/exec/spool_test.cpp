#include "exec/spool.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace hone {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

class Spool : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hone-spool-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    path_ = name;
    folder_.reset(open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  void TearDown() override { fs::remove_all(path_); }

  static Notice exited(TrialId trial) {
    Exited fact;
    fact.trial = trial;
    fact.attempt = 1;
    return {1.5, fact};
  }
  static std::vector<TrialId> trials(const std::vector<SpoolLine>& lines) {
    std::vector<TrialId> result;
    for (const SpoolLine& line : lines)
      if (const auto* notice = std::get_if<Notice>(&line)) result.push_back(std::get<Exited>(notice->fact).trial);
    return result;
  }

  fs::path path_;
  Fd folder_;
  const ProcessMark keeper_{42, 10, 11, "boot"};
};

TEST_F(Spool, LinesComeOutAsTheyWentIn) {
  Reported reported;
  reported.trial = 3;
  reported.attempt = 2;
  reported.n = 9;
  reported.metrics = {{"z", 0.1}, {"a", NAN}, {"i", INFINITY}, {"j", -INFINITY}};
  reported.infeasible = "why";
  const auto line = read_spool_line(spool_line(Notice{1e9 + 0.123456, reported})).value();
  const auto& notice = std::get<Notice>(line);
  const auto& back = std::get<Reported>(notice.fact);
  EXPECT_EQ(notice.time, 1e9 + 0.123456);
  EXPECT_EQ(back.trial, 3);
  EXPECT_EQ(back.attempt, 2);
  EXPECT_EQ(back.n, 9);
  EXPECT_EQ(back.infeasible, "why");
  ASSERT_EQ(back.metrics.size(), 4u);
  EXPECT_EQ(back.metrics[0], (std::pair<std::string, double>("z", 0.1)));
  EXPECT_TRUE(std::isnan(back.metrics[1].second));
  EXPECT_EQ(back.metrics[2].second, INFINITY);
  EXPECT_EQ(back.metrics[3].second, -INFINITY);

  Exited exited;
  exited.cause = Cause::Signal;
  exited.code = 9;
  exited.detail = "a\nb\xff";
  exited.outside = true;
  exited.cpu_seconds = 0.25;
  exited.peak_memory = 1 << 30;
  const auto end = std::get<Exited>(std::get<Notice>(read_spool_line(spool_line(Notice{0, exited})).value()).fact);
  EXPECT_EQ(end.cause, Cause::Signal);
  EXPECT_EQ(end.code, 9);
  EXPECT_EQ(end.detail, "a\nb\xef\xbf\xbd");
  EXPECT_TRUE(end.outside);
  EXPECT_EQ(end.cpu_seconds, 0.25);
  EXPECT_EQ(end.peak_memory, 1 << 30);

  const auto spawned =
      std::get<SpawnedLine>(read_spool_line(spool_line(SpawnedLine{{5, 6}, keeper_, {"0"}, 3})).value());
  EXPECT_EQ(spawned.key, (RunKey{5, 6}));
  EXPECT_EQ(spawned.process.pid, 42);
  EXPECT_EQ(spawned.process.born_to, 11);
  EXPECT_EQ(spawned.process.boot, "boot");
  EXPECT_THAT(spawned.devices, ElementsAre("0"));
  EXPECT_EQ(spawned.slots, 3);
}

TEST_F(Spool, ARemarkComesOutAsItWentInAndALineOfALaterVersionIsPassedOver) {
  const auto remark = std::get<RemarkLine>(read_spool_line(spool_line(RemarkLine{{5, 6}, "no \"loss\" seen"})).value());
  EXPECT_EQ(remark.key, (RunKey{5, 6}));
  EXPECT_EQ(remark.text, "no \"loss\" seen");
  EXPECT_FALSE(read_spool_line(R"({"line":"of a later version","trial":1})"));
}

TEST_F(Spool, EveryCutOfALineIsPassedOver) {
  const std::string whole = spool_line(SpawnedLine{{5, 6}, keeper_, {}});
  for (std::size_t cut = 0; cut + 2 < whole.size(); ++cut) EXPECT_FALSE(read_spool_line(whole.substr(0, cut))) << cut;
}

TEST_F(Spool, WhatIsWrittenIsReadOnceAndOnlyWholeLines) {
  SpoolWriter writer(folder_.get(), 1, keeper_);
  SpoolReader reader(folder_.get(), 1);
  EXPECT_THAT(reader.read(1 << 20).value(), IsEmpty());
  writer.add(exited(1));
  ASSERT_TRUE(writer.flush());
  EXPECT_THAT(trials(reader.read(1 << 20).value()), ElementsAre(1));
  EXPECT_THAT(reader.read(1 << 20).value(), IsEmpty());
  const std::string line = spool_line(exited(2));
  std::ofstream(path_ / "1.jsonl", std::ios::app) << line.substr(0, 20);
  EXPECT_THAT(reader.read(1 << 20).value(), IsEmpty());
  std::ofstream(path_ / "1.jsonl", std::ios::app) << line.substr(20);
  EXPECT_THAT(trials(reader.read(1 << 20).value()), ElementsAre(2));
}

TEST_F(Spool, AReadIsBoundedAndNothingIsSkipped) {
  SpoolWriter writer(folder_.get(), 1, keeper_);
  std::vector<TrialId> expected, got;
  for (TrialId trial = 0; trial < 100; ++trial) writer.add(exited(trial)), expected.push_back(trial);
  ASSERT_TRUE(writer.flush());
  SpoolReader reader(folder_.get(), 1);
  int reads = 0;
  for (auto lines = reader.read(500).value(); !lines.empty(); lines = reader.read(500).value(), ++reads)
    for (const TrialId trial : trials(lines)) got.push_back(trial);
  EXPECT_EQ(got, expected);
  EXPECT_GT(reads, 10);
}

TEST_F(Spool, ItGoesOnInANewFileThatKnowsWhatIsAlive) {
  SpoolWriter writer(folder_.get(), 1, keeper_);
  writer.add(exited(1));
  ASSERT_TRUE(writer.flush());
  EXPECT_FALSE(writer.full());
  writer.rotate({SpawnedLine{{7, 1}, keeper_, {}}});
  writer.add(exited(2));
  ASSERT_TRUE(writer.flush());
  EXPECT_THAT(spool_files(folder_.get()), ElementsAre(1, 2));
  SpoolReader old(folder_.get(), 1), next(folder_.get(), 2);
  const auto first = old.read(1 << 20).value(), second = next.read(1 << 20).value();
  ASSERT_EQ(first.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<NextLine>(first[2]));
  ASSERT_EQ(second.size(), 3u);
  EXPECT_EQ(std::get<KeeperLine>(second[0]).keeper.pid, 42);
  EXPECT_EQ(std::get<SpawnedLine>(second[1]).key, (RunKey{7, 1}));
  EXPECT_THAT(trials(second), ElementsAre(2));
}

TEST_F(Spool, AFullDiskKeepsTheLinesUntilItTakesThem) {
  const fs::path file = path_ / "1.jsonl";
  fs::create_directory(file);  // in the way, as a disk that refuses
  SpoolWriter writer(folder_.get(), 1, keeper_);
  writer.add(exited(1));
  EXPECT_FALSE(writer.flush());
  EXPECT_FALSE(writer.empty());
  fs::remove(file);
  EXPECT_TRUE(writer.flush());
  EXPECT_TRUE(writer.empty());
  EXPECT_THAT(trials(SpoolReader(folder_.get(), 1).read(1 << 20).value()), ElementsAre(1));
}

}  // namespace
}  // namespace hone
