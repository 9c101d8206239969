#include "cli/patient_output.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace hone {
namespace {

// A pipe that can be written to takes this much without waiting (PIPE_BUF); a terminal less.
constexpr std::size_t kPipe = 4096, kTerminal = 256;
constexpr int kLook = 200;  // milliseconds between looks at whether to wait any longer

}  // namespace

PatientOutput::PatientOutput(int fd) : fd_(fd), most_(::isatty(fd) != 0 ? kTerminal : kPipe) {}

void PatientOutput::say(std::string_view text) {
  if (queue_.size() + text.size() > kMost) {
    ++left_out_;
  } else {
    if (left_out_ > 0) queue_ += fmt::format("... {} lines left out: they were not read in time\n", left_out_);
    left_out_ = 0;
    queue_ += text;
  }
  pump();
}

/// False if nothing more goes now.
bool PatientOutput::write_some(int timeout) {
  if (queue_.empty()) return false;
  pollfd entry{fd_, POLLOUT, 0};
  const int ready = ::poll(&entry, 1, timeout);
  if (ready == 0 || (ready < 0 && errno == EINTR)) return false;
  const ssize_t n = ::write(fd_, queue_.data(), std::min(queue_.size(), most_));
  if (n > 0) queue_.erase(0, static_cast<std::size_t>(n));
  else if (n < 0 && errno != EAGAIN && errno != EINTR) queue_.clear();  // nobody will ever read it
  return n > 0;
}

void PatientOutput::pump() {
  while (write_some(0)) {
  }
}

void PatientOutput::finish(const std::function<bool()>& enough) {
  pump();
  while (!queue_.empty() && !enough()) write_some(kLook);
}

}  // namespace hone
