// What include/hone/searcher.h promises, for every row of the registry over every kind of space.
#include "hone/searcher.h"
#include "searcher_spaces.h"
#include "searcher_study.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "hone/registry.h"
#include "hone/rng.h"

namespace hone {
namespace {

/// One random step of a study: a start, a report, an end of any kind, a trial of somebody else.
void step(MiniStudy& study, Rng& rng) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < study.trials().size(); ++i) {
    const Phase phase = study.trials()[i].phase;
    if (phase == Phase::Running || phase == Phase::Paused) open.push_back(i);
  }
  const std::uint64_t dice = rng.below(20);
  if (dice == 0) {
    std::vector<double> unit(study.space().free().size());
    for (double& u : unit) u = rng.uniform();
    study.begin(study.space().decode(unit), "");
  } else if (dice < 8 || open.empty()) {
    study.start();
  } else {
    Trial& trial = study.trials()[open[static_cast<std::size_t>(rng.below(open.size()))]];
    const Resource at = trial.reports.empty() ? 1 : trial.reports.back().at + 1;
    if (trial.phase == Phase::Paused) {
      study.end(trial, rng.below(2) ? Change::Resumed : Change::Stopped);
    } else if (dice < 15) {
      const double loss = rng.below(12) == 0 ? std::nan("") : loss_of(study.space(), trial.config);
      study.report(trial, loss, at);
    } else if (dice < 17) {
      study.end(trial, Change::Paused);
    } else if (dice < 18) {
      study.end(trial, Change::Failed, rng.below(2) ? Cause::Exit : Cause::Lost);
    } else {
      study.end(trial, rng.below(3) ? Change::Completed : Change::Stopped);
    }
  }
}

struct Subject {
  const SearcherRow* row;
  const SpaceCase* space;
};

class SearcherContract : public ::testing::TestWithParam<Subject> {
 protected:
  MiniStudy make(std::uint64_t seed = 1) const { return MiniStudy(*GetParam().row, space(), seed); }
  Space space() const { return make_space(*GetParam().space); }
  static void minimize(MiniStudy& study, int trials) {
    for (int i = 0; i < trials && study.start(); ++i) {
      study.report(study.trials().back(), loss_of(study.space(), study.trials().back().config), 9);
      study.end(study.trials().back(), Change::Completed);
    }
  }
  static std::vector<Config> configs(MiniStudy& study) {
    std::vector<Config> all;
    for (const auto& trial : study.trials()) all.push_back(trial.config);
    return all;
  }
};

TEST_P(SearcherContract, EveryProposalIsLegal) {
  MiniStudy study = make();
  minimize(study, 40);
  EXPECT_FALSE(study.trials().empty());
}

TEST_P(SearcherContract, AskingChangesNothing) {
  MiniStudy asked = make(), quiet = make();
  for (int i = 0; i < 24; ++i) {
    const Answer first = asked.ask(asked.next());
    for (const TrialId other : {asked.next() + 1, TrialId{0}}) {
      EXPECT_TRUE(same(asked.ask(other), asked.ask(other)));
    }
    const Answer again = asked.ask(asked.next());
    ASSERT_TRUE(same(first, again)) << "trial " << i;
    ASSERT_TRUE(same(first, quiet.ask(quiet.next()))) << "trial " << i;
    minimize(asked, 1);
    minimize(quiet, 1);
  }
}

TEST_P(SearcherContract, TheSameSeedGivesTheSameTrials) {
  MiniStudy a = make(7), b = make(7);
  Rng dice = Rng::stream(1, "steps"), same_dice = Rng::stream(1, "steps");
  for (int i = 0; i < 100; ++i) {
    step(a, dice);
    step(b, same_dice);
  }
  EXPECT_EQ(configs(a), configs(b));
}

