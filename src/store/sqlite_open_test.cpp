// Which files are opened, how, and what is left beside them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "store/filesystem.h"
#include "store/sqlite_open.h"
#include "store/store_testing.h"

namespace hone {
namespace {

using testing::bytes_of;
using ::testing::HasSubstr;
using testing::log_of;
using testing::one_of_each;
using testing::spawn;
using testing::TempFolder;
using testing::texts_of;
using testing::wait_for;
using testing::write_bytes;
using Opened = Result<std::unique_ptr<SqliteStorage>>;

constexpr std::uint32_t kNfs = 0x6969, kExt4 = 0xef53;

/// Runs SQL with a connection of its own, as another program would.
void sql(const std::string& path, const std::string& text) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  char* wrong = nullptr;
  EXPECT_EQ(sqlite3_exec(handle, text.c_str(), nullptr, nullptr, &wrong), SQLITE_OK) << wrong;
  sqlite3_close(handle);
}

// The temporary folder may be anywhere; tests that say nothing else mean a local disk.
const SqliteOptions kLocal = {.filesystem = kExt4};

void make_database(const std::string& path, const SqliteOptions& options = kLocal) {
  auto store = SqliteStorage::open(path, OpenMode::ReadWrite, options);
  ASSERT_TRUE(store) << store.error().what;
  const auto row = (*store)->create("a", "{}", 1);
  ASSERT_TRUE((*store)->append(row->id, 0, one_of_each()));
}

std::string journal_mode(const std::string& path) {
  return Connection::open(path, Connection::Access::Read, 0)->text("pragma journal_mode").value();
}

std::set<std::string> files_in(const TempFolder& folder) {
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) out.insert(entry.path().filename());
  return out;
}

unsigned mode_of(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
}

TEST(SqliteOpen, ANewDatabaseIsPrivateMarkedAndKeepsAWriteAheadLog) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  auto store = SqliteStorage::open(path, OpenMode::ReadWrite, kLocal);
  ASSERT_TRUE(store) << store.error().what;
  ASSERT_TRUE((*store)->create("a", "{}", 1));
  for (const std::string name : {"", "-wal", "-shm"}) EXPECT_EQ(mode_of(path + name), 0600U) << name;
  EXPECT_EQ(journal_mode(path), "wal");
  const auto connection = Connection::open(path, Connection::Access::Read, 0);
  EXPECT_EQ(connection->number("pragma application_id"), 0x484f4e45);
  EXPECT_EQ(connection->number("pragma user_version"), 1);
}

TEST(SqliteOpen, ClosingLeavesOneFile) {
  TempFolder folder;
  make_database(folder / "hone.db");
  EXPECT_EQ(files_in(folder), std::set<std::string>{"hone.db"});
}

TEST(SqliteOpen, AnyFileNameWillDo) {
  TempFolder folder;
  for (const std::string name : {"a b%20c?mode=memory#d", "file:x", ":memory:", "€ \"'"}) {
    const auto path = folder / name;
    make_database(path);
    EXPECT_TRUE(std::filesystem::exists(path)) << name;
    EXPECT_TRUE(SqliteStorage::open(path, OpenMode::ReadOnly)) << name;
  }
}

TEST(SqliteOpen, OpenSqliteIsTheShortWay) {
  TempFolder folder;
  auto store = open_sqlite(folder / "hone.db", OpenMode::ReadWrite, Sync::Full);
  ASSERT_TRUE(store);
  EXPECT_TRUE((*store)->create("a", "{}", 1));
  EXPECT_TRUE((*open_sqlite(folder / "hone.db", OpenMode::ReadOnly))->find("a"));
}

