#include "hone/registry.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "search/testing.h"

namespace hone {
namespace {

TEST(Searchers, AreSortedByNameAndSayWhatTheyAreFor) {
  const auto& rows = searchers();
  ASSERT_FALSE(rows.empty());
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  for (const auto& row : rows) {
    EXPECT_FALSE(row.doc.empty()) << row.name;
    EXPECT_FALSE(row.paper.empty()) << row.name;
    EXPECT_TRUE(row.make) << row.name;
  }
}

TEST(Searchers, AreFoundByTheirExactName) {
  ASSERT_NE(find_searcher("tpe"), nullptr);
  EXPECT_EQ(find_searcher("tpe")->name, "tpe");
  EXPECT_EQ(find_searcher("TPE"), nullptr);
  EXPECT_EQ(find_searcher(""), nullptr);
}

TEST(Searchers, EveryFallbackIsALegalValueOfItsOption) {
  for (const auto& row : searchers()) {
    Options given;
    for (const auto& option : row.options) {
      EXPECT_FALSE(option.doc.empty()) << row.name << "." << option.name;
      if (!std::holds_alternative<std::monostate>(option.fallback)) given[option.name] = option.fallback;
    }
    const auto options = check_options("searcher." + row.name, row.options, given);
    EXPECT_TRUE(options) << options.error().what;
  }
}

TEST(Searchers, ThatAreSaidToHaveAModelHaveOneOnceTheyHaveResults) {
  const Space space = lab::space_of({{"x", "float(0, 1)"}, {"y", "float(0, 1)"}});
  for (const auto& row : searchers()) {
    if (row.outside) continue;
    const auto searcher = lab::make_searcher(row.name, space);
    bool believed = false;
    for (TrialId id = 0; id < 40; ++id) {
      const Config config = space.decode(std::vector<double>{0.025 * static_cast<double>(id), 0.5});
      believed = believed || searcher->belief(config);
      Trial trial = lab::running(id, config);
      lab::tell_start(*searcher, trial);
      lab::tell_report(*searcher, trial, 0.1 * static_cast<double>(id % 7));
      lab::tell_end(*searcher, trial);
    }
    // These two have one if the searcher in them does.
    const bool maybe = row.name == "coordinate" || row.name == "blendsearch";
    EXPECT_TRUE(believed == row.believes || (maybe && row.believes)) << row.name;
  }
}

}  // namespace
}  // namespace hone
