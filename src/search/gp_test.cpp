#include <algorithm>
#include <cmath>
#include <numeric>

#include "model/gp_fit.h"
#include "search/gp_note.h"
#include "search/gp_region.h"
#include "search/gp_space.h"
#include "search/testing.h"

namespace hone {
namespace {

using lab::make_searcher;
using lab::number;
using lab::space_of;

double square(double x) { return x * x; }

std::string why(const Searcher& searcher, TrialId id) {
  return std::get<Proposal>(searcher.ask({.trial = id, .until = 1, .exact = true})).why;
}

/// Median over 7 seeds of the best loss after `trials`. Fixed seeds: no chance of a false failure.
double median_best(const std::string& searcher, const Space& space, int trials,
                   const std::function<double(const Config&)>& loss) {
  std::vector<double> best;
  for (std::uint64_t seed = 1; seed <= 7; ++seed) {
    const auto losses = lab::minimize(*make_searcher(searcher, space, seed), trials, loss);
    best.push_back(*std::min_element(losses.begin(), losses.end()));
  }
  std::sort(best.begin(), best.end());
  return best[3];
}

// Fixed seeds; the factors leave room for another good variant.

TEST(GpQuality, FindsTheMinimumOfAnIllConditionedBowlInFiftyTrials) {
  const Space space =
      space_of({{"a", "float(0, 1)"}, {"b", "float(0, 1)"}, {"c", "float(0, 1)"}, {"d", "float(0, 1)"}});
  const auto bowl = [](const Config& c) {
    return square(number(c[0]) - 0.3) + 10 * square(number(c[1]) - 0.8) + 100 * square(number(c[2]) - 0.62) +
           1000 * square(number(c[3]) - 0.15);
  };
  EXPECT_LT(median_best("gp", space, 50, bowl), median_best("random", space, 50, bowl) / 100);
}

TEST(GpQuality, FindsTheRightCategoriesAndIntegers) {
  const Space space =
      space_of({{"m", "[a, b, c, d]"}, {"n", "int(1, 64, log)"}, {"k", "int(0, 20)"}, {"x", "float(0, 1)"}});
  const auto loss = [](const Config& c) {
    const std::string m = value_text(c[0]);
    return (m == "c"   ? 0
            : m == "a" ? 0.3
                       : 0.6) +
           square(std::log2(number(c[1])) - 4) / 4 + square(number(c[2]) - 13) / 50 + square(number(c[3]) - 0.3);
  };
  EXPECT_LT(median_best("gp", space, 40, loss), 0.02);
}

TEST(GpQuality, LearnsOfSharedParametersInEveryBranch) {
  const Space space = space_of({{"m", "[a, b, c]"},
                                {"shared", "float(0, 1)"},
                                {"x", "float(0, 1) if m == a"},
                                {"y", "float(0, 1) if m == b"},
                                {"z", "float(0, 1) if m == c"}});
  const auto loss = [](const Config& c) {
    const std::string m = value_text(c[0]);
    const double own = m == "a"   ? 0.2 + square(number(c[2]) - 0.9)
                       : m == "b" ? square(number(c[3]) - 0.1)
                                  : 0.4 + square(number(c[4]) - 0.5);
    return own + 3 * square(number(c[1]) - 0.75);
  };
  EXPECT_LT(median_best("gp", space, 40, loss), 0.01);
}

TEST(Gp, NeverAsksForTheSameConfigurationOfAMixedSpaceTwice) {
  const Space space = space_of({{"n", "int(0, 9)"}, {"m", "[a, b, c]"}, {"b", "[x, y]"}});
  std::set<Config> seen;
  lab::minimize(*make_searcher("gp", space), 40, [&](const Config& c) {
    EXPECT_TRUE(seen.insert(c).second);
    return number(c[0]);
  });
}

TEST(Gp, ParallelProposalsKeepAwayFromEachOther) {
  const Space space = space_of({{"x", "float(0, 1)"}});
  const auto spread = [&](bool pending) {
    const auto gp = make_searcher("gp", space, 3);
    lab::minimize(*gp, 6, [](const Config& c) { return std::sin(9 * number(c[0])); });
    std::vector<double> xs;
    for (TrialId id = 6; id < 12; ++id) {
      const Config config = lab::proposed(*gp, id);
      xs.push_back(number(config[0]));
      if (pending) lab::tell_start(*gp, lab::running(id, config, "gp"));
    }
    const double mean = std::accumulate(xs.begin(), xs.end(), 0.0) / 6;
    return std::accumulate(xs.begin(), xs.end(), 0.0, [&](double sum, double x) { return sum + std::abs(x - mean); });
  };
  EXPECT_GT(spread(true), 3 * spread(false));
}

/// How many of trials 25 to 49 fail if those with x > 0.6 do.
int late_failures(const std::function<double(double)>& loss) {
  const Space space = space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}});
  const auto gp = make_searcher("gp", space);
  int late = 0;
  for (TrialId id = 0; id < 50; ++id) {
    const auto proposal = std::get<Proposal>(gp->ask({.trial = id, .until = 1, .exact = true}));
    Trial trial = lab::running(id, proposal.config, proposal.note);
    lab::tell_start(*gp, trial);
    const double x = number(trial.config[0]);
    if (x > 0.6) {
      late += id >= 25;
      lab::tell_end(*gp, trial, Change::Failed, Cause::Exit);
    } else {
      lab::tell_report(*gp, trial, loss(x) + square(number(trial.config[1]) - 0.5));
      lab::tell_end(*gp, trial);
    }
  }
  return late;
}

