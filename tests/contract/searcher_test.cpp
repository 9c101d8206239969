// What include/hone/searcher.h promises, for every row of the registry over every kind of space.
#include "hone/searcher.h"
#include "searcher_spaces.h"

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

struct Tell {
  Trial trial;
  Change change;
};

using Answer = std::variant<Proposal, Wait, Exhausted>;

bool same(const Answer& a, const Answer& b) {
  if (a.index() != b.index()) return false;
  const auto *p = std::get_if<Proposal>(&a), *q = std::get_if<Proposal>(&b);
  return !p || (p->config == q->config && p->note == q->note && p->why == q->why && p->until == q->until);
}

struct Shape {
  int objectives = 1, outcomes = 0;
};

/// A searcher and the log of what it was told: the smallest study.
class MiniStudy {
 public:
  MiniStudy(const SearcherRow& row, const Space& space, std::uint64_t seed, const Options& given = {}, Shape shape = {})
      : row_(row), space_(space), seed_(seed), shape_(shape) {
    auto options = check_options(row.name, row.options, given);
    EXPECT_TRUE(options);
    options_ = *options;
    searcher_ = fresh();
  }
  std::unique_ptr<Searcher> fresh() const {
    const SearchInputs inputs{
        .space = space_, .seed = seed_, .objectives = shape_.objectives, .outcomes = shape_.outcomes, .max = 9};
    return row_.make(inputs, options_);
  }
  std::unique_ptr<Searcher> rebuilt() const {
    auto searcher = fresh();
    for (const auto& tell : log_) searcher->tell(tell.trial, tell.change, tell.trial.note);
    return searcher;
  }
  Answer ask(TrialId id) const { return searcher_->ask({.trial = id, .until = 9, .exact = true}); }
  /// Starts the next trial if there is a proposal.
  bool start() {
    const Answer answer = ask(next_);
    const auto* proposal = std::get_if<Proposal>(&answer);
    if (!proposal) return false;
    check(*proposal);
    begin(proposal->config, proposal->note);
    return true;
  }
  void begin(Config config, std::string note) {
    Trial trial;
    trial.id = next_++;
    trial.config = std::move(config);
    trial.note = std::move(note);
    trial.attempt = 1;
    trial.until = 9;
    trials_.push_back(trial);
    tell(trials_.back(), Change::Started);
  }
  void report(Trial& trial, double loss, Resource at) {
    report(trial, {.at = at, .loss = {loss}, .excess = {}, .cost = 1});
  }
  void report(Trial& trial, Report report) {
    trial.reports.push_back(std::move(report));
    tell(trial, Change::Reported);
  }
  void end(Trial& trial, Change change, Cause cause = Cause::None) {
    trial.phase = change == Change::Paused    ? Phase::Paused
                  : change == Change::Stopped ? Phase::Stopped
                  : change == Change::Failed  ? Phase::Failed
                  : change == Change::Resumed ? Phase::Running
                                              : Phase::Completed;
    trial.cause = cause;
    tell(trial, change);
  }
  void tell(const Trial& trial, Change change) {
    log_.push_back({trial, change});
    searcher_->tell(trial, change, trial.note);
  }
  std::vector<Trial>& trials() { return trials_; }
  const std::vector<Tell>& log() const { return log_; }
  TrialId next() const { return next_; }
  const Space& space() const { return space_; }

 private:
  void check(const Proposal& proposal) const {
    ASSERT_EQ(proposal.config.size(), space_.params().size());
    EXPECT_TRUE(space_.allows(proposal.config));
    EXPECT_FALSE(proposal.note.empty()) << "an empty note means that somebody else proposed it";
    EXPECT_FALSE(proposal.why.empty());
    EXPECT_FALSE(proposal.until) << "exact";
    const auto unit = space_.encode(proposal.config);
    for (const double u : unit) EXPECT_TRUE(std::isnan(u) || (u >= 0 && u <= 1)) << u;
    EXPECT_EQ(space_.decode(unit), proposal.config) << "every value lies in its domain";
  }

  const SearcherRow& row_;
  Space space_;
  std::uint64_t seed_;
  Shape shape_;
  Options options_;
  std::unique_ptr<Searcher> searcher_;
  std::vector<Trial> trials_;
  std::vector<Tell> log_;
  TrialId next_ = 0;
};

double loss_of(const Space& space, const Config& config) {
  double sum = 0;
  for (const double u : space.encode(config)) sum += std::isnan(u) ? 0.1 : (u - 0.3) * (u - 0.3);
  return sum;
}

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

/// Losses that pull towards different corners, constraints that half of the space breaks; now and then a value is missing.
Report report_of(const Space& space, const Config& config, Shape shape, Rng& rng) {
  Report report{.at = 9, .loss = {}, .excess = {}, .cost = 1};
  const auto value = [&](double target) {
    double sum = 0;
    for (const double u : space.encode(config)) sum += std::isnan(u) ? 0.1 : (u - target) * (u - target);
    return rng.below(12) == 0 ? std::nan("") : sum;
  };
  for (int i = 0; i < shape.objectives; ++i) report.loss.push_back(value(0.2 + 0.6 * i));
  for (int i = 0; i < shape.outcomes; ++i) report.excess.push_back(value(0.5 * i) - 0.1);
  return report;
}

/// Runs `trials` trials, three at a time; checks that a searcher rebuilt from the tells would go on likewise.
void run_shaped(MiniStudy& study, Shape shape, int trials) {
  Rng rng = Rng::stream(11, "shaped");
  std::size_t next = 0;
  for (int i = 0; i < trials; ++i) {
    const bool started = study.start();
    if (!started && next == study.trials().size()) return;
    if (started && study.trials().size() < next + 3) continue;
    Trial& trial = study.trials()[next++];
    study.report(trial, report_of(study.space(), trial.config, shape, rng));
    const bool failed = rng.below(10) == 0;
    study.end(trial, failed ? Change::Failed : Change::Completed, failed ? Cause::Exit : Cause::None);
    if (i % 8 != 0) continue;
    const TrialId id = study.next();
    ASSERT_TRUE(same(study.rebuilt()->ask({.trial = id, .until = 9, .exact = true}), study.ask(id))) << "step " << i;
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
  MiniStudy study(*GetParam().row, space(), 1, {}, shape);
  for (int i = 0; i < 30 && study.start(); ++i) {
    Trial& trial = study.trials().back();
    const double loss = loss_of(study.space(), trial.config);
    study.report(trial, {.at = 9,
                         .loss = std::vector<double>(static_cast<std::size_t>(shape.objectives), loss),
                         .excess = {i % 3 == 0 ? std::nan("") : loss + 1},
                         .cost = 1});
    study.end(trial, Change::Completed);
  }
  EXPECT_FALSE(study.trials().empty());
}

std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const auto& row : searchers()) {
    for (const auto& space : cases()) all.push_back({&row, &space});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Registry, SearcherContract, ::testing::ValuesIn(subjects()),
                         [](const auto& info) { return info.param.row->name + "_" + info.param.space->name; });

}  // namespace
}  // namespace hone
