// What every store must do; see hone/storage.h.
#include "hone/storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory.h"
#include "store/store_testing.h"

namespace hone {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::log_of;
using testing::one_of_each;
using testing::text_of;
using testing::texts_of;

class StorageTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "memory") {
      store_ = std::make_unique<MemoryStorage>();
      return;
    }
    SqliteOptions options;
    if (GetParam() == "sqlite_nfs") options.filesystem = 0x6969;
    auto store = SqliteStorage::open(folder_ / "hone.db", OpenMode::ReadWrite, options);
    ASSERT_TRUE(store) << store.error().what;
    store_ = std::move(*store);
  }
  std::int64_t create(const std::string& name) {
    const auto row = store_->create(name, "{}", 1);
    EXPECT_TRUE(row) << row.error().what;
    return row ? row->id : 0;
  }

  testing::TempFolder folder_;
  std::unique_ptr<Storage> store_;
};

INSTANTIATE_TEST_SUITE_P(Stores, StorageTest, ::testing::Values("memory", "sqlite", "sqlite_nfs"),
                         [](const auto& info) { return info.param; });

TEST_P(StorageTest, AStudyIsFoundByItsName) {
  const auto made = store_->create("fashion-mlp", R"({"name":"fashion-mlp","€":"\u0000"})", 1.7e9 + 0.25);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->last, 0);
  const auto found = store_->find("fashion-mlp");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, made->id);
  EXPECT_EQ(found->name, "fashion-mlp");
  EXPECT_EQ(found->spec, R"({"name":"fashion-mlp","€":"\u0000"})");
  EXPECT_EQ(found->created, 1.7e9 + 0.25);
  EXPECT_EQ(found->last, 0);
}

TEST_P(StorageTest, AnUnknownNameIsNotFound) {
  create("a");
  for (const std::string name : {"b", "A", "", "a "}) {
    const auto found = store_->find(name);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Code::NotFound);
    EXPECT_THAT(found.error().what, HasSubstr("`" + name + "`"));
  }
}

TEST_P(StorageTest, ANameIsGivenOnce) {
  create("a");
  const auto again = store_->create("a", "{}", 2);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::Conflict);
  EXPECT_THAT(again.error().what, HasSubstr("study `a` exists already"));
  EXPECT_EQ(store_->list()->size(), 1U);
}

TEST_P(StorageTest, ARemovedStudyIsForgottenAndItsNumberNotGivenAgain) {
  const auto first = create("a"), other = create("b");
  ASSERT_TRUE(store_->append(first, 0, one_of_each()));
  ASSERT_TRUE(store_->append(other, 0, one_of_each()));
  ASSERT_TRUE(store_->remove(first));
  ASSERT_TRUE(store_->remove(first)) << "once more is no harm";
  EXPECT_FALSE(store_->find("a"));
  EXPECT_FALSE(store_->append(first, 0, one_of_each()));
  EXPECT_EQ(log_of(*store_, other).events, texts_of(one_of_each()));
  EXPECT_GT(create("a"), other);
  EXPECT_EQ(store_->find("a")->last, 0);
}

TEST_P(StorageTest, ListShowsStudiesInTheOrderOfTheirMakingWithTheirNewestEvent) {
  EXPECT_TRUE(store_->list()->empty());
  const auto events = one_of_each();
  const auto z = create("z"), a = create("a");
  create("m");
  ASSERT_TRUE(store_->append(z, 0, events));
  ASSERT_TRUE(store_->append(a, 0, std::span(events).first(3)));
  std::vector<std::string> names;
  std::vector<Seq> last;
  const auto rows = store_->list();
  ASSERT_TRUE(rows);
  for (const auto& row : *rows) names.push_back(row.name), last.push_back(row.last);
  EXPECT_THAT(names, ElementsAre("z", "a", "m"));
  EXPECT_THAT(last, ElementsAre(10, 3, 0));
  EXPECT_EQ(store_->find("a")->last, 3);
}

TEST_P(StorageTest, EventsOfEveryKindAreReadAsTheyWereAppended) {
  const auto study = create("a");
  const auto events = one_of_each(7);
  const auto last = store_->append(study, 0, events);
  ASSERT_TRUE(last) << last.error().what;
  EXPECT_EQ(*last, 10);
  const auto log = log_of(*store_, study);
  EXPECT_TRUE(log.end) << log.end.error().what;
  EXPECT_EQ(log.events, texts_of(events));
}

TEST_P(StorageTest, StudiesDoNotMix) {
  const auto a = create("a"), b = create("b");
  ASSERT_TRUE(store_->append(a, 0, one_of_each(1)));
  ASSERT_TRUE(store_->append(b, 0, one_of_each(2)));
  ASSERT_TRUE(store_->append(a, 10, one_of_each(3)));
  EXPECT_EQ(log_of(*store_, b).events, texts_of(one_of_each(2)));
  auto both = one_of_each(1);
  for (auto& event : one_of_each(3)) both.push_back(event);
  EXPECT_EQ(log_of(*store_, a).events, texts_of(both));
}