TEST(Gp, KeepsAwayFromWhereTrialsFail) {
  EXPECT_LE(late_failures([](double x) { return std::cos(9 * x); }), 3) << "random fails 10 times";
  EXPECT_LE(late_failures([](double x) { return 1 - x; }), 19)
      << "the best is at the border; 23 without the weight of failures";
}

TEST(Gp, MeetsOutcomeConstraints) {
  const Space space = space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}});
  auto options = check_options("searcher.gp", find_searcher("gp")->options, {});
  const auto gp =
      find_searcher("gp")->make({.space = space, .seed = 1, .objectives = 1, .outcomes = 1, .max = 1}, *options);
  double best = 9;
  int broken = 0;
  for (TrialId id = 0; id < 40; ++id) {
    const auto proposal = std::get<Proposal>(gp->ask({.trial = id, .until = 1, .exact = true}));
    Trial trial = lab::running(id, proposal.config, proposal.note);
    lab::tell_start(*gp, trial);
    const double x = number(trial.config[0]), y = number(trial.config[1]);
    trial.reports.push_back({.at = 1, .loss = {x + y}, .excess = {1 - x - 2 * y}, .cost = 1});
    gp->tell(trial, Change::Reported, trial.note);
    if (x + 2 * y >= 1) best = std::min(best, x + y);
    broken += id >= 20 && x + 2 * y < 1;
    lab::tell_end(*gp, trial);
  }
  EXPECT_LT(best, 0.51) << "the least sum on the border x + 2 y = 1 is 0.5";
  EXPECT_LE(broken, 14)
      << "the optimum lies on the border: about half beyond it is luck, all of them would be blindness";
}

TEST(Gp, SeveralObjectivesGiveAFront) {
  const Space space = space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}});
  auto options = check_options("searcher.gp", find_searcher("gp")->options, {});
  const auto gp =
      find_searcher("gp")->make({.space = space, .seed = 1, .objectives = 2, .outcomes = 0, .max = 1}, *options);
  std::vector<int> near(4, 0);
  for (TrialId id = 0; id < 60; ++id) {
    const auto proposal = std::get<Proposal>(gp->ask({.trial = id, .until = 1, .exact = true}));
    Trial trial = lab::running(id, proposal.config, proposal.note);
    lab::tell_start(*gp, trial);
    const double x = number(trial.config[0]), y = number(trial.config[1]);
    trial.reports.push_back(
        {.at = 1, .loss = {x * x + square(y - 0.5), square(x - 1) + square(y - 0.5)}, .excess = {}, .cost = 1});
    gp->tell(trial, Change::Completed, trial.note);
    if (id >= 10 && std::abs(y - 0.5) < 0.1) ++near[static_cast<std::size_t>(std::min(3.0, x * 4))];
  }
  for (const int count : near) EXPECT_GE(count, 3) << "each quarter of the front y = 0.5";
  EXPECT_GE(std::accumulate(near.begin(), near.end(), 0), 30);
  EXPECT_FALSE(gp->belief(space.decode(std::vector<double>{0.5, 0.5})));
}

