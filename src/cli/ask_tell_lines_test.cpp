#include "cli/ask_tell_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "study/study_file.h"

namespace hone {
namespace {

using testing::HasSubstr;

AskTell make(const std::string& text, AskTell::Keep keep = {}) {
  auto spec = read_study_file(text, "study.yaml");
  EXPECT_TRUE(spec.has_value()) << (spec ? "" : spec.error().what);
  auto study = Study::make(std::move(*spec));
  EXPECT_TRUE(study.has_value()) << (study ? "" : study.error().what);
  return AskTell(
      std::move(*study), [time = 0.0]() mutable { return time += 1; }, std::move(keep));
}
constexpr const char* kFlat =
    "objective: minimize loss\nspace: {x: \"float(0, 1)\", c: [a, b]}\nsearcher: random\nscheduler: none\n"
    "stop: {trials: 3}\nseed: 1\n";
constexpr const char* kRungs =
    "objective: minimize loss\nspace: {x: \"float(0, 1)\"}\nsearcher: random\nscheduler: asha\n"
    "fidelity: {name: epoch, min: 1, max: 9}\nstop: {trials: 9}\nseed: 1\n";

Json say(AskTell& study, const std::string& line) { return Json::parse(answer_line(study, line)); }

TEST(AskTell, HandsOutTrialsAndTakesResults) {
  AskTell study = make(kFlat);
  const Json first = say(study, R"({"ask": 2})");
  ASSERT_EQ(first["trials"].size(), 2U);
  EXPECT_FALSE(first.contains("finished"));
  const Json& trial = first["trials"][0];
  EXPECT_EQ(trial["trial"], 0);
  EXPECT_TRUE(trial["config"]["x"].is_number());
  EXPECT_TRUE(trial["config"]["c"].is_string());
  EXPECT_EQ(trial["resume"], false);
  EXPECT_TRUE(trial["seed"].is_number_integer());
  EXPECT_EQ(trial["until"], 1);
  EXPECT_EQ(say(study, R"({"tell": {"trial": 0, "metrics": {"loss": 0.5}}})"), Json::parse(R"({"move": "continue"})"));
  EXPECT_EQ(say(study, R"({"tell": {"trial": 0, "metrics": {"loss": 0.3, "other": 7}, "done": true}})"),
            Json::parse(R"({"move": "stop"})"));
  EXPECT_EQ(say(study, R"({"tell": {"trial": 1, "failed": "oom"}})"), Json::parse(R"({"move": "stop"})"));
  const Json best = say(study, R"({"best": true})");
  EXPECT_EQ(best["best"]["trial"], 0);
  EXPECT_EQ(best["best"]["metrics"], Json::parse(R"({"loss": 0.3, "other": 7.0})"));
  ASSERT_EQ(say(study, R"({"ask": 5})")["trials"].size(), 1U);
  EXPECT_EQ(say(study, R"({"ask": 1})"), Json::parse(R"({"trials": []})"));  // one is still out
  say(study, R"({"tell": {"trial": 2, "metrics": {"loss": 1}, "done": true}})");
  EXPECT_EQ(say(study, R"({"ask": 1})"), Json::parse(R"({"trials": [], "finished": true})"));
}

TEST(AskTell, PromotesAKnownTrialWithALargerUntil) {
  AskTell study = make(kRungs);
  std::vector<int> pauses;
  bool resumed = false, finished = false;
  for (int round = 0; round < 100 && !finished; ++round) {
    const Json answer = say(study, R"({"ask": 1})");
    finished = answer.contains("finished");
    for (const Json& trial : answer["trials"]) {
      const auto id = trial["trial"].get<int>();
      const auto until = trial["until"].get<int>();
      if (trial["resume"] == true) {
        resumed = true;
        EXPECT_GT(until, 1);
      }
      const Json move =
          say(study, dump(Json{{"tell", {{"trial", id}, {"metrics", {{"loss", 1.0 / (id + 1)}}}, {"at", until}}}}));
      EXPECT_EQ(move["move"], until < 9 ? "pause" : "stop");
    }
  }
  EXPECT_TRUE(resumed);
  EXPECT_TRUE(finished);
}

TEST(AskTell, HoldsToParallel) {
  AskTell study = make(std::string(kFlat) + "parallel: 1\n");
  EXPECT_EQ(say(study, R"({"ask": 3})")["trials"].size(), 1U);
  EXPECT_EQ(say(study, R"({"ask": 3})")["trials"].size(), 0U);
  say(study, R"({"tell": {"trial": 0, "failed": "exit 3"}})");
  EXPECT_EQ(say(study, R"({"ask": 3})")["trials"].size(), 1U);
}

TEST(AskTell, AddsResultsFromElsewhere) {
  AskTell study = make(kFlat);
  EXPECT_EQ(say(study, R"({"add": {"config": {"x": 0.5, "c": "a"}, "metrics": {"loss": 0.01}}})"),
            Json::parse(R"({"trial": 0})"));
  EXPECT_EQ(say(study, R"({"best": true})")["best"]["config"], Json::parse(R"({"x": 0.5, "c": "a"})"));
}

TEST(AskTell, ABadLineAnswersAnErrorAndChangesNothing) {
  std::size_t kept = 0;
  AskTell study =
      make(kFlat, [&](std::span<const Event> events) -> Result<void> { return kept += events.size(), Result<void>(); });
  say(study, R"({"ask": 1})");
  const std::size_t before = kept;
  EXPECT_GT(before, 0U);
  for (const char* line : {"",
                           "nonsense",
                           "[]",
                           "{}",
                           "7",
                           R"({"ask": 0})",
                           R"({"ask": "x"})",
                           R"({"ask": 1, "best": true})",
                           R"({"aks": 1})",
                           R"({"tell": {}})",
                           R"({"tell": {"trial": 9, "metrics": {"loss": 1}}})",
                           R"({"tell": {"trial": 0}})",
                           R"({"tell": {"trial": 0, "metrics": {"loss": "much"}}})",
                           R"({"tell": {"trial": 0, "metric": {"loss": 1}}})",
                           R"({"tell": {"trial": 0, "metrics": {"loss": 1}, "at": -1}})",
                           R"({"tell": {"trial": 0, "metrics": {"loss": 1}, "done": 3}})",
                           R"({"tell": {"trial": 0, "done": true, "failed": "oom"}})",
                           R"({"tell": {"trial": 0, "failed": 1}})",
                           R"({"tell": {"trial": 1e300, "done": true}})",
                           R"({"add": {"config": {"x": 7, "c": "a"}, "metrics": {"loss": 1}}})",
                           R"({"add": {"config": {"x": 0.5, "c": "a"}, "metrics": {"acc": 1}}})",
                           R"({"add": {"config": {"x": [1]}, "metrics": {}}})"})
    EXPECT_TRUE(say(study, line).contains("error")) << line;
  EXPECT_THAT(answer_line(study, "{\"tell\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}"),
              HasSubstr("error"));
  EXPECT_THAT(answer_line(study, std::string((1 << 20) + 1, ' ')), HasSubstr("1 MiB"));
  EXPECT_EQ(kept, before);
  EXPECT_THAT(answer_line(study, R"({"tell": {"trial": 0, "metrcs": {}}})"), HasSubstr("did you mean metrics?"));
}

TEST(AskTell, AnEndWithoutTheObjectiveIsRefusedAndMendable) {
  AskTell study = make(kFlat);
  say(study, R"({"ask": 3})");
  for (const char* line :
       {R"({"tell": {"trial": 0, "metrics": {"acc": 1}, "done": true}})", R"({"tell": {"trial": 0, "done": true}})"})
    EXPECT_THAT(answer_line(study, line),
                HasSubstr("tell.metrics: trial 0 ends without loss; give the objective's value"))
        << line;
  EXPECT_EQ(study.study().trials()[0].phase, Phase::Running);
  const Json stop = Json::parse(R"({"move": "stop"})");
  EXPECT_EQ(say(study, R"({"tell": {"trial": 0, "metrics": {"loss": 1}, "done": true}})"), stop);
  say(study, R"({"tell": {"trial": 1, "metrics": {"loss": 0.5}}})");
  EXPECT_EQ(say(study, R"({"tell": {"trial": 1, "done": true}})"), stop) << "it was told on the way";
  EXPECT_EQ(say(study, R"({"tell": {"trial": 2, "failed": "no metric"}})"), stop);
  EXPECT_EQ(say(study, R"({"best": true})")["best"]["trial"], 1);
}

TEST(AskTell, EveryRunNamesEveryObjective) {
  AskTell both = make(
      "objective: [minimize loss, minimize size]\nspace: {x: \"float(0, 1)\"}\nsearcher: random\nstop: {trials: 3}\n");
  say(both, R"({"ask": 1})");
  say(both, R"({"tell": {"trial": 0, "metrics": {"loss": 0.5}}})");
  EXPECT_THAT(answer_line(both, R"({"tell": {"trial": 0, "done": true}})"), HasSubstr("trial 0 ends without size"));
  EXPECT_EQ(say(both, R"({"tell": {"trial": 0, "metrics": {"size": 3}, "done": true}})"),
            Json::parse(R"({"move": "stop"})"));
  AskTell twice = make(std::string(kFlat) + "repeat: 2\n");
  for (const char* loss : {"1", "2"}) {
    say(twice, R"({"ask": 1})");
    EXPECT_THAT(answer_line(twice, R"({"tell": {"trial": 0, "done": true}})"), HasSubstr("ends without loss"));
    say(twice, std::string(R"({"tell": {"trial": 0, "metrics": {"loss": )") + loss + R"(}, "done": true}})");
  }
  EXPECT_EQ(say(twice, R"({"best": true})")["best"]["metrics"]["loss"], 1.5);
}

/// What is handed out, a line each, of a study with `repeat: 2` whose trials all end where they should.
std::vector<std::string> repeats_of(const std::string& text, int count) {
  AskTell study = make(text + "repeat: 2\n");
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) {
    const Json trial = say(study, R"({"ask": 1})")["trials"][0];
    out.push_back(dump(Json{trial["trial"], trial["until"], trial["repeat"], trial["resume"]}));
    say(study,
        dump(Json{{"tell",
                   {{"trial", trial["trial"]}, {"metrics", {{"loss", i}}}, {"at", trial["until"]}, {"done", true}}}}));
  }
  return out;
}

TEST(AskTell, EachRunOfAConfigurationHasItsNumberAndBeginsAnew) {
  EXPECT_EQ(repeats_of(kFlat, 4),
            (std::vector<std::string>{"[0,1,1,false]", "[0,1,2,false]", "[1,1,1,false]", "[1,1,2,false]"}));
  const auto rungs = repeats_of(kRungs, 14);
  const auto resumed = std::find(rungs.begin(), rungs.end(), "[0,3,1,true]");
  ASSERT_NE(resumed, rungs.end()) << "trial 0 is promoted";
  EXPECT_EQ(resumed[1], "[0,3,2,true]") << "from the checkpoint of its own second run";
}

TEST(AskTell, ALateTellIsAnsweredByTheMove) {
  AskTell study = make(kFlat);
  say(study, R"({"ask": 1})");
  say(study, R"({"tell": {"trial": 0, "metrics": {"loss": 1}, "done": true}})");
  EXPECT_EQ(say(study, R"({"tell": {"trial": 0, "metrics": {"loss": 0}}})"), Json::parse(R"({"move": "stop"})"));
}

TEST(AskTell, ASecondEndOfATrialMaySayTheSameButNothingElse) {
  AskTell study = make(kFlat);
  say(study, R"({"ask": 2})");
  const Json stop = Json::parse(R"({"move": "stop"})");
  const std::string done = R"({"tell": {"trial": 0, "metrics": {"loss": "nan", "b": 2}, "done": true}})";
  const std::string again = R"({"tell": {"trial": 0, "metrics": {"b": 2, "loss": "nan"}, "done": true}})";
  EXPECT_EQ(say(study, done), stop);
  EXPECT_EQ(say(study, again), stop) << "telling twice is telling once";
  for (const char* other : {R"({"tell": {"trial": 0, "metrics": {"loss": 1, "b": 2}, "done": true}})",
                            R"({"tell": {"trial": 0, "metrics": {"loss": "nan"}, "done": true}})",
                            R"({"tell": {"trial": 0, "failed": "oom"}})"})
    EXPECT_THAT(answer_line(study, other), HasSubstr("the end of trial 0 was told before (done)")) << other;
  EXPECT_EQ(say(study, R"({"tell": {"trial": 1, "failed": "oom"}})"), stop);
  EXPECT_EQ(say(study, R"({"tell": {"trial": 1, "failed": "oom"}})"), stop);
  EXPECT_THAT(answer_line(study, R"({"tell": {"trial": 1, "failed": "exit 1"}})"), HasSubstr("told before (oom)"));
}

TEST(AskTell, AnEndThatAnEarlierProcessWasToldIsKnown) {
  const std::string stops =
      "objective: minimize loss\nspace: {x: \"float(0, 1)\"}\nsearcher: random\nscheduler: none\n"
      "stop: {target: 0}\nseed: 1\n";
  std::vector<Event> log;
  {
    AskTell study = make(stops, [&](std::span<const Event> events) -> Result<void> {
      log.insert(log.end(), events.begin(), events.end());
      return {};
    });
    say(study, R"({"ask": 4})");
    say(study, R"({"tell": {"trial": 0, "metrics": {"loss": 2}}})");
    say(study, R"({"tell": {"trial": 0, "metrics": {"loss": 1}, "done": true}})");
    say(study, R"({"tell": {"trial": 1, "failed": "exit 3"}})");
    say(study, R"({"tell": {"trial": 2, "metrics": {"loss": -1}, "done": true}})");
    ASSERT_EQ(study.study().trials()[3].phase, Phase::Stopped) << "the target was reached";
  }
  auto spec = read_study_file(stops, "study.yaml");
  ASSERT_TRUE(spec);
  auto study = Study::make(std::move(*spec));
  ASSERT_TRUE(study);
  for (const Event& event : log) study->apply(event);
  AskTell again(std::move(*study), [] { return 99.0; });
  for (const Event& event : log) again.remember(event);
  const Json stop = Json::parse(R"({"move": "stop"})");
  EXPECT_EQ(say(again, R"({"tell": {"trial": 0, "metrics": {"loss": 1}, "done": true}})"), stop);
  EXPECT_EQ(say(again, R"({"tell": {"trial": 1, "failed": "exit 3"}})"), stop);
  EXPECT_EQ(say(again, R"({"tell": {"trial": 3, "metrics": {"loss": 7}, "done": true}})"), stop) << "the study's end";
  EXPECT_THAT(answer_line(again, R"({"tell": {"trial": 0, "metrics": {"loss": 2}, "done": true}})"),
              HasSubstr("the end of trial 0 was told before (done)"));
  EXPECT_THAT(answer_line(again, R"({"tell": {"trial": 1, "metrics": {"loss": 2}, "done": true}})"),
              HasSubstr("the end of trial 1 was told before (exit 3)"));
}

TEST(AskTell, AnEndAfterTheStudyStoppedTheTrialIsFine) {
  AskTell study = make(
      "objective: minimize loss\nspace: {x: \"float(0, 1)\"}\nsearcher: random\nscheduler: none\n"
      "stop: {target: 0.5}\nseed: 1\n");
  say(study, R"({"ask": 2})");
  say(study, R"({"tell": {"trial": 0, "metrics": {"loss": 0.1}, "done": true}})");
  ASSERT_EQ(study.study().trials()[1].phase, Phase::Stopped);
  for (const char* loss : {"1", "2"})
    EXPECT_EQ(say(study, std::string(R"({"tell": {"trial": 1, "metrics": {"loss": )") + loss + R"(}, "done": true}})"),
              Json::parse(R"({"move": "stop"})"));
  EXPECT_EQ(say(study, R"({"tell": {"trial": 1, "failed": "oom"}})"), Json::parse(R"({"move": "stop"})"));
}

TEST(AskTell, AMistakeShowsWhatWasGiven) {
  AskTell study = make(kFlat);
  say(study, R"({"ask": 1})");
  for (const auto& [line, words] : {
           std::pair{R"({"tell": {"trial": 0, "failed": "ooom"}})", "tell.failed: ooom is no cause; use oom"},
           {R"({"tell": {"trial": 0, "failed": ""}})", "tell.failed: an empty text is no cause"},
           {R"({"tell": {"trial": 0, "failed": 7}})", "tell.failed: 7 is not a word"},
           {R"({"tell": {"trial": 0, "metrics": {"loss": 1}, "at": 2.5}})", "tell.at: 2.5 is not a whole number"},
           {R"({"tell": {"trial": 0, "metrics": {"loss": 1}, "at": 0}})", "tell.at: 0 is not a whole number"},
           {R"({"tell": {"trial": 0, "metrics": {"loss": 1}, "done": 3}})", "tell.done: 3 is neither true nor false"},
           {R"({"tell": {"trial": 0, "metrics": {"loss": 1}, "failed": "oom"}})", "tell: metrics and failed; give one"},
       })
    EXPECT_THAT(say(study, line)["error"].get<std::string>(), HasSubstr(words)) << line;
  EXPECT_EQ(study.study().trials()[0].phase, Phase::Running);
}

TEST(AskTell, AFailedObjectiveIsNotFinite) {
  AskTell study = make(kFlat);
  say(study, R"({"ask": 1})");
  EXPECT_EQ(say(study, R"({"tell": {"trial": 0, "metrics": {"loss": "nan"}, "done": true}})"),
            Json::parse(R"({"move": "stop"})"));
  EXPECT_TRUE(say(study, R"({"best": true})")["best"].is_null());
}

TEST(AskTell, AnAddedObjectiveThatIsNotFiniteIsAFailureToo) {
  AskTell study = make(kFlat);
  TrialId id = 0;
  for (const char* value : {"nan", "inf", "-inf"}) {
    say(study, dump(Json{{"add", {{"config", {{"x", 0.5}, {"c", "a"}}}, {"metrics", {{"loss", value}}}}}}));
    const Trial& trial = study.study().trials()[static_cast<std::size_t>(id)];
    EXPECT_EQ(trial.phase, Phase::Failed) << value;
    EXPECT_EQ(trial.cause, Cause::NotFinite) << value;
    EXPECT_EQ(metrics_json(study.metrics(id++))["loss"], value) << "as it was given";
  }
  EXPECT_TRUE(say(study, R"({"best": true})")["best"].is_null());
}

TEST(AskTell, WhatWasOutComesBackAfterARestart) {
  AskTell study = make(kFlat);
  say(study, R"({"ask": 1})");
  study.give_up_live();
  const Json again = say(study, R"({"ask": 1})");
  ASSERT_EQ(again["trials"].size(), 1U);
  EXPECT_EQ(again["trials"][0]["trial"], 0);
  EXPECT_EQ(again["trials"][0]["resume"], true);
}

TEST(AskTell, AStoreThatFailsEndsTheConversation) {
  AskTell study =
      make(kFlat, [](std::span<const Event>) -> Result<void> { return fail(Code::Unavailable, "disk full"); });
  EXPECT_THAT(answer_line(study, R"({"ask": 1})"), HasSubstr("disk full"));
  ASSERT_TRUE(study.broken().has_value());
}

}  // namespace
}  // namespace hone
