#include "study/study_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hone/rng.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kFull = R"yaml(name: fashion-mlp                       # a comment
command: python3 train.py --lr {lr} --hidden {width} --epochs {until} --dir {dir} --note 'two words'
objective: maximize val_acc
space:
  model: [svm, forest, mlp]
  C: float(1e-3, 1e3, log) if model == svm
  depth: int(2, 32, log) if model == forest
  lr: float(1e-4, 1e-1, log) if model in [mlp]
  momentum: float(0.85, 0.98, step=0.01)
  batch: pow2(8, 128)
  width: int(16, 512, log)
  dropout: normal(0.3, 0.1, lo=0, hi=0.6)
  warmup: piecewise([0, 0.01], [0.1, 0.3])
  stride: 1
  decay: = momentum / 100
  layers: {domain: "int(1, 8)", low_cost: 1, mutable: false, prior: "normal(3, 1)", default: 2}
constraints: ["width % 2 == 1", "layers * width <= 4096"]
outcome_constraints: ["latency_ms <= 20"]
cost: seconds
initial: [{model: mlp, lr: 0.01}]
fidelity: {name: epoch, min: 1, max: 27}
searcher: auto
scheduler: auto
stop: {trials: 200, time: 30m, target: 0.99, no_improvement: 50, failed: 20}
parallel: 4
resources: {cpu: 1, gpu: 0.2, memory: 2GiB, nodes: 1}
limits: {time: 10m, silence: 2m, grace: 10s, log: 16MiB, retries: 0, files: 4096, disk: 20GiB, oom_retry: true}
metrics: {val_acc: 'accuracy is ([0-9.]+)%'}
env: {TOKEN: $TOKEN, MODE: fast}
repeat: 1
seed: 1
)yaml";

StudySpec good(const std::string& text, const StudyOptions& options = {}) {
  auto spec = read_study_file(text, "study.yaml", options);
  EXPECT_TRUE(spec.has_value()) << (spec ? "" : spec.error().what);
  return spec ? *spec : StudySpec();
}
std::string bad(const std::string& text, const StudyOptions& options = {}) {
  const auto spec = read_study_file(text, "dir/study.yaml", options, check_study);
  EXPECT_FALSE(spec.has_value()) << text;
  return spec ? "" : spec.error().what;
}
std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out(1);
  for (const char c : text) {
    if (c == '\n') out.emplace_back();
    else out.back() += c;
  }
  return out;
}
/// A small study with `more` lines.
std::string study(const std::string& more) { return "objective: minimize loss\nspace: {x: \"float(0, 1)\"}\n" + more; }

