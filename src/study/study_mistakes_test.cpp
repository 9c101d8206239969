// A study file is checked whole: every mistake in the order of the file, each once, none that is not there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hone/registry.h"
#include "hone/study.h"
#include "study/field_reader.h"
#include "study/study_file.h"

namespace hone {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> mistakes(const std::string& text, const StudyOptions& options = {}) {
  const auto spec = read_study_file(text, "f", options, check_study);
  std::vector<std::string> lines;
  if (spec) return lines;
  for (const std::string_view line : mistakes_in(spec.error().what)) lines.emplace_back(line);
  return lines;
}

TEST(StudyMistakes, ThirtyOfEveryKindAreListedInTheOrderOfTheFile) {
  const auto found = mistakes(R"yaml(name: ../up
command: python3 't.py
objective: maximise acc
space:
  lr: float(1, 0)
  opt: [sgd, adam
    , sgd]
  model: chioce(svm, mlp)
  C: float(1e-3, 1e3, lgo) if modle == svm
  depth: int(2, 32) if model == forest
  rate: = lr / dept
  size: ordinal(s, m, l)
  x: {domain: "float(0, 1)", low_cots: 1, default: 7}
  a: = b + 1
  b: = a - 1
  bad name: 3
constraints:
  - depth * witdh <= 4096
  - size < mm
  - depth <
outcome_constraints: [latency]
initial:
  - {dept: 3}
  - {x: 2, size: xl, opt: adam, model: svm}
fidelity: {name: lr, max: 0}
searcher: {tpe: {candidats: 3, candidates: many}}
scheduler: medain
stop: {trails: 3}
limits: {files: 3, oom_retry: maybe}
parralel: 3
)yaml");
  EXPECT_THAT(
      found,
      ElementsAre(
          HasSubstr("f:1: name: ../up is not a name"), HasSubstr("f:2: command: a quote ' is left open"),
          HasSubstr("f:3: objective: maximise acc is not understood; did you mean maximize?"),
          HasSubstr("f:5: space.lr: lo 1 is above hi 0"), HasSubstr("f:6: space.opt: option sgd is given twice"),
          HasSubstr("f:8: space.model: unknown domain chioce; did you mean choice?"),
          HasSubstr("f:9: space.C: `lgo` is no flag of it; did you mean log?"),
          HasSubstr("f:9: space.C: modle == svm: unknown parameter modle; did you mean model?"),
          HasSubstr("f:11: space.rate: lr / dept: unknown parameter dept; did you mean depth?"),
          HasSubstr("f:13: space.x.low_cots: unknown key; did you mean low_cost?"),
          HasSubstr("f:13: space.x: default 7 is outside float(0, 1)"),
          HasSubstr("f:14: space.a: depends on itself (a -> b -> a)"), HasSubstr("f:16: space.bad name: not a name"),
          HasSubstr("f:18: constraints[0]: depth * witdh <= 4096: unknown parameter witdh"),
          HasSubstr("f:19: constraints[1]: size < mm: mm is no option of size; did you mean m?"),
          HasSubstr("f:20: constraints[2]: depth <: it ends too early"),
          HasSubstr("f:21: outcome_constraints: latency is not `METRIC <= NUMBER`"),
          HasSubstr("f:23: initial[0]: dept: unknown parameter; did you mean depth?"),
          HasSubstr("f:24: initial[1]: x: 2 is outside float(0, 1)"),
          HasSubstr("f:24: initial[1]: size: xl is none of ordinal(s, m, l)"),
          HasSubstr("f:25: fidelity.name: lr is a parameter too"), HasSubstr("f:25: fidelity.max: 0 is not a whole"),
          HasSubstr("f:26: searcher.tpe.candidates: many is not"),
          HasSubstr("f:26: searcher.tpe.candidats: unknown option; did you mean candidates?"),
          HasSubstr("f:27: scheduler: medain is unknown; did you mean median?"),
          HasSubstr("f:28: stop.trails: unknown key; did you mean trials?"),
          HasSubstr("f:29: limits.files: 3 is not a whole number from 16"),
          HasSubstr("f:29: limits.oom_retry: maybe is neither"),
          HasSubstr("f:30: parralel: unknown key; did you mean")));
}

TEST(StudyMistakes, AKeyOfAnotherSectionIsShownItsPlace) {
  EXPECT_THAT(mistakes(R"yaml(objective: minimize loss
space: {x: [1, 2]}
limits: {memory: 150MiB, trials: 3, parallel: 2}
stop: {retries: 1, trails: 3}
retries: 2
time: 3h
)yaml",
                       {{"limits.target", "1"}}),
              ElementsAre(HasSubstr("--limits.target: unknown key; did you mean stop.target?"),
                          HasSubstr("f:3: limits.memory: unknown key; did you mean resources.memory?"),
                          HasSubstr("f:3: limits.trials: unknown key; did you mean stop.trials?"),
                          HasSubstr("f:3: limits.parallel: unknown key; did you mean the top key parallel?"),
                          HasSubstr("f:4: stop.retries: unknown key; did you mean limits.retries?"),
                          HasSubstr("f:4: stop.trails: unknown key; did you mean trials?"),
                          HasSubstr("f:5: retries: unknown key; did you mean limits.retries?"),
                          HasSubstr("f:6: time: unknown key; known are ")));  // stop.time or limits.time
}

