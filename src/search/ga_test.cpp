#include <cmath>

#include "search/problems_for_test.h"

namespace hone {
namespace {

using lab::mean_best;
using lab::number;
using lab::space_of;

// Deterministic: fixed seeds. The factors leave room for other good variants.

TEST(Ga, IsNoWorseThanRandomAfter25TrialsAndFarAheadAfter200) {
  const std::pair<Space, double (*)(const Config&)> problems[] = {{lab::mixed_space(), lab::mixed},
                                                                  {lab::cube(), lab::bowl}};
  for (const auto& [space, loss] : problems) {
    EXPECT_LT(mean_best("ga", space, 25, loss), mean_best("random", space, 25, loss));
    EXPECT_LT(mean_best("ga", space, 200, loss), mean_best("random", space, 200, loss) / 3);
  }
}

TEST(Ga, WalksAlongAPlateau) {
  // The loss tells only steps of 0.25; the best of them is 1/384 of the space.
  const auto steps = [](const Config& c) { return std::floor(4 * (number(c[0]) + number(c[1]) + number(c[2]))); };
  const Space space = space_of({{"a", "float(0, 1)"}, {"b", "float(0, 1)"}, {"c", "float(0, 1)"}});
  EXPECT_LE(mean_best("ga", space, 100, steps), 0.1);
}

TEST(Ga, KeepsTheBestHoweverManyWorseOnesFollow) {
  const Space space = space_of({{"x", "float(0, 1)"}});
  const auto searcher = lab::make_searcher("ga", space, 1, {{"population", std::int64_t{4}}});
  for (TrialId id = 0; id < 40; ++id) {
    Trial trial = lab::running(id, {id == 3 ? 0.25 : 0.9});
    lab::tell_start(*searcher, trial);
    lab::tell_report(*searcher, trial, id == 3 ? 0 : 1);
    lab::tell_end(*searcher, trial);
  }
  int parent = 0;
  for (TrialId id = 40; id < 140; ++id) {
    const auto answer = searcher->ask({.trial = id, .until = 1, .exact = true});
    parent += std::get<Proposal>(answer).why.find("trials 3 and") != std::string::npos ||
              std::get<Proposal>(answer).why.find("and 3,") != std::string::npos;
  }
  EXPECT_GT(parent, 80);
}

}  // namespace
}  // namespace hone