TEST(StudyFile, ReadsEveryKeyOfTheSurface) {
  const StudySpec spec = good(kFull);
  EXPECT_EQ(spec.name, "fashion-mlp");
  EXPECT_THAT(spec.command, ElementsAre("python3", "train.py", "--lr", "{lr}", "--hidden", "{width}", "--epochs",
                                        "{until}", "--dir", "{dir}", "--note", "two words"));
  ASSERT_EQ(spec.objectives.size(), 1U);
  EXPECT_EQ(spec.objectives[0].metric, "val_acc");
  EXPECT_TRUE(spec.objectives[0].maximize);
  EXPECT_EQ(spec.objectives[0].aggregate, Aggregate::Last);
  ASSERT_EQ(spec.space.params().size(), 12U);
  const auto& params = spec.space.params();
  EXPECT_EQ(std::get<Choice>(params[0].domain).texts, (std::vector<std::string>{"svm", "forest", "mlp"}));
  EXPECT_TRUE(std::get<Float>(params[1].domain).log);
  EXPECT_EQ(params[1].when, "model == svm");
  EXPECT_EQ(std::get<Int>(params[2].domain).hi, 32);
  EXPECT_EQ(*std::get<Float>(params[4].domain).step, 0.01);
  EXPECT_TRUE(std::get<Choice>(params[5].domain).ordered);
  EXPECT_EQ(std::get<Normal>(params[7].domain).hi, 0.6);
  EXPECT_EQ(std::get<Piecewise>(params[8].domain).ranges.size(), 2U);
  EXPECT_EQ(std::get<Constant>(params[9].domain).value, Value(std::int64_t{1}));
  EXPECT_TRUE(std::holds_alternative<Derived>(params[10].domain));
  EXPECT_EQ(params[11].low_cost, std::optional<Value>(std::int64_t{1}));
  EXPECT_EQ(params[11].fallback, std::optional<Value>(std::int64_t{2}));
  EXPECT_FALSE(params[11].changeable);
  EXPECT_EQ(std::get<Normal>(*params[11].prior).mu, 3);
  EXPECT_THAT(spec.space.constraints(), ElementsAre("width % 2 == 1", "layers * width <= 4096"));
  ASSERT_EQ(spec.outcomes.size(), 1U);
  EXPECT_EQ(spec.outcomes[0].metric, "latency_ms");
  EXPECT_TRUE(spec.outcomes[0].at_most);
  EXPECT_EQ(spec.outcomes[0].bound, 20);
  ASSERT_EQ(spec.initial.size(), 1U);
  EXPECT_EQ(spec.initial[0].config, (NamedValues{{"model", Value("mlp")}, {"lr", Value(0.01)}}));
  EXPECT_EQ(spec.fidelity->max, 27);
  EXPECT_EQ(spec.stop.trials, 200);
  EXPECT_EQ(spec.stop.time, 1800);
  EXPECT_EQ(spec.stop.target, 0.99);
  EXPECT_EQ(spec.stop.no_improvement, 50);
  EXPECT_EQ(spec.stop.failed, 20);
  EXPECT_EQ(spec.parallel, 4);
  EXPECT_EQ(spec.resources.cpu, 1'000'000);
  EXPECT_EQ(spec.resources.gpu, 200'000);
  EXPECT_EQ(spec.resources.memory, std::int64_t{2} << 30);
  EXPECT_EQ(spec.limits.time, 600);
  EXPECT_EQ(spec.limits.silence, 120);
  EXPECT_EQ(spec.limits.log, 16 << 20);
  EXPECT_EQ(spec.limits.files, 4096);
  EXPECT_EQ(spec.limits.disk, std::int64_t{20} << 30);
  EXPECT_TRUE(spec.limits.oom_retry);
  EXPECT_EQ(spec.patterns, (std::vector<std::pair<std::string, std::string>>{{"val_acc", "accuracy is ([0-9.]+)%"}}));
  EXPECT_EQ(spec.env, (std::vector<std::pair<std::string, std::string>>{{"TOKEN", "$TOKEN"}, {"MODE", "fast"}}));
  EXPECT_EQ(spec.seed, 1U);
}

TEST(StudyFile, ListsEveryMistakeWithItsLine) {
  const std::string what = bad(R"(name: has blanks
objective: increase accuracy
space:
  lr: float(1, 0)
  opt: []
sercher: tpe
stop: {trials: -3, time: soon}
resources: {gpu: 1.5}
parallel: many
fidelity: {min: 4}
limits: {memory: 1GiB}
seed: -1
)");
  const auto found = lines(what);
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"dir/study.yaml:1: name: ", "has blanks"},
      {"dir/study.yaml:2: objective: ", "maximize METRIC"},
      {"dir/study.yaml:4: space.lr: ", ""},
      {"dir/study.yaml:5: space.opt: ", "no options"},
      {"dir/study.yaml:6: sercher: ", "searcher?"},
      {"dir/study.yaml:7: stop.trials: ", "-3"},
      {"dir/study.yaml:7: stop.time: ", "10m"},
      {"dir/study.yaml:8: resources.gpu: ", "whole devices"},
      {"dir/study.yaml:9: parallel: ", "many"},
      {"dir/study.yaml:10: fidelity.max: ", "missing"},
      {"dir/study.yaml:11: limits.memory: ", "did you mean resources.memory?"},
      {"dir/study.yaml:12: seed: ", "-1"}};
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].substr(0, expected[i].first.size()), expected[i].first);
    EXPECT_THAT(found[i], HasSubstr(expected[i].second));
  }
}

