#include "exec/command.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace hone {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

StudySpec spec(std::vector<std::string> command) {
  StudySpec spec;
  spec.name = "demo";
  spec.command = std::move(command);
  Param lr{.name = "lr", .domain = Float{.lo = 1e-4, .hi = 1, .log = true, .step = {}}, .when = {}};
  Choice models;
  models.options = {std::string("svm"), std::string("mlp")};
  models.texts = {"svm", "mlp"};
  Param model{.name = "model", .domain = models, .when = {}};
  Param batch{.name = "batch_size", .domain = Int{.lo = 1, .hi = 512}, .when = "model == mlp"};
  batch.spelling = "batch-size";
  spec.space = Space::make({lr, model, batch}).value();
  return spec;
}
Trial trial(Value batch = std::int64_t{64}) {
  Trial trial;
  trial.id = 7;
  trial.attempt = 2;
  trial.until = 9;
  trial.seed = 11;
  trial.config = {0.001, std::holds_alternative<std::monostate>(batch) ? std::string("svm") : std::string("mlp"),
                  batch};
  return trial;
}
std::vector<std::string> argv(std::vector<std::string> command, const Trial& t = trial()) {
  return make_run(spec(std::move(command)), t, "/home/s", {}).argv;
}

TEST(Command, PlaceholdersAreReplacedAndOneWordStaysOneWord) {
  EXPECT_THAT(argv({"./train", "--lr", "{lr}", "--out={dir}/x y", "{until}-{trial}-{seed}-{study}"}),
              ElementsAre("./train", "--lr", "0.001", "--out=/home/s/7/files/x y", "9-7-11-demo"));
}

TEST(Command, BracesAreEscapedByDoublingAndForeignOnesStay) {
  EXPECT_THAT(argv({"awk", "{print $1}", "{{lr}}", "{}", "{lr", "a}}b"}),
              ElementsAre("awk", "{print $1}", "{lr}", "{}", "{lr", "a}b"));
}

TEST(Command, ParamsExpandsInTheOriginalSpellingWithoutInactiveOnes) {
  EXPECT_THAT(argv({"t", "{params}", "end"}),
              ElementsAre("t", "--lr", "0.001", "--model", "mlp", "--batch-size", "64", "end"));
  EXPECT_THAT(argv({"t", "{params}"}, trial(std::monostate{})), ElementsAre("t", "--lr", "0.001", "--model", "svm"));
}

TEST(Command, AWordWithAnInactiveParameterGoesWithTheOptionBeforeIt) {
  const Trial without = trial(std::monostate{});
  EXPECT_THAT(argv({"t", "--batch", "{batch_size}", "x"}, without), ElementsAre("t", "x"));
  EXPECT_THAT(argv({"t", "--batch={batch_size}", "x"}, without), ElementsAre("t", "x"));
  EXPECT_THAT(argv({"t", "--lr={lr}", "{batch_size}", "x"}, without), ElementsAre("t", "--lr=0.001", "x"));
  EXPECT_THAT(argv({"t", "word", "{batch_size}"}, without), ElementsAre("t", "word"));
  EXPECT_THAT(argv({"t", "--", "{batch_size}"}, without), ElementsAre("t", "--"));
  EXPECT_THAT(argv({"-t", "{batch_size}"}, without), ElementsAre("-t"));
  EXPECT_THAT(argv({"t", "--batch", "{batch_size}", "x"}), ElementsAre("t", "--batch", "64", "x"));
}

TEST(Command, AParameterBeatsABuiltInName) {
  StudySpec s = spec({"t", "{seed}"});
  s.space = Space::make({Param{.name = "seed", .domain = Int{.lo = 0, .hi = 9}, .when = {}}}).value();
  Trial t = trial();
  t.config = {std::int64_t{5}};
  EXPECT_THAT(make_run(s, t, "/home/s", {}).argv, ElementsAre("t", "5"));
}

TEST(Command, ItsEnvironmentTellsTheTrialWhoItIs) {
  const RunSpec run = make_run(spec({"t"}), trial(), "/home/s", {{"MODE", "fast"}});
  EXPECT_THAT(run.env, ElementsAre(Pair("MODE", "fast"), Pair("HONE_STUDY", "demo"), Pair("HONE_TRIAL", "7"),
                                   Pair("HONE_SEED", "11"), Pair("HONE_UNTIL", "9"), Pair("HONE_ATTEMPT", "2"),
                                   Pair("HONE_DIR", "/home/s/7/files"), Pair("HONE_PARAMS", "/home/s/7/params.json"),
                                   Pair("HONE_CPUS", "1"), Pair("HONE_REPORT", "/home/s/7/report.2")));
  EXPECT_EQ(run.folder, "/home/s/7");
  EXPECT_EQ(run.key, (RunKey{7, 2}));
}

