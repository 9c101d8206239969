// Several fidelities: a path of levels through all of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "study/world_for_test.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const char* const kStudy =
    "name: s\nobjective: minimize loss\nseed: 3\nspace: {x: 'float(0, 1)'}\nsearcher: random\n"
    "fidelity: [{name: epoch, min: 1, max: 27}, {name: share, min: 0.1, max: 1}, {name: rows, min: 1000, max: "
    "50000}]\n";

std::string refused(const std::string& text) {
  const auto spec = read_study_file(text, "f", {}, check_study);
  return spec ? "" : spec.error().what;
}
std::string with_fidelity(const std::string& fidelity, const std::string& more = "scheduler: sh\n") {
  return "objective: minimize loss\nspace: {x: 'float(0, 1)'}\nstop: {trials: 9}\nfidelity: " + fidelity + "\n" + more;
}
const std::string kTwo = "[{name: epoch, max: 27}, {name: share, min: 0.1, max: 1}]";

class PathTest : public ::testing::Test {
 protected:
  static World world(const std::string& more) { return World(*read_study_file(kStudy + more, "s.yaml")); }
  static void say(World& world, TrialId id, int epoch, double loss) {
    const int n = world.trial(id).reports_seen + 1;
    world.put(Reported{id, world.trial(id).attempt, n, {{"loss", loss}, {"epoch", static_cast<double>(epoch)}}, {}});
  }
  static void exit(World& world, TrialId id, Cause cause = Cause::None) {
    world.put(Exited{.trial = id, .attempt = world.trial(id).attempt, .cause = cause});
  }
  static std::vector<Resource> levels(const World& world, TrialId id) {
    std::vector<Resource> out;
    for (const Report& report : world.trial(id).reports) out.push_back(report.at);
    return out;
  }
};

TEST_F(PathTest, GoesGeometricallyAlongAllAxesAndEndsExactly) {
  const Fidelity fidelity = *read_study_file(kStudy, "s")->fidelity;
  ASSERT_EQ(fidelity.further.size(), 2U);
  std::vector<NamedValues> levels;
  for (const Resource until : {1, 3, 9, 27}) levels.push_back(levels_at(fidelity, until));
  const auto whole = [](std::int64_t value) { return Value(value); };
  EXPECT_THAT(levels, ElementsAre(NamedValues{{"epoch", whole(1)}, {"share", 0.1}, {"rows", whole(1000)}},
                                  NamedValues{{"epoch", whole(3)}, {"share", 0.2154}, {"rows", whole(3684)}},
                                  NamedValues{{"epoch", whole(9)}, {"share", 0.4642}, {"rows", whole(13572)}},
                                  NamedValues{{"epoch", whole(27)}, {"share", 1.0}, {"rows", whole(50000)}}));
  EXPECT_EQ(level_text(fidelity, 9), "epoch 9, share 0.4642, rows 13572");
  EXPECT_LT(levels_at(fidelity, 2)[1].second, levels_at(fidelity, 3)[1].second) << "also between rungs";
  const Fidelity large{"epoch", 1, 8, {{"width", 1e5, 8e5, false}}};
  EXPECT_EQ(level_text(large, 2), "epoch 2, width 200000");
}

TEST_F(PathTest, OnlyTheEndOfARunIsAReport) {
  World one = world("scheduler: sh\nstop: {trials: 1}\n");
  one.decide();
  ASSERT_EQ(one.trial(0).until, 1);
  say(one, 0, 1, 0.9);
  exit(one, 0);
  one.decide();
  ASSERT_EQ(one.trial(0).until, 3);
  say(one, 0, 2, 0.1);  // 2 epochs of a run with more data: nobody else was there
  EXPECT_THAT(levels(one, 0), ElementsAre(1));
  EXPECT_EQ(one.trial(0).reports.back().loss[0], 0.9);
  say(one, 0, 3, 0.5);
  EXPECT_THAT(levels(one, 0), ElementsAre(1, 3));
  say(one, 0, 4, 0.2);  // beyond what it was asked for
  EXPECT_THAT(levels(one, 0), ElementsAre(1, 3));
  exit(one, 0);
  one.decide();
  for (int epoch = 1; epoch <= 9; ++epoch) say(one, 0, epoch, 1.0 / epoch);  // starts over, with more data
  EXPECT_THAT(levels(one, 0), ElementsAre(1, 3, 9));
  EXPECT_DOUBLE_EQ(one.trial(0).reports.back().loss[0], 1.0 / 9);
  exit(one, 0);
  EXPECT_EQ(one.trial(0).phase, Phase::Paused);
  one.expect_replay();
}