TEST(StudyFile, KeepsTheTextOfValues) {
  const StudySpec spec =
      good("objective: minimize loss\nspace: {c: [no, 1:30, 010, 1e-3, null, ~, true, 5, \"a, b\"]}\n");
  const auto& choice = std::get<Choice>(spec.space.params()[0].domain);
  EXPECT_THAT(choice.texts, ElementsAre("no", "1:30", "010", "1e-3", "null", "~", "true", "5", "a, b"));
  EXPECT_EQ(choice.options[0], Value("no"));
  EXPECT_EQ(choice.options[1], Value("1:30"));
  EXPECT_EQ(choice.options[2], Value("010"));
  EXPECT_EQ(choice.options[3], Value(1e-3));
  EXPECT_EQ(choice.options[4], Value("null"));
  EXPECT_EQ(choice.options[6], Value("true"));
  EXPECT_EQ(choice.options[7], Value(std::int64_t{5}));
}

TEST(StudyFile, RecognisesADomainThatYamlCutAtAComma) {
  const std::string what = bad("objective: minimize loss\nspace: {lr: float(0, 1), b: [conv(3, 5), x]}\n");
  ASSERT_EQ(lines(what).size(), 2U) << what;
  EXPECT_THAT(lines(what)[0], HasSubstr("study.yaml:2: space.lr: float(0"));
  EXPECT_THAT(lines(what)[0], HasSubstr("quote it"));
  EXPECT_THAT(lines(what)[1], HasSubstr("space.b: conv(3"));
}

TEST(StudyFile, NamesTheStudyByItsFile) {
  EXPECT_EQ(read_study_file(study("stop: {trials: 1}"), "/some/where/my.study.yaml")->name, "my.study");
}

