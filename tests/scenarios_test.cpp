// Runs every file of tests/scenarios. HONE_SCENARIOS: their folder, from CMake.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "faults/plans.h"
#include "sim/scenario.h"

namespace hone {
namespace {

std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(HONE_SCENARIOS)) {
    if (entry.path().extension() == ".hone") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string lines(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + "\n";
  return all;
}

class ScenarioFile : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(ScenarioFile, ComesToWhatItSays) {
  std::ifstream stream(GetParam());
  std::stringstream text;
  text << stream.rdbuf();
  auto scenario = read_scenario(text.str(), GetParam().filename().string());
  ASSERT_TRUE(scenario.has_value()) << scenario.error().what;
  EXPECT_EQ(scenario->name, GetParam().stem().string());
  EXPECT_EQ(lines(judge(*scenario).wrong), "");
}

INSTANTIATE_TEST_SUITE_P(All, ScenarioFile, testing::ValuesIn(files()), [](const auto& info) {
  std::string name = info.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
});

}  // namespace
}  // namespace hone
