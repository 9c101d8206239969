// Each rule of `hone lint`: when it speaks and when it does not.
#include "cli/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "study/study_file.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// `field: what; remedy` of each remark of one rule on a study file; `text` beats what a good study has.
std::vector<std::string> remarks(const std::string& rule, const std::string& text) {
  std::string file = text;
  const auto unless_given = [&](const std::string& key, const std::string& line) {
    if (("\n" + text).find("\n" + key + ":") == std::string::npos) file += line + "\n";
  };
  unless_given("objective", "objective: maximize acc");
  unless_given("space", "space: {x: \"float(0, 1)\"}");
  unless_given("command", "command: train {params}");
  unless_given("stop", "stop: {trials: 200}");
  unless_given("seed", "seed: 1");
  const auto spec = read_study_file(file, "study.yaml");
  EXPECT_TRUE(spec.has_value()) << (spec ? "" : spec.error().what) << "\n" << file;
  if (!spec) return {};
  const auto plan = make_plan(*spec);
  EXPECT_TRUE(plan.has_value()) << (plan ? "" : plan.error().what);
  if (!plan) return {};
  std::vector<std::string> out;
  for (const Remark& remark : lint(*spec, *plan))
    if (remark.rule == rule) out.push_back(remark.field + ": " + remark.what + "; " + remark.remedy);
  return out;
}
std::vector<std::string> of_domain(const std::string& rule, const std::string& domain) {
  return remarks(rule, "space:\n  p: " + domain + "\n");
}

TEST(Lint, HasNothingToSayOfAGoodStudy) {
  for (const LintRule& rule : lint_rules())
    EXPECT_THAT(
        remarks(rule.name,
                "space: {lr: \"float(1e-4, 1e-1, log)\", dropout: \"float(0, 0.5)\", momentum: \"float(0.5, 0.9, "
                "step=0.1)\", opt: [sgd, adam], batch: \"pow2(8, 128)\", layers: \"int(1, 8)\"}\n"
                "command: train --lr {lr} --dropout {dropout} --momentum={momentum} {opt} {batch} {layers}\n"
                "fidelity: {name: epoch, max: 27}\nparallel: 4\nstop: {trials: 200, time: 8h}\nlimits: {time: 1h}\n"),
        IsEmpty())
        << rule.name;
}

TEST(Lint, FindsARangeOfResourcesThatNobodyGets) {
  const std::string range = "resources: {cpu: 1..4}\nfidelity: {name: epoch, max: 9}\n";
  EXPECT_THAT(remarks("never-granted", range + "command: train {params} {until}\nparallel: 1\n"),
              ElementsAre("resources.cpu: a range, and `parallel: 1` leaves no slot to give; a larger parallel"));
  for (const char* scheduler : {"median", "{asha: {stop: true}}", "{curve: {stop: true}}"})
    EXPECT_THAT(remarks("never-granted", range + "command: train {params} {until}\nscheduler: " + scheduler + "\n"),
                ElementsAre(testing::HasSubstr("never pauses; a scheduler that promotes")))
        << scheduler;
  for (const std::string name : {"auto", "curve"})
    EXPECT_THAT(remarks("never-granted", range + "scheduler: " + name + "\n"),
                ElementsAre(testing::HasSubstr(name + " never pauses")))
        << "cannot go on";
  for (const char* fine :
       {"", "parallel: 2\n", "scheduler: sh\n", "scheduler: curve\n", "scheduler: none\nrepeat: 3\n"})
    EXPECT_THAT(remarks("never-granted", range + "command: train {params} {until}\n" + fine), IsEmpty()) << fine;
  EXPECT_THAT(remarks("never-granted", "resources: {cpu: 4..4}\nscheduler: none\n"), IsEmpty());
}

TEST(Lint, FindsALinearScaleOverDecades) {
  EXPECT_THAT(of_domain("linear-scale", "float(1e-4, 1e-1)"),
              ElementsAre("space.p: 0.0001 to 0.1 on a linear scale: 9 of 10 draws lie above 0.01009; "
                          "float(0.0001, 0.1, log)"));
  EXPECT_THAT(
      of_domain("linear-scale", "int(8, 8000, step=8)"),
      ElementsAre("space.p: 8 to 8000 on a linear scale: 9 of 10 draws lie above 807.2; int(8, 8000, log, step=8)"));
  EXPECT_THAT(of_domain("linear-scale", "float(1e-4, 1e-1, log)"), IsEmpty());
  EXPECT_THAT(of_domain("linear-scale", "float(1, 999)"), IsEmpty());
  EXPECT_THAT(of_domain("linear-scale", "float(-5, 5)"), IsEmpty());
  EXPECT_THAT(of_domain("linear-scale", "{domain: \"float(1, 1e4)\", prior: \"normal(5, 1)\"}"), IsEmpty());
}