TEST_P(SearcherContract, DifferentSeedsGiveDifferentTrials) {
  const bool in_order = GetParam().row->name == "grid" && space().finite();
  const bool single = space().finite() && space().cells() == 1;
  MiniStudy a = make(1), b = make(2);
  minimize(a, 30);
  minimize(b, 30);
  if (in_order || single) {
    EXPECT_EQ(configs(a), configs(b)) << "there is nothing to draw";
  } else {
    EXPECT_NE(configs(a), configs(b));
  }
}

TEST_P(SearcherContract, RebuiltFromItsTellsItHasTheSameFuture) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    MiniStudy study = make(seed);
    Rng dice = Rng::stream(seed, "steps");
    for (int i = 0; i < 100; ++i) {
      step(study, dice);
      if (dice.below(10) != 0) continue;
      const auto rebuilt = study.rebuilt();
      for (const TrialId id : {study.next(), study.next() + 1}) {
        const Answer answer = rebuilt->ask({.trial = id, .until = 9, .exact = true});
        ASSERT_TRUE(same(answer, study.ask(id))) << "seed " << seed << ", step " << i;
      }
    }
  }
}

TEST_P(SearcherContract, AConstantObjectiveBreaksNothing) {
  MiniStudy study = make(), again = make();
  for (MiniStudy* each : {&study, &again}) {
    for (int i = 0; i < 40 && each->start(); ++i) {
      each->report(each->trials().back(), 1.0, 9);
      each->end(each->trials().back(), Change::Completed);
    }
  }
  EXPECT_EQ(configs(study), configs(again)) << "ties are broken by id";
}

TEST_P(SearcherContract, NanInfinityAndMissingLossesBreakNothing) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  const double losses[] = {std::nan(""), inf, -inf, 1e308, -1e308, 0};
  MiniStudy study = make();
  for (std::size_t i = 0; i < 48 && study.start(); ++i) {
    Trial& trial = study.trials().back();
    if (i % 7 == 6) {
      trial.reports.push_back({.at = 9, .loss = {}, .excess = {std::nan("")}, .cost = std::nan("")});
      study.tell(trial, Change::Reported);
    } else if (i % 7 != 5) {
      study.report(trial, losses[i % 6], 9);
    }
    study.end(trial, Change::Completed);
  }
}

TEST_P(SearcherContract, FailedTrialsBreakNothingEvenIfAllFail) {
  const Cause causes[] = {Cause::Exit,     Cause::Signal,    Cause::Oom,        Cause::Timeout, Cause::Silent,
                          Cause::NoMetric, Cause::NotFinite, Cause::Infeasible, Cause::Lost};
  MiniStudy study = make();
  for (std::size_t i = 0; i < 45 && study.start(); ++i) study.end(study.trials().back(), Change::Failed, causes[i % 9]);
}

TEST_P(SearcherContract, LateAndDoubledTellsBreakNothing) {
  MiniStudy study = make();
  Rng dice = Rng::stream(3, "late");
  for (int i = 0; i < 40; ++i) {
    study.start();
    if (study.log().empty()) break;
    minimize(study, 1);
    const Tell tell = study.log()[static_cast<std::size_t>(dice.below(study.log().size()))];
    study.tell(tell.trial, tell.change);
    study.tell(tell.trial, tell.change);
    const auto rebuilt = study.rebuilt();
    ASSERT_TRUE(same(rebuilt->ask({.trial = study.next(), .until = 9, .exact = true}), study.ask(study.next())));
  }
}

TEST_P(SearcherContract, TrialsOfOthersAreAccepted) {
  MiniStudy study = make();
  Rng dice = Rng::stream(5, "others");
  for (int i = 0; i < 30; ++i) {
    std::vector<double> unit(study.space().free().size());
    for (double& u : unit) u = dice.uniform();
    study.begin(study.space().decode(unit), "");
    Trial& trial = study.trials().back();
    if (i % 2) trial.source = "added";
    study.report(trial, loss_of(study.space(), trial.config), 9);
    study.end(trial, Change::Completed);
    minimize(study, 1);
  }
  MiniStudy told_at_the_end_only = make();
  for (auto& trial : study.trials()) {
    trial.source = "warm";
    trial.note.clear();
    told_at_the_end_only.tell(trial, Change::Completed);
  }
  if (study.space().finite()) {
    const Answer answer = told_at_the_end_only.ask(100);
    if (const auto* proposal = std::get_if<Proposal>(&answer)) {
      for (const auto& trial : study.trials()) EXPECT_NE(trial.config, proposal->config);
    }
  }
}

