#include "cli/inline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/spec_input.h"
#include "study/field_reader.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

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
  EXPECT_THAT(inline_study({"t", "~until(1)", "~until(2)"})->mistakes, ElementsAre(HasSubstr("given twice")));
  EXPECT_THAT(inline_study({"t", "~until()"})->mistakes, ElementsAre(HasSubstr("needs a maximum")));
  EXPECT_THAT(inline_study({"t", "~until(1, 2, 3)"})->mistakes, ElementsAre(HasSubstr("needs a maximum")));
}

TEST(Inline, LeavesEverythingElseAsItIs) {
  const StudySpec spec = read({"awk", "{print $1}", "~~home", "--a=~~b", "a~b", "--p=x=~y"});
  EXPECT_THAT(spec.command, ElementsAre("awk", "{{print $1}}", "~home", "--a=~b", "a~b", "--p=x=~y"));
}

TEST(Inline, SaysAllThatIsWrongAndNamesTheArgument) {
  EXPECT_THAT(inline_study({}).error().what, HasSubstr("no command"));
  const auto spec = inline_spec({"t", "--lr", "~float(1, 0)", "--batch-size=~pow2(7, 8)", "~float(0, 1)", "--x",
                                 "~[a, b]", "--x", "~[a]", "--seed", "~int(0, 9)", "--note=\xff", "{lr}"},
                                {{"searcher", "tpee"}, {"limits.tme", "3"}}, nullptr);
  ASSERT_FALSE(spec.has_value());
  std::vector<std::string> lines;
  for (const std::string_view line : mistakes_in(spec.error().what)) lines.emplace_back(line);
  EXPECT_THAT(lines,
              UnorderedElementsAre(
                  "--limits.tme: unknown key; did you mean time?", "--searcher: tpee is unknown; did you mean tpe?",
                  HasSubstr("--lr: lo 1 is above hi 0"), HasSubstr("--batch-size: 7 is no power of two"),
                  HasSubstr("~float(0, 1): has no name"), "--x: is given twice; remove one",
                  HasSubstr("--seed: {seed} stands for something else"), HasSubstr("is not UTF-8"),
                  HasSubstr("objective: is missing; add `objective: maximize METRIC`, or give --maximize METRIC")));
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
  EXPECT_EQ(inline_spec(command, {{"objective", "maximize acc"}, {"name", "mine"}, {"trials", "1"}}, nullptr)->name,
            "mine");
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