TEST(Lint, TheScaleItSuggestsIsLegal) {
  EXPECT_THAT(of_domain("linear-scale", "int(8, 8000, log, step=8)"), IsEmpty());
  EXPECT_THAT(of_domain("zero-in-scale", "float(1e-6, 0.001, log)"), IsEmpty());
}

TEST(Lint, FindsAZeroAtTheEndOfAScale) {
  EXPECT_THAT(of_domain("zero-in-scale", "float(0, 1e-3)"),
              ElementsAre("space.p: 0 to 0.001 on a linear scale: half of the draws lie above 0.0005; "
                          "float(1e-06, 0.001, log) if its order of magnitude matters"));
  EXPECT_THAT(
      of_domain("zero-in-scale", "int(0, 10000)"),
      ElementsAre("space.p: 0 to 10000 on a linear scale: half of the draws lie above 5000; int(1, 10000, log) if "
                  "its order of magnitude matters"));
  EXPECT_THAT(of_domain("zero-in-scale", "float(0, 0.5)"), IsEmpty());
  EXPECT_THAT(of_domain("zero-in-scale", "int(0, 100)"), IsEmpty());
}

TEST(Lint, FindsAStepThatMissesTheEndOrLeavesTwoValues) {
  EXPECT_THAT(of_domain("step", "float(0, 1, step=0.3)"),
              ElementsAre("space.p: steps of 0.3 from 0 end at 0.9, not at 1; hi 0.9 or 1.2"));
  EXPECT_THAT(of_domain("step", "int(1, 10, step=4)"),
              ElementsAre("space.p: steps of 4 from 1 end at 9, not at 10; hi 9 or 13"));
  EXPECT_THAT(of_domain("step", "float(0, 1, step=1)"),
              ElementsAre("space.p: a step of 1 leaves two values; a smaller step"));
  EXPECT_THAT(of_domain("step", "float(0, 0.3, step=0.1)"), IsEmpty());  // 0.3 / 0.1 is a hair below 3
  EXPECT_THAT(of_domain("step", "int(0, 1)"), IsEmpty());
}

TEST(Lint, FindsAParameterWithNothingToChoose) {
  EXPECT_THAT(
      of_domain("one-value", "3"),
      ElementsAre("space.p: a constant: recorded, never tuned; a range, or leave it as it is if that is meant"));
  EXPECT_THAT(of_domain("one-value", "[sgd]"),
              ElementsAre("space.p: a choice of one option, sgd; more options, or a constant"));
  EXPECT_THAT(of_domain("one-value", "int(3, 3)"), ElementsAre("space.p: one value, 3; a wider range, or a constant"));
  EXPECT_THAT(of_domain("one-value", "int(3, 4)"), IsEmpty());
}

TEST(Lint, FindsNumbersThatAreWrittenAsAChoice) {
  EXPECT_THAT(of_domain("numeric-choice", "[16, 32, 64]"),
              ElementsAre("space.p: numbers in order, searched as if they were words; pow2(16, 64)"));
  EXPECT_THAT(of_domain("numeric-choice", "[3, 2, 1]"),
              ElementsAre("space.p: numbers in order, searched as if they were words; int(1, 3)"));
  EXPECT_THAT(of_domain("numeric-choice", "[10, 20, 30]"),
              ElementsAre("space.p: numbers in order, searched as if they were words; int(10, 30, step=10)"));
  EXPECT_THAT(of_domain("numeric-choice", "[1e-4, 1e-3, 0.01]"),
              ElementsAre("space.p: numbers in order, searched as if they were words; ordinal(1e-4, 1e-3, 0.01)"));
  EXPECT_THAT(of_domain("numeric-choice", "[16, 32]"), IsEmpty());
  EXPECT_THAT(of_domain("numeric-choice", "[1, 3, 2]"), IsEmpty());
  EXPECT_THAT(of_domain("numeric-choice", "[1, 2, auto]"), IsEmpty());
  EXPECT_THAT(of_domain("numeric-choice", "pow2(16, 64)"), IsEmpty());
  EXPECT_THAT(of_domain("numeric-choice", "{domain: \"[1, 2, 4]\", weights: [3, 1, 1]}"), IsEmpty());
}