TEST(Gp, BeliefsAreInTheLosssOwnUnits) {
  const Space space = space_of({{"x", "float(0, 1)"}});
  const auto gp = make_searcher("gp", space);
  const Config here = space.decode(std::vector<double>{0.37});
  EXPECT_FALSE(gp->belief(here)) << "no result yet";
  lab::minimize(*gp, 15, [](const Config& c) { return 1000 + 500 * square(number(c[0]) - 0.4); });
  const auto belief = gp->belief(here);
  ASSERT_TRUE(belief);
  EXPECT_NEAR(belief->mean[0], 1000 + 500 * square(0.03), 3);
  EXPECT_GT(belief->deviation[0], 0);
  EXPECT_LT(belief->deviation[0], 20);
  EXPECT_EQ(belief->feasible, 1);
}

TEST(Gp, TheIncumbentOfANoisyLossIsNotTheLuckiestDraw) {
  const Space space = space_of({{"x", "float(0, 1)"}});
  const auto gp = make_searcher("gp", space);
  Rng rng = Rng::stream(7, "noise");
  Config lucky;
  double least = 9;
  for (TrialId id = 0; id < 40; ++id) {
    const Config config = space.decode(std::vector<double>{rng.uniform()});
    Trial trial = lab::running(id, config);
    const double loss = 2 + 2 * square(number(config[0]) - 0.5) + rng.normal();
    if (loss < least) {
      least = loss;
      lucky = config;
    }
    lab::tell_start(*gp, trial);
    lab::tell_report(*gp, trial, loss);
    lab::tell_end(*gp, trial);
  }
  EXPECT_LT(least, 1);
  EXPECT_GT(gp->belief(lucky)->mean[0], least + 0.5) << "the model knows that it was luck";
}

TEST(Gp, LearnsFromAllFidelitiesAndJudgesAtTheFurthest) {
  const Space space = space_of({{"x", "float(0, 1)"}});
  auto options = check_options("searcher.gp", find_searcher("gp")->options, {});
  const auto gp =
      find_searcher("gp")->make({.space = space, .seed = 1, .objectives = 1, .outcomes = 0, .max = 9}, *options);
  for (TrialId id = 0; id < 24; ++id) {  // losses fall with the fidelity; at each the best is x = 0.7
    const bool far = id % 4 == 0;
    const double x = static_cast<double>(id * 7 % 24) / 23;
    Trial trial = lab::running(id, {x});
    lab::tell_start(*gp, trial);
    lab::tell_report(*gp, trial, square(x - 0.7) + (far ? 0.1 : 1), far ? 9 : 1);
    lab::tell_end(*gp, trial);
  }
  EXPECT_NEAR(gp->belief({0.7})->mean[0], 0.1, 0.05);
  EXPECT_NEAR(number(lab::proposed(*gp, 24)[0]), 0.7, 0.1);
}

TEST(Gp, FollowsTheUsersPriorUntilItKnowsBetter) {
  Param x = *parse_param("x", "float(0, 100)");
  x.prior = Normal{.mu = 70, .sigma = 5};
  const Space space = *Space::make({x});
  const auto right =
      lab::minimize(*make_searcher("gp", space), 15, [](const Config& c) { return std::abs(number(c[0]) - 70); });
  EXPECT_LT(*std::max_element(right.begin(), right.end()), 25);
  const auto wrong =
      lab::minimize(*make_searcher("gp", space), 40, [](const Config& c) { return std::abs(number(c[0]) - 20); });
  EXPECT_LT(*std::min_element(wrong.begin(), wrong.end()), 1);
}

