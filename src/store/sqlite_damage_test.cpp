// What is left of a log after its files were cut, changed, or could not be written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <limits>

#include "hone/rng.h"
#include "store/sqlite_open.h"
#include "store/store_testing.h"

namespace hone {
namespace {

using testing::bytes_of;
using ::testing::HasSubstr;
using testing::log_of;
using testing::one_of_each;
using testing::TempFolder;
using testing::texts_of;
using testing::write_bytes;

constexpr std::uint32_t kNfs = 0x6969, kExt4 = 0xef53;

/// Study 1 with `batches` appends of ten events each. Returns what is in it.
std::vector<std::string> fill(SqliteStorage& store, int batches) {
  std::vector<std::string> out;
  const auto id = store.create("a", "{}", 1).value().id;
  for (int i = 0; i < batches; ++i) {
    const auto events = one_of_each(i);
    EXPECT_TRUE(store.append(id, static_cast<Seq>(out.size()), events));
    for (const auto& event : events) out.push_back(testing::text_of(event));
  }
  return out;
}

/// Opens and reads all; what comes must be a beginning of `whole`. Returns how many events, -1 if it was refused in
/// words.
int readable(const std::string& path, OpenMode mode, const std::vector<std::string>& whole) {
  const auto refused = [](const Error& error) {
    EXPECT_FALSE(error.what.empty());
    EXPECT_NE(error.code, Code::Internal) << error.what;
    return -1;
  };
  auto store = SqliteStorage::open(path, mode, {.busy_milliseconds = 0});
  if (!store) return refused(store.error());
  const auto rows = (*store)->list();
  if (!rows) return refused(rows.error());
  if (rows->empty()) return 0;
  const auto log = log_of(**store, rows->front().id);
  EXPECT_LE(log.events.size(), whole.size());
  EXPECT_TRUE(std::equal(log.events.begin(), log.events.end(), whole.begin()));
  return log.end ? static_cast<int>(log.events.size()) : refused(log.end.error());
}

TEST(SqliteDamage, ADatabaseCutAnywhereIsRefused) {
  TempFolder folder;
  const auto path = folder / "hone.db", cut = folder / "cut.db";
  auto store = SqliteStorage::open(path, OpenMode::ReadWrite);
  const auto whole = fill(**store, 6);
  store->reset();
  const auto bytes = bytes_of(path);
  ASSERT_GE(bytes.size(), 5U * 4096);
  ASSERT_EQ(readable(path, OpenMode::ReadWrite, whole), 60);
  for (std::size_t size = 1; size < bytes.size();
       size += size < 600 || size % 4096 < 2 || size % 4096 > 4090 ? 1 : 211) {
    for (const auto mode : {OpenMode::ReadOnly, OpenMode::ReadWrite}) {
      std::filesystem::remove(cut + "-wal");
      std::filesystem::remove(cut + "-shm");
      write_bytes(cut, std::string_view(bytes).substr(0, size));
      EXPECT_EQ(readable(cut, mode, whole), -1) << "cut at " << size;
      EXPECT_EQ(bytes_of(cut).size(), size) << "it was left as it is";
    }
  }
}

TEST(SqliteDamage, AWriteAheadLogCutAnywhereGivesWholeBatches) {
  TempFolder folder;
  const auto path = folder / "hone.db", copy = folder / "copy.db";
  std::vector<std::string> whole;
  std::string main, log;
  {
    auto store = SqliteStorage::open(path, OpenMode::ReadWrite, {.filesystem = kExt4});
    whole = fill(**store, 6);
    main = bytes_of(path), log = bytes_of(path + "-wal");
  }
  ASSERT_GT(log.size(), 7U * 4096);
  int before = 0;
  for (std::size_t size = 0; size <= log.size();
       size += size == log.size() - 1 || size % 4152 < 64 ? 1 : std::min<std::size_t>(97, log.size() - 1 - size)) {
    std::filesystem::remove(copy + "-shm");
    write_bytes(copy, main);
    write_bytes(copy + "-wal", std::string_view(log).substr(0, size));
    const int events = readable(copy, size % 2 ? OpenMode::ReadOnly : OpenMode::ReadWrite, whole);
    EXPECT_EQ(events % 10, 0) << "log cut at " << size;
    EXPECT_GE(events, before) << "log cut at " << size;
    before = events;
  }
  EXPECT_EQ(before, 60) << "the whole log";
}

TEST(SqliteDamage, ChangedBytesNeverCrash) {
  TempFolder folder;
  const auto path = folder / "hone.db", copy = folder / "copy.db";
  auto store = SqliteStorage::open(path, OpenMode::ReadWrite);
  fill(**store, 6);
  store->reset();
  const auto bytes = bytes_of(path);
  Rng rng = Rng::stream(1, "damage", 0);
  for (int i = 0; i < 600; ++i) {
    std::string changed = bytes;
    for (std::uint64_t n = 1 + rng.below(8); n > 0; --n)
      changed[static_cast<std::size_t>(rng.below(i % 2 ? changed.size() : 4096))] = static_cast<char>(rng.below(256));
    std::filesystem::remove(copy + "-wal");
    std::filesystem::remove(copy + "-shm");
    write_bytes(copy, changed);
    auto damaged =
        SqliteStorage::open(copy, i % 3 ? OpenMode::ReadOnly : OpenMode::ReadWrite, {.busy_milliseconds = 0});
    if (!damaged) continue;
    const auto rows = (*damaged)->list();
    // Changed letters in a text cannot be told from others, so only that it ends, and how, is certain.
    for (const auto& row : rows.value_or(std::vector<StudyRow>())) {
      static_cast<void>((*damaged)->read(row.id, 0, [](Seq, Event&&) { return true; }));
      static_cast<void>((*damaged)->append(row.id, row.last, one_of_each()));
    }
  }
}

TEST(SqliteDamage, AMissingOrForeignEventIsCorruptAndNamed) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  auto store = SqliteStorage::open(path, OpenMode::ReadWrite);
  fill(**store, 60);
  const auto other = Connection::open(path, Connection::Access::Write, 0);
  const auto expect = [&](const std::string& says, std::size_t before) {
    const auto log = log_of(**store, 1);
    ASSERT_FALSE(log.end);
    EXPECT_EQ(log.end.error().code, Code::Corrupt);
    EXPECT_THAT(log.end.error().what,
                HasSubstr("hone.db: event " + std::to_string(before + 1) + " of study number 1: " + says));
    EXPECT_EQ(log.events.size(), before) << "those before it were read";
  };
  ASSERT_TRUE(other->run("delete from events where seq = 400"));
  expect("it is missing", 399);
  ASSERT_TRUE(other->run("update events set kind = 'Forked' where seq = 300"));
  expect("unknown kind of event `Forked`", 299);
  ASSERT_TRUE(other->run("update events set body = x'00ff' where seq = 257"));
  expect("Stopped: the body is no JSON object", 256);
}

TEST(SqliteDamage, AFullDiskWritesNothingAndTheSameAppendMayBeRepeated) {
  for (const auto filesystem : {kExt4, kNfs}) {
    TempFolder folder;
    auto store = SqliteStorage::open(folder / "hone.db", OpenMode::ReadWrite, {.filesystem = filesystem});
    auto whole = fill(**store, 2);
    ASSERT_TRUE((*store)->limit_pages(12));
    std::vector<Event> large;
    for (int i = 0; i < 200; ++i) large.push_back({0, Paused{i, std::string(900, 'x'), 0}});
    for (int tries = 0; tries < 3; ++tries) {
      const auto appended = (*store)->append(1, 20, large);
      ASSERT_FALSE(appended);
      EXPECT_EQ(appended.error().code, Code::Unavailable);
      EXPECT_THAT(appended.error().what, HasSubstr("the disk is full, nothing was written"));
      EXPECT_EQ(log_of(**store, 1).events, whole);
      EXPECT_EQ(log_of(**SqliteStorage::open(folder / "hone.db", OpenMode::ReadOnly), 1).events, whole);
    }
    const auto small = (*store)->append(1, 20, std::span(large).first(1));
    EXPECT_TRUE(small) << "what fits is still written";
    ASSERT_TRUE((*store)->limit_pages(1'000'000));
    EXPECT_EQ((*store)->append(1, 21, large), 221);
    EXPECT_EQ(log_of(**store, 1).events.size(), 221U);
  }
}

TEST(SqliteDamage, AFileThatMayNotGrowWritesNothingAndTheSameAppendMayBeRepeated) {
  for (const auto filesystem : {kExt4, kNfs}) {
    TempFolder folder;
    auto store = SqliteStorage::open(folder / "hone.db", OpenMode::ReadWrite, {.filesystem = filesystem});
    const auto whole = fill(**store, 2);
    std::vector<Event> large;
    for (int i = 0; i < 2000; ++i) large.push_back({0, Paused{i, std::string(900, 'x'), 0}});
    signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const rlimit tight{200'000, limit.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
    const auto appended = (*store)->append(1, 20, large);
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code, Code::Unavailable);
    EXPECT_THAT(appended.error().what, HasSubstr("nothing was written"));
    EXPECT_EQ(log_of(**store, 1).events, whole);
    EXPECT_EQ((*store)->append(1, 20, large), 2020);
    EXPECT_EQ(log_of(**store, 1).events.size(), 2020U);
  }
}

TEST(SqliteDamage, ATimeThatIsNoNumberIsRefused) {
  TempFolder folder;
  auto store = SqliteStorage::open(folder / "hone.db", OpenMode::ReadWrite);
  const auto whole = fill(**store, 1);
  auto events = one_of_each();
  events.back().time = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE((*store)->append(1, 10, events));
  EXPECT_EQ(log_of(**store, 1).events, whole);
}

}  // namespace
}  // namespace hone
