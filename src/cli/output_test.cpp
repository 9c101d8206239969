// What commands print, from events made by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/event_words.h"
#include "cli/importance.h"
#include "cli/progress.h"
#include "cli/report_words.h"
#include "cli/status_text.h"
#include "cli/trial_table.h"
#include "study/study_file.h"

namespace hone {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

StudySpec spec_of(const std::string& text) {
  auto spec = read_study_file(text, "study.yaml");
  EXPECT_TRUE(spec.has_value()) << (spec ? "" : spec.error().what);
  return *spec;
}
StudySpec two_parameters() {
  return spec_of(
      "objective: maximize acc\nspace: {lr: \"float(0, 1)\", opt: [sgd, \"a,\\\"b\"]}\nfidelity: {name: epoch, max: "
      "9}\n"
      "stop: {trials: 5}\nseed: 1\n");
}
Started started(TrialId id, double lr, const std::string& opt) {
  Started e;
  e.trial = id;
  e.config = {lr, opt};
  e.until = 9;
  e.why = "a slot is free";
  e.searcher_why = "random";
  e.free_slots = 4;
  return e;
}
Reported reported(TrialId id, int n, Metrics metrics) {
  return {.trial = id, .attempt = 1, .n = n, .metrics = std::move(metrics), .infeasible = {}};
}
StudyView example() {
  StudyView view("demo", two_parameters());
  view.apply({10, started(0, 0.5, "sgd")});
  view.apply({11, started(1, 0.25, "a,\"b")});
  view.apply({12, reported(0, 1, {{"epoch", 3}, {"acc", 0.5}, {"loss", 1.5}})});
  view.apply({13, reported(0, 2, {{"epoch", 9}, {"acc", 0.75}, {"loss", 1}})});
  Exited good{.trial = 0, .attempt = 1};
  good.cpu_seconds = 2;
  good.peak_memory = 1000;
  view.apply({14, good});
  view.apply({15, Exited{.trial = 1, .attempt = 1, .cause = Cause::Exit, .code = 3, .detail = "boom"}});
  return view;
}

TEST(TrialJson, HasTheFormOfTheSurface) {
  const StudyView view = example();
  EXPECT_EQ(
      dump(trial_json(view, 0)),
      R"({"trial":0,"state":"completed","cause":null,"config":{"lr":0.5,"opt":"sgd"},)"
      R"("metrics":{"epoch":9.0,"acc":0.75,"loss":1.0},)"
      R"("reports":[{"at":3,"metrics":{"epoch":3.0,"acc":0.5,"loss":1.5},"seconds":2.0},)"
      R"({"at":9,"metrics":{"epoch":9.0,"acc":0.75,"loss":1.0},"seconds":3.0}],"bracket":0,"parent":null,"attempts":1,)"
      R"("why":"a slot is free; random","started":10.0,"ended":14.0,"cpu_seconds":2.0,"peak_memory":1000})");
  const Json failed = trial_json(view, 1);
  EXPECT_EQ(failed["state"], "failed");
  EXPECT_EQ(failed["cause"], "exit 3");
}

TEST(TrialJson, WritesNumbersThatJsonLacksAsStrings) {
  StudyView view("demo", two_parameters());
  view.apply({10, started(0, 0.5, "sgd")});
  view.apply({12, reported(0, 1,
                           {{"acc", 0.5},
                            {"a", std::numeric_limits<double>::quiet_NaN()},
                            {"b", -std::numeric_limits<double>::infinity()}})});
  view.apply({13, Exited{.trial = 0, .attempt = 1}});
  const Json json = trial_json(view, 0);
  EXPECT_EQ(json["metrics"]["a"], "nan");
  EXPECT_EQ(json["metrics"]["b"], "-inf");
}

TEST(TrialJson, AFirstReportThatNamesNoFidelityIsThereOnceThereIsAnother) {
  StudyView view("demo", two_parameters());
  view.apply({10, started(0, 0.5, "sgd")});
  view.apply({11, reported(0, 1, {{"acc", 0.5}, {"loss", 3}})});
  EXPECT_TRUE(view.view(0).reports.empty());
  view.apply({12, reported(0, 2, {{"acc", 0.6}})});
  ASSERT_EQ(view.view(0).reports.size(), 2U);
  EXPECT_EQ(view.view(0).reports[0].at, 1);
  EXPECT_EQ(view.view(0).reports[0].metrics, (Metrics{{"acc", 0.5}, {"loss", 3}}));
  EXPECT_EQ(view.view(0).reports[1].metrics, (Metrics{{"acc", 0.6}}));
}

TEST(TrialJson, WhatAPausedTrialSaysOnItsWayOutIsItsLast) {
  StudyView view("demo", two_parameters());
  view.apply({10, started(0, 0.5, "sgd")});
  view.apply({11, reported(0, 1, {{"epoch", 1}, {"acc", 0.5}})});
  view.apply({12, Paused{.trial = 0}});
  view.apply({13, reported(0, 2, {{"epoch", 2}, {"acc", 0.6}})});
  ASSERT_EQ(view.view(0).reports.size(), 2U);
  EXPECT_EQ(view.view(0).reports[1].metrics, (Metrics{{"epoch", 2}, {"acc", 0.6}}));
}

TEST(TrialJson, MetricsThatComeBeforeTheObjectiveRideAlong) {
  StudyView view("demo", two_parameters());
  view.apply({10, started(0, 0.5, "sgd")});
  view.apply({11, reported(0, 1, {{"epoch", 1}, {"loss", 3}})});
  view.apply({12, reported(0, 2, {{"acc", 0.5}})});
  ASSERT_EQ(view.view(0).reports.size(), 1U);
  EXPECT_EQ(view.view(0).reports[0].at, 1);
  EXPECT_EQ(view.view(0).reports[0].metrics, (Metrics{{"acc", 0.5}, {"epoch", 1}, {"loss", 3}}));
}

TEST(TrialJson, LateReportsAreLeftOut) {
  StudyView view = example();
  view.apply({20, reported(0, 3, {{"epoch", 9}, {"acc", 1}})});
  EXPECT_EQ(view.view(0).reports.size(), 2U);
}

TEST(StatusJson, HasTheFormOfTheSurface) {
  const StudyView view = example();
  EXPECT_EQ(dump(status_json(view, false, 99)),
            R"({"study":"demo","state":"interrupted","counts":{"waiting":0,"running":0,)"
            R"("paused":0,"completed":1,"stopped":0,"failed":1},)"
            R"("best":{"trial":0,"metrics":{"epoch":9.0,"acc":0.75,"loss":1.0}},"elapsed":5.0,)"
            R"("slots":{"used":0,"total":5},"hypervolume":null})");
  StudyView over = example();
  over.apply({20, Finished{"trial limit reached", false, 4}});
  EXPECT_EQ(status_json(over, false, 99)["state"], "finished");
}

std::string captured(const std::function<void(std::FILE*)>& print) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* file = open_memstream(&text, &size);
  print(file);
  std::fclose(file);
  std::string out(text, size);
  std::free(text);
  return out;
}

