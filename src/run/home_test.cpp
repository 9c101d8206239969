#include "run/home.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hone/study.h"
#include "study/study_file.h"

namespace hone {
namespace {

using testing::HasSubstr;

StudySpec spec_of(const std::string& text) {
  auto spec =
      read_study_file("name: s\nobjective: minimize loss\nspace: {x: 'float(0, 1)'}\nstop: {trials: 9}\n" + text, "s");
  EXPECT_TRUE(spec) << spec.error().what;
  return *spec;
}

/// What is said when a study of `stored` is run with `given`; empty if it is the same.
std::string conflict(const std::string& stored, const std::string& given) {
  const auto study = Study::make(spec_of(stored));
  if (!study) return study.error().what;
  const auto same = same_definition(spec_of(given), study->spec());
  return same ? "" : same.error().what;
}

TEST(SameDefinition, WhatIsLeftOpenIsAsItWas) {
  const std::string epochs = "fidelity: {max: 9}\n";
  EXPECT_EQ(conflict(epochs + "searcher: tpe\nscheduler: median\n", epochs), "");
  EXPECT_EQ(conflict("seed: 7\nparallel: 3\n", "parallel: 4\n"), "");
  EXPECT_EQ(conflict(epochs + "searcher: gp\nscheduler: bohb\n", epochs + "scheduler: bohb\n"), "")
      << "a recipe's searcher too";
}

TEST(SameDefinition, AutoIsWhatItStandsFor) {
  const std::string epochs = "fidelity: {max: 9}\n", all_auto = "searcher: auto\nscheduler: auto\n";
  EXPECT_EQ(conflict("", all_auto), "");
  EXPECT_EQ(conflict(epochs, epochs + all_auto), "");
  EXPECT_EQ(conflict(epochs + "scheduler: bohb\n", epochs + "searcher: auto\nscheduler: bohb\n"), "");
  EXPECT_THAT(conflict(epochs + "searcher: tpe\nscheduler: median\n", epochs + all_auto),
              HasSubstr("(searcher, scheduler differ); --extend goes on with the new one"));
}

}  // namespace
}  // namespace hone