TEST(StudyFile, RefusesWhatMakesYamlDangerous) {
  EXPECT_THAT(bad("objective: &a minimize loss\nspace: *a\n"), HasSubstr("anchor &a"));
  EXPECT_THAT(bad("objective: !!python/object minimize\n"), HasSubstr("tag "));
  EXPECT_THAT(bad("seed: 1\nobjective: minimize x\nseed: 2\n"),
              HasSubstr("study.yaml:3: seed: given twice, first in line 1"));
  EXPECT_THAT(bad("a: 1\n---\nb: 2\n"), HasSubstr("second document"));
  EXPECT_THAT(bad(std::string((1 << 20) + 1, '#')), HasSubstr("1 MiB"));
  EXPECT_THAT(bad("a: " + std::string(100, '[') + std::string(100, ']')), HasSubstr("levels deep"));
  EXPECT_THAT(bad("a: " + std::string(100'000, '[')), HasSubstr("study.yaml:1: "));
  EXPECT_THAT(bad("a: \xff\n"), HasSubstr("not UTF-8"));
  EXPECT_THAT(bad(""), HasSubstr("empty"));
  EXPECT_THAT(bad("just words"), HasSubstr("is not a study"));
  EXPECT_THAT(bad("x: [a, b] if c == 1\n"), HasSubstr("study.yaml:1"));
  EXPECT_THAT(bad("objective: minimize loss\nsp\x1b[31mace: 1\n"), Not(HasSubstr("\x1b")));
}

TEST(StudyFile, RefusesWhatIsNotDelivered) {
  for (const char* more : {"resources: {nodes: 2}"})
    EXPECT_THAT(bad(study(more)), HasSubstr("not in this version")) << more;
}

TEST(StudyFile, ReadsWhereAStudyBeginsAndItsStages) {
  const StudySpec spec =
      good(study("warm_start: [old.study, portfolio]\nstages: [{free: [x], trials: 20}, {free: x, fixed: {}}]"));
  EXPECT_THAT(spec.warm_start, ElementsAre("old.study", "portfolio"));
  ASSERT_EQ(spec.stages.size(), 2U);
  EXPECT_THAT(spec.stages[0].free, ElementsAre("x"));
  EXPECT_EQ(spec.stages[0].trials, 20);
  const auto again = read_study_file(study_json(spec), "s.json");
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(study_json(*again), study_json(spec));
}

TEST(StudyFile, ChecksStages) {
  EXPECT_THAT(bad(study("stages: [{free: [y]}]")), HasSubstr("study.yaml:3: stages[0].free: y: unknown parameter; "));
  EXPECT_THAT(bad(study("stages: [{trials: 3}]")), HasSubstr("study.yaml:3: stages[0].free: is missing; "));
  EXPECT_THAT(bad(study("stages: [{free: [x], fixed: {x: 0.5}}]")), HasSubstr("x is both free and fixed"));
  EXPECT_THAT(bad(study("stages: [{free: [x], trials: 0}]")), HasSubstr("stages[0].trials: "));
  EXPECT_THAT(bad(study("stages: {free: [x]}")), HasSubstr("is not a list"));
  EXPECT_THAT(bad(study("stages: [{free: [x]}]\nsearcher: {tpe: {candidates: 9}}")), HasSubstr("coordinate"));
  EXPECT_THAT(bad(study("warm_start: [a b]")), HasSubstr("study.yaml:3: warm_start: "));
}

TEST(StudyFile, ChecksAlgorithmsAndTheirOptions) {
  EXPECT_THAT(bad(study("searcher: tpee")), HasSubstr("study.yaml:3: searcher: tpee is unknown; did you mean tpe?"));
  EXPECT_THAT(bad(study("searcher: {tpe: {candidats: 3}}")), HasSubstr("study.yaml:3: searcher.tpe.candidats: "));
  EXPECT_THAT(bad(study("searcher: {tpe: {candidates: many}}")), HasSubstr("study.yaml:3: searcher.tpe.candidates: "));
  EXPECT_THAT(bad(study("scheduler: {auto: {eta: 3}}")), HasSubstr("auto has no options"));
  const StudySpec spec = good(study("searcher: {tpe: {candidates: 64}}"));
  EXPECT_EQ(spec.searcher.name, "tpe");
  EXPECT_EQ(spec.searcher.options.at("candidates"), Value(std::int64_t{64}));
}

TEST(StudyFile, ChecksInitialPoints) {
  EXPECT_THAT(bad(study("initial: [{x: 7}]")), HasSubstr("study.yaml:3: initial[0]: "));
  EXPECT_THAT(bad(study("initial: [{y: 0}]")), HasSubstr("study.yaml:3: initial[0]: "));
  EXPECT_THAT(bad(study("initial: [{config: {x: 0.5}, metrics: {acc: 1}}]")), HasSubstr("loss is missing"));
  const StudySpec spec = good(study("initial: [{config: {x: 0.5}, metrics: {loss: 1}}, {}]"));
  EXPECT_EQ(spec.initial[0].metrics, (Metrics{{"loss", 1}}));
  EXPECT_TRUE(spec.initial[1].config.empty());
}

TEST(StudyFile, OptionsBeatTheFile) {
  const StudySpec spec = good(kFull, {{"limits.time", "1h"},
                                      {"searcher.candidates", "64"},
                                      {"searcher", "tpe"},
                                      {"trials", "7"},
                                      {"time", "20"},
                                      {"parallel", "2"},
                                      {"seed", "9"},
                                      {"env.MODE", "[x"},
                                      {"space.width", "int(1, 99)"},
                                      {"objective", "[minimize a, maximize b best]"},
                                      {"metrics.a", "([0-9])"},
                                      {"stop", "{failed: 3}"}});
  EXPECT_EQ(spec.limits.time, 3600);
  EXPECT_EQ(spec.limits.silence, 120);
  EXPECT_EQ(spec.searcher.name, "tpe");
  EXPECT_EQ(spec.searcher.options.at("candidates"), Value(std::int64_t{64}));
  EXPECT_EQ(spec.stop.trials, 7);
  EXPECT_EQ(spec.stop.time, 20);
  EXPECT_EQ(spec.stop.failed, 3);
  EXPECT_EQ(spec.parallel, 2);
  EXPECT_EQ(spec.seed, 9U);
  EXPECT_EQ(spec.env[1].second, "[x");
  EXPECT_EQ(std::get<Int>(spec.space.params()[6].domain).hi, 99);
  ASSERT_EQ(spec.objectives.size(), 2U);
  EXPECT_EQ(spec.objectives[1].aggregate, Aggregate::Best);
  EXPECT_EQ(spec.patterns.size(), 2U);
  EXPECT_THAT(bad(study(""), {{"limits.tme", "1"}}), HasSubstr("--limits.tme: unknown key; did you mean time?"));
  EXPECT_THAT(bad(study(""), {{"trials", "x"}}), HasSubstr("--stop.trials: x is not"));
  EXPECT_THAT(bad(study(""), {{"space", "[1"}}), HasSubstr("--space: "));
}

TEST(StudyFile, FixHoldsAParameter) {
  const StudySpec spec = good(kFull, {{"fix", "width=31"}, {"fix", "model=mlp"}});
  EXPECT_EQ(std::get<Constant>(spec.space.params()[6].domain).value, Value(std::int64_t{31}));
  EXPECT_EQ(std::get<Constant>(spec.space.params()[0].domain).value, Value("mlp"));
  EXPECT_EQ(spec.space.params()[1].when, "model == svm");
  EXPECT_THAT(bad(kFull, {{"fix", "model=svm"}}), HasSubstr("study.yaml:20: initial[0]: "));
  EXPECT_THAT(bad(kFull, {{"fix", "width=5000"}}), HasSubstr("--fix: "));
  EXPECT_THAT(bad(kFull, {{"fix", "widht=5"}}), HasSubstr("did you mean width?"));
  EXPECT_THAT(bad(kFull, {{"fix", "stride=2"}}), HasSubstr("stride is not free"));
  EXPECT_THAT(bad(kFull, {{"fix", "width"}}), HasSubstr("NAME=VALUE"));
}

TEST(StudyFile, CanonicalFormReadsBackAsItself) {
  const std::vector<std::string> files = {
      kFull, study("stop: {trials: 3}"),
      study("command: ['a b', '{{x}}', '']\nenv: {A: 'null', B: '', C: '~', D: \"a\\tb\\\"c\"}\nresources: {gpu: 2, "
            "cpu: 0.25}"),
      "objective: [minimize a mean, maximize b]\nspace:\n  c: [no, 010, 1e-3, null, \"a, b\", \"(\"]\n  d: ordinal(s, "
      "m, l)\n"
      "  e: {choices: [1, 2], weights: [0.25, 3], when: c == no, mutable: false}\n  f: {constant: \"float(0, 1)\"}\n"
      "  g: lognormal(0, 1)\n  h: {domain: \"float(0.1, 1) if d == m\", low_cost: 0.1}\n  svm.C: {domain: \"int(0, 10, "
      "step=2)\", spelling: svm-C}\n"
      "outcome_constraints: [\"a >= -1e-7\", \"b <= -0e-7\"]\ninitial: [{config: {c: no}, metrics: {}}]\nseed: "
      "18446744073709551615\n"};
  for (const auto& file : files) {
    const std::string once = study_json(good(file));
    EXPECT_EQ(study_json(good(once)), once);
  }
  EXPECT_EQ(study_json(good(kFull)), study_json(good(std::string("# other spelling\n") + kFull)));
}

TEST(StudyFile, CanonicalFormHoldsTheNewLimitsAndDefaultsOnlyWhenTheyAreNotTheOrdinary) {
  const auto json = [](const std::string& text) { return study_json(good(text)); };
  EXPECT_THAT(json(study("limits: {files: 64, disk: 1MiB, oom_retry: false}")),
              HasSubstr("\"limits\":{\"files\":64,\"disk\":1048576,\"oom_retry\":false}"));
  EXPECT_EQ(json(study("limits: {disk: 0, oom_retry: true}")), json(study("")));
  EXPECT_THAT(json("objective: minimize l\nspace: {x: {domain: \"int(1, 3)\", default: 2.0}}\n"),
              HasSubstr("\"x\":{\"domain\":\"int(1, 3)\",\"default\":2}"));
  EXPECT_THAT(bad("objective: minimize l\nspace: {x: {choices: [a, b], default: c}}\n"),
              HasSubstr("study.yaml:2: space.x: default c is none of [a, b]"));
}

TEST(StudyFile, ReadsRangesOfResources) {
  const auto of = [](const std::string& resources) {
    return read_study_file(study("resources: {" + resources + "}\n"), "study.yaml");
  };
  const auto spec = of("cpu: 0.5..2, gpu: 1..4");
  ASSERT_TRUE(spec) << spec.error().what;
  EXPECT_EQ(spec->resources.cpu, 500'000);
  EXPECT_EQ(spec->resources.cpu_most, 2'000'000);
  EXPECT_EQ(spec->resources.gpu_most, 4'000'000);
  EXPECT_THAT(study_json(*spec), HasSubstr(R"("resources":{"cpu":"0.5..2","gpu":"1..4"})"));
  EXPECT_EQ(of("cpu: 3..3")->resources.cpu_most, 0);
  for (const char* wrong : {"4..1", "0..2", "1..", "..4", "1...4", "1..many", "-1..2"})
    EXPECT_THAT(of(std::string("cpu: ") + wrong).error().what,
                HasSubstr(std::string("resources.cpu: ") + wrong + " is not a range; write e.g. 1..4"));
  for (const char* wrong : {"0.5..1", "1..2.5"})
    EXPECT_THAT(of(std::string("gpu: ") + wrong).error().what,
                HasSubstr(std::string("resources.gpu: ") + wrong + ": a share of a device cannot grow"));
}

TEST(StudyFile, NamesTheKeysThatDiffer) {
  const std::string a = study_json(good(kFull));
  EXPECT_THAT(differing_keys(a, a), ElementsAre());
  const std::string b = study_json(good(kFull, {{"searcher", "random"}, {"trials", "3"}, {"space.lr", "float(0, 1)"}}));
  EXPECT_THAT(differing_keys(a, b), ElementsAre("space.lr", "searcher", "stop.trials"));
}

TEST(StudyFile, ResumableNeedsAPlaceholderThatSaysHowFar) {
  StudySpec spec;
  EXPECT_TRUE(resumable(spec));
  spec.command = {"train", "--lr={lr}", "{{until}}"};
  EXPECT_FALSE(resumable(spec));
  spec.command.push_back("--dir={dir}");
  EXPECT_TRUE(resumable(spec));
}

TEST(StudyFile, SurvivesMutations) {
  const std::string full = kFull;
  const std::string bytes = "{}[]:,\"'#&*!|>%@-? \n\t~=()0a\\\x80\xe2\x01";
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    Rng rng = Rng::stream(1, "mutation", i);
    std::string text = full;
    const std::uint64_t changes = 1 + rng.below(8);
    for (std::uint64_t k = 0; k < changes; ++k) {
      const auto at = static_cast<std::size_t>(rng.below(text.size()));
      const char c = bytes[static_cast<std::size_t>(rng.below(bytes.size()))];
      switch (rng.below(4)) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        case 2:
          text.erase(at, static_cast<std::size_t>(1 + rng.below(20)));
          break;
        default:
          text.insert(at, text.substr(static_cast<std::size_t>(rng.below(text.size())),
                                      static_cast<std::size_t>(rng.below(40))));
          break;
      }
      if (text.empty()) text = "a";
    }
    const auto spec = read_study_file(text, "study.yaml");
    if (!spec) {
      EXPECT_FALSE(spec.error().what.empty());
      continue;
    }
    const std::string once = study_json(*spec);
    const auto again = read_study_file(once, "study.yaml");
    ASSERT_TRUE(again.has_value()) << text << "\n" << once << "\n" << again.error().what;
    ASSERT_EQ(study_json(*again), once) << text;
  }
}

}  // namespace
}  // namespace hone
