#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "model/pareto.h"
#include "search/testing.h"

namespace hone {
namespace {

using lab::make_searcher;
using lab::number;
using lab::space_of;

double branin(const Config& c) {
  constexpr double pi = std::numbers::pi;
  const double x = number(c[0]), y = number(c[1]);
  const double a = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;
  return a * a + 10 * (1 - 1 / (8 * pi)) * std::cos(x) + 10;
}

double sphere(const Config& c) {
  constexpr double optimum[] = {0.3, 0.7, 0.45, 0.6, 0.2};
  double sum = 0;
  for (std::size_t i = 0; i < 5; ++i) sum += std::pow(number(c[i]) - optimum[i], 2);
  return sum;
}

/// m, then lr and depth of the forest, or C (log) and kernel of the svm, then width (pow2).
double mixed(const Config& c) {
  const double width = std::pow(std::log2(number(c[5])) / 6 - 1, 2);
  if (value_text(c[0]) == "forest")
    return 0.3 + std::pow(number(c[1]) - 0.4, 2) + std::pow(number(c[2]) / 32 - 0.5, 2) + width;
  return std::pow(std::log10(number(c[3])) / 3 - 0.3, 2) + (value_text(c[4]) == "rbf" ? 0 : 0.2) + width;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

/// Median over 20 seeds of the best loss after 60 trials.
double median_best(const std::string& searcher, const Space& space, const std::function<double(const Config&)>& loss) {
  std::vector<double> best;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto losses = lab::minimize(*make_searcher(searcher, space, seed), 60, loss);
    best.push_back(*std::min_element(losses.begin(), losses.end()));
  }
  return median(best);
}

// The three quality tests are deterministic: fixed seeds, so no chance of a false failure. The factors leave room for
// another good variant: TPE's excess over the optimum was at most a tenth of random's when they were written.

TEST(TpeQuality, BeatsRandomOnBranin) {
  const Space space = space_of({{"x", "float(-5, 10)"}, {"y", "float(0, 15)"}});
  const double optimum = 0.397887;
  EXPECT_LT(median_best("tpe", space, branin) - optimum, (median_best("random", space, branin) - optimum) / 4);
}

TEST(TpeQuality, BeatsRandomOnASphereInFiveDimensions) {
  const Space space = space_of(
      {{"a", "float(0, 1)"}, {"b", "float(0, 1)"}, {"c", "float(0, 1)"}, {"d", "float(0, 1)"}, {"e", "float(0, 1)"}});
  EXPECT_LT(median_best("tpe", space, sphere), median_best("random", space, sphere) / 5);
}

TEST(TpeQuality, BeatsRandomOnAMixedConditionalFunction) {
  const Space space = space_of({{"m", "[forest, svm]"},
                                {"lr", "float(0, 1) if m == forest"},
                                {"depth", "int(2, 32) if m == forest"},
                                {"C", "float(1e-3, 1e3, log) if m == svm"},
                                {"kernel", "[linear, poly, rbf] if m == svm"},
                                {"width", "pow2(8, 256)"}});
  EXPECT_LT(median_best("tpe", space, mixed), median_best("random", space, mixed) / 3);
}

TEST(Tpe, StartsSpreadOutAndThenSaysHowItsProposalScored) {
  const Space space = space_of({{"x", "float(0, 1)"}});
  const auto tpe = make_searcher("tpe", space, 1, {{"startup", std::int64_t{4}}});
  lab::minimize(*tpe, 3, [](const Config& c) { return number(c[0]); });
  const auto why = [&](TrialId id) {
    return std::get<Proposal>(tpe->ask({.trial = id, .until = 1, .exact = true})).why;
  };
  EXPECT_EQ(why(3), "spread out: 3 of 4 results known");
  Trial fourth = lab::running(3, lab::proposed(*tpe, 3), "start");
  lab::tell_start(*tpe, fourth);
  lab::tell_report(*tpe, fourth, 0.5);
  EXPECT_EQ(why(4).rfind("best of 64 candidates: log l/g ", 0), 0U) << why(4);
  EXPECT_NE(why(4).find("1 good of 4"), std::string::npos) << why(4);
}

TEST(Tpe, ParallelProposalsKeepAwayFromEachOther) {
  const Space space = space_of({{"x", "float(0, 1)"}});
  // The mean gap between 8 proposals, sorted, whether their trials are pending or not known to it. Deterministic.
  const auto spread = [&](bool pending) {
    double sum = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const auto tpe = make_searcher("tpe", space, seed);
      lab::minimize(*tpe, 30, [](const Config& c) { return std::pow(number(c[0]) - 0.4, 2); });
      std::vector<double> xs;
      for (TrialId id = 30; id < 38; ++id) {
        const Config config = lab::proposed(*tpe, id);
        xs.push_back(number(config[0]));
        if (pending) lab::tell_start(*tpe, lab::running(id, config, "model"));
      }
      const double mean = std::accumulate(xs.begin(), xs.end(), 0.0) / 8;
      for (const double x : xs) sum += std::abs(x - mean) / 8 / 20;
    }
    return sum;
  };
  EXPECT_GT(spread(true), 1.2 * spread(false));
}

TEST(Tpe, WithEightPendingTrialsItStaysFarAheadOfRandomSearch) {
  const Space space = space_of(
      {{"a", "float(0, 1)"}, {"b", "float(0, 1)"}, {"c", "float(0, 1)"}, {"d", "float(0, 1)"}, {"e", "float(0, 1)"}});
  std::vector<double> best;
  for (std::uint64_t seed = 1; seed <= 11; ++seed) {
    const auto tpe = make_searcher("tpe", space, seed);
    std::vector<Trial> running;
    double least = 9;
    for (TrialId id = 0; id < 60; ++id) {
      const auto proposal = std::get<Proposal>(tpe->ask({.trial = id, .until = 1, .exact = true}));
      running.push_back(lab::running(id, proposal.config, proposal.note));
      lab::tell_start(*tpe, running.back());
      if (running.size() < 8) continue;
      Trial done = running[static_cast<std::size_t>(id * 5 % 8)];  // they end in another order
      std::erase_if(running, [&](const Trial& trial) { return trial.id == done.id; });
      least = std::min(least, sphere(done.config));
      lab::tell_report(*tpe, done, sphere(done.config));
      lab::tell_end(*tpe, done);
    }
    best.push_back(least);
  }
  EXPECT_LT(median(best), median_best("random", space, sphere) / 3);
}

TEST(Tpe, DrawsTheShareAtRandomThatItIsAskedFor) {
  const Space space = space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}});
  auto searcher = make_searcher("tpe", space, 1, {{"random", 0.25}});
  int random = 0;
  for (TrialId id = 0; id < 210; ++id) {
    Proposal proposal = std::get<Proposal>(searcher->ask({.trial = id, .until = 1, .exact = true}));
    if (id >= 10) random += proposal.note == "random" ? 1 : 0;
    Trial trial = lab::running(id, proposal.config, proposal.note);
    lab::tell_start(*searcher, trial);
    lab::tell_report(*searcher, trial, number(proposal.config[0]));
    lab::tell_end(*searcher, trial);
  }
  EXPECT_NEAR(random, 50, 18);
}