TEST(TrialTable, SaysWhichTrialBreaksAConstraint) {
  StudyView view("demo", spec_of("objective: minimize loss\nspace: {x: \"float(0, 1)\"}\nstop: {trials: 2}\n"
                                 "outcome_constraints: [ms <= 10.5]\nseed: 1\n"));
  for (TrialId id = 0; id < 2; ++id) {
    Started e;
    e.trial = id;
    e.config = {0.5};
    e.until = 1;
    view.apply({10, e});
    view.apply({11, reported(id, 1, {{"loss", 0.25}, {"ms", id == 0 ? 11 : 9}})});
    view.apply({12, Exited{.trial = id, .attempt = 1}});
  }
  const std::string table = captured([&](std::FILE* out) { print_trials_table(view, {0, 1}, out); });
  EXPECT_NE(table.find("11 > 10.5"), std::string::npos) << table;
  EXPECT_NE(table.find(" 9 "), std::string::npos) << table;
}

TEST(Trials, AreOneJsonList) {
  const StudyView view = example();
  const std::vector<CheckpointCopy> copies = {
      {.time = 5, .trial = 1, .from = {0, 3}, .bytes = 10, .shared = 0, .seconds = 0.5}};
  const Json list = Json::parse(
      captured([&](std::FILE* out) { print_trials_json(view, chosen_trials(view, std::nullopt), copies, out); }));
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[1]["trial"], 1);
  EXPECT_EQ(list[1]["copies"], Json::parse(R"([{"from": 0, "at": 3, "bytes": 10, "shared": 0, "seconds": 0.5}])"));
  EXPECT_FALSE(list[0].contains("copies")) << "nothing was copied for it";
  EXPECT_EQ(Json::parse(captured([&](std::FILE* out) { print_trials_json(view, {}, {}, out); })), Json::array());
}

