#include "cli/spec_input.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "exec/fd.h"
#include "study/field_reader.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SpecInput : public testing::Test {
 protected:
  SpecInput() {
    std::string pattern = testing::TempDir() + "spec.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~SpecInput() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  std::vector<std::string> mistakes(const std::string& text, const ReadFor& use = {}) const {
    const std::string path = write("s.yaml", text);
    const auto spec = read_spec(path, {}, nullptr, use);
    std::vector<std::string> lines;
    if (spec) return lines;
    for (const std::string_view line : mistakes_in(spec.error().what)) {
      EXPECT_EQ(line.substr(0, path.size() + 1), path + ":") << line;
      lines.emplace_back(line.substr(path.size() + 1));
    }
    return lines;
  }

  std::string folder_;
};

constexpr const char* kGood = "objective: minimize l\nspace: {x: [1, 2]}\ncommand: sh -c {x}\n";

TEST_F(SpecInput, MistakesOfStudyCommandProgramAndPatternsAreOneList) {
  EXPECT_THAT(mistakes("command: shh -c {wdith} {dir}{params}\n"
                       "objective: maximize acc\n"
                       "space:\n"
                       "  width: int(4, 2)\n"
                       "  dir: flot(0, 1)\n"
                       "metrics:\n"
                       "  acc: 'acc ([0-9'\n"
                       "  loss: x\n"
                       "searcher: tpee\n",
                       {.trials = true}),
              ElementsAre(HasSubstr("1: command: `{wdith}` is no parameter of the space; did you mean {width}?"),
                          HasSubstr("1: command: `{dir}{params}`: {params} must be a word of its own"),
                          HasSubstr("1: command: shh is not on PATH; did you mean "),
                          HasSubstr("4: space.width: lo 4 is above hi 2"),
                          HasSubstr("5: space.dir: unknown domain flot; did you mean float?"),
                          HasSubstr("5: space.dir: {dir} stands for something else in a command; call it e.g. my_dir"),
                          HasSubstr("7: metrics.acc: `acc ([0-9` is no regular expression"),
                          HasSubstr("8: metrics.loss: `x` has 0 groups"),
                          HasSubstr("9: searcher: tpee is unknown; did you mean tpe?")));
}

TEST_F(SpecInput, AVariableThatIsNotSetIsInTheListWhereTrialsAreStarted) {
  const std::string text = std::string(kGood) +
                           "env:\n  PATH_TOO: $PATH\n  T: $HONE_TEST_UNSET_1\n  U: $UNSET_BY_EVERYBODY_2\n"
                           "searcher: tpee\n";
  EXPECT_THAT(mistakes(text, {.trials = true}),
              ElementsAre("6: env.T: $HONE_TEST_UNSET_1 is not set in the environment; set it",
                          "7: env.U: $UNSET_BY_EVERYBODY_2 is not set in the environment; set it",
                          HasSubstr("8: searcher: tpee is unknown")));
  EXPECT_THAT(mistakes(text), ElementsAre(HasSubstr("8: searcher: tpee is unknown")));
}

TEST_F(SpecInput, UntilGoesNoFurtherThanTheFidelity) {
  StudySpec spec;
  EXPECT_TRUE(check_until(spec, 99));
  spec.fidelity = Fidelity{.name = "epoch", .min = 3, .max = 9};
  EXPECT_TRUE(check_until(spec, std::nullopt));
  EXPECT_TRUE(check_until(spec, 9));
  EXPECT_EQ(check_until(spec, 10).error().what, "--until: 10 is above the 9 of fidelity.max; give 3 to 9");
}

TEST_F(SpecInput, NoInputAndTwoInputsAreTwoMistakes) {
  EXPECT_EQ(file_or_command("lint", true).what, "give a study FILE or a command after --; see `hone lint --help`");
  EXPECT_EQ(file_or_command("lint", false).what,
            "give a study FILE or a command after --, not both; see `hone lint --help`");
}

TEST_F(SpecInput, AProgramIsNeededOnlyWhereTrialsAreStarted) {
  const std::string text = "objective: minimize l\nspace: {x: [1, 2]}\n";
  EXPECT_THAT(mistakes(text), ElementsAre());
  EXPECT_THAT(mistakes(text, {.trials = true}),
              ElementsAre("1: command: is missing; add the program that runs a trial"));
  EXPECT_THAT(mistakes(text + "command: /nowhere/t {x}\n"), ElementsAre());
  EXPECT_THAT(mistakes(text + "command: /nowhere/t {x}\n", {.trials = true}),
              ElementsAre("3: command: /nowhere/t does not exist; correct the path"));
}

