// A searcher under test, and the study around it reduced to what searchers see: one trial after another.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hone/registry.h"

namespace hone::lab {

inline Space space_of(const std::vector<std::pair<std::string, std::string>>& texts,
                      std::vector<std::string> constraints = {}) {
  std::vector<Param> params;
  for (const auto& [name, text] : texts) {
    auto param = parse_param(name, text);
    EXPECT_TRUE(param) << param.error().what;
    if (param) params.push_back(std::move(*param));
  }
  auto space = Space::make(std::move(params), std::move(constraints));
  EXPECT_TRUE(space) << space.error().what;
  return space ? *space : Space();
}

inline std::unique_ptr<Searcher> make_searcher(const std::string& name, const Space& space, std::uint64_t seed = 1,
                                               const Options& given = {}) {
  const SearcherRow* row = find_searcher(name);
  EXPECT_NE(row, nullptr) << name;
  auto options = check_options("searcher." + name, row->options, given);
  EXPECT_TRUE(options) << options.error().what;
  return row->make(SearchInputs{.space = space, .seed = seed, .objectives = 1, .outcomes = 0, .max = 1}, *options);
}

inline Trial running(TrialId id, Config config, std::string note = {}) {
  Trial trial;
  trial.id = id;
  trial.config = std::move(config);
  trial.note = std::move(note);
  trial.until = 1;
  trial.attempt = 1;
  return trial;
}

inline void tell_start(Searcher& searcher, const Trial& trial) { searcher.tell(trial, Change::Started, trial.note); }

inline void tell_report(Searcher& searcher, Trial& trial, double loss, Resource at = 1) {
  trial.reports.push_back({.at = at, .loss = {loss}, .excess = {}, .cost = 1});
  searcher.tell(trial, Change::Reported, trial.note);
}

inline void tell_end(Searcher& searcher, Trial& trial, Change change = Change::Completed, Cause cause = Cause::None) {
  trial.phase = change == Change::Completed ? Phase::Completed
                : change == Change::Stopped ? Phase::Stopped
                : change == Change::Paused  ? Phase::Paused
                                            : Phase::Failed;
  trial.cause = cause;
  searcher.tell(trial, change, trial.note);
}

/// Runs `trials` trials one after another; the losses in order. Ends early if the searcher is exhausted.
inline std::vector<double> minimize(Searcher& searcher, int trials, const std::function<double(const Config&)>& loss) {
  std::vector<double> losses;
  for (TrialId id = 0; id < trials; ++id) {
    const auto answer = searcher.ask({.trial = id, .until = 1, .exact = true});
    const auto* proposal = std::get_if<Proposal>(&answer);
    if (!proposal) break;
    Trial trial = running(id, proposal->config, proposal->note);
    tell_start(searcher, trial);
    losses.push_back(loss(trial.config));
    tell_report(searcher, trial, losses.back());
    tell_end(searcher, trial);
  }
  return losses;
}

inline Config proposed(const Searcher& searcher, TrialId id) {
  const auto answer = searcher.ask({.trial = id, .until = 1, .exact = true});
  const auto* proposal = std::get_if<Proposal>(&answer);
  EXPECT_NE(proposal, nullptr);
  return proposal ? proposal->config : Config();
}

inline double number(const Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return std::nan("");
}

/// What is proposed at full length where there is no fidelity.
inline Proposal ask(const Searcher& searcher, TrialId id) {
  const auto answer = searcher.ask({.trial = id, .until = 1, .exact = true});
  const auto* proposal = std::get_if<Proposal>(&answer);
  EXPECT_NE(proposal, nullptr);
  return proposal ? *proposal : Proposal{};
}

}  // namespace hone::lab
