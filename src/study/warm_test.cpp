#include "study/warm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "study/world_for_test.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Runs a study to its end, one trial at a time; the log on the way.
Study run(const StudySpec& spec, const std::function<double(const Config&)>& loss, std::vector<Event>* log = nullptr) {
  Study study = *Study::make(spec);
  const auto put = [&](const Event& event) {
    if (log) log->push_back(event);
    study.apply(event);
  };
  for (Seconds now = 1; !study.finished(); now += 1) {
    auto next = study.decide(now, 1);
    if (!std::holds_alternative<Event>(next)) break;
    const Event event = std::get<Event>(next);
    put(event);
    const auto* started = std::get_if<Started>(&event.fact);
    if (!started) continue;
    put({now, Reported{started->trial, 1, 1, {{"loss", loss(started->config)}}, {}}});
    put({now, Exited{.trial = started->trial, .attempt = 1}});
  }
  return study;
}

double number(const Value& value) { return std::get<double>(value); }
double bowl(const Config& config) { return std::abs(number(config[0]) - 0.7); }

TEST(Warm, TopPerformersAreTheBestOnesWithoutDoubles) {
  const Study study = run(spec_of("space: {x: \"float(0, 1)\"}\nsearcher: random\nstop: {trials: 30}\n"), bowl);
  const auto points = top_performers(study, 3);
  ASSERT_EQ(points.size(), 3U);
  EXPECT_EQ(points[0].config, (NamedValues{{"x", study.trials()[static_cast<std::size_t>(*study.best())].config[0]}}));
  EXPECT_THAT(points[0].from, HasSubstr("s, trial "));
  EXPECT_LE(std::abs(number(points[0].config[0].second) - 0.7), std::abs(number(points[1].config[0].second) - 0.7));
}

TEST(Warm, PointsAreFittedIntoAnotherSpace) {
  const StudySpec target = spec_of(
      "space: {x: \"float(0, 0.5)\", n: \"int(1, 9, step=2)\", opt: [sgd, adam], extra: \"float(0, 1)\"}\n"
      "searcher: random\nstop: {trials: 30}\n");
  const std::vector<WarmPoint> source = {
      {{{"x", 0.7}, {"n", std::int64_t{4}}, {"opt", "adam"}, {"gone", 1.0}}, "a"},
      {{{"x", 0.2}, {"n", std::int64_t{3}}, {"opt", "lion"}}, "no such option any more"},
      {{{"gone", 0.2}}, "nothing in common"},
  };
  const auto points = warm_points(target, {source});
  ASSERT_EQ(points.size(), 1U);
  ASSERT_EQ(points[0].config.size(), 4U);
  EXPECT_EQ(points[0].config[0].second, Value(0.5)) << "clipped";
  EXPECT_TRUE(points[0].config[1].second == Value(std::int64_t{3}) ||
              points[0].config[1].second == Value(std::int64_t{5}));
  EXPECT_EQ(points[0].config[2].second, Value("adam"));
  EXPECT_TRUE(target.space.check(points[0].config)) << "whole, and of this space";
}

StudySpec warmed(const std::vector<double>& xs) {
  StudySpec spec = spec_of("space: {x: \"float(0, 1)\"}\nsearcher: random\nstop: {trials: 20}\n");
  for (const double x : xs) spec.warm.push_back({{{"x", x}}, "other, trial 1"});
  return spec;
}

std::vector<TrialId> warm_trials(const std::vector<Event>& log) {
  std::vector<TrialId> ids;
  for (const Event& event : log)
    if (const auto* started = std::get_if<Started>(&event.fact); started && started->source == "warm")
      ids.push_back(started->trial);
  return ids;
}

TEST(Warm, WhatDidWellIsTriedEveryOtherTrialAsLongAsItIsTheBest) {
  std::vector<Event> log;
  run(warmed({0.69, 0.699, 0.6999, 0.71, 0.7}), bowl, &log);
  EXPECT_THAT(warm_trials(log), ElementsAre(1, 3, 5, 7)) << "the fourth is worse than the third";
}

TEST(Warm, TheListIsLeftWhenItDoesNoGood) {
  std::vector<Event> log;
  run(warmed({0.0, 0.01, 0.02, 0.03}), bowl, &log);
  EXPECT_THAT(warm_trials(log), ElementsAre(1)) << "the first own trial is better";
}

TEST(Warm, EveryStudyIsTriedAndLeftByItself) {
  StudySpec spec = warmed({0.0, 0.01, 0.69, 0.02, 0.03, 0.7});
  for (const std::size_t i : {1, 4}) spec.warm[i].from = "second, trial 3";
  for (const std::size_t i : {2, 5}) spec.warm[i].from = "third, trial 5";
  std::vector<Event> log;
  run(spec, bowl, &log);
  std::vector<double> tried;
  for (const Event& event : log)
    if (const auto* started = std::get_if<Started>(&event.fact); started && started->source == "warm")
      tried.push_back(std::get<double>(started->config[0]));
  EXPECT_THAT(tried, ElementsAre(0.0, 0.01, 0.69, 0.7)) << "the best of each, then what is the best of all";
}

TEST(Warm, IsPartOfTheStoredDefinition) {
  const StudySpec spec = warmed({0.7});
  const auto read = read_study_file(study_json(spec), "s.json");
  ASSERT_TRUE(read) << read.error().what;
  ASSERT_EQ(read->warm.size(), 1U);
  EXPECT_EQ(read->warm[0].config, spec.warm[0].config);
  EXPECT_EQ(read->warm[0].from, spec.warm[0].from);
}

}  // namespace
}  // namespace hone