TEST(Gp, SaysWhatItExpects) {
  const Space space = space_of({{"x", "float(0, 1)"}});
  const auto gp = make_searcher("gp", space);
  EXPECT_EQ(why(*gp, 0), "the middle of the space, to begin with");
  lab::minimize(*gp, 8, [](const Config& c) { return square(number(c[0]) - 0.2); });
  EXPECT_EQ(why(*gp, 8).rfind("model of 8 results expects a loss of ", 0), 0U) << why(*gp, 8);
}

TEST(GpNote, IsReadBackAndForeignOnesAreIgnored) {
  GpFit fit{.ended = 37, .transform = 3, .params = {}};
  fit.params.resize(2);
  for (auto& one : fit.params) {
    one.log_weight = Eigen::Vector3d(0.1, -7.3, 11.9);
    one.log_signal = 1.0 / 3;
    one.log_noise = -9.87654321;
    one.logit_share = 0.2;
  }
  const auto read = GpFit::read(fit.note(), 3, 1);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->note(), fit.note());
  EXPECT_EQ(read->ended, 37U);
  EXPECT_NEAR(read->params[1].log_weight[1], -7.3, 1e-6);
  EXPECT_NEAR(read->params[0].log_noise, -9.87654321, 1e-6);
  const auto again = GpFit::read(read->note(), 3, 1);
  EXPECT_FALSE(again->params[0].warps());
  GpFit bent = fit;
  bent.params[0].log_a = Eigen::Vector3d(0.5, 0, -1);
  bent.params[0].log_b = Eigen::Vector3d(0, 0.25, 0);
  const auto warped = GpFit::read(bent.note(), 3, 1);
  ASSERT_TRUE(warped);
  EXPECT_EQ(warped->note(), bent.note());
  EXPECT_EQ(warped->params[0].log_a, bent.params[0].log_a);
  EXPECT_EQ(warped->params[0].log_b, bent.params[0].log_b);
  EXPECT_FALSE(warped->params[1].warps()) << "only the loss";
  EXPECT_NEAR(warped->params[1].log_weight[1], -7.3, 1e-6);
  EXPECT_EQ(again->params[1].log_weight, read->params[1].log_weight);
  EXPECT_EQ(again->params[0].log_signal, read->params[0].log_signal);
  for (const char* foreign :
       {"", "gp", "gp ", "start", "model", "gp 3", "gp 3 99 0", "gp 3 1 zz", "gp -1 0", "gp 3 1 7fc00000"})
    EXPECT_FALSE(GpFit::read(foreign, 3, 1)) << foreign;
  EXPECT_FALSE(GpFit::read(fit.note(), 4, 1)) << "of another space";
  EXPECT_FALSE(GpFit::read(fit.note(), 3, 2)) << "of another number of constraints";
  EXPECT_FALSE(GpFit::read(fit.note() + " ", 3, 1));
}

Trial ended(TrialId id, const Config& config, double loss) {
  Trial trial = lab::running(id, config);
  trial.reports.push_back({.at = 1, .loss = {loss}, .excess = {}, .cost = 1});
  trial.phase = Phase::Completed;
  return trial;
}

/// Twenty numbers, so many that there is a trust region; told losses.
struct Many {
  static Space make() {
    std::vector<Param> params;
    for (int i = 0; i < 20; ++i) params.push_back(*parse_param("x" + std::to_string(i), "float(0, 1)"));
    return *Space::make(params);
  }

  Space space = make();
  GpSpace gp{space, false};
  GpData data{space, 1, 0};

  void tell(TrialId id, double loss) {
    Rng rng = Rng::stream(3, "many", static_cast<std::uint64_t>(id));
    std::vector<double> point(20);
    for (double& u : point) u = rng.uniform();
    data.tell(ended(id, space.decode(point), loss), Change::Completed);
  }
  double length() const { return GpRegion(gp, data).length(); }
};

