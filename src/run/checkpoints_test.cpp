#include "run/checkpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "study/study_file.h"

namespace hone {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class CheckpointFolders : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hone-checkpoints-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    ASSERT_TRUE(mark_folder(folder_));
    spec_ = *read_study_file(
        "objective: minimize loss\nspace: {x: \"float(0, 1)\"}\nfidelity: {name: epoch, max: 30}\nscheduler: pbt\n"
        "stop: {trials: 4}\n",
        "s");
    open();
    // Trial 0 has trained to 10 and rests; trial 1 is to be a child of it.
    trials_.resize(2);
    trials_[1].id = 1;
    trials_[0].phase = Phase::Paused;
    trials_[0].reports = {{10, {0.1}, {}, 0}};
    put("0/files/model", "at ten");
    trials_[1].from = Checkpoint{0, 10};
    trials_[1].live = true;
    for (Trial& trial : trials_) trial.attempt = 1;
  }
  void TearDown() override {
    std::error_code error;
    fs::remove_all(folder_, error);
  }
  void open() { checkpoints_.emplace(std::move(*Checkpoints::open(folder_, spec_))); }
  void put(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(folder_ + "/" + path).parent_path());
    std::ofstream(folder_ + "/" + path) << text;
  }
  std::string get(const std::string& path) const {
    std::stringstream text;
    text << std::ifstream(folder_ + "/" + path).rdbuf();
    return text.str();
  }
  void resume(TrialId id, Resource until) {
    Trial& trial = trials_[static_cast<std::size_t>(id)];
    trial.legs.push_back({trial.until, trial.reports.size()});
    trial.until = until;
    trial.phase = Phase::Running;
    trial.live = true;
  }
  void end(TrialId id, Resource at) {
    Trial& trial = trials_[static_cast<std::size_t>(id)];
    trial.reports.push_back({at, {0.1}, {}, 0});
    trial.phase = Phase::Paused;
    trial.live = false;
    checkpoints_->seen({1, Exited{.trial = id, .attempt = 1}}, trials_, std::nullopt);
  }
  bool there(const std::string& path) const { return fs::exists(folder_ + "/" + path); }

  std::string folder_;
  StudySpec spec_;
  std::vector<Trial> trials_;
  std::optional<Checkpoints> checkpoints_;
};

TEST_F(CheckpointFolders, AChildBeginsWithACopyOfADonorThatRests) {
  ASSERT_TRUE(checkpoints_->prepare(trials_[1], trials_));
  EXPECT_EQ(get("1/files/model"), "at ten");
  put("1/files/model", "its own");
  EXPECT_EQ(get("0/files/model"), "at ten");
  ASSERT_TRUE(checkpoints_->prepare(trials_[1], trials_));
  EXPECT_EQ(get("1/files/model"), "its own") << "a second attempt goes on from where the first was";
  const auto copies = checkpoint_copies(folder_);
  ASSERT_EQ(copies.size(), 1u);
  EXPECT_EQ(copies[0].bytes, 6);
  EXPECT_THAT(copy_text(copies[0], spec_), HasSubstr("the checkpoint of trial 0 at epoch 10: 0.0 MiB in "));
}

TEST_F(CheckpointFolders, ADonorThatGoesOnHandsOnWhatItHadBefore) {
  resume(0, 20);
  ASSERT_TRUE(checkpoints_->prepare(trials_[0], trials_));
  put("0/files/model", "half wri");
  ASSERT_TRUE(checkpoints_->prepare(trials_[1], trials_));
  EXPECT_EQ(get("1/files/model"), "at ten");
  ASSERT_TRUE(checkpoints_->prepare(trials_[0], trials_)) << "a second attempt: the folder is no longer what it was";
  EXPECT_EQ(get("0/at-10/model"), "at ten");
}

TEST_F(CheckpointFolders, NothingIsCopiedFromADonorThatRunsAndKeptNothing) {
  trials_[0].phase = Phase::Running;
  trials_[0].live = true;
  const auto ok = checkpoints_->prepare(trials_[1], trials_);
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error().what, "the checkpoint of trial 0 at 10 is not there any more");
  EXPECT_FALSE(there("1/files"));
}

