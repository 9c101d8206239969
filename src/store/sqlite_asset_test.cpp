// Databases of every schema version that was ever released stay readable. tests/store-assets/schema-N.db was written
// once by the build of its time and is never changed; a later version must migrate it and find the same studies in it.
#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <set>

#include "store/store_testing.h"

namespace hone {
namespace {

using testing::log_of;
using testing::one_of_each;
using testing::TempFolder;
using testing::texts_of;

std::vector<Event> many_events() {
  std::vector<Event> out;
  for (int i = 0; i < 5; ++i)
    for (auto& event : one_of_each(i)) out.push_back(event);
  return out;
}

void write_asset(const std::string& path) {
  auto store = SqliteStorage::open(path, OpenMode::ReadWrite);
  ASSERT_TRUE(store) << store.error().what;
  const auto first = (*store)->create("fashion-mlp", R"({"name":"fashion-mlp"})", 1.7e9 + 0.5);
  const auto second = (*store)->create("a.b_c-d", "{}", 0);
  ASSERT_TRUE((*store)->create("empty", "{}", 1));
  ASSERT_TRUE(first && second);
  ASSERT_TRUE((*store)->append(first->id, 0, many_events()));
  ASSERT_TRUE((*store)->append(second->id, 0, one_of_each(9)));
}

// How schema-1.db was made, in an empty folder: store_test --gtest_also_run_disabled_tests
// --gtest_filter=*WriteSchema1
TEST(StoreAssets, DISABLED_WriteSchema1) { write_asset("schema-1.db"); }

TEST(StoreAssets, Schema1IsRead) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  std::filesystem::copy_file(std::string(HONE_STORE_ASSETS) + "/schema-1.db", path);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  for (const auto mode : {OpenMode::ReadOnly, OpenMode::ReadWrite, OpenMode::ReadOnly}) {
    auto store = SqliteStorage::open(path, mode);
    ASSERT_TRUE(store) << store.error().what;
    const auto rows = (*store)->list();
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 3U);
    EXPECT_EQ((*rows)[0].name, "fashion-mlp");
    EXPECT_EQ((*rows)[0].spec, R"({"name":"fashion-mlp"})");
    EXPECT_EQ((*rows)[0].created, 1.7e9 + 0.5);
    EXPECT_EQ((*rows)[0].last, 50);
    EXPECT_EQ(log_of(**store, (*rows)[0].id).events, texts_of(many_events()));
    EXPECT_EQ(log_of(**store, (*rows)[1].id).events, texts_of(one_of_each(9)));
    EXPECT_TRUE(log_of(**store, (*rows)[2].id).events.empty());
  }
  auto store = SqliteStorage::open(path, OpenMode::ReadWrite);
  EXPECT_TRUE((*store)->append((*store)->find("empty")->id, 0, one_of_each()));
}

TEST(StoreAssets, TheExamplesOfTheDocumentAreWrittenAndReadSo) {
  std::ifstream document(std::string(HONE_STORE_ASSETS) + "/../../docs/event-log.md");
  std::set<std::string> kinds;
  EventReader reader;
  for (std::string line; std::getline(document, line);) {
    const auto space = line.find(' '), brace = line.find(" {\"");
    if (brace == std::string::npos || !std::isupper(static_cast<unsigned char>(line[0]))) continue;
    const auto event = reader.read(line.substr(0, space), 0, 0, line.substr(brace + 1));
    ASSERT_TRUE(event) << event.error().what;
    EXPECT_EQ(event_body(*event), line.substr(brace + 1));
    kinds.insert(kind(*event));
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<Fact>) << "an example of each kind";
}

}  // namespace
}  // namespace hone
