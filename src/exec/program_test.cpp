#include "exec/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace hone {
namespace {

using testing::HasSubstr;

class Program : public testing::Test {
 protected:
  Program() {
    std::string pattern = testing::TempDir() + "program.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    std::filesystem::create_directories(folder_ + "/bin");
    make("bin/trainer", 0755);
    make("bin/plain", 0644);
    make("here", 0755);
    make("train.py", 0644);
  }
  ~Program() override { std::filesystem::remove_all(folder_); }

  void make(const std::string& name, mode_t mode) const {
    std::ofstream(folder_ + "/" + name) << "#!/bin/sh\n";
    ::chmod((folder_ + "/" + name).c_str(), mode);
  }
  std::string mistake(const std::string& word, StudySpec spec = {}) const {
    spec.command = {word};
    return program_mistake(spec, folder_, {{"PATH", folder_ + "/bin:/nowhere"}}).value_or("");
  }

  std::string folder_;
};

TEST_F(Program, IsFoundOnPathOrBelowTheFolderOfTheStudy) {
  EXPECT_EQ(mistake("trainer"), "");
  EXPECT_EQ(mistake("./here"), "");
  EXPECT_EQ(mistake("bin/trainer"), "");
  EXPECT_EQ(mistake(folder_ + "/here"), "");
  EXPECT_EQ(mistake("run-{model}"), "");  // a trial's values say which
}

TEST_F(Program, ThatIsNotThereIsAMistakeWithTheNearestReason) {
  EXPECT_THAT(mistake("trainr"), HasSubstr("trainr is not on PATH; did you mean trainer?"));
  EXPECT_THAT(mistake("zzzzzzzz"), HasSubstr("not on PATH; install it, or give its path"));
  EXPECT_THAT(mistake("here"), HasSubstr("did you mean ./here?"));
  EXPECT_THAT(mistake("train.py"), HasSubstr("did you mean `python3 train.py`?"));
  EXPECT_THAT(mistake("./train.py"), HasSubstr("not executable; write `python3 ./train.py`, or chmod +x"));
  EXPECT_THAT(mistake("plain"), HasSubstr("bin/plain is not executable; make it so with chmod +x"));
  EXPECT_THAT(mistake("./bin"), HasSubstr("is a folder"));
  EXPECT_THAT(mistake("./none"), HasSubstr("./none does not exist in " + folder_));
  EXPECT_THAT(mistake("/none"), HasSubstr("/none does not exist; correct the path"));
  EXPECT_EQ(mistake("./no\x1b[31mne\n").find_first_of("\x1b\n"), std::string::npos);
}

TEST_F(Program, IsLookedForOnThePathThatTheStudySets) {
  StudySpec spec;
  spec.env = {{"PATH", folder_}};
  EXPECT_EQ(mistake("here", spec), "");
  EXPECT_THAT(mistake("trainer", spec), HasSubstr("is not on PATH"));
}

}  // namespace
}  // namespace hone
