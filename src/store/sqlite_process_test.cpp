// Several processes, and processes that are killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "hone/rng.h"
#include "store/sqlite_open.h"
#include "store/store_testing.h"

namespace hone {
namespace {

using ::testing::HasSubstr;
using testing::log_of;
using testing::one_of_each;
using testing::spawn;
using testing::TempFolder;
using testing::wait_for;

constexpr std::uint32_t kNfs = 0x6969, kExt4 = 0xef53;

/// Batch number `batch`: as many events as it has parts, each of which says which part of how many it is.
std::vector<Event> batch_of(int batch) {
  std::vector<Event> out;
  const int parts = 1 + batch % 7;
  for (int part = 1; part <= parts; ++part)
    out.push_back({0, Reported{batch, parts, part, {{"loss", 0.1 * batch}}, std::string(50, 'x')}});
  return out;
}

struct Seen {
  int batches = 0;
  Seq last = 0;
};
/// Checks that study 1 holds whole batches 0, 1, 2 ...
Seen check_batches(const std::string& path, std::uint32_t filesystem) {
  Seen seen;
  auto store = SqliteStorage::open(path, OpenMode::ReadWrite, {.filesystem = filesystem});
  EXPECT_TRUE(store) << store.error().what;
  int part = 0;
  EXPECT_TRUE((*store)->read(1, 0, [&](Seq seq, Event&& event) {
    const auto& report = std::get<Reported>(event.fact);
    EXPECT_EQ(report.trial, seen.batches);
    EXPECT_EQ(report.n, ++part);
    if (part == report.attempt) part = 0, ++seen.batches;
    seen.last = seq;
    return true;
  }));
  EXPECT_EQ(part, 0) << "the last batch is whole";
  EXPECT_EQ((*store)->find("a")->last, seen.last);
  return seen;
}

/// Appends batches until it is killed, and says after each how many there are.
int append_forever(const std::string& path, std::uint32_t filesystem, Seen from, int answers) {
  auto store = SqliteStorage::open(path, OpenMode::ReadWrite, {.filesystem = filesystem});
  if (!store) return 1;
  for (int batch = from.batches;; ++batch) {
    const auto last = (*store)->append(1, from.last, batch_of(batch));
    if (!last) return 2;
    from.last = *last;
    const int done = batch + 1;
    if (write(answers, &done, sizeof done) != sizeof done) return 3;
  }
}

class KillTest : public ::testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Filesystems, KillTest, ::testing::Values(kExt4, kNfs),
                         [](const auto& info) { return info.param == kExt4 ? "WriteAheadLog" : "RollbackJournal"; });

TEST_P(KillTest, AnAppenderThatIsKilledLeavesWholeBatchesAndAllThatItWasPromised) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  ASSERT_TRUE((*SqliteStorage::open(path, OpenMode::ReadWrite, {.filesystem = GetParam()}))->create("a", "{}", 0));
  Rng rng = Rng::stream(1, "kill", GetParam());
  Seen seen;
  int rounds_with_work = 0;
  for (int round = 0; round < 30; ++round) {
    int answers[2];
    ASSERT_EQ(pipe(answers), 0);
    const pid_t child = spawn([&] {
      close(answers[0]);  // so that a full pipe cannot outlive the parent
      return append_forever(path, GetParam(), seen, answers[1]);
    });
    close(answers[1]);
    int promised = seen.batches;
    const auto answered = [&] {
      int next = 0;
      if (::read(answers[0], &next, sizeof next) != sizeof next) return false;
      promised = next;
      return true;
    };
    if (round % 5 != 0) answered();  // every fifth is killed while it opens the file, or not yet there
    usleep(static_cast<useconds_t>(rng.below(round % 5 == 0 ? 3'000 : 20'000)));
    kill(child, SIGKILL);
    while (answered()) {
    }
    close(answers[0]);
    EXPECT_EQ(wait_for(child), 1000 + SIGKILL);
    const Seen now = check_batches(path, GetParam());
    EXPECT_GE(now.batches, promised) << "what append() had confirmed is there";
    EXPECT_LE(now.batches, promised + 1);
    rounds_with_work += now.batches > seen.batches;
    seen = now;
  }
  EXPECT_GE(rounds_with_work, 20);
}