TEST(StudyMistakes, AnchorsAliasesTagsAndKeysGivenTwiceAreListedWithEverythingElse) {
  EXPECT_THAT(
      mistakes(R"yaml(objective: minimize loss
space:
  lr: &rate float(1e-4, 1e-1, log)
  lr2: *rate
  n: !!str int(1, 4)
  m: flaot(0, 1)
  n: {domain: int(2, 3), x: !a 1}
*rate : {x: 3}
initial:
  - {lr: 0.01, lr2: *rate}
  - {config: *rate}
seeed: 3
stop: {trials: 3, trials: 0}
)yaml"),
      ElementsAre("f:3: space.lr: anchor &rate is not supported; write the value out",
                  "f:4: space.lr2: aliases (*name) are not supported; write the value out",
                  "f:5: space.n: tag tag:yaml.org,2002:str is not supported; leave it out",
                  "f:6: space.m: unknown domain flaot; did you mean float?",
                  "f:7: space.n: given twice, first in line 5; remove one",
                  HasSubstr("f:7: space.n.x: tag !a is not supported"), HasSubstr("f:8: aliases (*name) are not"),
                  HasSubstr("f:10: initial[0].lr2: aliases"), HasSubstr("f:11: initial[1].config: aliases"),
                  "f:12: seeed: unknown key; did you mean seed?", HasSubstr("f:13: stop.trials: given twice")));
  // What is no YAML ends the list, and hides nothing before it.
  EXPECT_THAT(mistakes("seed: &a 1\nseed: 2\nspace: [\n"),
              ElementsAre(HasSubstr("f:1: seed: anchor"), HasSubstr("f:2: seed: given twice"), HasSubstr("f:4: ")));
}

TEST(StudyMistakes, WhatNeedsTheWholeStudyIsSaidWithItsLine) {
  const auto found = mistakes(R"yaml(
objective: [minimize a, maximize b]
space:
  x: float(0, 1)
  n: int(0, 3)
constraints: ["x + n > 9"]
searcher: cmaes
scheduler: median
initial:
  - {config: {x: 0.5, n: 1}, metrics: {a: 1, bb: 2}}
)yaml");
  EXPECT_THAT(found,
              ElementsAre(HasSubstr("f:1: stop: the space is not finite"),
                          HasSubstr("f:6: constraints: no configuration that meets them was found"),
                          AllOf(HasSubstr("f:7: searcher: cmaes knows one objective only; use "), HasSubstr(" gp, "),
                                HasSubstr(" nsga2, "), HasSubstr(" or tpe"), Not(HasSubstr("command"))),
                          HasSubstr("f:8: scheduler: median needs a fidelity"),
                          AllOf(HasSubstr("f:8: scheduler: median knows one objective only; use asha, "),
                                HasSubstr(" none "), Not(HasSubstr("threshold"))),
                          HasSubstr("f:10: initial[0]: constraints[0]: x + n > 9 does not hold"),
                          HasSubstr("f:10: initial[0].metrics: b is missing; bb is no objective, did you mean b?")));
}