TEST(Trials, CsvQuotesWhatNeedsIt) {
  const StudyView view = example();
  const std::string csv =
      captured([&](std::FILE* out) { print_trials_csv(view, chosen_trials(view, std::nullopt), out); });
  EXPECT_EQ(
      csv,
      "trial,state,cause,bracket,parent,attempts,at,started,ended,seconds,cpu_seconds,peak_memory,config.lr,config.opt,"
      "metrics.acc,metrics.epoch,metrics.loss\n"
      "0,completed,,0,,1,9,10,14,3,2,1000,0.5,sgd,0.75,9,1\n"
      "1,failed,exit 3,0,,1,,11,15,,0,0,0.25,\"a,\"\"b\",,,\n");
}

TEST(Trials, TableIsAlignedAndTopPutsTheBestFirst) {
  StudyView view = example();
  view.apply({16, started(2, 1, "sgd")});
  view.apply({17, reported(2, 1, {{"epoch", 9}, {"acc", 0.9}})});
  EXPECT_THAT(chosen_trials(view, 1), ElementsAre(2));
  EXPECT_THAT(chosen_trials(view, 9), ElementsAre(2, 0));
  const std::string table = captured([&](std::FILE* out) { print_trials_table(view, chosen_trials(view, 9), out); });
  EXPECT_EQ(table,
            "trial  state       acc  epoch   lr  opt  time\n"
            "    2  running     0.9      9    1  sgd  1.0s\n"
            "    0  completed  0.75      9  0.5  sgd  3.0s\n");
}

TEST(Table, ShowsNoControlCharacters) {
  Table table({"a"});
  table.add({"x\x1b[31m\r\ny"});
  EXPECT_EQ(table.text(), "a\nx y\n");
}

TEST(Report, WritesOneJsonLine) {
  EXPECT_EQ(*report_line({"val_acc=0.91", "epoch=3", "loss=nan"}, ""),
            "{\"val_acc\":0.91,\"epoch\":3,\"loss\":\"nan\"}\n");
  EXPECT_EQ(*report_line({}, "no memory"), "{\"infeasible\":\"no memory\"}\n");
  EXPECT_THAT(report_line({}, "").error().what, HasSubstr("nothing to report"));
  EXPECT_THAT(report_line({"x"}, "").error().what, HasSubstr("NAME=VALUE"));
  EXPECT_THAT(report_line({"x=many"}, "").error().what, HasSubstr("not a number"));
}

TEST(Importance, FindsWhatMovesWithTheObjective) {
  StudyView view("demo", two_parameters());
  for (TrialId id = 0; id < 10; ++id) {
    const double lr = static_cast<double>(id) / 10;
    view.apply({10, started(id, lr, id % 2 == 0 ? "sgd" : "a,\"b")});
    view.apply({11, reported(id, 1, {{"epoch", 9}, {"acc", -lr * lr}})});
  }
  const auto list = importances(view).params;
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].param, "lr");
  EXPECT_DOUBLE_EQ(list[0].value, -1);
  EXPECT_EQ(list[1].kind, "correlation ratio");
  // Ranks 10 8 6 4 2 against 9 7 5 3 1: between 10 * 0.5^2, in all 82.5.
  EXPECT_NEAR(list[1].value, std::sqrt(2.5 / 82.5), 1e-12);
}