TEST_F(PathTest, LossesOfDifferentLevelsAreNeverRankedTogether) {
  // Trial 1 is promoted and looks bad at 3 epochs of its way to 9 where trial 2 was good at 3: neither says anything.
  World some = world("scheduler: {sh: {eta: 2}}\nstop: {trials: 4}\n");
  some.slots = 4;
  some.decide();
  for (TrialId id = 0; id < 4; ++id) {
    say(some, id, 1, 0.1 * static_cast<double>(id + 1));
    exit(some, id);
  }
  some.decide();
  EXPECT_EQ(some.trial(0).until, 2);
  say(some, 0, 1, 0.01);
  EXPECT_EQ(some.trial(0).reports.back().loss[0], 0.1);
  EXPECT_EQ(some.trial(0).reports.back().at, 1);
  say(some, 0, 2, 0.7);
  EXPECT_EQ(some.study.best(), 0) << "the only one at 2";
  say(some, 1, 2, 0.6);
  EXPECT_EQ(some.study.best(), 1);
}

TEST_F(PathTest, ARunThatEndsByItselfHasComeToItsLevel) {
  World one = world("scheduler: sh\nstop: {trials: 1}\n");
  one.decide();
  say(one, 0, 1, 0.9);
  exit(one, 0);
  one.decide();
  say(one, 0, 2, 0.4);  // it stops early, at 2 of 3
  exit(one, 0);
  EXPECT_THAT(levels(one, 0), ElementsAre(1, 3));
  EXPECT_EQ(one.trial(0).reports.back().loss[0], 0.4);
  EXPECT_EQ(one.trial(0).phase, Phase::Paused);
  one.decide();
  say(one, 0, 5, 0.3);
  exit(one, 0, Cause::Exit);  // but not one that fails
  EXPECT_THAT(levels(one, 0), ElementsAre(1, 3));
  EXPECT_EQ(one.trial(0).phase, Phase::Failed);
}

TEST_F(PathTest, ARunThatEndsWithANumberThatIsNoneHasFailedThere) {
  for (const bool names : {true, false}) {
    World one = world("scheduler: sh\nstop: {trials: 1}\n");
    one.decide();
    say(one, 0, 1, 0.9);
    exit(one, 0);
    one.decide();
    ASSERT_EQ(one.trial(0).until, 3);
    Metrics metrics = {{"loss", std::nan("")}};
    if (names) metrics.emplace_back("epoch", 2);
    one.put(Reported{0, 2, 1, metrics, {}});
    exit(one, 0);
    EXPECT_EQ(one.trial(0).phase, Phase::Failed) << "what it had at 1 is not its result at 3";
    EXPECT_EQ(one.trial(0).cause, Cause::NotFinite);
  }
}

TEST_F(PathTest, ARunThatNamesNoObjectiveHasNothingAtItsLevel) {
  World one = world("scheduler: sh\nstop: {trials: 1}\n");
  one.decide();
  one.put(Reported{0, 1, 1, {{"epoch", 1}}, {}});
  exit(one, 0);
  EXPECT_EQ(one.trial(0).cause, Cause::NoMetric);
}

TEST_F(PathTest, ReportsThatAreCountedCountToTheEndOfTheRun) {
  World one = world("scheduler: sh\nstop: {trials: 1}\n");
  one.decide();
  one.put(Reported{0, 1, 1, {{"loss", 0.5}}, {}});
  exit(one, 0);
  one.decide();
  for (int n = 1; n <= 2; ++n) one.put(Reported{0, 2, n, {{"loss", 0.4}}, {}});  // goes on: two of three
  EXPECT_THAT(levels(one, 0), ElementsAre(1));
  exit(one, 0);
  EXPECT_THAT(levels(one, 0), ElementsAre(1, 3));
}

TEST_F(PathTest, ATargetIsMetWithAllOfTheData) {
  World one = world("scheduler: sh\nstop: {trials: 1, target: 0.5}\n");
  one.decide();
  for (const int until : {1, 3, 9}) {
    say(one, 0, until, 0.2);
    exit(one, 0);
    one.decide();
    ASSERT_EQ(one.study.finished(), nullptr) << until;
  }
  say(one, 0, 27, 0.2);
  one.decide();
  EXPECT_EQ(one.trial(0).phase, Phase::Stopped);
}

