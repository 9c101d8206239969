#include <algorithm>
#include <cmath>

#include "search/testing.h"

namespace hone {
namespace {

using lab::make_searcher;
using lab::number;
using lab::space_of;

double bowl(const Config& c) {
  double sum = 0;
  for (const Value& value : c) sum += std::pow(number(value) - 0.3, 2);
  return sum;
}

Space cube(int size) {
  std::vector<std::pair<std::string, std::string>> params;
  for (int i = 0; i < size; ++i) params.emplace_back("x" + std::to_string(i), "float(0, 1)");
  return space_of(params);
}

std::string note_of(const Searcher& searcher, TrialId id) {
  const auto answer = searcher.ask({.trial = id, .until = 1, .exact = true});
  const auto* proposal = std::get_if<Proposal>(&answer);
  return proposal ? proposal->note : "";
}

TEST(De, BeatsRandomOnABowlInFiveDimensions) {
  double de = 0, random = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {  // fixed seeds: no chance of a false failure
    const auto best = [&](const char* name) {
      const auto losses = lab::minimize(*make_searcher(name, cube(5), seed), 200, bowl);
      return *std::min_element(losses.begin(), losses.end());
    };
    de += best("de");
    random += best("random");
  }
  EXPECT_LT(de, random / 4);
}

TEST(De, SolvesAMixedSpaceExactlyInItsDiscretePart) {
  const Space space = space_of({{"n", "int(0, 30)"}, {"opt", "[a, b, c, d]"}, {"x", "float(0, 1)"}});
  const auto losses = lab::minimize(*make_searcher("de", space, 1), 400, [](const Config& c) {
    return std::pow(number(c[0]) - 17, 2) + (value_text(c[1]) == "c" ? 0 : 5) + std::pow(number(c[2]) - 0.3, 2);
  });
  EXPECT_LT(*std::min_element(losses.begin(), losses.end()), 1e-2);
}

TEST(De, TheTargetRidesInTheNoteAndIsReplacedWheneverItsChildEnds) {
  const auto de = make_searcher("de", cube(3), 1, {{"population", std::int64_t{4}}});
  lab::minimize(*de, 4, [](const Config&) { return 1.0; });
  // Three children at once; they end in the opposite order, the first of them badly.
  std::vector<Trial> children;
  for (TrialId id = 4; id < 7; ++id) {
    children.push_back(lab::running(id, lab::proposed(*de, id), note_of(*de, id)));
    EXPECT_EQ(children.back().note, std::to_string(id - 4));
    lab::tell_start(*de, children.back());
  }
  for (std::size_t i = 3; i-- > 0;) {
    lab::tell_report(*de, children[i], i == 0 ? 2.0 : 0.5);
    lab::tell_end(*de, children[i]);
  }
  EXPECT_EQ(note_of(*de, 8), "0") << "a worse child leaves its target where it is";
  EXPECT_EQ(note_of(*de, 9), "5");
  EXPECT_EQ(note_of(*de, 10), "6");
}

TEST(De, ATrialOfSomebodyElseTakesThePlaceOfTheWorst) {
  const auto de = make_searcher("de", cube(2), 1, {{"population", std::int64_t{4}}});
  int count = 0;
  lab::minimize(*de, 4, [&](const Config&) { return ++count == 3 ? 9.0 : 1.0; });
  Trial added = lab::running(4, cube(2).decode(std::vector<double>{0.1, 0.1}));
  lab::tell_start(*de, added);
  lab::tell_report(*de, added, 0.5);
  lab::tell_end(*de, added);
  EXPECT_EQ(note_of(*de, 6), "4") << "the third member was the worst";
}

/// A trial that ran up to `until` with this loss and is a member of that population.
void enter(Searcher& de, TrialId id, Config config, Resource until, double loss, std::string note) {
  Trial trial = lab::running(id, std::move(config), std::move(note));
  trial.until = until;
  lab::tell_start(de, trial);
  lab::tell_report(de, trial, loss);
  lab::tell_end(de, trial);
}
Proposal bred(const Searcher& de, TrialId id, Resource until, std::int64_t members,
              std::optional<std::int64_t> parents) {
  return std::get<Proposal>(de.ask({.trial = id, .until = until, .exact = true, .breed = Breed{members, parents}}));
}

TEST(De, InDehbAMutantIsMadeOfAsManyOfTheBestBelowAsHyperbandWouldPromote) {
  const Space space = cube(40);
  const auto de = make_searcher("de", space, 1, {{"crossover", 1.0}});
  // Below: three good ones around 0.5, others far away. Above: a full population at 0.
  for (TrialId id = 0; id < 9; ++id)
    enter(*de, id, space.decode(std::vector<double>(40, id < 3 ? 0.5 + 0.01 * static_cast<double>(id) : 0.9)), 1,
          static_cast<double>(id), "-1 of 9");
  for (TrialId id = 9; id < 13; ++id)
    enter(*de, id, space.decode(std::vector<double>(40, 0.001 * static_cast<double>(id))), 3, 1, "-1 of 4");
  for (TrialId id = 13; id < 40; ++id) {
    for (const Value& x : bred(*de, id, 3, 4, 3).config)
      EXPECT_NEAR(number(x), 0.51, 0.021) << "of the best three below";
    for (const Value& x : bred(*de, id, 3, 4, 0).config) EXPECT_LT(number(x), 0.02) << "a first rung: of its own";
  }
  double widest = 0;
  for (TrialId id = 13; id < 40; ++id) widest = std::max(widest, number(bred(*de, id, 3, 4, 1).config[0]));
  EXPECT_GT(widest, 0.6) << "one parent is too few: the other two are of all populations";
}

TEST(De, InDehbThePlacesOfASubpopulationAreTargetsInTurnAndItIsAsLargeAsItsRung) {
  const Space space = cube(2);
  const auto de = make_searcher("de", space, 1, {});
  for (TrialId id = 0; id < 4; ++id) {
    const Proposal begin = bred(*de, id, 1, 4, std::nullopt);
    EXPECT_EQ(begin.note, "-1 of 4") << "the first bracket is drawn";
    enter(*de, id, begin.config, 1, 1, begin.note);
  }
  for (TrialId id = 4; id < 10; ++id) {
    const Proposal child = bred(*de, id, 1, 4, 0);
    EXPECT_EQ(child.note, std::to_string((id - 4) % 4) + " of 4") << "nobody has been replaced";
    enter(*de, id, child.config, 1, 2, child.note);
  }
  EXPECT_EQ(bred(*de, 10, 9, 2, 0).note, "-1 of 2") << "a place that nobody has yet is a random point";
}

TEST(De, AFailedChildNeverReplacesItsTarget) {
  const auto de = make_searcher("de", cube(2), 1, {{"population", std::int64_t{4}}});
  lab::minimize(*de, 4, [](const Config&) { return 1.0; });
  Trial child = lab::running(4, lab::proposed(*de, 4), note_of(*de, 4));
  lab::tell_start(*de, child);
  lab::tell_end(*de, child, Change::Failed, Cause::Oom);
  EXPECT_EQ(note_of(*de, 8), "0");
}

}  // namespace
}  // namespace hone
