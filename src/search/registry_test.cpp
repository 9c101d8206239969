#include "hone/registry.h"

#include <gtest/gtest.h>

#include <algorithm>

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

}  // namespace
}  // namespace hone
