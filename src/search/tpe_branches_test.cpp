#include "search/tpe_branches.h"

#include <cmath>
#include <map>

#include "search/testing.h"

namespace hone {
namespace {

Space tree() {
  return lab::space_of({{"m", "[a, b, c]"},
                        {"shared", "float(0, 1)"},
                        {"x", "float(0, 1) if m == a"},
                        {"kind", "[u, v] if m == b"},
                        {"y", "float(0, 1) if m == b"},
                        {"z", "float(0, 1) if kind == v"},
                        {"loose", "[p, q]"}});
}

TEST(Branches, GroupsHoldWhatExistsUnderTheSameChoices) {
  const Space space = tree();
  const auto axes = KernelAxis::of(space);
  const Branches branches(space, axes);
  std::map<std::vector<std::size_t>, std::vector<std::size_t>> groups;
  for (const auto& group : branches.groups()) groups[group.gates] = group.members;
  const std::map<std::vector<std::size_t>, std::vector<std::size_t>> expected = {
      {{}, {1, 6}}, {{0}, {2, 4}}, {{0, 3}, {5}}};
  EXPECT_EQ(groups, expected);
}

TEST(Branches, ASpaceWithoutConditionsIsOneGroup) {
  const Space space = lab::space_of({{"a", "[x, y]"}, {"b", "float(0, 1)"}});
  const auto axes = KernelAxis::of(space);
  const Branches branches(space, axes);
  EXPECT_TRUE(branches.none());
  ASSERT_EQ(branches.groups().size(), 1U);
  EXPECT_EQ(branches.groups()[0].members, (std::vector<std::size_t>{0, 1}));
  EXPECT_TRUE(branches.choose(Known(), {}).empty());
}

struct Play {
  Space space = tree();
  std::vector<KernelAxis> axes = KernelAxis::of(space);
  Branches branches{space, axes};
  Trials trials{space, 1, 400};

  /// `n` choices; the loss of each by `loss(config)`. How often each option of `m` was taken.
  template <class F>
  std::vector<int> run(int n, F loss) {
    std::vector<int> counts(3);
    for (TrialId id = 0; id < n; ++id) {
      const auto branch = branches.choose(trials.known(3), {});
      std::vector<double> unit = branch;
      for (double& u : unit) u = std::isnan(u) ? 0.5 : u;
      Trial trial = lab::running(id, space.decode(unit));
      ++counts[axes[0].level_at(branch[0])];
      EXPECT_EQ(std::isnan(branch[3]), value_text(trial.config[0]) != "b") << "a gate that is inactive is not chosen";
      trial.phase = Phase::Completed;
      trial.reports.push_back({.at = 1, .loss = {loss(trial.config)}, .excess = {}, .cost = 1});
      trials.tell(trial, Change::Completed);
    }
    return counts;
  }
};

TEST(Branches, AllOptionsAreTriedAndTheBestOneMost) {
  const auto counts = Play().run(100, [](const Config& c) { return value_text(c[0]) == "c" ? 0.1 : 0.5; });
  EXPECT_GT(counts[2], 60);
  EXPECT_GE(counts[0], 5);
  EXPECT_GE(counts[1], 5);
}

TEST(Branches, ABranchThatTurnsOutBetterLaterIsTakenUp) {
  int in_a = 0;
  const auto counts = Play().run(150, [&](const Config& c) {
    if (value_text(c[0]) != "a") return 0.5;
    return ++in_a < 5 ? 0.9 : 0.1;  // as if its parameters had to be found first
  });
  EXPECT_GT(counts[0], 60);
}

}  // namespace
}  // namespace hone
