#include <algorithm>
#include <cmath>

#include "search/testing.h"

namespace hone {
namespace {

using lab::number;
using lab::space_of;

std::unique_ptr<Searcher> coordinate(const Space& space, std::vector<Stage> stages,
                                     std::optional<std::int64_t> trials = std::nullopt, const Options& given = {}) {
  const SearcherRow* row = find_searcher("coordinate");
  SearchInputs inputs;
  inputs.space = space;
  inputs.seed = 1;
  inputs.trials = trials;
  inputs.stages = std::move(stages);
  return row->make(inputs, *check_options("coordinate", row->options, given));
}

struct Step {
  Config config;
  std::string why;
  double loss = 0;
};

/// One trial after another, until there is no proposal: then `end` says why.
std::vector<Step> run(Searcher& searcher, int trials, const std::function<double(const Config&)>& loss,
                      std::string* end = nullptr) {
  std::vector<Step> all;
  for (TrialId id = 0; id < trials; ++id) {
    const auto answer = searcher.ask({.trial = id, .until = 1, .exact = true});
    const auto* next = std::get_if<Proposal>(&answer);
    if (!next) {
      if (end && std::holds_alternative<Exhausted>(answer)) *end = std::get<Exhausted>(answer).why;
      break;
    }
    Trial trial = lab::running(id, next->config, next->note);
    lab::tell_start(searcher, trial);
    all.push_back({trial.config, next->why, loss(trial.config)});
    lab::tell_report(searcher, trial, all.back().loss);
    lab::tell_end(searcher, trial);
  }
  return all;
}

const Step& best_of(const std::vector<Step>& steps, std::size_t end) {
  return *std::min_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(end),
                           [](const Step& a, const Step& b) { return a.loss < b.loss; });
}

Space three() { return space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}, {"n", "int(1, 9)"}}); }

double bowl(const Config& c) {
  return std::pow(number(c[0]) - 0.2, 2) + std::pow(number(c[1]) - 0.7, 2) + std::pow(number(c[2]) / 9 - 0.4, 2);
}

TEST(Coordinate, AStageTunesWhatIsFreeAndHoldsTheFixedAndTheBest) {
  const auto searcher = coordinate(three(), {{{"x"}, {{"y", Value(0.25)}}, 6}, {{"y", "n"}, {}, 8}});
  std::string end;
  const auto steps = run(*searcher, 100, bowl, &end);
  ASSERT_EQ(steps.size(), 14U);
  EXPECT_EQ(end, "the plan is done");
  std::set<double> xs, ys;
  for (std::size_t i = 0; i < 6; ++i) {
    xs.insert(number(steps[i].config[0]));
    EXPECT_EQ(number(steps[i].config[1]), 0.25);
    EXPECT_EQ(number(steps[i].config[2]), 5) << "nothing is known: the middle";
    EXPECT_TRUE(steps[i].why.starts_with("stage 1 of 2 (x): ")) << steps[i].why;
  }
  EXPECT_EQ(xs.size(), 6U);
  for (std::size_t i = 6; i < 14; ++i) {
    EXPECT_EQ(steps[i].config[0], best_of(steps, 6).config[0]) << "that of the best trial of the first stage";
    ys.insert(number(steps[i].config[1]));
    EXPECT_TRUE(steps[i].why.starts_with("stage 2 of 2 (y, n): ")) << steps[i].why;
  }
  EXPECT_EQ(ys.size(), 8U);
}

TEST(Coordinate, StagesWithoutANumberShareWhatIsLeftAndTheLastGoesOn) {
  const auto shared = coordinate(three(), {{{"x"}, {}, 4}, {{"y"}, {}, {}}, {{"n", "y"}, {}, {}}}, 20);
  const auto steps = run(*shared, 30, bowl);
  ASSERT_EQ(steps.size(), 30U);
  const auto count = [&](const std::string& stage) {
    return std::count_if(steps.begin(), steps.end(), [&](const Step& s) { return s.why.starts_with(stage); });
  };
  EXPECT_EQ(count("stage 1 of 3"), 4);
  EXPECT_EQ(count("stage 2 of 3"), 8) << "half of the other 16";
  EXPECT_EQ(count("stage 3 of 3"), 18);
}

