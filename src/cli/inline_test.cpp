#include "cli/inline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/spec_input.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

StudySpec read(const std::vector<std::string>& command, StudyOptions options = {{"objective", "maximize acc"}}) {
  const auto document = inline_study(command);
  EXPECT_TRUE(document.has_value()) << (document ? "" : document.error().what);
  auto spec = read_study_file(document->text, "study", options);
  EXPECT_TRUE(spec.has_value()) << (spec ? "" : spec.error().what);
  return *spec;
}

TEST(Inline, TurnsTildesIntoParametersAndPlaceholders) {
  const StudySpec spec = read({"python3", "train.py", "--lr", "~float(1e-4, 1e-1, log)", "--hidden", "~[256, 512]",
                               "--epochs", "~until(10)", "--dir", "~dir", "--seed=~seed", "--id", "~trial"});
  EXPECT_THAT(spec.command, ElementsAre("python3", "train.py", "--lr", "{lr}", "--hidden", "{hidden}", "--epochs",
                                        "{until}", "--dir", "{dir}", "--seed={seed}", "--id", "{trial}"));
  ASSERT_EQ(spec.space.params().size(), 2U);
  EXPECT_TRUE(std::get<Float>(spec.space.params()[0].domain).log);
  EXPECT_EQ(std::get<Choice>(spec.space.params()[1].domain).texts, (std::vector<std::string>{"256", "512"}));
  ASSERT_TRUE(spec.fidelity.has_value());
  EXPECT_EQ(spec.fidelity->name, "epoch");
  EXPECT_EQ(spec.fidelity->min, 1);
  EXPECT_EQ(spec.fidelity->max, 10);
}

TEST(Inline, KeepsTheSpellingOfAnOption) {
  const StudySpec spec = read({"train", "--batch-size=~pow2(8, 128)", "-n", "~int(1, 5)"});
  EXPECT_EQ(spec.space.params()[0].name, "batch_size");
  EXPECT_EQ(spec.space.params()[0].spelling, "batch-size");
  EXPECT_EQ(spec.space.params()[1].name, "n");
  EXPECT_THAT(spec.command, ElementsAre("train", "--batch-size={batch_size}", "-n", "{n}"));
}

TEST(Inline, ReadsEveryFormOfUntil) {
  EXPECT_EQ(read({"t", "--rounds", "~until(3, 81)", "--x", "~float(0, 1)"}).fidelity->min, 3);
  EXPECT_EQ(read({"t", "--rounds", "~until(3, 81)"}).fidelity->name, "round");
  EXPECT_EQ(read({"t", "~until(81, name=step)"}).fidelity->name, "step");
  EXPECT_EQ(read({"t", "~until(81)"}).fidelity->name, "epoch");
  EXPECT_THAT(inline_study({"t", "~until(1)", "~until(2)"}).error().what, HasSubstr("given twice"));
  EXPECT_THAT(inline_study({"t", "~until()"}).error().what, HasSubstr("needs a maximum"));
  EXPECT_THAT(inline_study({"t", "~until(1, 2, 3)"}).error().what, HasSubstr("needs a maximum"));
}

TEST(Inline, LeavesEverythingElseAsItIs) {
  const StudySpec spec = read({"awk", "{print $1}", "~~home", "--a=~~b", "a~b", "--p=x=~y"});
  EXPECT_THAT(spec.command, ElementsAre("awk", "{{print $1}}", "~home", "--a=~b", "a~b", "--p=x=~y"));
}

TEST(Inline, SaysWhatIsWrong) {
  EXPECT_THAT(inline_study({}).error().what, HasSubstr("no command"));
  EXPECT_THAT(inline_study({"t", "~float(0, 1)"}).error().what, HasSubstr("has no name"));
  EXPECT_THAT(inline_study({"t", "--x", "~float(0, 1)", "--x", "~float(0, 1)"}).error().what,
              HasSubstr("--x: is given twice"));
  const auto spec = inline_spec({"t", "--lr", "~float(1, 0)"}, {{"objective", "maximize acc"}}, nullptr);
  ASSERT_FALSE(spec.has_value());
  EXPECT_EQ(spec.error().what.substr(0, 5), "~lr: ");
  EXPECT_THAT(inline_spec({"t", "--lr", "~float(0, 1)"}, {}, nullptr).error().what, HasSubstr("--maximize METRIC"));
}

TEST(Inline, NamesTheStudyByItsDefinition) {
  const std::vector<std::string> command = {"python3", "-u", "dir/my_train.py", "--lr", "~float(0, 1)"};
  const StudyOptions options = {{"objective", "maximize acc"}, {"stop.trials", "3"}};
  const auto a = inline_spec(command, options, nullptr), b = inline_spec(command, options, nullptr);
  ASSERT_TRUE(a.has_value());
  EXPECT_EQ(a->name, b->name);
  EXPECT_EQ(a->name.substr(0, 9), "my_train-");
  EXPECT_TRUE(is_study_name(a->name));
  const auto other = inline_spec(command, {{"objective", "maximize acc"}, {"stop.trials", "4"}}, nullptr);
  EXPECT_NE(a->name, other->name);
  EXPECT_EQ(inline_spec(command, {{"objective", "maximize acc"}, {"name", "mine"}}, nullptr)->name, "mine");
  EXPECT_EQ(inline_study({"./bin/train", "--x", "~float(0, 1)"})->stem, "train");
  EXPECT_EQ(inline_study({"...", "--x", "~float(0, 1)"})->stem, "study");
}

TEST(SplitWords, TakesTheKeysOfTheStudyFile) {
  const auto split =
      split_words({"study.yaml", "--dry-run", "--limits.time=10m", "--searcher", "tpe", "--trials", "3", "--maximize",
                   "a", "--minimize", "b", "--home", "/h", "--", "prog", "--seed", "~seed"});
  ASSERT_TRUE(split.has_value());
  EXPECT_THAT(split->own, ElementsAre("study.yaml", "--dry-run", "--home", "/h"));
  EXPECT_EQ(
      split->options,
      (StudyOptions{
          {"limits.time", "10m"}, {"searcher", "tpe"}, {"trials", "3"}, {"objective", "[maximize a, minimize b]"}}));
  EXPECT_EQ(*split->command, (Words{"prog", "--seed", "~seed"}));
  EXPECT_THAT(split_words({"f", "--seed"}).error().what, HasSubstr("--seed: needs a value"));
  EXPECT_THAT(split_words({"f", "--seed", "--", "x"}).error().what, HasSubstr("--seed: needs a value"));
}

}  // namespace
}  // namespace hone
