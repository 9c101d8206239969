// What is said at the end of a study, from trials made by hand.
#include "cli/hints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "study/study_file.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

StudySpec spec_of(const std::string& text) {
  auto spec = read_study_file("name: demo\nstop: {trials: 50}\n" + text, "study.yaml");
  EXPECT_TRUE(spec.has_value()) << (spec ? "" : spec.error().what);
  return *spec;
}

/// Trials of a study, added one by one.
class Trials {
 public:
  Trials& good(Value value, double loss, Resource at = 1) { return good(Config(1, std::move(value)), loss, at); }
  Trials& good(Config config, double loss, Resource at = 1) {
    Trial& trial = add(std::move(config));
    trial.phase = Phase::Completed;
    trial.level = at;
    trial.reports = {Report{at, {loss}, {}, 0}};
    return *this;
  }
  Trials& failed(Value value, Cause cause = Cause::Exit, int code = 1) {
    Trial& trial = add(Config(1, std::move(value)));
    trial.phase = Phase::Failed;
    trial.cause = cause;
    trial.code = code;
    return *this;
  }
  Trial& last() { return all.back(); }
  std::vector<Trial> all;

 private:
  Trial& add(Config config) {
    Trial trial;
    trial.id = static_cast<TrialId>(all.size());
    trial.config = std::move(config);
    all.push_back(std::move(trial));
    return all.back();
  }
};

std::vector<std::string> hints_of(const std::string& text, const Trials& trials) {
  return hints(spec_of(text), trials.all);
}

/// Ten trials of one parameter, of which the last has `value` and is the best.
std::vector<std::string> best_at(const std::string& domain, const Value& value, const Value& other, int trials = 10) {
  Trials made;
  for (int i = 1; i < trials; ++i) made.good(other, 1);
  made.good(value, 0);
  return hints_of("objective: minimize loss\nspace: {x: \"" + domain + "\"}\n", made);
}
constexpr auto kWhole = [](std::int64_t x) { return Value(x); };

TEST(Hints, ABestValueAtTheEdgeSuggestsToWidenThatEnd) {
  EXPECT_THAT(best_at("float(1e-4, 1e-1, log)", 0.0999, 0.01),
              ElementsAre("the best value of x, 0.0999, lies at the high end of float(1e-4, 1e-1, log); widen it?"));
  EXPECT_THAT(best_at("float(1e-4, 1e-1, log)", 0.000101, 0.01),
              ElementsAre("the best value of x, 0.000101, lies at the low end of float(1e-4, 1e-1, log); widen it?"));
  EXPECT_THAT(best_at("int(2, 9)", kWhole(9), kWhole(5)), ElementsAre(HasSubstr("high end of int(2, 9)")));
  EXPECT_THAT(best_at("pow2(8, 128)", kWhole(8), kWhole(32)), ElementsAre(HasSubstr("low end of pow2(8, 128)")));
}

TEST(Hints, AnEdgeSaysNothingOfFewResultsOrFewValuesOrAnEndByNature) {
  EXPECT_THAT(best_at("float(1e-4, 1e-1, log)", 0.0999, 0.01, 9), IsEmpty());
  EXPECT_THAT(best_at("float(1e-4, 1e-1, log)", 0.09, 0.01), IsEmpty());
  EXPECT_THAT(best_at("pow2(8, 32)", kWhole(8), kWhole(16)), IsEmpty());
  EXPECT_THAT(best_at("[a, b, c, d]", Value("a"), Value("b")), IsEmpty());
  EXPECT_THAT(best_at("float(0, 1)", 0.001, 0.5), IsEmpty());
  EXPECT_THAT(best_at("float(0, 1)", 0.999, 0.5), IsEmpty());
  EXPECT_THAT(best_at("int(1, 64)", kWhole(1), kWhole(30)), IsEmpty());
  EXPECT_THAT(best_at("int(1, 64)", kWhole(64), kWhole(30)), SizeIs(1));
}

TEST(Hints, TheBestIsTheOneAtTheHighestFidelity) {
  Trials trials;
  for (int i = 0; i < 9; ++i) trials.good(0.5, 1, i < 5 ? 9 : 1);
  trials.good(9.99, -5, 1);  // better, but never compared at the top
  EXPECT_THAT(
      hints_of("objective: minimize loss\nspace: {x: \"float(-1, 10)\"}\nfidelity: {name: epoch, max: 9}\n", trials),
      IsEmpty());
}

