#include <algorithm>
#include <cmath>
#include <map>

#include "search/blendsearch_thread.h"
#include "search/problems_for_test.h"

namespace hone {
namespace {

using lab::make_searcher;
using lab::number;
using lab::space_of;

/// The proposals of a study of `trials` trials, one after another.
std::vector<Proposal> proposals(Searcher& searcher, int trials, const std::function<double(const Config&)>& loss) {
  std::vector<Proposal> all;
  for (TrialId id = 0; id < trials; ++id) {
    all.push_back(lab::ask(searcher, id));
    Trial trial = lab::running(id, all.back().config, all.back().note);
    lab::tell_start(searcher, trial);
    lab::tell_report(searcher, trial, loss(trial.config));
    lab::tell_end(searcher, trial);
  }
  return all;
}

Space plane() { return space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}}); }

double two_basins(const Config& c) {
  const double x = number(c[0]), y = number(c[1]);
  return std::min(std::hypot(x - 0.2, y - 0.2) + 0.1, 2 * std::hypot(x - 0.8, y - 0.75));
}

LocalResult result(double loss, Resource at = 1) {
  Trial trial = lab::running(0, {});
  trial.reports.push_back({.at = at, .loss = {loss}, .excess = {}, .cost = 1});
  trial.phase = Phase::Completed;
  return LocalResult(trial, Change::Completed);
}

TEST(ThreadRecord, SpeedIsWhatTheLastImprovementsGainedForTheirCost) {
  ThreadRecord record;
  record.add(1, 2, result(10));
  EXPECT_EQ(record.speed(), 0) << "a first result gains nothing";
  record.add(2, 3, result(7));
  EXPECT_NEAR(record.speed(), 3.0 / 3, 1e-6) << "3 since the result before, which cost 2";
  record.add(3, 4, result(8));
  EXPECT_NEAR(record.speed(), 3.0 / 7, 1e-6) << "slower with everything in vain";
  record.add(3, 4, result(8));
  EXPECT_NEAR(record.speed(), 3.0 / 7, 1e-6) << "told twice is paid once";
}

TEST(ThreadRecord, TheNextImprovementCostsAsMuchAsTheLastOrTheWayToTheTarget) {
  ThreadRecord record;
  record.add(1, 2, result(10));
  record.add(2, 3, result(7));
  EXPECT_NEAR(record.cost_to_improve(result(7), 1), 3, 1e-6);
  EXPECT_NEAR(record.cost_to_improve(result(2), 1), 2 * 5, 1e-6);
  EXPECT_NEAR(record.cost_to_improve(result(2, 9), 1), 3, 1e-6) << "a loss of another fidelity says nothing";
}

TEST(BlendSearch, SaysWhichThreadProposesAndWhyItWasChosen) {
  std::map<std::string, int> whys;
  for (const Proposal& each : proposals(*make_searcher("blendsearch", plane()), 60, two_basins)) {
    const std::string& why = each.why;
    EXPECT_EQ(why.starts_with("global thread"), each.note.starts_with("0 ")) << why;
    ++whys[why.starts_with("global thread, whose turn it is: ")                   ? "global turn"
           : why.starts_with("global thread")                                     ? "global"
           : why.find("the best of") != std::string::npos                         ? "local turn"
           : why.find("by result and speed of improvement)") != std::string::npos ? "promise"
                                                                                  : why];
  }
  EXPECT_EQ(whys.size(), 4U);
  EXPECT_GE(whys["global turn"], 8) << "a third of 55";
  EXPECT_GE(whys["local turn"], 8);
  EXPECT_GE(whys["promise"], 1);
}

TEST(BlendSearch, TheGlobalSearcherGetsItsOwnNotesAndEverybodysResults) {
  // With a startup of ten results, the model of the global thread begins although only some were its own.
  const auto all = proposals(*make_searcher("blendsearch", plane()), 40, two_basins);
  int own = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i < 5) {
      EXPECT_EQ(all[i].note, "0 start");
    }
    if (i >= 10 && all[i].note[0] == '0') {
      EXPECT_EQ(all[i].note, "0 model");
      ++own;
    }
  }
  EXPECT_GE(own, 5);
}