TEST(SqliteOpen, ReadingWhatIsNotThereIsNotFoundAndMakesNothing) {
  TempFolder folder;
  const Opened missing = SqliteStorage::open(folder / "hone.db", OpenMode::ReadOnly);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::NotFound);
  EXPECT_THAT(missing.error().what, HasSubstr("hone.db does not exist"));
  EXPECT_TRUE(files_in(folder).empty());
  write_bytes(folder / "hone.db", "");
  EXPECT_EQ(SqliteStorage::open(folder / "hone.db", OpenMode::ReadOnly).error().code, Code::NotFound);
  EXPECT_EQ(bytes_of(folder / "hone.db"), "");
}

TEST(SqliteOpen, AnEmptyFileBecomesADatabase) {
  TempFolder folder;
  write_bytes(folder / "hone.db", "");
  make_database(folder / "hone.db");
  EXPECT_TRUE(SqliteStorage::open(folder / "hone.db", OpenMode::ReadOnly));
}

TEST(SqliteOpen, AFolderThatIsMissingIsUnavailable) {
  TempFolder folder;
  const Opened store = SqliteStorage::open(folder / "no/hone.db", OpenMode::ReadWrite);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::Unavailable);
  EXPECT_THAT(store.error().what, HasSubstr("no/hone.db: cannot be made: No such file"));
}

/// Neither way of opening may succeed or change a byte in the folder.
void expect_refused_untouched(const TempFolder& folder, const std::string& says) {
  std::vector<std::pair<std::string, std::string>> before, after;
  for (const auto& name : files_in(folder)) before.emplace_back(name, bytes_of(folder / name));
  for (const auto mode : {OpenMode::ReadWrite, OpenMode::ReadOnly}) {
    const Opened store = SqliteStorage::open(folder / "hone.db", mode);
    ASSERT_FALSE(store) << says;
    EXPECT_EQ(store.error().code, Code::Corrupt);
    EXPECT_THAT(store.error().what, HasSubstr(says));
    EXPECT_THAT(store.error().what, HasSubstr("another --home"));
  }
  for (const auto& name : files_in(folder)) after.emplace_back(name, bytes_of(folder / name));
  EXPECT_EQ(before, after) << says;
}

TEST(SqliteOpen, ANewerSchemaIsRefusedAndNotTouched) {
  for (const auto filesystem : {kExt4, kNfs}) {
    TempFolder folder;
    make_database(folder / "hone.db", {.filesystem = filesystem});
    sql(folder / "hone.db", "pragma user_version = 2");
    expect_refused_untouched(folder, "was written by a newer hone (schema version 2, this one knows 1); upgrade hone");
  }
}

TEST(SqliteOpen, ANewerSchemaThatIsStillInTheLogIsRefusedAndTheLogKept) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  make_database(path, {.filesystem = kExt4});
  wait_for(spawn([&] {  // dies without closing, so that the log stays
    sqlite3* handle = nullptr;
    sqlite3_open(path.c_str(), &handle);
    return sqlite3_exec(handle, "pragma user_version = 2", nullptr, nullptr, nullptr);
  }));
  const auto main = bytes_of(path), log = bytes_of(path + "-wal");
  ASSERT_GT(log.size(), 0U);
  for (const auto mode : {OpenMode::ReadWrite, OpenMode::ReadOnly}) {
    const Opened store = SqliteStorage::open(path, mode);
    ASSERT_FALSE(store);
    EXPECT_THAT(store.error().what, HasSubstr("schema version 2"));
    EXPECT_EQ(bytes_of(path), main);
    EXPECT_EQ(bytes_of(path + "-wal"), log);
  }
}

TEST(SqliteOpen, AnUnknownOldSchemaIsRefused) {
  TempFolder folder;
  make_database(folder / "hone.db");
  sql(folder / "hone.db", "pragma user_version = 0");
  expect_refused_untouched(folder, "unknown schema version 0");
}

TEST(SqliteOpen, AnotherProgramsDatabaseIsRefusedAndNotTouched) {
  for (const std::string journal : {"delete", "wal"}) {
    TempFolder folder;
    sql(folder / "hone.db", "pragma journal_mode = " + journal +
                                "; create table studies (id integer primary key); insert into studies values (1)");
    expect_refused_untouched(folder, "is a database of another program");
  }
}