TEST(GpRegion, GrowsAfterSuccessesShrinksAfterFailuresAndStartsAgain) {
  Many many;
  TrialId id = 0;
  for (; id < 40; ++id) many.tell(id, 100);
  const double first = many.length();
  EXPECT_GT(first, 0);
  for (int i = 0; i < 3; ++i) many.tell(id++, 50 - i);
  EXPECT_EQ(many.length(), 2 * first);
  for (int i = 0; i < 40; ++i) many.tell(id++, 200);
  EXPECT_EQ(many.length(), first / 2);
  const GpBox box = GpRegion(many.gp, many.data).box(many.gp, KernelPrior::of(20).mode(many.gp.shape()));
  ASSERT_FALSE(box.everywhere());
  const std::vector<double>& centre = many.data.entries().at(42).point;
  EXPECT_TRUE(box.holds(centre)) << "the best result";
  EXPECT_NEAR(box.high[0] - box.low[0], first / 2, first / 4) << "cut at the border of the space";
  for (double last = first; many.length() <= last; many.tell(id++, 200)) last = many.length();
  EXPECT_EQ(many.length(), first) << "too small to be of use";
  EXPECT_TRUE(GpRegion(many.gp, many.data).box(many.gp, KernelPrior::of(20).mode(many.gp.shape())).everywhere());
}

TEST(GpRegion, DoesNotDependOnTheOrderInWhichParallelTrialsEnd) {
  Many forward, backward;
  const auto loss = [](TrialId id) { return static_cast<double>((id * 37 + 11) % 101) / static_cast<double>(id + 1); };
  for (TrialId id = 0; id < 90; ++id) forward.tell(id, loss(id));
  for (TrialId id = 90; id-- > 0;) backward.tell(id, loss(id));
  EXPECT_EQ(forward.length(), backward.length());
}

TEST(GpRegion, ThereIsNoneInFewDimensions) {
  const Space space = space_of({{"x", "float(0, 1)"}});
  const GpSpace gp(space, false);
  GpData data(space, 1, 0);
  for (TrialId id = 0; id < 50; ++id) data.tell(ended(id, {0.02 * static_cast<double>(id)}, 1), Change::Completed);
  EXPECT_TRUE(GpRegion(gp, data).box(gp, KernelPrior::of(1).mode(gp.shape())).everywhere());
}

TEST(GpSpace, RowsCompareIntegersAtTheirValuesAndInactiveParametersAsEqual) {
  const Space space = space_of(
      {{"n", "int(1, 5)"}, {"m", "[a, b, c]"}, {"x", "float(0, 1) if m == a"}, {"k", "int(1, 100, log) if m == b"}});
  const GpSpace gp(space, false);
  const auto row = [&](const NamedValues& values) {
    std::vector<double> out(gp.width());
    gp.row(space.encode(*space.check(values)), 1, out.data());
    return out;
  };
  const std::int64_t one = 1, three = 3, five = 5, hundred = 100;
  const auto word = [](const char* text) { return Value(std::string(text)); };
  EXPECT_EQ(row({{"n", one}, {"m", word("c")}}), (std::vector<double>{0, 2, 0.5, 0.5, 0, 0}));
  EXPECT_EQ(row({{"n", five}, {"m", word("a")}, {"x", 0.25}})[2], 0.25);
  EXPECT_DOUBLE_EQ(row({{"n", three}, {"m", word("c")}})[0], 0.5);
  EXPECT_DOUBLE_EQ(row({{"n", one}, {"m", word("b")}, {"k", one}})[3], 0);
  EXPECT_DOUBLE_EQ(row({{"n", one}, {"m", word("b")}, {"k", hundred}})[3], 1);
}

TEST(GpSpace, SettledPointsAreThoseOfConfigurations) {
  const Space space =
      space_of({{"n", "int(1, 9, log)"}, {"s", "float(0, 1, step=0.25)"}, {"m", "[a, b, c]"}, {"x", "float(0, 1)"}});
  const GpSpace gp(space, false);
  EXPECT_TRUE(gp.plain());
  Rng rng = Rng::stream(1, "settled");
  for (int i = 0; i < 200; ++i) {
    const auto point = gp.settled({rng.uniform(), rng.uniform(), rng.uniform(), rng.uniform()});
    const auto back = space.encode(space.decode(point));
    for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(point[k], back[k], 1e-12);
    for (const auto& next : gp.neighbours(point, rng)) EXPECT_NE(space.decode(next), space.decode(point));
  }
}

}  // namespace
}  // namespace hone