TEST_P(StorageTest, AnAppendThatExpectsAnotherEndIsAConflictAndWritesNothing) {
  const auto study = create("a");
  ASSERT_TRUE(store_->append(study, 0, one_of_each()));
  for (const Seq expected : {0, 9, 11, -1}) {
    const auto appended = store_->append(study, expected, one_of_each());
    ASSERT_FALSE(appended) << expected;
    EXPECT_EQ(appended.error().code, Code::Conflict);
    EXPECT_THAT(appended.error().what, HasSubstr("has 10 events instead of " + std::to_string(expected)));
  }
  EXPECT_EQ(log_of(*store_, study).events.size(), 10U);
  EXPECT_TRUE(store_->append(study, 10, one_of_each()));
}

TEST_P(StorageTest, AnUnknownStudyIsNotFound) {
  create("a");
  EXPECT_EQ(store_->append(99, 0, one_of_each()).error().code, Code::NotFound);
  EXPECT_EQ(log_of(*store_, 99).end.error().code, Code::NotFound);
}

TEST_P(StorageTest, AnEmptyAppendChangesNothing) {
  const auto study = create("a");
  ASSERT_TRUE(store_->append(study, 0, one_of_each()));
  EXPECT_EQ(store_->append(study, 10, {}), 10);
  EXPECT_EQ(store_->find("a")->last, 10);
}

TEST_P(StorageTest, ReadingGoesOnFromAnySeq) {
  const auto study = create("a");
  const auto texts = texts_of(one_of_each());
  ASSERT_TRUE(store_->append(study, 0, one_of_each()));
  for (std::size_t from = 0; from <= 12; ++from) {
    const auto log = log_of(*store_, study, static_cast<Seq>(from));
    EXPECT_TRUE(log.end);
    EXPECT_EQ(log.events,
              std::vector(texts.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(from, 10)), texts.end()));
  }
  std::vector<Seq> all;
  EXPECT_TRUE(store_->read(study, -5, [&](Seq seq, Event&&) { return all.push_back(seq), true; }));
  EXPECT_EQ(all.size(), 10U);
  EXPECT_EQ(all.front(), 1);
}

TEST_P(StorageTest, ReadingEndsWhenTheReaderHasEnough) {
  const auto study = create("a");
  ASSERT_TRUE(store_->append(study, 0, one_of_each()));
  int seen = 0;
  EXPECT_TRUE(store_->read(study, 0, [&](Seq, Event&&) { return ++seen < 4; }));
  EXPECT_EQ(seen, 4);
}

TEST_P(StorageTest, TheReaderMayUseTheStore) {
  const auto study = create("a");
  std::vector<Event> many;
  for (int i = 0; i < 60; ++i)
    for (auto& event : one_of_each(i)) many.push_back(event);
  ASSERT_TRUE(store_->append(study, 0, many));
  Seq last = 600;
  std::size_t seen = 0, nested = 0;
  EXPECT_TRUE(store_->read(study, 0, [&](Seq seq, Event&&) {
    ++seen;
    if (seq % 100 == 0 && seq <= 600) {
      last = store_->append(study, last, one_of_each()).value();
      nested += log_of(*store_, study, last - 10).events.size();
      EXPECT_EQ(store_->find("a")->last, last);
    }
    return true;
  }));
  EXPECT_EQ(nested, 60U);
  EXPECT_EQ(seen, 660U) << "what was appended meanwhile comes too";
}

TEST_P(StorageTest, AClockThatIsSetBackChangesNoOrder) {
  const auto study = create("a");
  const std::vector<Event> events = {
      {300, Paused{1, "a", 0}}, {100, Paused{2, "b", 0}}, {-5.5, Paused{3, "c", 0}}, {200, Paused{4, "d", 0}}};
  ASSERT_TRUE(store_->append(study, 0, events));
  ASSERT_TRUE(store_->append(study, 4, std::vector<Event>{{0, Finished{"e", false, 0}}}));
  std::vector<double> times;
  EXPECT_TRUE(store_->read(study, 0, [&](Seq, Event&& event) { return times.push_back(event.time), true; }));
  EXPECT_THAT(times, ElementsAre(300, 100, -5.5, 200, 0));
}

TEST_P(StorageTest, LargeTextsAndManyEventsSurvive) {
  const auto study = create("a");
  std::vector<Event> events;
  for (int i = 0; i < 2000; ++i) events.push_back({static_cast<double>(i), Paused{i, std::to_string(i), 0}});
  events.push_back({0, Exited{0, 1, Cause::Exit, 1, std::string(3'000'000, 'x'), false, 0, 0}});
  ASSERT_TRUE(store_->append(study, 0, events));
  EXPECT_EQ(log_of(*store_, study).events, texts_of(events));
}

}  // namespace
}  // namespace hone
