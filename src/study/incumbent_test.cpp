#include "study/incumbent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "study/world_for_test.h"

namespace hone {
namespace {

using Loss = std::function<double(const Trial&)>;

double number(const Value& value) { return std::get<double>(value); }
double square(double x) { return x * x; }
double bowl(const Trial& trial) {
  return square(number(trial.config[0]) - 0.3) + square(number(trial.config[1]) - 0.6);
}

constexpr double kNoise = 0.1;  // as large as the bowl is deep around its middle
double noisy_bowl(const Trial& trial) {
  return bowl(trial) + kNoise * Rng::stream(trial.seed, "noise", static_cast<std::uint64_t>(trial.id)).normal();
}

Study run(const std::string& searcher, std::uint64_t seed, int trials, const Loss& loss,
          const std::string& space = "{x: \"float(0, 1)\", y: \"float(0, 1)\"}") {
  StudySpec spec =
      spec_of("space: " + space + "\nsearcher: " + searcher + "\nstop: {trials: " + std::to_string(trials) + "}\n");
  spec.seed = seed;
  Study study = *Study::make(spec);
  for (Seconds now = 1; !study.finished(); now += 1) {
    auto next = study.decide(now, 1);
    if (!std::holds_alternative<Event>(next)) break;
    const Event event = std::get<Event>(next);
    study.apply(event);
    const auto* started = std::get_if<Started>(&event.fact);
    if (!started) continue;
    const double value = loss(study.trials()[static_cast<std::size_t>(started->trial)]);
    study.apply({now, Reported{started->trial, 1, 1, {{"loss", value}}, {}}});
    study.apply({now, Exited{.trial = started->trial, .attempt = 1}});
  }
  return study;
}

const Trial& trial_of(const Study& study, std::optional<TrialId> id) {
  return study.trials()[static_cast<std::size_t>(*id)];
}

TEST(Incumbent, OfANoisyBowlIsNearerToTheOptimumThanTheLuckiestDraw) {
  double lucky = 0, expected = 0;
  int differ = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Study study = run("gp", seed, 40, noisy_bowl);
    differ += study.incumbent() != study.best() ? 1 : 0;
    lucky += bowl(trial_of(study, study.best())) / 20;
    expected += bowl(trial_of(study, study.incumbent())) / 20;
  }
  EXPECT_GT(differ, 10);
  EXPECT_LT(expected, 0.9 * lucky);
}

TEST(Incumbent, OfADeterministicObjectiveIsTheBestTrial) {
  const std::vector<std::pair<const char*, Loss>> objectives = {
      {"bowl", bowl},
      {"valley",
       [](const Trial& t) { return 100 * square(number(t.config[1]) - square(number(t.config[0]))) + bowl(t); }},
      {"kink",
       [](const Trial& t) { return std::abs(number(t.config[0]) - 0.3) + std::abs(number(t.config[1]) - 0.6); }},
      {"steps", [](const Trial& t) { return std::floor(20 * bowl(t)); }},
      {"decades", [](const Trial& t) { return std::log(bowl(t) + 1e-3); }}};
  for (const auto& [name, loss] : objectives)
    for (const char* searcher : {"gp", "smac", "auto", "random"})
      for (std::uint64_t seed = 0; seed < 2; ++seed) {
        const Study study = run(searcher, seed, 30, loss);
        EXPECT_EQ(study.incumbent(), study.best()) << name << " " << searcher << " " << seed;
      }
}

TEST(Incumbent, IsTheBestTrialWithoutAModelAndNoneWithoutAResult) {
  const Study random = run("random", 1, 30, noisy_bowl);
  EXPECT_EQ(random.incumbent(), random.best());
  EXPECT_FALSE(random.belief(random.trials()[0].config));
  EXPECT_FALSE(run("gp", 1, 10, [](const Trial&) { return std::nan(""); }).incumbent());
}

TEST(Incumbent, OfAutoIsThatOfItsModel) {
  int differ = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Study study = run("auto", seed, 40, noisy_bowl);
    EXPECT_TRUE(study.belief(study.trials()[0].config));
    differ += study.incumbent() != study.best() ? 1 : 0;
  }
  EXPECT_GT(differ, 2);
}

}  // namespace
}  // namespace hone