TEST_F(CheckpointFolders, WhatNoTrialCanNeedIsRemoved) {
  resume(0, 20);
  ASSERT_TRUE(checkpoints_->prepare(trials_[0], trials_));
  ASSERT_TRUE(checkpoints_->prepare(trials_[1], trials_));
  put("0/files/model", "at twenty");
  end(0, 20);
  EXPECT_TRUE(there("0/at-10")) << "trial 1 may have to begin once more";
  open();  // another process
  end(1, 20);
  EXPECT_FALSE(there("0/at-10"));
  EXPECT_EQ(get("0/files/model"), "at twenty");
  resume(0, 30);
  ASSERT_TRUE(checkpoints_->prepare(trials_[0], trials_));
  checkpoints_->seen({1, Paused{.trial = 1}}, trials_, std::nullopt);
  EXPECT_TRUE(there("0/at-20")) << "it may be wanted while trial 0 trains";
}

TEST_F(CheckpointFolders, TheFolderOfATrialThatWasReplacedIsRemovedButNotTheBest) {
  for (const auto best : {std::optional<TrialId>(0), std::optional<TrialId>()}) {
    trials_[0].phase = Phase::Stopped;
    trials_[1].phase = Phase::Paused;
    checkpoints_->seen({1, Stopped{.trial = 0}}, trials_, best);
    EXPECT_EQ(there("0/files"), best.has_value());
  }
}

TEST_F(CheckpointFolders, ACopyThatACrashLeftUnfinishedIsMadeAnew) {
  put("1/files.copying/model", "at t");
  ASSERT_TRUE(checkpoints_->prepare(trials_[1], trials_));
  EXPECT_EQ(get("1/files/model"), "at ten");
  EXPECT_FALSE(there("1/files.copying"));
}

TEST_F(CheckpointFolders, ScoresWhoseFoldIsUnclearAreFoundOut) {
  spec_.objectives = {{"acc", true, Aggregate::Mean}};
  spec_.fidelity = Fidelity{"fold", 1, 20};
  Reported report{.trial = 1, .attempt = 1, .n = 1, .metrics = {{"acc", 0.5}, {"fold", 11}}, .infeasible = {}};
  EXPECT_EQ(started_over(report, trials_[1], spec_), std::nullopt);
  report.metrics.pop_back();
  EXPECT_EQ(started_over(report, trials_[1], spec_),
            "trial 1: goes on after fold 10 and does not say which its scores are of; print fold=N with each");
  EXPECT_EQ(started_over(report, trials_[0], spec_), std::nullopt) << "counted from the first on";
  report.metrics.emplace_back("folds", 0);
  EXPECT_EQ(started_over(report, trials_[0], spec_),
            "trial 0: reports folds=0, and the first is 1; print fold=1 to 20");
  spec_.objectives[0].aggregate = Aggregate::Last;
  EXPECT_EQ(started_over(report, trials_[0], spec_), std::nullopt);
}

TEST_F(CheckpointFolders, ReportsOfAResumedRunThatNameNoFidelityAreFoundOut) {
  spec_.scheduler.name = "asha";
  Trial trial = trials_[1];
  trial.from.reset();
  trial.legs = {{3, 1}};
  trial.reports = {{.at = 3}};
  trial.counted = 2;
  Reported report{.trial = 1, .attempt = trial.attempt, .n = 2, .metrics = {{"loss", 0.5}}, .infeasible = {}};
  EXPECT_THAT(started_over(report, trial, spec_).value_or(""),
              HasSubstr("trial 1: goes on after epoch 3 and does not say"));
  trial.level = 5;
  EXPECT_EQ(started_over(report, trial, spec_), std::nullopt);
  trial.level = 0, trial.legs.clear();
  EXPECT_EQ(started_over(report, trial, spec_), std::nullopt) << "its first run";
}

TEST_F(CheckpointFolders, AProgramThatBeginsAtOneAgainIsFoundOut) {
  Reported report{.trial = 1, .attempt = 1, .n = 1, .metrics = {{"loss", 0.5}, {"epoch", 1}}, .infeasible = {}};
  const auto line = started_over(report, trials_[1], spec_);
  ASSERT_TRUE(line.has_value());
  EXPECT_THAT(*line, HasSubstr("trial 1: began at epoch 1 again instead of going on from 10"));
  report.metrics[1].second = 11;
  EXPECT_EQ(started_over(report, trials_[1], spec_), std::nullopt);
  report.metrics[1].second = 1;
  EXPECT_EQ(started_over(report, trials_[0], spec_), std::nullopt) << "from scratch";
  trials_[1].attempt = 2;
  EXPECT_EQ(started_over(report, trials_[1], spec_), std::nullopt) << "a report of the run before";
}

}  // namespace
}  // namespace hone