TEST(Command, ParamsFileHoldsNumbersAsNumbersAndOnlyActiveOnes) {
  const auto json = nlohmann::json::parse(make_run(spec({"t"}), trial(), "/s", {}).params);
  EXPECT_EQ(json, nlohmann::json::parse(R"({"lr": 0.001, "model": "mlp", "batch_size": 64})"));
  const auto without = nlohmann::json::parse(make_run(spec({"t"}), trial(std::monostate{}), "/s", {}).params);
  EXPECT_EQ(without, nlohmann::json::parse(R"({"lr": 0.001, "model": "svm"})"));
}

TEST(Command, IsShownQuotedForAShell) {
  EXPECT_EQ(shell_command(spec({"python3", "my train.py", "--lr={lr}", "it's"}), trial(), "/s"),
            "python3 'my train.py' --lr=0.001 'it'\\''s'");
}

TEST(CheckCommand, EveryPlaceholderWithoutAParameterIsListedWithTheNearestName) {
  const auto result = check_command(spec({"t", "{batchsize}", "x{until}", "{zzzzzzzz}", "a{params}"}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::Invalid);
  EXPECT_THAT(result.error().what,
              HasSubstr("command: `{batchsize}` is no parameter of the space; did you mean {batch_size}?"));
  EXPECT_THAT(result.error().what,
              HasSubstr("\ncommand: `{zzzzzzzz}` is no parameter of the space; write {{zzzzzzzz}}"));
  EXPECT_THAT(result.error().what, HasSubstr("{params} must be a word of its own"));
  EXPECT_THAT(check_command(spec({})).error().what, HasSubstr("command: empty"));
}

TEST(CheckCommand, APlaceholderWithoutItsClosingBraceIsAMistakeAndOtherBracesAreNot) {
  const auto wrong = [](const std::string& word) {
    const auto result = check_command(spec({"t", "{params}", word}));
    return result ? std::string() : result.error().what;
  };
  EXPECT_EQ(wrong("{lr"), "command: `{lr` has no closing brace; write {lr}, or {{lr for the text itself");
  EXPECT_THAT(wrong("--dir={dir/x"), HasSubstr("write {dir},"));
  EXPECT_THAT(wrong("{lr,{model}"), HasSubstr("write {lr},"));
  EXPECT_THAT(wrong("{model}{batch-size"), HasSubstr("write {batch-size},"));
  for (const char* word : {"{print $1}", "{lr+=$1} END {print lr}", "{", "{{lr", "{{{{lr", "{other", "{ lr",
                           "{\"lr\": 1", "}lr", "{lr}", "{}", "{lr_2"})
    EXPECT_EQ(wrong(word), "") << word;
}

TEST(Command, WhateverAValueHoldsIsOneWordAndIsShownQuotedAndStripped) {
  StudySpec hostile = spec({"t", "--x", "{x}", "{params}"});
  Choice choice;
  choice.options = {std::string("--rm"), std::string("\x1b[31m; rm -rf /\n$(x)"), std::string()};
  hostile.space = Space::make({{.name = "x", .domain = choice, .when = {}}}).value();
  Trial t = trial();
  for (const Value& option : choice.options) {
    t.config = {option};
    const std::string& text = std::get<std::string>(option);
    EXPECT_THAT(make_run(hostile, t, "/s", {}).argv, ElementsAre("t", "--x", text, "--x", text));
  }
  t.config = {choice.options[1]};
  EXPECT_EQ(printable(shell_command(hostile, t, "/s")).find_first_of("\x1b\n"), std::string::npos);
  EXPECT_THAT(shell_command(hostile, t, "/s"), HasSubstr("'\x1b[31m; rm -rf /\n$(x)'"));
}

TEST(CheckCommand, AParameterNamedLikeAPlaceholderIsRefusedWithAnotherName) {
  for (const std::string name : {"dir", "until", "trial", "seed", "study", "params"}) {
    StudySpec named = spec({"t", "{" + name + "}"});
    named.space = Space::make({{.name = name, .domain = Int{.lo = 1, .hi = 2}, .when = {}}}).value();
    EXPECT_EQ(check_command(named).error().what,
              "space." + name + ": {" + name + "} stands for something else in a command; call it e.g. my_" + name);
  }
  // The spelling is the program's: it may be any, and the placeholder stays Hone's.
  StudySpec spelled = spec({"t", "--seed", "{seed}", "{params}"});
  Param seed{.name = "my_seed", .domain = Int{.lo = 1, .hi = 2}, .when = {}};
  seed.spelling = "seed";
  spelled.space = Space::make({seed}).value();
  EXPECT_THAT(*check_command(spelled), IsEmpty());
  Trial t = trial();
  t.config = {std::int64_t{2}};
  EXPECT_THAT(make_run(spelled, t, "/s", {}).argv, ElementsAre("t", "--seed", "11", "--seed", "2"));
}

TEST(CheckCommand, ParametersThatDoNotReachTheProgramAreWarnedAbout) {
  EXPECT_THAT(*check_command(spec({"t", "{lr}", "{model}"})), ElementsAre(HasSubstr("batch_size is not in it")));
  EXPECT_THAT(*check_command(spec({"t"})), ElementsAre(HasSubstr("no parameter in it")));
  EXPECT_THAT(*check_command(spec({"t", "{params}"})), IsEmpty());
  EXPECT_THAT(*check_command(spec({"t", "{lr}", "{model}", "{batch-size}"})), IsEmpty());
}

TEST(Environment, HoneVariablesAreNotInherited) {
  const char* const vars[] = {"PATH=/bin", "HONE_TRIAL=3", "A=b=c", "=odd", "EMPTY=", nullptr};
  EXPECT_THAT(inherited_environment(vars), ElementsAre(Pair("PATH", "/bin"), Pair("A", "b=c"), Pair("EMPTY", "")));
}

TEST(Environment, ValuesThatNameAVariableAreTakenFromTheEnvironment) {
  StudySpec s = spec({"t"});
  s.env = {{"TOKEN", "$SECRET"}, {"PRICE", "$5"}, {"MODE", "fast"}};
  EXPECT_THAT(
      *study_environment(s, {{"SECRET", "x"}}),
      ::testing::IsSupersetOf({std::pair<std::string, std::string>("TOKEN", "x"), {"PRICE", "$5"}, {"MODE", "fast"}}));
  EXPECT_THAT(study_environment(s, {}).error().what, HasSubstr("env.TOKEN: $SECRET is not set"));
}

TEST(Environment, ThreadsFollowTheCpusUnlessTheUserSaysOtherwise) {
  StudySpec s = spec({"t"});
  s.resources.cpu = 1'500'000;
  EXPECT_THAT(*study_environment(s, {}), ElementsAre(Pair("OMP_NUM_THREADS", "2"), Pair("OMP_WAIT_POLICY", "passive")));
  EXPECT_THAT(*study_environment(s, {{"OMP_NUM_THREADS", "8"}}), ElementsAre(Pair("OMP_WAIT_POLICY", "passive")));
  s.env = {{"OMP_NUM_THREADS", "4"}, {"OMP_WAIT_POLICY", "active"}};
  EXPECT_THAT(*study_environment(s, {}), ElementsAre(Pair("OMP_NUM_THREADS", "4"), Pair("OMP_WAIT_POLICY", "active")));
}

TEST(Command, AFurtherFidelityHasAPlaceholderAVariableAndAKey) {
  StudySpec s = spec({"t", "{lr}", "{model}", "{batch-size}", "--share={share}", "{until}"});
  s.fidelity = Fidelity{"epoch", 1, 27, {{"share", 0.1, 1, false}, {"rows", 1000, 50000, true}}};
  const RunSpec run = make_run(s, trial(), "/s", {});
  EXPECT_THAT(run.argv, ElementsAre("t", "0.001", "mlp", "64", "--share=0.4642", "9"));
  EXPECT_THAT(run.env, ::testing::IsSupersetOf({std::pair<std::string, std::string>("HONE_SHARE", "0.4642"),
                                                {"HONE_ROWS", "13572"},
                                                {"HONE_UNTIL", "9"}}));
  EXPECT_EQ(nlohmann::json::parse(run.params)["share"], 0.4642);
  EXPECT_EQ(nlohmann::json::parse(run.params)["rows"], 13572);
  EXPECT_THAT(*check_command(s),
              ElementsAre("command: rows is not in it; add {rows} unless the program reads HONE_ROWS or "
                          "$HONE_PARAMS"));
  s.command.push_back("{shares}");
  EXPECT_THAT(check_command(s).error().what, HasSubstr("did you mean {share}?"));
}

TEST(Environment, ARunThatTakesMoreSlotsIsToldOfItsCpus) {
  StudySpec s = spec({"t"});
  s.resources.cpu = 2'000'000;
  s.resources.cpu_most = 5'000'000;
  Trial t = trial();
  const auto of = [&](const Environment& inherited, const std::string& name) -> std::string {
    for (const auto& [key, value] : make_run(s, t, "/s", *study_environment(s, inherited)).env)
      if (key == name) return value;
    return "";
  };
  EXPECT_EQ(of({}, "OMP_NUM_THREADS"), "2");
  t.slots = 3;
  EXPECT_EQ(make_run(s, t, "/s", {}).slots, 3);
  EXPECT_EQ(of({}, "OMP_NUM_THREADS"), "5");
  EXPECT_EQ(of({}, "HONE_CPUS"), "5");
  EXPECT_EQ(of({{"OMP_NUM_THREADS", "8"}}, "OMP_NUM_THREADS"), "") << "inherited as it is";
  s.env = {{"OMP_NUM_THREADS", "1"}};
  EXPECT_EQ(of({}, "OMP_NUM_THREADS"), "1");
  EXPECT_EQ(of({}, "HONE_CPUS"), "5");
}

}  // namespace
}  // namespace hone
