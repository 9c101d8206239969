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
