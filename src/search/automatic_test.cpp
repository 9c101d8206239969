#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "search/testing.h"

namespace hone {
namespace {

using lab::make_searcher;
using lab::space_of;
using testing::HasSubstr;
using testing::StartsWith;

/// Who proposed how often.
std::map<std::string, int> authors(Searcher& searcher, int trials, const std::function<double(const Config&)>& loss) {
  std::map<std::string, int> count;
  for (TrialId id = 0; id < trials; ++id) {
    const Proposal proposal = lab::ask(searcher, id);
    ++count[proposal.note.substr(0, proposal.note.find('|'))];
    Trial trial = lab::running(id, proposal.config, proposal.note);
    lab::tell_start(searcher, trial);
    lab::tell_report(searcher, trial, loss(trial.config));
    lab::tell_end(searcher, trial);
  }
  return count;
}

double bowl(const Config& config) {
  double sum = 0;
  for (const Value& value : config) sum += std::isnan(lab::number(value)) ? 0 : std::pow(lab::number(value) - 0.3, 2);
  return sum;
}

TEST(Auto, SaysWhomItPickedAndWhy) {
  const auto searcher = make_searcher("auto", space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}}));
  const Proposal proposal = lab::ask(*searcher, 0);
  EXPECT_THAT(proposal.why, StartsWith("gp (2 parameters"));
  EXPECT_THAT(proposal.note, StartsWith("gp|"));
}

TEST(Auto, PicksByTheKindOfTheSpace) {
  const auto conditional = make_searcher(
      "auto", space_of({{"model", "[a, b]"}, {"x", "float(0, 1) if model == a"}, {"y", "float(0, 1) if model == b"}}));
  EXPECT_THAT(lab::ask(*conditional, 0).why, HasSubstr("conditional"));
}

TEST(Auto, LetsTwoSearchersShareTheTrialsOnceSomethingIsKnown) {
  const auto searcher = make_searcher("auto", space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}}));
  const auto count = authors(*searcher, 60, bowl);
  ASSERT_EQ(count.size(), 2U);
  for (const auto& [name, trials] : count) EXPECT_GE(trials, 5) << name;
}

TEST(Auto, ChangesItsMindWhenThereAreManyResults) {
  const auto searcher = make_searcher("auto", space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}}));
  EXPECT_THAT(lab::ask(*searcher, 0).note, StartsWith("gp|"));
  for (TrialId id = 0; id < 501; ++id) {
    Trial trial = lab::running(id, {Value(static_cast<double>(id) / 1000), Value(0.5)});
    trial.source = "added";
    trial.reports.push_back({.at = 1, .loss = {bowl(trial.config)}, .excess = {}, .cost = 1});
    lab::tell_end(*searcher, trial);
  }
  EXPECT_THAT(lab::ask(*searcher, 501).why, HasSubstr("more than 500 results"));
}

TEST(Auto, BeginsWhereTrialsAreCheapIfTheUserSaysWhere) {
  Param trees = *parse_param("trees", "int(1, 1000, log)");
  trees.low_cost = Value(std::int64_t{4});
  const Space space = *Space::make({trees});
  const auto searcher = make_searcher("auto", space);
  const Proposal first = lab::ask(*searcher, 0);
  EXPECT_EQ(lab::number(first.config[0]), 4);
  EXPECT_THAT(first.why, StartsWith("cfo (low_cost is given"));
  EXPECT_EQ(authors(*searcher, 60, bowl).size(), 2U);
}

TEST(Auto, LeavesTheGaussianProcessEarlyInALongStudy) {
  const SearcherRow* row = find_searcher("auto");
  const Space space = space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}});
  for (const std::int64_t trials : {1999, 2000}) {
    const auto searcher = row->make(SearchInputs{.space = space, .seed = 1, .trials = trials}, {});
    for (TrialId id = 0; id < 101; ++id) {
      Trial trial = lab::running(id, {Value(static_cast<double>(id) / 1000), Value(0.5)});
      trial.source = "added";
      trial.reports.push_back({.at = 1, .loss = {bowl(trial.config)}, .excess = {}, .cost = 1});
      lab::tell_end(*searcher, trial);
    }
    EXPECT_EQ(lab::ask(*searcher, 101).why.find("of a long study") != std::string::npos, trials == 2000);
  }
}

TEST(Auto, WithSeveralObjectivesWhatNoTrialBeatsInAllOfThemIsWorthMost) {
  const Space space = space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}});
  // Along a front, and away from it.
  for (const double side : {-1.0, 1.0}) {
    const auto searcher = find_searcher("auto")->make({.space = space, .seed = 1, .objectives = 2}, {});
    for (TrialId id = 0; id < 9; ++id) {
      const Proposal proposal = lab::ask(*searcher, id);
      EXPECT_THAT(proposal.note, StartsWith("gp|")) << "the first of the pair until something is known";
      Trial trial = lab::running(id, proposal.config, proposal.note);
      lab::tell_start(*searcher, trial);
      const double loss = static_cast<double>(id);
      trial.reports.push_back({.at = 1, .loss = {loss, side * loss}, .excess = {}, .cost = 1});
      searcher->tell(trial, Change::Reported, trial.note);
      lab::tell_end(*searcher, trial);
    }
    // Worth and tries begin at 1 and fade by 0.9 a trial; the first has nothing to be compared with.
    EXPECT_THAT(lab::ask(*searcher, 9).why, HasSubstr(side < 0 ? "worth so far gp 0.93" : "worth so far gp 0.06"));
  }
}

}  // namespace
}  // namespace hone
