// Study files that somebody wrote to do harm, or that a tool has mangled: refused in a few printable lines, soon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "study/field_reader.h"
#include "study/study_file.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kHead = "objective: minimize loss\nstop: {trials: 1}\n";

std::string refused(const std::string& text) {
  const auto spec = read_study_file(text, "f", {}, check_study);
  EXPECT_FALSE(spec.has_value()) << shown(std::string_view(text));
  if (spec) return {};
  EXPECT_EQ(spec.error().what, printable(spec.error().what, true));
  EXPECT_LE(mistakes_in(spec.error().what).size(), 101U);
  return spec.error().what;
}
StudySpec accepted(const std::string& text) {
  auto spec = read_study_file(text, "f", {}, check_study);
  EXPECT_TRUE(spec.has_value()) << (spec ? "" : spec.error().what);
  if (!spec) return {};
  const std::string once = study_json(*spec);
  const auto again = read_study_file(once, "f", {}, check_study);
  EXPECT_TRUE(again.has_value()) << (again ? "" : again.error().what);
  if (again) {
    EXPECT_EQ(study_json(*again), once);
  }
  return std::move(*spec);
}
std::string repeated(const std::string& piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += piece;
  return out;
}

TEST(HostileFile, AliasesAnchorsTagsAndMergeKeysAreNoBombs) {
  std::string bomb = "a: &a [x, x]\n";
  for (char c = 'b'; c < 'z'; ++c)
    bomb += std::string(1, c) + ": &" + c + " [*" + char(c - 1) + ", *" + char(c - 1) + "]\n";
  EXPECT_THAT(refused(bomb), testing::StartsWith("f:1: a: anchor &a is not supported; write the value out\n"));
  std::string many = "a: &a [x]\nb: [*a";
  for (int i = 0; i < 200'000; ++i) many += ",*a";
  EXPECT_THAT(refused(many + "]\n"), HasSubstr("f:2: too many anchors, aliases, tags and keys given twice"));
  EXPECT_THAT(refused("a: [*b]\n"), HasSubstr("f:1: "));
  EXPECT_THAT(refused(kHead + "space: !!map {x: 1}\n"),
              HasSubstr("f:3: space: tag tag:yaml.org,2002:map is not supported"));
  EXPECT_THAT(refused(kHead + "space: !\x1b[1m {x: 1}\n"), HasSubstr("f:3: "));
  EXPECT_THAT(refused(kHead + "<<: {seed: 1}\n"), HasSubstr("f:3: <<: unknown key"));
  EXPECT_THAT(refused(kHead + "space: {x: 1, x: 2}\n"), HasSubstr("f:3: space.x: given twice"));
}

TEST(HostileFile, DepthSizeAndNumbersOfEverythingAreLimited) {
  for (const std::string& text :
       {"a: " + repeated("[", 300'000), repeated("{a: ", 100'000), repeated("- ", 300'000), repeated("? ", 300'000),
        repeated("k: |\n", 100'000), "a: \"" + repeated("\\x41", 250'000) + "\"", repeated("#\n", 500'000),
        std::string(2 << 20, 'x'), repeated("a: b\n", 100'000)})
    refused(text);
  std::string keys;
  for (int i = 0; i < 20'000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  EXPECT_THAT(refused(keys), HasSubstr("more than 10000 keys"));
  EXPECT_THAT(refused(kHead + "space: {x: 'int(1, 2)'}\ninitial:\n" + repeated("- {x: 1}\n", 60'000)),
              HasSubstr("f:5: initial: 60000 points; give at most 10000"));
  EXPECT_THAT(refused(kHead + "space: {x: 'float(0, 1)'}\nconstraints:\n" + repeated("- x + x + x > 9\n", 20'000)),
              HasSubstr("f:5: constraints[0]: with the others 260000 characters"));
  std::string unknown = kHead + "space:\n";
  for (int i = 0; i < 9000; ++i) unknown += "  name" + std::to_string(i) + ": = nmae" + std::to_string(i) + "\n";
  EXPECT_THAT(refused(unknown), HasSubstr("f: and more mistakes; correct these first"));
}

TEST(HostileFile, TextIsUtf8WithoutControlCharacters) {
  EXPECT_EQ(refused(kHead + std::string("space: {x: [a\0b]}\n", 18)),
            "f:3: holds the control character 0x00; remove it");
  EXPECT_EQ(refused(kHead + "space: {x: \x1b[31m}\n"), "f:3: holds the control character 0x1b; remove it");
  for (const char* bytes : {"\xff", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                            "\xf5\x80\x80\x80", "\xe2\x82", "\x80"})
    EXPECT_EQ(refused(kHead + "space: {x: [" + bytes + "]}\n"), "f:3: is not UTF-8 text; save it as UTF-8") << bytes;
  EXPECT_EQ(refused(std::string("\xff\xfeo\0b\0", 6)), "f:1: is not UTF-8 text; save it as UTF-8");  // UTF-16
}

TEST(HostileFile, LinesOfWindowsAndAByteOrderMarkAreRead) {
  const std::string unix_file = kHead + "space:\n  x: int(1, 2)\n  c: [a, \"b c\"]\n";
  std::string dos = "\xef\xbb\xbf";
  for (const char c : unix_file) dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(study_json(accepted(dos)), study_json(accepted(unix_file)));
}

TEST(HostileFile, AnythingThatCanBeAnArgumentIsAValueAndNothingElse) {
  const StudySpec spec = accepted(kHead + "space: {x: [\"\\e[31mred\", --rm, \"\", \"a b\\nc\", ../../x, \"" +
                                  std::string(300, 'z') + "\"], k: \"\\x7f\"}\n");
  const auto& texts = std::get<Choice>(spec.space.params()[0].domain).texts;
  EXPECT_THAT(texts, ElementsAre("\x1b[31mred", "--rm", "", "a b\nc", "../../x", std::string(300, 'z')));
  EXPECT_THAT(
      refused(kHead + "space: {x: [\"a\\0b\", c], y: \"\\0\", z: \"= 'a\\0'\"}\n"),
      testing::AllOf(HasSubstr("space.x: a value holds a zero byte"), HasSubstr("space.y: a value holds a zero"),
                     HasSubstr("space.z: 'a?': a zero byte is in it")));
  EXPECT_THAT(refused(kHead + "command: [t, \"a\\0b\"]\nenv: {A: \"\\0\"}\n"),
              testing::AllOf(HasSubstr("f:3: command: holds a zero byte"), HasSubstr("f:4: env.A: holds a zero byte")));
}

TEST(HostileFile, NamesHoldNothingThatAFileOptionOrTerminalWouldUnderstand) {
  const std::vector<std::string> bad = {
      "../x", "a/b", "..", ".", "--rm", "a\\nb", "\\e[1m", "\\0", "\\xff", "", std::string(300, 'n')};
  for (const std::string& name : bad) {
    EXPECT_THAT(refused(kHead + "name: \"" + name + "\"\n"), HasSubstr("f:3: name: ")) << name;
    EXPECT_THAT(refused(kHead + "space: {\"" + name + "\": 'int(1, 2)'}\n"), HasSubstr("f:3: space.")) << name;
    EXPECT_THAT(refused(kHead + "space: {a: {domain: 'int(1, 2)', spelling: \"" + name + "\"}}\n"),
                HasSubstr("f:3: space.a.spelling: "))
        << name;
    EXPECT_THAT(refused(kHead + "env: {\"" + name + "\": 1}\n"), HasSubstr("f:3: env.")) << name;
    if (name == "a/b") continue;  // loss/total is a metric's name
    EXPECT_THAT(refused(kHead + "metrics: {\"" + name + "\": '(x)'}\n"), HasSubstr("f:3: metrics.")) << name;
  }
  EXPECT_THAT(refused("objective: maximize \"a\\nb\"\n"), HasSubstr("f:1: "));
  EXPECT_THAT(refused("objective: \"maximize ../../x\"\n"), HasSubstr("is not a metric's name"));
  // The file's own name is in the messages, and the study's by default.
  const auto spec = read_study_file("seed: x\n", "../\x1b[1m\n--rm.yaml");
  ASSERT_FALSE(spec.has_value());
  EXPECT_EQ(spec.error().what, printable(spec.error().what, true));
  EXPECT_THAT(spec.error().what, HasSubstr("is not a name; give one"));
}

}  // namespace
}  // namespace hone