TEST(Tpe, LearnsFromFailuresWhereNotToLook) {
  const Space space = space_of({{"m", "[good, crashes]"}, {"x", "float(0, 1)"}});
  const auto tpe = make_searcher("tpe", space);
  int late_crashes = 0;
  for (TrialId id = 0; id < 80; ++id) {
    const auto proposal = std::get<Proposal>(tpe->ask({.trial = id, .until = 1, .exact = true}));
    Trial trial = lab::running(id, proposal.config, proposal.note);
    lab::tell_start(*tpe, trial);
    if (value_text(trial.config[0]) == "crashes") {
      late_crashes += id >= 40;
      lab::tell_end(*tpe, trial, Change::Failed, Cause::Exit);
    } else {
      lab::tell_report(*tpe, trial, number(trial.config[1]));
      lab::tell_end(*tpe, trial);
    }
  }
  EXPECT_LE(late_crashes, 8) << "random would crash in about 20 of the last 40";
}

Space prior_space(double mu) {
  Param x = *parse_param("x", "float(0, 100)"), y = *parse_param("y", "float(0, 100)");
  x.prior = y.prior = Normal{.mu = mu, .sigma = 5};
  return *Space::make({x, y});
}

double valley(const Config& c) { return std::pow(number(c[0]) - 70, 2) + std::pow(number(c[1]) - 70, 2); }

TEST(Tpe, FollowsTheUsersPriorBeforeItKnowsBetter) {
  const auto losses = lab::minimize(*make_searcher("tpe", prior_space(70)), 20, valley);
  EXPECT_LT(median(losses), 2 * 100) << "two deviations of the prior from its middle";
}

TEST(Tpe, AWrongPriorIsOvercome) {
  const Space wrong = prior_space(20), none = space_of({{"x", "float(0, 100)"}, {"y", "float(0, 100)"}});
  EXPECT_GT(median_best("random", wrong, valley), 1000) << "ten deviations away from its middle";
  EXPECT_LT(median_best("tpe", wrong, valley), median_best("random", none, valley));
}

TEST(Tpe, TakesEveryLegalConfigurationOfASmallSpaceOnce) {
  const Space space = space_of({{"a", "int(1, 4)"}, {"b", "[x, y, z]"}, {"c", "int(0, 1) if b == x"}}, {"a != 2"});
  const auto tpe = make_searcher("tpe", space);
  std::set<Config> seen;
  lab::minimize(*tpe, 100, [&](const Config& c) {
    EXPECT_TRUE(seen.insert(c).second);
    return number(c[0]);
  });
  EXPECT_EQ(seen.size(), 3U * 4U);
}