/// 40 trials: lr from 0 to 39 / 40, acc falls with it; `a,"b` is as good as sgd.
StudyView falling() {
  StudyView view("demo", two_parameters());
  for (TrialId id = 0; id < 40; ++id) {
    const double lr = static_cast<double>(id) / 40;
    view.apply({10, started(id, lr, id % 4 < 2 ? "sgd" : "a,\"b")});
    view.apply({11, reported(id, 1, {{"epoch", id < 30 ? 9.0 : 3.0}, {"acc", 1 - lr}})});
  }
  return view;
}

TEST(Importance, SaysWhatIsBetterAndWhereTheBestTenthLies) {
  const StudyView view = falling();
  EXPECT_EQ(comparable_trials(view).size(), 30U);  // those at the highest fidelity
  const auto list = importances(view).params;
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].param, "lr");
  EXPECT_DOUBLE_EQ(list[0].value, -1);
  EXPECT_TRUE(list[0].clear);
  EXPECT_EQ(list[0].better, "smaller");
  EXPECT_EQ(list[0].top, 3U);
  EXPECT_EQ(list[0].range, std::pair(0.0, 0.05));
  EXPECT_FALSE(list[1].clear);
  EXPECT_THAT(list[1].options, ElementsAre(std::pair<std::string, std::size_t>("sgd", 2),
                                           std::pair<std::string, std::size_t>("a,\"b", 1)));
}

TEST(Importance, ANumberBelowItsThresholdIsUnclear) {
  StudyView view("demo", two_parameters());
  for (TrialId id = 0; id < 8; ++id) {
    const double acc[] = {5, 1, 7, 3, 2, 8, 4, 6};
    view.apply({10, started(id, static_cast<double>(id) / 10, "sgd")});
    view.apply({11, reported(id, 1, {{"epoch", 9}, {"acc", acc[id]}})});
  }
  const auto list = importances(view).params;
  EXPECT_NEAR(list[0].value, 1 - 6 * 60 / 504.0, 1e-12);  // squared differences of ranks: 60
  EXPECT_FALSE(list[0].clear);
  EXPECT_TRUE(std::isnan(list[1].value));  // only one option was tried
}

TEST(Importance, AParameterWhoseBestValueLiesInBetweenIsNotUnclear) {
  StudyView view("demo", spec_of("objective: minimize loss\nspace: {x: \"float(0, 1)\", y: \"float(0, 1)\"}\n"
                                 "stop: {trials: 100}\nseed: 1\n"));
  Rng rng = Rng::stream(1, "between");
  for (TrialId id = 0; id < 60; ++id) {
    Started e;
    e.trial = id;
    const double x = (static_cast<double>(id) + 0.5) / 60, y = rng.uniform();
    e.config = {x, y};
    view.apply({10, e});
    view.apply({11, reported(id, 1, {{"loss", (x - 0.5) * (x - 0.5) + 0.001 * y}})});
  }
  const auto [list, pairs] = importances(view);
  EXPECT_EQ(list[0].param, "x");
  EXPECT_GT(list[0].share, 0.8);
  EXPECT_LT(std::abs(list[0].value), 0.25);
  EXPECT_EQ(list[0].better, "in between");
  EXPECT_LT(list[1].share, 0.1);
  ASSERT_EQ(pairs.size(), 1U);
}

TEST(Importance, AConditionalParameterCountsOnlyWhereItIsActive) {
  StudyView view("demo",
                 spec_of("objective: minimize loss\nspace: {opt: [sgd, adam], momentum: \"float(0, 1) if opt == "
                         "sgd\"}\nstop: {trials: 50}\nseed: 1\n"));
  for (TrialId id = 0; id < 20; ++id) {
    Started e;
    e.trial = id;
    e.config = {Value(id % 2 == 0 ? "sgd" : "adam"), id % 2 == 0 ? Value(static_cast<double>(id) / 20) : Value()};
    view.apply({10, e});
    view.apply({11, reported(id, 1, {{"loss", static_cast<double>(id)}})});
  }
  const auto list = importances(view).params;
  EXPECT_EQ(list[0].param, "momentum");
  EXPECT_EQ(list[0].trials, 10U);
  EXPECT_EQ(list[0].top, 1U);
  EXPECT_EQ(list[0].better, "smaller");
}

