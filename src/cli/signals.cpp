#include "cli/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace hone {
namespace {

// A handler can reach nothing else.
volatile std::sig_atomic_t seen = 0, resized = 0, continued = 0;
int ends[2] = {-1, -1};

void count(int signal) {
  const int before = errno;
  if (signal == SIGWINCH) resized = 1;
  else if (signal == SIGCONT) continued = 1;
  else seen = seen + 1;
  [[maybe_unused]] const ssize_t written = ::write(ends[1], "x", 1);
  errno = before;
}

}  // namespace

Result<void> watch_signals() {
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return fail(Code::Unavailable, "pipe: cannot be made; too many open files?");
  struct sigaction action {};
  action.sa_handler = count;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGWINCH, SIGCONT}) sigaction(signal, &action, nullptr);
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);  // nohup: a logout is not for us
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
  return {};
}

int signals_seen() {
  char buffer[64];
  while (::read(ends[0], buffer, sizeof buffer) > 0) {
  }
  return seen;
}

TerminalNews terminal_news() {
  TerminalNews news;
  if (resized != 0) resized = 0, news.resized = true;
  if (continued != 0) continued = 0, news.continued = true;
  return news;
}

int signal_descriptor() { return ends[0]; }

}  // namespace hone