TEST_F(PathTest, TheDefinitionReadsBackAsItself) {
  const auto spec = read_study_file(kStudy, "s");
  ASSERT_TRUE(spec) << spec.error().what;
  const std::string json = study_json(*spec);
  EXPECT_THAT(json, HasSubstr(R"([{"name":"epoch","min":1,"max":27},{"name":"share","min":0.1,"max":1.0},)"
                              R"({"name":"rows","min":1000,"max":50000}])"));
  EXPECT_EQ(study_json(*read_study_file(json, "s.json")), json);
  EXPECT_THAT(study_json(*read_study_file(with_fidelity("[{name: epoch, max: 27}]"), "s")),
              HasSubstr(R"("fidelity":{"name":"epoch","min":1,"max":27})"));
}

TEST_F(PathTest, WhatDoesNotFitIsRefusedInOneLine) {
  EXPECT_EQ(refused(with_fidelity(kTwo)), "");
  for (const char* scheduler : {"dehb", "median", "pbt", "pb2", "percentile", "plateau", "threshold"})
    EXPECT_THAT(refused(with_fidelity(kTwo, std::string("scheduler: ") + scheduler + "\n")),
                HasSubstr(std::string("scheduler: ") + scheduler + " compares what trials report on their way"));
  EXPECT_THAT(refused(with_fidelity(kTwo, "scheduler: {asha: {stop: true}}\n")),
              HasSubstr("asha with `stop` starts every"));
  EXPECT_THAT(refused(with_fidelity(kTwo, "command: train {x}\n")),
              HasSubstr("command: has neither {until} nor {dir}, so asha"));
  EXPECT_EQ(refused(with_fidelity(kTwo, "command: train {x} {share}\n")), "");
  std::string mean = with_fidelity(kTwo);
  mean.replace(0, std::string("objective: minimize loss").size(), "objective: minimize loss mean");
  EXPECT_THAT(refused(mean),
              HasSubstr("objective: with several fidelities only what loss is at the end of a run counts"));
  EXPECT_THAT(refused(with_fidelity("[{name: epoch, min: 9, max: 9}, {name: share, min: 0.1, max: 1}]")),
              HasSubstr("fidelity: epoch has one value"));
}

TEST_F(PathTest, MistakesInAnAxisAreNamedByIt) {
  const auto of = [](const std::string& axis) {
    return refused(with_fidelity("[{name: epoch, max: 27}, " + axis + "]"));
  };
  EXPECT_THAT(of("{name: share, min: 0.1}"),
              HasSubstr("fidelity[1].max: is missing; write {name: share, min: 0.1, max: 1}"));
  EXPECT_THAT(of("{name: share, min: 0, max: 1}"),
              HasSubstr("fidelity[1]: from 0 to 1 is no range; use numbers with 0 < min"));
  EXPECT_THAT(of("{name: share, min: 2, max: 1}"), HasSubstr("fidelity[1]: from 2 to 1 is no range"));
  EXPECT_THAT(of("{name: share, min: few, max: 1}"), HasSubstr("from few to 1 is no range"));
  EXPECT_THAT(of("{name: dir, min: 1, max: 2}"), HasSubstr("fidelity[1].name: dir cannot be a placeholder of its own"));
  EXPECT_THAT(of("{name: a.b, min: 1, max: 2}"), HasSubstr("fidelity[1].name: a.b cannot be a placeholder"));
  EXPECT_THAT(of("{name: x, min: 1, max: 2}"), HasSubstr("x is a parameter too"));
  EXPECT_THAT(of("{name: loss, min: 1, max: 2}"), HasSubstr("loss is the objective too"));
  EXPECT_THAT(of("{name: epoch, min: 1, max: 2}"), HasSubstr("epoch is given twice"));
  EXPECT_THAT(of("{name: share, mni: 1, max: 2}"), HasSubstr("fidelity[1].mni: unknown key"));
  EXPECT_THAT(refused(with_fidelity("[]")), HasSubstr("fidelity: 0 of them"));
  EXPECT_THAT(refused(with_fidelity("[{name: epoch}]")), HasSubstr("fidelity[0].max: is missing"));
}

TEST_F(PathTest, AnExtendedStudyKeepsItsLevels) {
  const StudySpec study = *read_study_file(with_fidelity(kTwo), "s");
  StudySpec more = study;
  more.stop.trials = 20;
  EXPECT_TRUE(extended_spec(study, more));
  more.fidelity->max = 81;
  EXPECT_THAT(extended_spec(study, more).error().what, HasSubstr("would change what every level means"));
  more = study;
  more.fidelity->further.clear();
  EXPECT_FALSE(extended_spec(study, more));
}

}  // namespace
}  // namespace hone