const std::string kEpochs = "objective: maximize acc\nspace: {x: \"float(0, 1)\"}\nfidelity: {name: epoch, max: 9}\n";

TEST(Hints, AFidelityThatNeverMovesIsNamed) {
  EXPECT_THAT(hints_of(kEpochs, Trials().good(0.1, 1, 1).good(0.2, 1, 1)),
              ElementsAre("every report says epoch 1, which never moves; count it up to 9, or leave the fidelity out"));
  EXPECT_THAT(hints_of(kEpochs, Trials().good(0.1, 1, 1).good(0.2, 1, 3)), IsEmpty());
  EXPECT_THAT(hints_of(kEpochs, Trials().good(0.1, 1, 9).good(0.2, 1, 9)), IsEmpty());
}

TEST(Hints, AFidelityThatNoReportNamesIsNamed) {
  Trials trials;
  trials.good(0.1, 1, 2).good(0.2, 1, 2);
  for (Trial& trial : trials.all) trial.level = 0, trial.counted = 2;
  EXPECT_THAT(hints_of(kEpochs, trials),
              ElementsAre("no report names epoch, so reports counted 1, 2, 3 ...; print epoch=N beside acc"));
  for (Trial& trial : trials.all) trial.counted = 1;  // one result at the end of each run is a way to use it
  EXPECT_THAT(hints_of(kEpochs, trials), IsEmpty());
}

const std::string kOptimizers = "objective: minimize loss\nspace: {opt: [sgd, lion, adam]}\n";

TEST(Hints, WhenAllTrialsFailAlikeTheRemedyIsThatOfTheCause) {
  EXPECT_THAT(hints_of(kOptimizers, Trials().failed("sgd", Cause::NoMetric).failed("lion", Cause::NoMetric)),
              ElementsAre("all 2 trials failed alike: no metric; print `loss=VALUE`, or give a pattern in metrics"));
  EXPECT_THAT(hints_of(kOptimizers, Trials().failed("sgd").failed("lion")),
              ElementsAre(HasSubstr("exit 1; read its last lines with `hone explain demo 0`")));
  EXPECT_THAT(hints_of(kOptimizers, Trials().failed("sgd").failed("lion", Cause::Oom)), IsEmpty());
  EXPECT_THAT(hints_of(kOptimizers, Trials().failed("sgd").good("lion", 1)), IsEmpty());
}

TEST(Hints, AValueThatAlwaysFailsIsNamed) {
  Trials trials;
  for (int i = 0; i < 5; ++i) trials.failed("lion").good("sgd", 1);
  trials.failed("sgd");
  EXPECT_THAT(hints_of(kOptimizers, trials),
              ElementsAre("all 5 trials with opt=lion failed, 1 of the 6 others; leave it out, or look at why"));
  trials.good("lion", 1);
  EXPECT_THAT(hints_of(kOptimizers, trials), IsEmpty());  // neither always, nor it alone
}

TEST(Hints, AValueThatEveryFailureHasIsNamedUnlessMostTrialsHaveIt) {
  Trials trials;
  for (int i = 0; i < 5; ++i) trials.failed("lion").good("lion", 1).good("sgd", 1).good("adam", 1);
  EXPECT_THAT(
      hints_of(kOptimizers, trials),
      ElementsAre("all 5 failed trials have opt=lion, as have 5 of the 15 others; leave it out, or look at why"));
  for (int i = 0; i < 20; ++i) trials.good("lion", 1);
  EXPECT_THAT(hints_of(kOptimizers, trials), IsEmpty());
}

TEST(Hints, AreFiveAtMostInTheOrderOfTheParameters) {
  std::string space = "objective: minimize loss\nspace:\n";
  Config edge, middle;
  for (char name = 'a'; name < 'h'; ++name) {
    space += std::string("  ") + name + ": float(-1, 1)\n";
    edge.emplace_back(-1.0), middle.emplace_back(0.0);
  }
  Trials trials;
  for (int i = 0; i < 9; ++i) trials.good(middle, 1);
  trials.good(edge, 0);
  const auto lines = hints_of(space, trials);
  ASSERT_THAT(lines, SizeIs(5));
  EXPECT_THAT(lines[0], HasSubstr("of a,"));
  EXPECT_THAT(lines[4], HasSubstr("of e,"));
}

TEST(Hints, SayNothingOfAStudyWithoutTrials) { EXPECT_THAT(hints_of(kOptimizers, Trials()), IsEmpty()); }

}  // namespace
}  // namespace hone