TEST_F(SpecInput, AStudyThatIsResumedHasItsProgramWhereItWasFirstStarted) {
  std::filesystem::create_directories(folder_ + "/there");
  write("there/train", "#!/bin/sh\n");
  ::chmod((folder_ + "/there/train").c_str(), 0755);
  std::filesystem::create_directories(folder_ + "/home/studies/s");
  const std::string text = "objective: minimize l\nspace: {x: [1, 2]}\ncommand: ./train {x}\n";
  const ReadFor use{true, folder_ + "/home"};
  EXPECT_THAT(mistakes(text, use), ElementsAre(HasSubstr("3: command: ./train does not exist in ")));
  write("home/studies/s/started-in", folder_ + "/there\n");
  EXPECT_THAT(mistakes(text, use), ElementsAre());
}

TEST_F(SpecInput, WhatIsProbablyASlipIsWarnedAbout) {
  const auto warnings = [&](const std::string& command) {
    std::vector<std::string> out;
    const auto spec =
        read_spec(write("s.yaml", "objective: minimize l\nspace: {x: [1, 2], y: [1]}\ncommand: " + command), {}, &out);
    EXPECT_TRUE(spec.has_value()) << (spec ? "" : spec.error().what);
    return out;
  };
  EXPECT_THAT(warnings("t {x}"), ElementsAre(HasSubstr("command: y is not in it")));
  EXPECT_THAT(warnings("t {params}"), ElementsAre());
  EXPECT_THAT(
      warnings(
          "t {params}\nmetrics: {loss: (x), l: (x), latency: (x)}\noutcome_constraints: [latncy <= 3]\ncost: secnds"),
      ElementsAre("metrics.latency: no objective or constraint; did you mean latncy?",
                  "cost: secnds is taken as a metric; did you mean seconds?"));
}

TEST_F(SpecInput, AScheduleIsReadFromItsFileHoweverItIsNamed) {
  const std::string steps = "[{\"at\":0,\"config\":{\"x\":1}},\n {\"at\":3,\"config\":{\"x\":2}}]\n";
  const std::string file = write("sched.json", steps), other = write("other.json", "[]");
  const auto read = [&](const std::string& scheduler, const StudyOptions& options) {
    const std::string path =
        write("s.yaml", std::string(kGood) + "fidelity: {name: epoch, max: 9}\nstop: {trials: 1}\n" +
                            "scheduler: " + scheduler + "\n");
    const auto spec = read_spec(path, options, nullptr);
    EXPECT_TRUE(spec) << spec.error().what;
    const auto found = spec ? spec->scheduler.options.find("schedule") : Options::const_iterator();
    if (!spec || found == spec->scheduler.options.end()) return std::string("none");
    const std::string text = std::get<std::string>(found->second);
    return text.substr(text.find_first_not_of(' '));
  };
  const std::string map = "{pbt-replay: {schedule: " + file + "}}", another = "{pbt-replay: {schedule: " + other + "}}";
  EXPECT_EQ(read(map, {}), steps);
  EXPECT_EQ(read("auto", {{"scheduler", map}}), steps);
  EXPECT_EQ(read(another, {{"scheduler", map}}), steps) << "the option is what counts";
  EXPECT_EQ(read("auto", {{"scheduler.schedule", file}, {"scheduler", "pbt-replay"}}), steps);
  EXPECT_EQ(read(another, {{"scheduler.schedule", file}}), steps);
  EXPECT_EQ(read(map, {{"scheduler", "asha"}}), "none");
}

TEST_F(SpecInput, WhatIsNoFileIsRefusedWithoutWaiting) {
  const auto what = [](const std::string& path) {
    const auto spec = read_spec(path, {}, nullptr);
    return spec ? "" : spec.error().what;
  };
  EXPECT_THAT(what(folder_), HasSubstr(": cannot be read: it is a folder; name a file in it"));
  EXPECT_THAT(what(folder_ + "/none\n\x1b[1m.yaml"), HasSubstr("cannot be read: No such file"));
  EXPECT_EQ(what(folder_ + "/none\n\x1b[1m.yaml").find_first_of("\n\x1b"), std::string::npos);
  EXPECT_THAT(what("/dev/zero"), HasSubstr("a study file has at most 1 MiB"));
  EXPECT_THAT(what("/dev/null"), HasSubstr("is empty"));
  ASSERT_EQ(::mkfifo((folder_ + "/fifo").c_str(), 0600), 0);
  EXPECT_THAT(what(folder_ + "/fifo"), HasSubstr("is empty"));  // nobody writes
  EXPECT_THAT(what(write("big.yaml", std::string((1 << 20) + 1, '#'))), HasSubstr("1048577 bytes"));
}

TEST_F(SpecInput, APipeThatSomebodyWritesIsRead) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd out(ends[0]);
  Fd in(ends[1]);
  ASSERT_EQ(::write(in.get(), kGood, std::strlen(kGood)), static_cast<ssize_t>(std::strlen(kGood)));
  in.reset();
  const auto spec = read_spec("/dev/fd/" + std::to_string(out.get()), {{"name", "s"}}, nullptr);
  ASSERT_TRUE(spec.has_value()) << spec.error().what;
  EXPECT_EQ(spec->command[0], "sh");
}

}  // namespace
}  // namespace hone