TEST(Tpe, HigherFidelityOutranksALowerLoss) {
  const Space space = space_of({{"x", "float(0, 1)"}});
  const auto tpe = make_searcher("tpe", space);
  for (TrialId id = 0; id < 40;
       ++id) {  // far trials at x = 0.8 are the good ones, cheap ones elsewhere have smaller losses
    const bool far = id % 8 == 0;
    Trial trial = lab::running(id, {far ? 0.8 + 0.0005 * static_cast<double>(id) : 0.02 * static_cast<double>(id % 8)});
    lab::tell_start(*tpe, trial);
    lab::tell_report(*tpe, trial, far ? 0.5 : 0.1, far ? 9 : 1);
  }
  int near = 0;
  for (TrialId id = 40; id < 60; ++id) near += number(lab::proposed(*tpe, id)[0]) > 0.6;
  EXPECT_GE(near, 16);
}

/// Runs `trials` trials of a study with several losses or outcome constraints; what each reported.
template <class F>
std::vector<Report> reports_of(const std::string& name, const Space& space, int objectives, int outcomes,
                               std::uint64_t seed, int trials, F evaluate) {
  const SearcherRow* row = find_searcher(name);
  const auto searcher = row->make({.space = space, .seed = seed, .objectives = objectives, .outcomes = outcomes},
                                  *check_options(name, row->options, {}));
  std::vector<Report> reports;
  for (TrialId id = 0; id < trials; ++id) {
    Trial trial = lab::running(id, lab::proposed(*searcher, id), "model");
    lab::tell_start(*searcher, trial);
    trial.reports.push_back(evaluate(trial.config));
    reports.push_back(trial.reports.back());
    searcher->tell(trial, Change::Reported, trial.note);
    lab::tell_end(*searcher, trial);
  }
  return reports;
}

Space four() {
  return space_of({{"a", "float(0, 1)"}, {"b", "float(0, 1)"}, {"c", "float(0, 1)"}, {"d", "float(0, 1)"}});
}

/// ZDT1 (Zitzler, Deb, Thiele 2000) in four dimensions.
Report zdt1(const Config& c) {
  const double g = 1 + 3 * (number(c[1]) + number(c[2]) + number(c[3]));
  return {.at = 1, .loss = {number(c[0]), g * (1 - std::sqrt(number(c[0]) / g))}, .excess = {}, .cost = 1};
}

TEST(Tpe, FindsTheFrontOfTwoObjectives) {
  const auto volume = [&](const std::string& name) {
    std::vector<double> volumes;
    for (std::uint64_t seed = 1; seed <= 9; ++seed) {
      std::vector<std::vector<double>> losses;
      for (const Report& report : reports_of(name, four(), 2, 0, seed, 100, zdt1)) losses.push_back(report.loss);
      volumes.push_back(hypervolume(losses, std::vector<double>{1.1, 4}));
    }
    return median(volumes);
  };
  const double most = 1.1 * 4 - 1.0 / 3;  // what lies above the front y = 1 - sqrt(x)
  EXPECT_GT(volume("tpe"), 0.87 * most) << "0.91 when it was written; Optuna 5: 0.83";
  EXPECT_LT(volume("random"), 0.7 * most) << "else the test says nothing";
}

TEST(Tpe, KeepsToOutcomeConstraints) {
  // The best legal point lies on the border, at a loss of 2.1; less than a hundredth of the cube is legal.
  const auto evaluate = [](const Config& c) {
    double loss = 0;
    for (const Value& value : c) loss += number(value);
    const double excess = 0.9 - (number(c[0]) + number(c[1])) / 2 + std::abs(number(c[2]) - 0.5) / 4;
    return Report{.at = 1, .loss = {loss}, .excess = {excess}, .cost = 1};
  };
  const auto best = [&](const std::string& name, int& legal) {
    std::vector<double> all;
    for (std::uint64_t seed = 1; seed <= 9; ++seed) {
      double least = 4;
      for (const Report& report : reports_of(name, four(), 1, 1, seed, 60, evaluate)) {
        legal += report.excess[0] <= 0;
        if (report.excess[0] <= 0) least = std::min(least, report.loss[0]);
      }
      all.push_back(least);
    }
    return median(all);
  };
  int legal = 0, by_chance = 0;
  const double tpe = best("tpe", legal), random = best("random", by_chance);
  EXPECT_LT(tpe, 2.3);
  EXPECT_GT(random, 2.5);
  EXPECT_GT(legal, 20 * by_chance);
}

}  // namespace
}  // namespace hone