TEST(Lint, FindsAParameterThatDoesNotReachTheProgram) {
  EXPECT_THAT(
      remarks("outside-command", "space: {a: \"float(0, 1)\", b: \"float(0, 1)\"}\ncommand: train --a {a}\n"),
      ElementsAre("space.b: not in the command, so without effect unless the program reads $HONE_PARAMS; add {b} "
                  "to the command"));
  EXPECT_THAT(
      remarks("outside-command", "command: train\n"),
      ElementsAre("command: no parameter is in it, so they reach the program by $HONE_PARAMS only; add {params}, "
                  "unless the program reads the file that $HONE_PARAMS names"));
  EXPECT_THAT(
      remarks("outside-command",
              "space: {a: \"float(0, 1)\", b: \"float(0, 1)\", c: \"= b / 2\"}\ncommand: train --a {a}\n"),
      ElementsAre("space.b: only c is made of it, which is not in the command; add {c} to the command",
                  "space.c: not in the command, so without effect unless the program reads $HONE_PARAMS; add {c} "
                  "to the command"));
}

TEST(Lint, AParameterThatDecidesOverOneInTheCommandHasAnEffect) {
  EXPECT_THAT(remarks("outside-command",
                      "space: {b: \"float(0, 1)\", c: \"= b / 2\", on: [yes, no], d: \"float(0, 1) if on == yes\"}\n"
                      "command: train {c} --d {d}\n"),
              IsEmpty());
  EXPECT_THAT(remarks("outside-command", "space: {a: \"float(0, 1)\"}\ncommand: train {params}\n"), IsEmpty());
}

TEST(Lint, FindsAPlainOptionInThePlaceOfAParameter) {
  const std::string space = "space: {lr: \"float(0, 1)\", batch_size: \"int(1, 8)\"}\n";
  EXPECT_THAT(remarks("fixed-option", space + "command: train --lr 0.1 --batch-size={batch_size}\n"),
              ElementsAre("command: --lr 0.1 is fixed in it, while lr is a parameter; --lr {lr}"));
  EXPECT_THAT(remarks("fixed-option", space + "command: train --lr {lr} --batch-size=4\n"),
              ElementsAre("command: --batch-size=4 is fixed in it, while batch_size is a parameter; --batch-size "
                          "{batch_size}"));
  EXPECT_THAT(remarks("outside-command", space + "command: train --lr 0.1 --batch-size=4\n"), IsEmpty());  // said once
  EXPECT_THAT(remarks("fixed-option", space + "command: train --lr {lr} --lr-decay 1 --batch-size {batch_size}\n"),
              IsEmpty());
}

TEST(Lint, FindsABudgetTooSmallForTheSpace) {
  const std::string space = "space: {a: \"float(0, 1)\", b: \"float(0, 1)\"}\nsearcher: {tpe: {startup: 8}}\n";
  EXPECT_THAT(
      remarks("budget", space + "stop: {trials: 8}\n"),
      ElementsAre("stop.trials: 8, and tpe uses its model only after 8 results; 20 or more, or the searcher sobol"));
  EXPECT_THAT(
      remarks("budget", space + "stop: {trials: 19}\n"),
      ElementsAre("stop.trials: 19 for 2 free parameters is few for tpe; 20 or more, or hold some parameters with "
                  "--fix"));
  EXPECT_THAT(remarks("budget", space + "stop: {trials: 20}\n"), IsEmpty());
  EXPECT_THAT(remarks("budget", "space: {a: \"int(1, 3)\"}\nstop: {trials: 3}\n"), IsEmpty());  // all of it
  EXPECT_THAT(remarks("budget", "searcher: random\nstop: {trials: 2}\n"), IsEmpty());
  EXPECT_THAT(remarks("budget", "searcher: {command: ./mine}\nstop: {trials: 2}\n"), IsEmpty()) << "who knows";
  EXPECT_THAT(remarks("budget",
                      "fidelity: {name: epoch, max: 9}\nstop: {trials: 1}\nscheduler: {pbt-replay: {schedule: "
                      "'[{\"at\": 0, \"config\": {\"x\": 0.5}}]'}}\n"),
              IsEmpty())
      << "no searcher is asked";
}

TEST(Lint, FindsAGridLargerThanTheBudget) {
  const std::string grid = "searcher: grid\nspace: {a: \"int(1, 10)\", b: \"int(1, 10)\"}\n";
  EXPECT_THAT(
      remarks("budget", grid + "stop: {trials: 99}\n"),
      ElementsAre("stop.trials: 99 of a grid of 100 cells; coarser steps, more trials, or the searcher sobol, which "
                  "is spread out after any number"));
  EXPECT_THAT(remarks("budget", grid + "stop: {trials: 100}\n"), IsEmpty());
}