TEST_P(SearcherContract, AFiniteSpaceIsTriedOnceAndThenExhausted) {
  if (!space().finite()) return;  // nothing is promised
  std::set<Config> legal;
  for (std::uint64_t i = 0; i < space().cells(); ++i) {
    const auto config = space().cell(i);
    if (config && space().allows(*config)) legal.insert(*config);
  }
  MiniStudy study = make();
  minimize(study, static_cast<int>(legal.size()) + 10);
  const auto tried = configs(study);
  EXPECT_EQ(std::set<Config>(tried.begin(), tried.end()), legal);
  EXPECT_EQ(tried.size(), legal.size());
  EXPECT_TRUE(std::holds_alternative<Exhausted>(study.ask(study.next())));
}

/// Does it hold a number that a draw will not hit twice? A branch of a conditional space may be finite.
bool continuous(const Space& space, const Config& config) {
  const auto unit = space.encode(config);
  for (std::size_t k = 0; k < unit.size(); ++k) {
    if (space.levels(k) == 0 && !std::isnan(unit[k])) return true;
  }
  return false;
}

TEST_P(SearcherContract, PendingTrialsGetConfigurationsOfTheirOwn) {
  MiniStudy study = make();
  minimize(study, 12);
  for (int i = 0; i < 24; ++i) study.start();
  std::set<Config> seen;
  for (const Config& config : configs(study)) {
    if (study.space().finite() || continuous(study.space(), config)) {
      EXPECT_TRUE(seen.insert(config).second) << "run twice";
    }
  }
}

TEST_P(SearcherContract, SeveralObjectivesAreLearntFromWhereTheRowSaysSo) {
  if (!GetParam().row->multi_objective) return;  // refused before the start (src/study/check.cpp)
  for (const Shape shape : {Shape{2, 0}, Shape{3, 1}}) {
    MiniStudy study(*GetParam().row, space(), 1, {}, shape);
    run_shaped(study, shape, 40);
    EXPECT_FALSE(study.trials().empty());
  }
}

TEST_P(SearcherContract, OutcomeConstraintsBreakNothing) {
  const Shape shape{1, 2};
  MiniStudy study(*GetParam().row, space(), 1, {}, shape), again(*GetParam().row, space(), 1, {}, shape);
  run_shaped(study, shape, 40);
  run_shaped(again, shape, 40);
  EXPECT_EQ(configs(study), configs(again));
  EXPECT_FALSE(study.trials().empty());
}

TEST_P(SearcherContract, WithoutAnyFeasibleTrialTheSearchGoesOn) {
  const Shape shape{GetParam().row->multi_objective ? 2 : 1, 1};
  for (const int every : {3, 1}) {  // 1: the constraint's metric is never reported
    MiniStudy study(*GetParam().row, space(), 1, {}, shape);
    for (int i = 0; i < 30 && study.start(); ++i) {
      Trial& trial = study.trials().back();
      const double loss = loss_of(study.space(), trial.config);
      study.report(trial, {.at = 9,
                           .loss = std::vector<double>(static_cast<std::size_t>(shape.objectives), loss),
                           .excess = {i % every == 0 ? std::nan("") : loss + 1},
                           .cost = 1});
      study.end(trial, Change::Completed);
    }
    EXPECT_FALSE(study.trials().empty());
  }
}

std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const auto& row : searchers()) {
    if (row.outside) continue;  // it proposes nothing by itself
    for (const auto& space : cases()) all.push_back({&row, &space});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Registry, SearcherContract, ::testing::ValuesIn(subjects()),
                         [](const auto& info) { return info.param.row->name + "_" + info.param.space->name; });

}  // namespace
}  // namespace hone
