#include "cli/live_terminal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "cli/live_text.h"

namespace hone {
namespace {

// Held back until the frame is whole (where the terminal can), cursor hidden, no wrapping: a character that the terminal
// finds wider than we do is cut and moves nothing.
constexpr std::string_view kBegin = "\x1b[?2026h\x1b[?25l\x1b[?7l\r";
constexpr std::string_view kEnd = "\x1b[?7h\x1b[?25h\x1b[?2026l";

std::string up(std::size_t rows) { return rows > 0 ? fmt::format("\x1b[{}A", rows) : ""; }

bool same_device(int a, int b) {
  struct stat first {
  }, second{};
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_rdev == second.st_rdev;
}

/// Not to wait for a terminal takes a description of our own: the one that we inherited is the shell's too.
Fd own_description(int fd) {
  std::array<char, 256> path{};
  if (::ttyname_r(fd, path.data(), path.size()) == 0) {
    Fd own(::open(path.data(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    if (own && same_device(own.get(), fd)) return own;
  }
  return Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

}  // namespace

std::string frame_text(const std::vector<std::string>& before, const std::vector<std::string>& now) {
  if (before == now) return {};
  std::string out = std::string(kBegin) + up(before.size());
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (i >= before.size() || before[i] != now[i]) out += now[i] + "\x1b[K\r";
    out += "\n";
  }
  return out.append("\x1b[J").append(kEnd);  // lines that are no more, and what was typed
}

std::unique_ptr<LiveTerminal> LiveTerminal::open(int fd) {
  const char* term = std::getenv("TERM");
  if (::isatty(fd) == 0 || !term || *term == '\0' || std::strcmp(term, "dumb") == 0) return nullptr;
  Fd own = own_description(fd);
  if (!own) return nullptr;
  const bool errors = ::isatty(STDERR_FILENO) != 0 && same_device(own.get(), STDERR_FILENO);
  return std::unique_ptr<LiveTerminal>(new LiveTerminal(std::move(own), errors));
}

LiveTerminal::Size LiveTerminal::size() const {
  winsize window{};
  if (::ioctl(terminal_.get(), TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {};
  return {window.ws_col, window.ws_row};
}

/// A terminal of which we are not told who is in front is ours.
bool LiveTerminal::foreground() const {
  const pid_t front = ::tcgetpgrp(terminal_.get());
  return front < 0 || front == ::getpgrp();
}

/// Writes what is left; true if nothing is.
bool LiveTerminal::ready() {
  while (!rest_.empty() && !gone_) {
    const ssize_t n = ::write(terminal_.get(), rest_.data(), rest_.size());
    if (n > 0) rest_.erase(0, static_cast<std::size_t>(n));
    else if (n < 0 && errno == EAGAIN) return false;
    else if (n < 0 && errno != EINTR) gone_ = true;
  }
  return !gone_;
}

/// Takes away what was drawn, which a terminal that got narrower may have broken into more rows.
std::string LiveTerminal::erase(Size now) const {
  if (drawn_.empty()) return {};
  std::size_t rows = 0;
  for (const std::string& line : drawn_)
    rows += static_cast<std::size_t>(std::max(1, (cells(line) + now.width - 1) / now.width));
  return fmt::format("\r{}\x1b[J", up(std::min(rows, static_cast<std::size_t>(std::max(0, now.height - 1)))));
}

void LiveTerminal::draw(const std::vector<std::string>& lines) {
  if (!foreground()) return forget();
  if (!ready()) return;
  for (const std::string& line : std::exchange(waiting_, {})) {
    rest_ += erase(size_) + line + "\r\n";
    forget();
  }
  if (const Size now = size(); now != size_) {
    rest_ += erase(now);
    forget();
    size_ = now;
  }
  rest_ += frame_text(drawn_, lines);
  drawn_ = lines;
  ready();
}

void LiveTerminal::above(const std::string& line, void (*print)(const std::string&)) {
  if (!errors_ || drawn_.empty() || !foreground()) return print(line);
  if (!ready()) return waiting_.push_back("hone: " + printable(line));
  rest_ = erase(size());
  const std::vector<std::string> lines = std::exchange(drawn_, {});
  clear();
  print(line);
  draw(lines);
}

void LiveTerminal::clear() {
  if (foreground()) rest_ += erase(size());
  forget();
  while (!ready() && !gone_) {
    pollfd writable{terminal_.get(), POLLOUT, 0};
    ::poll(&writable, 1, 1000);
  }
}

bool utf8_locale() {
  locale_t locale = ::newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) return false;
  const bool utf8 = std::strcmp(::nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
  ::freelocale(locale);
  return utf8;
}

}  // namespace hone