TEST(EventWords, LeaveOutWhatTheStudyDoesNotHave) {
  const StudySpec epochs = two_parameters();
  StudySpec plain = epochs;
  plain.fidelity.reset();
  const Event start{0, started(0, 0.5, "sgd")};
  EXPECT_EQ(event_words(start, epochs, false), "up to epoch 9: a slot is free\nproposed: random");
  EXPECT_EQ(event_words(start, epochs, true), "up to epoch 9, bracket 0: a slot is free\nproposed: random");
  EXPECT_EQ(event_words(start, plain, false), "a slot is free\nproposed: random");
}

TEST(EventWords, NameWhatTheUserAskedAndTheNumbersOfARun) {
  const StudySpec spec = two_parameters();
  EXPECT_EQ(event_words({0, Steered{3, Steer::Pause}}, spec, false), "the user asked: pause");
  EXPECT_EQ(event_words({0, Steered{0, Steer::Parallel, 8}}, spec, false), "the user asked: parallel=8");
  EXPECT_EQ(event_words({0, Extended{std::make_shared<const StudySpec>(spec)}}, spec, false),
            "the definition was changed: 2 parameters, 5 trials");
  EXPECT_EQ(event_words({0, Opened{{{"host", "node1"}, {"environment", "A B C"}, {"version", "0.1"}}}}, spec, false),
            "taken up by hone run: host node1, version 0.1");
  Exited killed{.trial = 0, .attempt = 2, .cause = Cause::Signal, .code = 9, .detail = "bye", .outside = true};
  killed.cpu_seconds = 2, killed.peak_memory = 3 << 20;
  EXPECT_EQ(event_words({0, killed}, spec, false), "run 2: signal 9, from outside, 2.0s CPU, 3 MiB: bye");
}

TEST(EventWords, ExplainTheTermsThatOccur) {
  EXPECT_THAT(footnotes("best of 24 candidates: log l/g 1.20, 3 good of 20"), ElementsAre(HasSubstr("(tpe)")));
  const auto spread = footnotes("gp: spread out: 2 of 5 results known");
  EXPECT_THAT(spread, ElementsAre(HasSubstr("until so many results are known, the searcher does not go by them")));
  EXPECT_THAT(spread[0], Not(HasSubstr("tpe"))) << "several searchers begin so";
  EXPECT_THAT(footnotes("random draw"), testing::IsEmpty());
}

TEST(States, ATrialThatTheUserHoldsIsPausedUntilItMayGoOn) {
  StudyView view("demo", two_parameters());
  view.apply({10, started(0, 0.5, "sgd")});
  view.apply({11, Steered{0, Steer::Pause}});
  EXPECT_EQ(trial_json(view, 0)["state"], "paused");
  EXPECT_EQ(trial_json(view, 0)["why"], "the user asked: pause; held until `hone resume`");
  EXPECT_EQ(trial_json(view, 0)["ended"], 11.0);
  EXPECT_EQ(status_json(view, false, 99)["counts"]["paused"], 1);
  EXPECT_EQ(status_json(view, false, 99)["counts"]["waiting"], 0);
  view.apply({12, Steered{0, Steer::Resume}});
  EXPECT_EQ(trial_json(view, 0)["state"], "waiting");
  EXPECT_EQ(trial_json(view, 0)["why"], "the user asked: resume");
}

TEST(States, ATrialThatRanOutOfMemorySaysThatItWaitsToRunAlone) {
  StudyView view("demo", two_parameters());
  view.apply({10, started(0, 0.5, "sgd")});
  view.apply({11, Exited{.trial = 0, .attempt = 1, .cause = Cause::Oom}});
  EXPECT_EQ(trial_json(view, 0)["state"], "waiting");
  EXPECT_THAT(trial_json(view, 0)["why"].get<std::string>(), HasSubstr("ran out of memory, so it waits to run alone"));
}

TEST(Counted, KnowsThePlural) {
  EXPECT_EQ(counted(1, "trial"), "1 trial");
  EXPECT_EQ(counted(0, "trial"), "0 trials");
}

