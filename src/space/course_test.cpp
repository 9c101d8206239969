#include "space/course.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone {
namespace {

using testing::HasSubstr;

Space space() {
  return *Space::make({*parse_param("lr", "float(0, 1)"), *parse_param("opt", "[sgd, adam]"),
                       *parse_param("momentum", "float(0, 1) if opt == sgd")});
}
std::string mistake(const std::string& text) {
  const auto read = read_course(text, space());
  return read ? "" : read.error().what;
}

TEST(Course, IsReadAsItIsWritten) {
  const std::vector<CourseStep> course = {{0, {0.5, "sgd", 0.9}}, {7, {0.25, "adam", {}}}};
  const auto read = read_course(course_text(course, space()), space());
  ASSERT_TRUE(read.has_value()) << read.error().what;
  ASSERT_EQ(read->size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ((*read)[i].at, course[i].at);
    EXPECT_EQ((*read)[i].config, course[i].config);
  }
}

TEST(Course, SaysWhichStepIsWrong) {
  EXPECT_THAT(mistake("no json"), HasSubstr("is no JSON list"));
  EXPECT_THAT(mistake("[]"), HasSubstr("is no JSON list"));
  EXPECT_THAT(mistake(R"([{"at": 1, "config": {"lr": 0.5, "opt": "adam"}}])"),
              HasSubstr("step 0 of the schedule: at 1"));
  EXPECT_THAT(mistake(R"([{"at": 0, "config": {"lr": 0.5, "opt": "adam"}}, {"at": 0, "config": {}}])"),
              HasSubstr("step 1 of the schedule: at 0"));
  EXPECT_THAT(mistake(R"([{"at": 0, "config": {"lr": 7, "opt": "adam"}}])"), HasSubstr("lr: 7 is outside"));
  EXPECT_THAT(mistake(R"([{"at": 0, "config": {"lr": [1]}}])"), HasSubstr("lr: is neither a number nor a word"));
  EXPECT_THAT(mistake(R"([{"at": 0}])"), HasSubstr("step 0 of the schedule: is not"));
}

}  // namespace
}  // namespace hone