TEST(Coordinate, ANewStageWaitsForTheLastTrialsOfTheOneBefore) {
  const auto searcher = coordinate(three(), {{{"x"}, {}, 2}, {{"y"}, {}, 2}});
  std::vector<Trial> open;
  for (TrialId id = 0; id < 2; ++id) {
    const auto next = std::get<Proposal>(searcher->ask({.trial = id, .until = 1, .exact = true}));
    open.push_back(lab::running(id, next.config, next.note));
    lab::tell_start(*searcher, open.back());
  }
  const auto waits = searcher->ask({.trial = 2, .until = 1, .exact = true});
  ASSERT_TRUE(std::holds_alternative<Wait>(waits));
  EXPECT_EQ(std::get<Wait>(waits).why, "stage 1 of 2 (x) ends when its last 2 trials have");
  lab::tell_report(*searcher, open[1], 0.1);
  lab::tell_end(*searcher, open[0], Change::Failed, Cause::Exit);
  const auto next = std::get<Proposal>(searcher->ask({.trial = 2, .until = 1, .exact = true}));
  EXPECT_EQ(next.config[0], open[1].config[0]);
}

TEST(Coordinate, WithoutStagesEachParameterHasItsTurnRoundAndRound) {
  const auto steps = run(*coordinate(three(), {}, 30), 60, bowl);
  ASSERT_EQ(steps.size(), 60U);
  EXPECT_TRUE(steps[0].why.starts_with("x alone, round 1: ")) << steps[0].why;
  EXPECT_TRUE(steps[10].why.starts_with("y alone, round 1: ")) << steps[10].why;
  for (std::size_t i = 10; i < 20; ++i) {
    EXPECT_EQ(steps[i].config[0], best_of(steps, 10).config[0]);
    EXPECT_EQ(steps[i].config[2], best_of(steps, 10).config[2]);
  }
  EXPECT_NE(
      std::find_if(steps.begin(), steps.end(), [](const Step& s) { return s.why.starts_with("x alone, round 2"); }),
      steps.end());
  EXPECT_LT(best_of(steps, 60).loss, 0.01);
}

TEST(Coordinate, WhatAnOptionMakesActiveIsDrawnAndTheRestIsHeld) {
  const Space space = space_of(
      {{"m", "[a, b, c]"}, {"p", "float(0, 1) if m == a"}, {"q", "float(0, 1) if m == b"}, {"x", "float(0, 1)"}});
  const auto searcher = coordinate(space, {{{"m"}, {}, 12}, {{"x"}, {{"m", Value("b")}}, 5}});
  const auto steps =
      run(*searcher, 100, [](const Config& c) { return number(c[3]) + (value_text(c[0]) == "a" ? 1 : 0); });
  ASSERT_EQ(steps.size(), 17U);
  std::set<Value> q, p, x;
  for (std::size_t i = 0; i < 12; ++i) {
    if (value_text(steps[i].config[0]) == "a") p.insert(steps[i].config[1]);
    if (value_text(steps[i].config[0]) == "b") q.insert(steps[i].config[2]);
    x.insert(steps[i].config[3]);
  }
  EXPECT_EQ(x.size(), 1U) << "held at the middle";
  EXPECT_GE(p.size() + q.size(), 3U) << "inactive in the middle or not: one of them is drawn";
  for (std::size_t i = 12; i < 17; ++i) EXPECT_EQ(value_text(steps[i].config[0]), "b");
}

TEST(Coordinate, HoldsWordsThatAConstraintPutsInOrder) {
  const Space space =
      space_of({{"s", "ordinal(small, medium, large)"}, {"x", "float(0, 1)"}}, {"s < large or x > 0.5"});
  const auto steps =
      run(*coordinate(space, {{{"x"}, {{"s", Value("large")}}, 8}}), 100, [](const Config&) { return 1.0; });
  ASSERT_EQ(steps.size(), 8U);
  for (const Step& step : steps) {
    EXPECT_EQ(value_text(step.config[0]), "large");
    EXPECT_GT(number(step.config[1]), 0.5);
  }
}

TEST(Coordinate, AStageThatHasNothingLeftToTryIsOver) {
  const Space space = space_of({{"a", "int(1, 3)"}, {"x", "float(0, 1)"}});
  const auto steps =
      run(*coordinate(space, {{{"a"}, {}, 10}, {{"x"}, {}, 4}}), 100, [](const Config& c) { return number(c[0]); });
  ASSERT_EQ(steps.size(), 7U);
  for (std::size_t i = 3; i < 7; ++i) EXPECT_EQ(number(steps[i].config[0]), 1);
}

TEST(Coordinate, AnySearcherTunesItsStages) {
  for (const OptionRow& option : find_searcher("coordinate")->options) {
    for (const std::string& name : option.words) {
      const auto searcher = coordinate(three(), {{{"x", "y"}, {}, 6}, {{"n"}, {}, 4}}, 10, {{"searcher", name}});
      const auto steps = run(*searcher, 20, bowl);
      EXPECT_EQ(steps.size(), 10U) << name;
      for (std::size_t i = 0; i < 6 && i < steps.size(); ++i) EXPECT_EQ(number(steps[i].config[2]), 5) << name;
    }
  }
  EXPECT_GE(find_searcher("coordinate")->options[0].words.size(), 5U);
}

}  // namespace
}  // namespace hone