TEST(StudyMistakes, EverySchedulerOfSeveralObjectivesHasASearcherOfItsOwnForThem) {
  for (const SchedulerRow& row : schedulers()) {
    if (!row.multi_objective) continue;
    const auto spec = read_study_file(
        "objective: [minimize a, maximize b]\nspace: {x: \"float(0, 1)\"}\nfidelity: {name: epoch, max: 9}\n"
        "stop: {trials: 3}\nscheduler: " +
            row.name + "\n",
        "f", {}, check_study);
    ASSERT_TRUE(spec) << spec.error().what;
    const auto study = Study::make(*spec);
    ASSERT_TRUE(study) << row.name << ": " << study.error().what;
    EXPECT_EQ(study->spec().searcher.name == "nsga2", row.name == "dehb") << row.name;
  }
}

TEST(StudyMistakes, AThresholdHasALimitThatSomethingMeets) {
  const std::string study = "objective: minimize l\nspace: {x: [1, 2]}\nfidelity: {name: epoch, max: 9}\nscheduler: ";
  EXPECT_THAT(mistakes(study + "threshold\n"),
              ElementsAre("f:4: scheduler: threshold has no limit, so it would stop nothing; write {threshold: {upper: "
                          "10}}, or lower"));
  EXPECT_THAT(mistakes(study + "{threshold: {grace: 3}}\n"), ElementsAre(HasSubstr("has no limit")));
  EXPECT_THAT(mistakes(study + "{threshold: {lower: 2, upper: 1.5}}\n"),
              ElementsAre("f:4: scheduler.threshold: lower 2 is above upper 1.5, so that every trial would be stopped; "
                          "swap them"));
  EXPECT_THAT(mistakes(study + "{threshold: {upper: x}}\n"), ElementsAre(HasSubstr("scheduler.threshold.upper")));
  for (const char* good : {"{lower: 2}", "{upper: 2}", "{lower: 1, upper: 2.5}", "{lower: 2, upper: 2}"})
    EXPECT_THAT(mistakes(study + "{threshold: " + good + "}\n"), ElementsAre()) << good;
}

TEST(StudyMistakes, ABrokenParameterBringsNoComplaintsAboutWhatDependsOnIt) {
  EXPECT_THAT(mistakes(R"yaml(objective: minimize loss
space:
  size: ordnial(s, m, l)
  kind: [a, b
  n: int(1, 4) if size < m and kind == c
  d: = size * 2
stop: {trials: 3}
)yaml"),
              ElementsAre(HasSubstr("f:5:")));  // the bracket: YAML itself ends there
  EXPECT_THAT(mistakes(R"yaml(objective: minimize loss
space:
  size: ordnial(s, m, l)
  other: ordinal(s, m, l)
  kind: {choices: a}
  n: int(1, 4) if size < m and kind == c
  o: int(1, 4) if size < other and small < size <= large and size in [s, x] and other not in [l]
  d: = size * 2 + max(kind, 3)
constraints: [size > 3, "d < size", "not (kind == size)", "kind % 2 == 0"]
initial: [{size: s, kind: q, n: 2, d: 7}]
scheduler: asha
fidelity: {max: nine}
)yaml"),
              ElementsAre(HasSubstr("f:3: space.size: unknown domain ordnial; did you mean ordinal?"),
                          HasSubstr("f:5: space.kind.choices: is not a list"), HasSubstr("f:12: fidelity.max: nine")));
}

TEST(StudyMistakes, OptionsAreNamedByTheOption) {
  EXPECT_THAT(mistakes("objective: minimize loss\nspace: {x: \"float(0, 1)\"}\nstop: {failed: 3}\n",
                       {{"searcher", "random"},
                        {"searcher.candidates", "3"},
                        {"scheduler", "ahsa"},
                        {"fix", "y=3"},
                        {"initial", "[{x: 7}]"},
                        {"trials", "0"}}),
              ElementsAre(HasSubstr("--fix: y is not a parameter"), HasSubstr("--stop.trials: 0 is not a whole number"),
                          HasSubstr("--searcher.random.candidates: unknown option"),
                          HasSubstr("--scheduler: ahsa is unknown; did you mean asha?"),
                          HasSubstr("--initial[0]: x: 7 is outside float(0, 1)")));
}

TEST(StudyMistakes, TheSameIsSaidOnceAndEndlessListsAreCut) {
  std::string text = "objective: minimize loss\nspace:\n";
  for (int i = 0; i < 300; ++i) text += "  p" + std::to_string(i) + ": float(2, 1)\n";
  const auto found = mistakes(text);
  ASSERT_EQ(found.size(), 101U);
  EXPECT_EQ(found.back(), "f: and more mistakes; correct these first");
}

}  // namespace
}  // namespace hone
