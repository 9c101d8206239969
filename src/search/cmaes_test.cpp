#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "search/testing.h"

namespace hone {
namespace {

using lab::make_searcher;
using lab::number;
using lab::space_of;

Space cube(int size) {
  std::vector<std::pair<std::string, std::string>> params;
  for (int i = 0; i < size; ++i) params.emplace_back("x" + std::to_string(i), "float(0, 1)");
  return space_of(params);
}

double bowl(const Config& c) {
  double sum = 0;
  for (const Value& value : c) sum += std::pow(number(value) - 0.3, 2);
  return sum;
}

double best_of(const std::vector<double>& losses) { return *std::min_element(losses.begin(), losses.end()); }

TEST(Cmaes, BeginsInTheMiddle) {
  const auto cmaes = make_searcher("cmaes", space_of({{"lr", "float(1e-4, 1, log)"}, {"n", "int(0, 10)"}}));
  const Proposal first = lab::ask(*cmaes, 0);
  EXPECT_NEAR(number(first.config[0]), 1e-2, 1e-9);
  EXPECT_EQ(number(first.config[1]), 5);
  EXPECT_EQ(first.why, "the middle of the space, to begin with");
}

TEST(Cmaes, ReachesHighPrecisionOnABowl) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_LT(best_of(lab::minimize(*make_searcher("cmaes", cube(5), seed), 150, bowl)), 1e-8) << seed;
  }
}

TEST(Cmaes, WorksWithoutTheModelToo) {
  const Options plain = {{"model", std::int64_t{0}}};
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_LT(best_of(lab::minimize(*make_searcher("cmaes", cube(5), seed, plain), 900, bowl)), 1e-7) << seed;
  }
}

TEST(Cmaes, FollowsANarrowRotatedValley) {  // Rosenbrock's function in four dimensions, the optimum inside the cube
  const auto valley = [](const Config& c) {
    double sum = 0;
    for (std::size_t i = 0; i + 1 < 4; ++i) {
      const double x = 4 * number(c[i]) - 2, y = 4 * number(c[i + 1]) - 2;
      sum += 100 * std::pow(y - x * x, 2) + std::pow(1 - x, 2);
    }
    return sum;
  };
  int solved = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    solved += best_of(lab::minimize(*make_searcher("cmaes", cube(4), seed), 3000, valley)) < 1e-6;
  }
  EXPECT_GE(solved, 4);
}

TEST(Cmaes, FindsAnOptimumAtABound) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto losses = lab::minimize(*make_searcher("cmaes", cube(4), seed), 200, [](const Config& c) {
      return number(c[0]) + 1 - number(c[1]) + std::pow(number(c[2]) - 0.2, 2) + number(c[3]);
    });
    EXPECT_LT(best_of(losses), 1e-3) << seed;
  }
}

TEST(Cmaes, SolvesIntegersStepsAndChoicesExactly) {
  const Space space = space_of({{"n", "int(1, 100, log)"},
                                {"k", "int(0, 20)"},
                                {"opt", "[a, b, c, d]"},
                                {"on", "[yes, no]"},
                                {"size", "ordinal(s, m, l, xl)"},
                                {"x", "float(0, 1)"}});
  const auto loss = [](const Config& c) {
    return std::pow(std::log(number(c[0]) / 40), 2) + std::pow(number(c[1]) - 3, 2) / 20 +
           (value_text(c[2]) == "c" ? 0 : 0.5) + (value_text(c[3]) == "no" ? 0 : 0.5) +
           (value_text(c[4]) == "l" ? 0 : 0.3) + std::pow(number(c[5]) - 0.3, 2);
  };
  int solved = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    solved += best_of(lab::minimize(*make_searcher("cmaes", space, seed), 400, loss)) < 1e-2;
  }
  EXPECT_GE(solved, 4);
}

TEST(Cmaes, InactiveParametersDoNotHoldUpTheActiveOnes) {
  const Space space = space_of({{"m", "[svm, forest]"},
                                {"C", "float(0, 1) if m == svm"},
                                {"gamma", "float(0, 1) if m == svm"},
                                {"depth", "int(1, 40) if m == forest"},
                                {"x", "float(0, 1)"}});
  int solved = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto losses = lab::minimize(*make_searcher("cmaes", space, seed), 200, [](const Config& c) {
      const double rest = std::pow(number(c[4]) - 0.6, 2);
      if (value_text(c[0]) == "forest") return 0.5 + std::pow(number(c[3]) / 40 - 0.5, 2) + rest;
      return std::pow(number(c[1]) - 0.2, 2) + std::pow(number(c[2]) - 0.7, 2) + rest;
    });
    solved += best_of(losses) < 1e-3;
  }
  EXPECT_GE(solved, 4);
}

/// A bowl with `pending` trials on their way at any time, which end in an order of their own.
double in_parallel(Searcher& cmaes, std::size_t pending, int trials) {
  Rng dice = Rng::stream(1, "order");
  std::vector<Trial> open;
  double best = 1e9;
  for (TrialId id = 0; id < trials; ++id) {
    const Proposal proposal = lab::ask(cmaes, id);
    open.push_back(lab::running(id, proposal.config, proposal.note));
    lab::tell_start(cmaes, open.back());
    if (open.size() < pending) continue;
    const auto k = static_cast<std::size_t>(dice.below(open.size()));
    const double loss = bowl(open[k].config);
    best = std::min(best, loss);
    lab::tell_report(cmaes, open[k], loss);
    lab::tell_end(cmaes, open[k]);
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(k));
  }
  return best;
}