TEST(Csv, ACellThatASpreadsheetWouldRunIsMadeHarmless) {
  EXPECT_EQ(csv_line({"=1+1", "@SUM(A1)", "+cmd", "-cmd|x", "\tx", "a=b"}),
            "\"'=1+1\",\"'@SUM(A1)\",\"'+cmd\",\"'-cmd|x\",\"'\tx\",a=b\n");
  EXPECT_EQ(csv_line({"-0.5", "-1e-3", "-inf", "-7", ""}), "-0.5,-1e-3,-inf,-7,\n");
  EXPECT_EQ(csv_line({"=\"x\""}), "\"'=\"\"x\"\"\"\n");
}

TEST(StatusText, NamesCausesAndWhatRan) {
  StudyView view = example();
  const Opening opening{15, {{"host", "h1"}, {"git", "a\x1b[1mbc, changed"}}};
  const std::string text = status_text(view, opening, true, 16);
  EXPECT_THAT(text, HasSubstr("trials   2 (1 completed, 1 failed)\nfailed   1: 1 exit 3\n"));
  EXPECT_THAT(text, HasSubstr("ends     in about 7.5s, at "));
  EXPECT_THAT(text, HasSubstr("\n         host: h1\n         git: abc, changed\n"));
  EXPECT_THAT(status_text(view, std::nullopt, true, 16), Not(HasSubstr("opened")));
  EXPECT_EQ(dump(opening_json(opening)), R"({"time":15.0,"facts":{"host":"h1","git":"a\u001b[1mbc, changed"}})");
  EXPECT_EQ(dump(opening_json(std::nullopt)), "null");
}

TEST(StatusText, DoesNotSayThatATrialRunsInAStudyThatNobodyRuns) {
  StudyView view = example();
  view.apply({16, started(2, 0.5, "sgd")});
  EXPECT_THAT(status_text(view, std::nullopt, true, 17), HasSubstr("(1 running, 1 completed, 1 failed)"));
  const std::string text = status_text(view, std::nullopt, false, 17);
  EXPECT_THAT(text, HasSubstr("trials   3 (1 running when it was interrupted, 1 completed, 1 failed)"));
  EXPECT_THAT(text, Not(HasSubstr("ends")));
  EXPECT_THAT(text, HasSubstr("slots    0 of"));
}

TEST(Progress, PrintsFewLinesOfManyAndLosesNoCount) {
  auto study =
      Study::make(spec_of("objective: maximize acc\nspace: {lr: \"float(0, 1)\"}\nsearcher: random\nscheduler: "
                          "none\nstop: {trials: 10000}\nseed: 1\n"));
  ASSERT_TRUE(study.has_value());
  Seconds now = 0;
  std::vector<std::string> lines;
  Progress progress([&](const std::string& line) { lines.push_back(line); }, [&] { return now; });
  const auto take = [&](Event event) {
    study->apply(event);
    progress.seen(event, *study);
  };
  for (TrialId id = 0; id < 10'000; ++id) {
    now += 0.001;
    take(std::get<Event>(study->decide(now, 1)));
    take({now, reported(id, 1, {{"acc", static_cast<double>(id)}})});
    take({now, Exited{.trial = id, .attempt = 1}});
  }
  // 10 s at 10 lines a second, and 20 at once: 120 and the line that was begun.
  EXPECT_LE(lines.size(), 125U);
  EXPECT_GE(lines.size(), 100U);
  EXPECT_THAT(lines[0], HasSubstr("trial 0 started"));
  EXPECT_THAT(lines[1], HasSubstr("trial 0 completed: acc 0 (best so far)"));
  progress.end(*study);
  EXPECT_THAT(lines.back(), AllOf(HasSubstr("left out: 10000 runs ended, 0 running"), HasSubstr("best: trial 9999")));
  std::int64_t accounted = 0;
  for (const std::string& line : lines) accounted += line.substr(0, 4) == "... " ? std::stoi(line.substr(4)) : 1;
  const std::size_t printed = lines.size();
  EXPECT_EQ(accounted, 20'000);
  progress.end(*study);
  EXPECT_EQ(lines.size(), printed) << "what was summed up is not summed up again";
}

}  // namespace
}  // namespace hone
