// TPE against random search on functions that the unit tests do not use, many seeds. Deterministic: same seeds, same
// answers; the bounds leave a factor to what was measured when they were set, so a later change of the algorithm fails
// only if it makes it clearly worse.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "hone/study.h"
#include "study/study_file.h"

namespace hone {
namespace {

struct Problem {
  const char* name;
  const char* space;
  double optimum;
  double ratio;  // median excess of tpe over that of random, at most
  double (*value)(Run&);
};

double ackley(Run& run) {
  double squares = 0, cosines = 0;
  for (const char* x : {"a", "b", "c", "d"}) {
    squares += run[x] * run[x];
    cosines += std::cos(2 * std::numbers::pi * run[x]);
  }
  return -20 * std::exp(-0.2 * std::sqrt(squares / 4)) - std::exp(cosines / 4) + 20 + std::numbers::e;
}

double rosenbrock(Run& run) {
  const double x = run["x"], y = run["y"];
  return 100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x);
}

/// The shape of a real one: a learning rate that wants to be right, a width that costs, a choice that gates two others.
double network(Run& run) {
  const double rate = std::log10(run["lr"]) + 2.3;
  double loss = 0.1 + 0.05 * rate * rate + 0.02 * std::abs(std::log2(run["width"]) - 7);
  if (run.word("optimizer") == "sgd") return loss + 0.1 * std::abs(run["momentum"] - 0.9) + 0.02;
  if (run.word("optimizer") == "adam") return loss + 0.03 * std::abs(std::log10(run["epsilon"]) + 7);
  return loss + 0.15;
}

const Problem kProblems[] = {
    // Not centred: the middle is the first trial.
    {"ackley4", "{a: 'float(-4, 6)', b: 'float(-4, 6)', c: 'float(-6, 4)', d: 'float(-6, 4)'}", 0, 0.5, ackley},
    {"rosenbrock2", "{x: 'float(-2, 2)', y: 'float(-1, 3)'}", 0, 0.4, rosenbrock},
    {"network",
     "{lr: 'float(1e-5, 1, log)', width: 'int(16, 1024, log)', optimizer: [sgd, adam, none], "
     "momentum: 'float(0, 1) if optimizer == sgd', epsilon: 'float(1e-9, 1e-3, log) if optimizer == adam'}",
     0.1, 0.25, network},
};

double median_excess(const Problem& problem, const std::string& searcher, int trials) {
  std::vector<double> excess;
  for (int seed = 1; seed <= 41; ++seed) {
    const std::string study = "{objective: minimize value, space: " + std::string(problem.space) +
                              ", searcher: " + searcher + ", stop: {trials: " + std::to_string(trials) +
                              "}, seed: " + std::to_string(seed) + "}";
    const auto best = minimize(study, problem.value);
    EXPECT_TRUE(best.has_value()) << (best ? "" : best.error().what);
    excess.push_back(best ? best->value - problem.optimum : HUGE_VAL);
  }
  std::nth_element(excess.begin(), excess.begin() + 20, excess.end());
  return excess[20];
}

class Quality : public ::testing::TestWithParam<Problem> {};

TEST_P(Quality, TpeIsBetterThanRandomSearchAfter80Trials) {
  const double tpe = median_excess(GetParam(), "tpe", 80), random = median_excess(GetParam(), "random", 80);
  RecordProperty("tpe", std::to_string(tpe));
  RecordProperty("random", std::to_string(random));
  std::printf("%s: median excess of 41 seeds: tpe %.4g, random %.4g\n", GetParam().name, tpe, random);
  EXPECT_LT(tpe, GetParam().ratio * random);
}

TEST_P(Quality, SobolIsNotWorseThanRandomSearch) {
  EXPECT_LT(median_excess(GetParam(), "sobol", 64), 1.5 * median_excess(GetParam(), "random", 64));
}

INSTANTIATE_TEST_SUITE_P(Problems, Quality, ::testing::ValuesIn(kProblems),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace hone