TEST(Cmaes, TrialsMayEndInAnyOrderWithManyOfThemPending) {
  EXPECT_LT(in_parallel(*make_searcher("cmaes", cube(5), 1), 8, 300), 1e-6);
  EXPECT_LT(in_parallel(*make_searcher("cmaes", cube(5), 1, {{"model", std::int64_t{0}}}), 8, 900), 1e-4);
  EXPECT_LT(in_parallel(*make_searcher("cmaes", cube(5), 1), 64, 2000), 1e-2) << "more pending than a generation has";
}

TEST(Cmaes, GoodTrialsOfOthersDrawTheSamplesToThem) {
  const Space space = cube(3);
  const auto cmaes = make_searcher("cmaes", space, 1, {{"model", std::int64_t{0}}});
  Rng dice = Rng::stream(1, "others");
  TrialId id = 0;
  for (int i = 0; i < 60; ++i) {
    Trial trial = lab::running(id++, space.decode(std::vector<double>{0.9 + 0.05 * dice.normal(), 0.9, 0.1}));
    trial.source = "added";
    trial.reports.push_back({.at = 1, .loss = {static_cast<double>(i % 7)}, .excess = {}, .cost = 1});
    trial.phase = Phase::Completed;
    cmaes->tell(trial, Change::Completed, "");
  }
  double away = 0;
  for (int i = 0; i < 20; ++i) {
    const Config config = lab::proposed(*cmaes, id + i);
    away += std::abs(number(config[0]) - 0.9) + std::abs(number(config[1]) - 0.9) + std::abs(number(config[2]) - 0.1);
  }
  EXPECT_LT(away / 20, 0.4);  // 1.2 from the middle
}

TEST(Cmaes, FailedAndNanTrialsAreTheWorstWhereverTheyAre) {
  // Half of the cube fails, the optimum is near its border: the search must come to it from the other side.
  const auto cmaes = make_searcher("cmaes", cube(3), 1);
  double best = 1e9;
  for (TrialId id = 0; id < 300; ++id) {
    const Proposal proposal = lab::ask(*cmaes, id);
    Trial trial = lab::running(id, proposal.config, proposal.note);
    lab::tell_start(*cmaes, trial);
    if (number(trial.config[0]) < 0.28) {
      if (id % 2) lab::tell_report(*cmaes, trial, std::nan(""));
      lab::tell_end(*cmaes, trial, id % 2 ? Change::Completed : Change::Failed, id % 2 ? Cause::None : Cause::Oom);
      continue;
    }
    best = std::min(best, bowl(trial.config));
    lab::tell_report(*cmaes, trial, bowl(trial.config));
    lab::tell_end(*cmaes, trial);
  }
  EXPECT_LT(best, 1e-6);
}

TEST(Cmaes, ALostTrialOfTheModelDoesNotSilenceTheModel) {
  const auto cmaes = make_searcher("cmaes", cube(2), 1);
  int modelled = 0;
  for (TrialId id = 0; id < 60; ++id) {
    const Proposal proposal = lab::ask(*cmaes, id);
    Trial trial = lab::running(id, proposal.config, proposal.note);
    lab::tell_start(*cmaes, trial);
    if (proposal.note == "model") {
      ++modelled;
      lab::tell_end(*cmaes, trial, Change::Failed, Cause::Lost);
    } else {
      lab::tell_report(*cmaes, trial, bowl(trial.config));
      lab::tell_end(*cmaes, trial);
    }
  }
  EXPECT_GE(modelled, 5);
}

TEST(Cmaes, AfterConvergenceItBeginsAnewSomewhereElse) {
  // Two wells; the one next to the middle is not the better one.
  const auto wells = [](const Config& c) {
    const double x = number(c[0]), y = number(c[1]);
    const double near = std::pow(x - 0.4, 2) + std::pow(y - 0.5, 2) + 0.1;
    const double far = 4 * (std::pow(x - 0.9, 2) + std::pow(y - 0.1, 2));
    return std::min(near, far);
  };
  const Options once = {{"restarts", std::int64_t{0}}, {"sigma", 0.05}}, again = {{"sigma", 0.05}};
  int found_once = 0, found_again = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    found_once += best_of(lab::minimize(*make_searcher("cmaes", cube(2), seed, once), 5000, wells)) < 1e-3;
    found_again += best_of(lab::minimize(*make_searcher("cmaes", cube(2), seed, again), 5000, wells)) < 1e-3;
  }
  EXPECT_EQ(found_once, 0);
  EXPECT_GE(found_again, 4);
}

TEST(Cmaes, TheNoteIsEnoughToGoOnFromTheTellsAlone) {
  const Space space = space_of({{"n", "int(0, 30)"}, {"x", "float(0, 1)"}, {"opt", "[a, b, c]"}});
  const auto live = make_searcher("cmaes", space, 5);
  struct Tell {
    Trial trial;
    Change change;
  };
  std::vector<Tell> log;
  for (TrialId id = 0; id < 80; ++id) {
    const Proposal proposal = lab::ask(*live, id);
    Trial trial = lab::running(id, proposal.config, proposal.note);
    log.push_back({trial, Change::Started});
    live->tell(trial, Change::Started, trial.note);
    trial.reports.push_back({.at = 1, .loss = {bowl({trial.config[1]})}, .excess = {}, .cost = 1});
    trial.phase = Phase::Completed;
    log.push_back({trial, Change::Completed});
    live->tell(trial, Change::Completed, trial.note);
    const auto rebuilt = make_searcher("cmaes", space, 5);
    if (id % 9 != 0) continue;
    for (const Tell& tell : log) rebuilt->tell(tell.trial, tell.change, tell.trial.note);
    EXPECT_EQ(lab::ask(*rebuilt, id + 1).config, lab::ask(*live, id + 1).config) << id;
  }
}

}  // namespace
}  // namespace hone
