#include "store/lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <optional>

#include "store/store_testing.h"

namespace hone {
namespace {

using ::testing::HasSubstr;
using testing::spawn;
using testing::wait_for;

TEST(StudyLock, IsHeldUntilItIsDestroyed) {
  testing::TempFolder folder;
  EXPECT_FALSE(study_locked(folder.path()));
  {
    const auto lock = lock_study(folder.path());
    ASSERT_TRUE(lock) << lock.error().what;
    EXPECT_TRUE(study_locked(folder.path()));
    const auto second = lock_study(folder.path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::Conflict);
  }
  EXPECT_FALSE(study_locked(folder.path()));
  EXPECT_TRUE(lock_study(folder.path()));
}

TEST(StudyLock, MovesWithItsOwner) {
  testing::TempFolder folder;
  std::optional<StudyLock> kept;
  {
    auto lock = lock_study(folder.path());
    ASSERT_TRUE(lock);
    kept = std::move(*lock);
  }
  EXPECT_TRUE(study_locked(folder.path()));
  kept.reset();
  EXPECT_FALSE(study_locked(folder.path()));
}

TEST(StudyLock, SaysWhoHoldsIt) {
  testing::TempFolder folder;
  const std::string study = folder / "fashion-mlp";
  std::filesystem::create_directory(study);
  testing::write_bytes(study + "/lock", "process 1 on a host with a long name that was here before\n");
  const auto lock = lock_study(study + "/");
  const auto second = lock_study(study + "/");
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().what,
              HasSubstr("study `fashion-mlp` is being run by process " + std::to_string(getpid()) + " on "));
  EXPECT_THAT(second.error().what, HasSubstr("interrupt it there"));
  EXPECT_THAT(second.error().what, ::testing::Not(HasSubstr("long name")));
}

TEST(StudyLock, DiesWithItsProcess) {
  testing::TempFolder folder;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = spawn([&]() -> int {
    const auto lock = lock_study(folder.path());
    if (write(ready[1], lock ? "y" : "n", 1) != 1) return 1;
    for (;;) pause();
  });
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  const auto refused = lock_study(folder.path());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("process " + std::to_string(child)));
  kill(child, SIGKILL);
  EXPECT_EQ(wait_for(child), 1000 + SIGKILL);
  EXPECT_FALSE(study_locked(folder.path()));
  EXPECT_TRUE(lock_study(folder.path()));
  close(ready[0]);
  close(ready[1]);
}

TEST(StudyLock, IsNotInheritedByProgramsThatAreStarted) {
  testing::TempFolder folder;
  std::optional<StudyLock> lock = std::move(*lock_study(folder.path()));
  const pid_t child = spawn([] { return execlp("sleep", "sleep", "60", nullptr); });
  // The child holds a copy until it is another program.
  const std::string name = "/proc/" + std::to_string(child) + "/comm";
  while (testing::bytes_of(name) != "sleep\n") usleep(1000);
  lock.reset();
  EXPECT_FALSE(study_locked(folder.path()));
  kill(child, SIGKILL);
  wait_for(child);
}

TEST(StudyLock, LookingAtItDoesNotGetInTheWay) {
  testing::TempFolder folder;
  ASSERT_TRUE(lock_study(folder.path()));  // makes the file
  const pid_t looker = spawn([&]() -> int {
    for (;;) study_locked(folder.path());
  });
  // Fails falsely if one of 200 takers meets 20 looks in a row: below 2e-4 if the looker holds the lock half of the
  // time; it holds it far less.
  int taken = 0;
  for (int i = 0; i < 200; ++i) taken += lock_study(folder.path()).has_value();
  EXPECT_EQ(taken, 200);
  kill(looker, SIGKILL);
  wait_for(looker);
}

TEST(StudyLock, AFolderThatIsMissingIsUnavailable) {
  testing::TempFolder folder;
  const auto lock = lock_study(folder / "nothing");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, Code::Unavailable);
  EXPECT_THAT(lock.error().what, HasSubstr("nothing/lock: No such file"));
  EXPECT_FALSE(study_locked(folder / "nothing"));
}

TEST(StudyLock, TheFileIsPrivate) {
  testing::TempFolder folder;
  const auto lock = lock_study(folder.path());
  struct stat info {};
  ASSERT_EQ(stat((folder / "lock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

}  // namespace
}  // namespace hone