TEST(SqliteOpen, AFileThatIsNoDatabaseIsRefusedAndNotTouched) {
  for (const auto& bytes : {std::string("x"), std::string("hello\n"), std::string(5000, 'x'), std::string(4096, '\0'),
                            std::string("SQLite format 3")}) {
    TempFolder folder;
    write_bytes(folder / "hone.db", bytes);
    expect_refused_untouched(folder, "hone.db is ");
  }
}

TEST(SqliteOpen, ADatabaseWithoutItsTablesIsRefused) {
  TempFolder folder;
  make_database(folder / "hone.db");
  sql(folder / "hone.db", "drop table events");
  const Opened store = SqliteStorage::open(folder / "hone.db", OpenMode::ReadWrite);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::Corrupt);
  EXPECT_THAT(store.error().what, HasSubstr("no such table: events; it is not a whole database of hone"));
}

TEST(SqliteOpen, AReaderCannotWrite) {
  TempFolder folder;
  make_database(folder / "hone.db");
  auto store = SqliteStorage::open(folder / "hone.db", OpenMode::ReadOnly);
  ASSERT_TRUE(store);
  EXPECT_EQ((*store)->create("b", "{}", 1).error().code, Code::Invalid);
  EXPECT_EQ((*store)->append(1, 10, one_of_each()).error().code, Code::Invalid);
  EXPECT_EQ(log_of(**store, 1).events, texts_of(one_of_each()));
}

TEST(SqliteOpen, ReadersReadWhileAWriterWrites) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  make_database(path);
  auto writer = SqliteStorage::open(path, OpenMode::ReadWrite, kLocal);
  auto reader = SqliteStorage::open(path, OpenMode::ReadOnly, {.busy_milliseconds = 0});
  ASSERT_TRUE(writer && reader);
  Seq last = 10;
  for (int i = 0; i < 50; ++i) {
    // A transaction that is not committed is not seen, and does not get in the way.
    auto other = Connection::open(path, Connection::Access::Write, 0);
    ASSERT_TRUE(other->run("begin immediate; insert into studies (name, spec, created) values ('ghost', '', 0)"));
    EXPECT_EQ((*reader)->list()->size(), 1U);
    EXPECT_EQ(log_of(**reader, 1).events.size(), static_cast<std::size_t>(last));
    ASSERT_TRUE(other->run("rollback"));
    last = (*writer)->append(1, last, one_of_each(i)).value();
    EXPECT_EQ((*reader)->find("a")->last, last);
  }
}

/// Runs `body` in a child that is not root: root may write everywhere.
int as_nobody(const std::function<int()>& body) {
  return wait_for(spawn([&] { return geteuid() == 0 && setuid(65534) != 0 ? 99 : body(); }));
}

TEST(SqliteOpen, AHomeThatCannotBeWrittenCanBeRead) {
  for (const auto filesystem : {kExt4, kNfs}) {
    TempFolder folder;
    const auto path = folder / "hone.db";
    make_database(path, {.filesystem = filesystem});
    chmod(path.c_str(), 0444);
    chmod(folder.path().c_str(), 0555);
    EXPECT_EQ(as_nobody([&] {
                auto reader = SqliteStorage::open(path, OpenMode::ReadOnly);
                if (!reader) return 1;
                if (log_of(**reader, 1).events != texts_of(one_of_each())) return 2;
                const Opened writer = SqliteStorage::open(path, OpenMode::ReadWrite);
                if (writer || writer.error().code != Code::Unavailable) return 3;
                return writer.error().what.find("may not be written by this user") != std::string::npos ? 0 : 4;
              }),
              0);
    chmod(folder.path().c_str(), 0755);
    EXPECT_EQ(files_in(folder), std::set<std::string>{"hone.db"});
  }
}