TEST(BlendSearch, LocalThreadsThatCameTogetherGoOnAsOne) {
  int begun = 0, late = 0;  // over ten seeds
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto all = proposals(*make_searcher("blendsearch", plane(), seed, {{"starts", std::int64_t{1}}}), 60,
                               [](const Config& c) { return std::hypot(number(c[0]) - 0.3, number(c[1]) - 0.9); });
    std::map<int, TrialId> last;  // local thread: its last trial
    for (std::size_t i = 0; i < all.size(); ++i) {
      const int thread = std::stoi(all[i].note);
      if (thread > 0) last[thread] = static_cast<TrialId>(i);
    }
    begun += static_cast<int>(last.size());
    for (const auto& [thread, id] : last) late += id >= 45;
  }
  EXPECT_GE(begun, 15);
  EXPECT_LE(late, 14) << "there is one basin; of " << begun << ". It was 12, and 21 without merging";
}

TEST(BlendSearch, TheGlobalThreadStaysNearTheCheapStartUntilLocalOnesWentFurther) {
  Param size = *parse_param("size", "float(0, 100)");
  size.low_cost = Value(2.0);
  const Space space = *Space::make({size, *parse_param("lr", "float(0, 1)")});
  const auto all = proposals(*make_searcher("blendsearch", space), 60, [](const Config& c) {
    return std::abs(number(c[0]) - 3) / 100 + std::abs(number(c[1]) - 0.7);
  });
  EXPECT_EQ(number(all[0].config[0]), 2);
  double widest = 17;  // the first step
  int global = 0;
  for (const Proposal& each : all) {
    const double x = number(each.config[0]);
    if (each.note.starts_with("0 ")) {
      EXPECT_LE(x, widest + 1e-9) << each.why;
      ++global;
    } else {
      widest = std::max(widest, x + 15);
    }
  }
  EXPECT_GE(global, 10);
}

TEST(BlendSearch, AThreadThatImprovesFasterForItsCostGetsMore) {
  // The same losses everywhere; moves to the right half cost a hundred times as much. Costs alone make the difference.
  const Space space = plane();
  const auto trials_of_locals = [&](double dear) {
    int local = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const auto searcher = make_searcher("blendsearch", space, seed);
      for (TrialId id = 0; id < 50; ++id) {
        const Proposal next = lab::ask(*searcher, id);
        const bool own = !next.note.starts_with("0 ");
        local += own;
        Trial trial = lab::running(id, next.config, next.note);
        lab::tell_start(*searcher, trial);
        trial.reports.push_back({.at = 1, .loss = {two_basins(trial.config)}, .excess = {}, .cost = own ? dear : 1});
        searcher->tell(trial, Change::Reported, trial.note);
        lab::tell_end(*searcher, trial);
      }
    }
    return local;
  };
  EXPECT_GT(trials_of_locals(0.01), 1.1 * trials_of_locals(100));
}

TEST(BlendSearch, EveryGlobalSearcherThatItOffersWorks) {
  for (const OptionRow& option : find_searcher("blendsearch")->options) {
    if (option.name != "global") continue;
    EXPECT_FALSE(option.words.empty());
    for (const std::string& name : option.words) {
      const auto searcher = make_searcher("blendsearch", plane(), 1, {{"global", name}});
      EXPECT_EQ(lab::minimize(*searcher, 20, two_basins).size(), 20U) << name;
    }
  }
}

// Quality, deterministic: fixed seeds.

TEST(BlendSearchQuality, FindsTheDeeperBasinMoreOftenThanCfoAndThanRandom) {
  const double blend = lab::mean_best("blendsearch", plane(), 60, two_basins);
  EXPECT_LT(blend, lab::mean_best("random", plane(), 60, two_basins) * 0.8);
  EXPECT_LT(blend, lab::mean_best("cfo", plane(), 60, two_basins));
}

TEST(BlendSearchQuality, BeatsRandomOnAMixedConditionalFunction) {
  const Space space = space_of({{"m", "[forest, svm]"},
                                {"depth", "int(2, 32) if m == forest"},
                                {"C", "float(1e-3, 1e3, log) if m == svm"},
                                {"kernel", "[linear, poly, rbf] if m == svm"},
                                {"width", "pow2(8, 256)"}});
  const auto loss = [](const Config& c) {
    const double width = std::pow(std::log2(number(c[4])) / 6 - 1, 2);
    if (value_text(c[0]) == "forest") return 0.3 + std::pow(number(c[1]) / 32 - 0.5, 2) + width;
    return std::pow(std::log10(number(c[2])) / 3 - 0.3, 2) + (value_text(c[3]) == "rbf" ? 0 : 0.2) + width;
  };
  EXPECT_LT(lab::mean_best("blendsearch", space, 60, loss), lab::mean_best("random", space, 60, loss) / 3);
}

}  // namespace
}  // namespace hone