TEST_P(KillTest, ACreatorThatIsKilledLeavesADatabaseOrNothing) {
  Rng rng = Rng::stream(1, "kill-creator", GetParam());
  for (int round = 0; round < 30; ++round) {
    TempFolder folder;
    const auto path = folder / "hone.db";
    const pid_t child = spawn([&] {
      auto store = SqliteStorage::open(path, OpenMode::ReadWrite, {.filesystem = GetParam()});
      return store && (*store)->create("a", "{}", 0) ? 0 : 1;
    });
    usleep(static_cast<useconds_t>(rng.below(4'000)));
    kill(child, SIGKILL);
    wait_for(child);
    auto store = SqliteStorage::open(path, OpenMode::ReadWrite, {.filesystem = GetParam()});
    ASSERT_TRUE(store) << store.error().what;
    EXPECT_TRUE((*store)->create("b", "{}", 0));
  }
}

TEST_P(KillTest, ProcessesThatAppendToTheirOwnStudiesLoseNothing) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  constexpr int kProcesses = 3, kBatches = 150;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(spawn([&] {  // all make the file, too
      auto store =
          SqliteStorage::open(path, OpenMode::ReadWrite, {.busy_milliseconds = 60'000, .filesystem = GetParam()});
      if (!store) return 1;
      const auto row = (*store)->create("study " + std::to_string(i), "{}", 0);
      if (!row) return 2;
      Seq last = 0;
      for (int batch = 0; batch < kBatches; ++batch) {
        const auto appended = (*store)->append(row->id, last, batch_of(batch));
        if (!appended) return 3;
        last = *appended;
      }
      return 0;
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);
  std::vector<std::string> expected;
  for (int batch = 0; batch < kBatches; ++batch)
    for (const auto& event : batch_of(batch)) expected.push_back(testing::text_of(event));
  auto store = SqliteStorage::open(path, OpenMode::ReadOnly);
  ASSERT_TRUE(store) << store.error().what;
  for (int i = 0; i < kProcesses; ++i) {
    const auto row = (*store)->find("study " + std::to_string(i));
    ASSERT_TRUE(row);
    EXPECT_EQ(log_of(**store, row->id).events, expected);
  }
}

TEST_P(KillTest, OfTwoThatAppendToOneStudyOneHasAConflict) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  auto a = SqliteStorage::open(path, OpenMode::ReadWrite, {.filesystem = GetParam()});
  auto b = SqliteStorage::open(path, OpenMode::ReadWrite, {.filesystem = GetParam()});
  ASSERT_TRUE(a && b);
  ASSERT_TRUE((*a)->create("a", "{}", 0));
  EXPECT_EQ((*b)->create("a", "{}", 0).error().code, Code::Conflict);
  ASSERT_TRUE((*a)->append(1, 0, one_of_each()));
  EXPECT_EQ((*b)->append(1, 0, one_of_each()).error().code, Code::Conflict);
  EXPECT_TRUE((*b)->append(1, 10, one_of_each()));
  EXPECT_EQ((*a)->append(1, 10, one_of_each()).error().code, Code::Conflict);
}

TEST_P(KillTest, ALockedDatabaseIsUnavailableForAWhile) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  auto store = SqliteStorage::open(path, OpenMode::ReadWrite, {.busy_milliseconds = 30, .filesystem = GetParam()});
  ASSERT_TRUE((*store)->create("a", "{}", 0));
  const auto other = Connection::open(path, Connection::Access::Write, 0);
  ASSERT_TRUE(other->run("begin immediate"));
  const auto appended = (*store)->append(1, 0, one_of_each());
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, Code::Unavailable);
  EXPECT_THAT(appended.error().what, HasSubstr("hone.db is locked by another process"));
  EXPECT_EQ((*store)->create("b", "{}", 0).error().code, Code::Unavailable);
  ASSERT_TRUE(other->run("rollback"));
  EXPECT_EQ((*store)->append(1, 0, one_of_each()), 10);
}

TEST_P(KillTest, AnAppendWaitsForOneThatLocksForAMoment) {
  TempFolder folder;
  const auto path = folder / "hone.db";
  auto store = SqliteStorage::open(path, OpenMode::ReadWrite, {.busy_milliseconds = 600'000, .filesystem = GetParam()});
  ASSERT_TRUE((*store)->create("a", "{}", 0));
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = spawn([&] {
    const auto other = Connection::open(path, Connection::Access::Write, 0);
    const bool locked = other && other->run("begin immediate");
    if (write(ready[1], locked ? "y" : "n", 1) != 1) return 1;
    usleep(50'000);
    return other->run("rollback") ? 0 : 2;
  });
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_EQ((*store)->append(1, 0, one_of_each()), 10);
  EXPECT_EQ(wait_for(child), 0);
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace hone