TEST(SqliteOpen, AHomeThatCannotBeWrittenCanBeReadWhileItsOwnerWrites) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  make_database(path, {.filesystem = kExt4});
  auto writer = SqliteStorage::open(path, OpenMode::ReadWrite, {.filesystem = kExt4});
  ASSERT_TRUE((*writer)->append(1, 10, one_of_each()));
  for (const std::string name : {"", "-wal", "-shm"}) chmod((path + name).c_str(), 0444);
  chmod(folder.path().c_str(), 0555);
  EXPECT_EQ(as_nobody([&] {
              auto reader = SqliteStorage::open(path, OpenMode::ReadOnly);
              if (!reader) return 1;
              return log_of(**reader, 1).events.size() == 20 ? 0 : 2;
            }),
            0);
  chmod(folder.path().c_str(), 0755);
}

TEST(SqliteOpen, FilesystemsThatSeveralMachinesMountShareNoMemory) {
  for (const std::uint32_t shared : {0x6969U, 0x0bd00bd0U, 0xff534d42U, 0xfe534d42U, 0x517bU, 0x47504653U, 0x65735546U})
    EXPECT_FALSE(shares_memory(shared)) << std::hex << shared;
  for (const std::uint32_t local :
       {0xef53U, 0x58465342U, 0x9123683eU, 0x01021994U, 0x794c7630U, 0x2fc12fc1U})  // ext4 xfs btrfs tmpfs overlay zfs
    EXPECT_TRUE(shares_memory(local)) << std::hex << local;
  TempFolder folder;
  EXPECT_TRUE(filesystem_of(folder.path()));
  EXPECT_EQ(filesystem_of(folder / "nothing").error().code, Code::Unavailable);
}

TEST(SqliteOpen, OnANetworkFileSystemThereIsNoWriteAheadLog) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  make_database(path, {.filesystem = kNfs});
  EXPECT_EQ(journal_mode(path), "delete");
  make_database(folder / "local.db", {.filesystem = kExt4});
  EXPECT_EQ(journal_mode(folder / "local.db"), "wal");
}

TEST(SqliteOpen, AMovedHomeChangesItsJournal) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  make_database(path, {.filesystem = kExt4});
  {
    auto user = SqliteStorage::open(path, OpenMode::ReadWrite, {.filesystem = kExt4});
    ASSERT_TRUE((*user)->find("a"));
    const Opened refused =
        SqliteStorage::open(path, OpenMode::ReadWrite, {.busy_milliseconds = 20, .filesystem = kNfs});
    ASSERT_FALSE(refused) << "while somebody uses the log";
    EXPECT_EQ(refused.error().code, Code::Unavailable);
  }
  ASSERT_TRUE(SqliteStorage::open(path, OpenMode::ReadWrite, {.filesystem = kNfs}));
  EXPECT_EQ(journal_mode(path), "delete");
  ASSERT_TRUE(SqliteStorage::open(path, OpenMode::ReadWrite, {.filesystem = kExt4}));
  EXPECT_EQ(journal_mode(path), "wal");
}

TEST(SqliteOpen, TheWriteAheadLogStaysBounded) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  make_database(path);
  auto store = SqliteStorage::open(path, OpenMode::ReadWrite, {.filesystem = kExt4});
  auto reader = SqliteStorage::open(path, OpenMode::ReadOnly);
  std::vector<Event> events;
  for (int i = 0; i < 100; ++i) events.push_back({0, Paused{i, std::string(2000, 'x'), 0}});
  Seq last = 10;
  std::uintmax_t largest = 0;
  for (int i = 0; i < 300; ++i) {  // 60 MB
    last = (*store)->append(1, last, events).value();
    ASSERT_TRUE((*reader)->read(1, last - 10, [](Seq, Event&&) { return true; }));
    largest = std::max(largest, std::filesystem::file_size(path + "-wal"));
  }
  EXPECT_GT(std::filesystem::file_size(path), 50U << 20);
  EXPECT_LT(largest, 16U << 20);
}

}  // namespace
}  // namespace hone
