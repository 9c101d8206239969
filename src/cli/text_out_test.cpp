#include "cli/text_out.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "exec/fd.h"

namespace hone {
namespace {

std::string through(int to, int from) {
  const Fd source(from);
  std::FILE* out = ::fdopen(to, "w");
  write_text(out, "0,\x1b[31mred\x07\n");
  std::fflush(out);
  char buffer[100];
  const ssize_t got = ::read(source.get(), buffer, sizeof buffer);
  std::fclose(out);
  return std::string(buffer, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
}

TEST(WriteText, AProgramGetsTheBytesThatThereAre) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  EXPECT_EQ(through(ends[1], ends[0]), "0,\x1b[31mred\x07\n");
}

TEST(WriteText, ATerminalGetsNoControlCharacters) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(master, 0);
  ASSERT_EQ(::grantpt(master), 0);
  ASSERT_EQ(::unlockpt(master), 0);
  const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(terminal, 0);
  EXPECT_EQ(through(terminal, master), "0,red?\r\n");
}

}  // namespace
}  // namespace hone
