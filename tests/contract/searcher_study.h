// The study around a searcher under test, reduced to a log of tells.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "hone/registry.h"
#include "hone/rng.h"
#include "hone/searcher.h"

namespace hone {

struct Tell {
  Trial trial;
  Change change;
};

using Answer = std::variant<Proposal, Wait, Exhausted>;

inline bool same(const Answer& a, const Answer& b) {
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

inline double loss_of(const Space& space, const Config& config) {
  double sum = 0;
  for (const double u : space.encode(config)) sum += std::isnan(u) ? 0.1 : (u - 0.3) * (u - 0.3);
  return sum;
}

/// Losses that pull towards different corners, constraints that half of the space breaks; now and then a value is missing.
inline Report report_of(const Space& space, const Config& config, Shape shape, Rng& rng) {
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
inline void run_shaped(MiniStudy& study, Shape shape, int trials) {
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

}  // namespace hone