TEST(Lint, FindsAMissingSeed) {
  auto spec =
      *read_study_file("objective: maximize acc\nspace: {x: \"float(0, 1)\"}\nstop: {trials: 20}\n", "study.yaml");
  const auto fires = [&] {
    const Remarks all = lint(spec, *make_plan(spec));
    return std::any_of(all.begin(), all.end(), [](const Remark& r) { return r.rule == "no-seed"; });
  };
  EXPECT_TRUE(fires());
  spec.seed = 0;
  EXPECT_FALSE(fires());
}

TEST(Lint, FindsAFidelityWithOneRung) {
  EXPECT_THAT(
      remarks("one-rung", "fidelity: {name: epoch, min: 3, max: 3}\n"),
      ElementsAre("fidelity: from 3 to 3 leaves auto one rung, so nothing is ever compared early; a larger max, a "
                  "smaller min, or the scheduler none"));
  EXPECT_THAT(remarks("one-rung", "fidelity: {name: epoch, min: 3, max: 3}\nscheduler: bohb\n"),
              ElementsAre(testing::HasSubstr("leaves bohb one rung")));
  EXPECT_THAT(remarks("one-rung", "fidelity: {name: epoch, min: 2, max: 3}\n"), IsEmpty());
  EXPECT_THAT(remarks("one-rung", "fidelity: {name: epoch, max: 27}\nparallel: 1\nstop: {trials: 1}\n"),
              ElementsAre("parallel: 1 slot for 1 trial, so auto runs each to the end and nothing is compared early; "
                          "fewer slots, or more trials"));
  EXPECT_THAT(remarks("one-rung", "fidelity: {name: epoch, min: 3, max: 3}\nscheduler: median\n"), IsEmpty());
}

TEST(Lint, FindsMoreSlotsThanTrials) {
  EXPECT_THAT(remarks("idle-slots", "parallel: 8\nstop: {trials: 4}\n"),
              ElementsAre("parallel: 8 slots for 4 trials; 4 is enough; less lets results guide more of the trials"));
  EXPECT_THAT(remarks("idle-slots", "parallel: 4\nstop: {trials: 4}\n"), IsEmpty());
}

TEST(Lint, FindsACommandThatIsNotToldWhereCheckpointsAre) {
  const std::string study = "fidelity: {name: epoch, max: 9}\nscheduler: ";
  for (const char* command : {"train {x}", "train {x} {until}"})
    EXPECT_THAT(remarks("checkpoints", study + "pbt\ncommand: " + command + "\n"),
                ElementsAre("command: it has no {dir}, so no trial finds the checkpoint of another, which is all that "
                            "pbt hands on; give the program {dir}, or use asha"));
  EXPECT_THAT(remarks("checkpoints", study + "pb2\ncommand: train {x} {until} {dir}\n"), IsEmpty());
  EXPECT_THAT(remarks("checkpoints", study + "pb2\ncommand: sh -c 'train {x} $HONE_DIR'\n"), IsEmpty());
  EXPECT_THAT(remarks("checkpoints", study + "asha\ncommand: train {x}\n"), IsEmpty()) << "it stops trials instead";
}

TEST(Lint, FindsALimitOfATrialLongerThanTheStudy) {
  EXPECT_THAT(remarks("late-limit", "limits: {time: 2h}\nstop: {time: 30m}\n"),
              ElementsAre("limits.time: 2h00m is longer than the study, 30m00s; a shorter limits.time, or a longer "
                          "stop.time"));
  EXPECT_THAT(remarks("late-limit", "limits: {time: 30m}\nstop: {time: 30m}\n"), IsEmpty());
}

TEST(Lint, KnowsTheLineOfAField) {
  const std::string text = "name: a\nspace:\n  svm: 1\n  svm.C: float(0, 1)\nstop: {\n  trials: 3}\n";
  EXPECT_EQ(line_of_field(text, "space.svm.C"), 4);
  EXPECT_EQ(line_of_field(text, "space.svm"), 3);
  EXPECT_EQ(line_of_field(text, "stop.trials"), 6);
  EXPECT_EQ(line_of_field(text, "stop.time"), 5);
  EXPECT_EQ(line_of_field(text, "seed"), 0);
}

}  // namespace
}  // namespace hone
