#include "cli/live_run.h"

#include <fcntl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "cli/clock.h"
#include "cli/command.h"
#include "cli/signals.h"

namespace hone {
namespace {

constexpr double kBusy = 0.25, kIdle = 1, kShare = 50;

double clock_of(clockid_t id) {
  timespec time{};
  ::clock_gettime(id, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// `14:32`, on another day `05-02 14:32`.
std::string end_text(Seconds now, Seconds left) {
  const std::string today = local_time(now), end = local_time(now + left);
  if (end.size() < 16) return {};
  return end.compare(0, 10, today, 0, 10) == 0 ? end.substr(11, 5) : end.substr(5, 11);
}

}  // namespace

LiveRun::LiveRun(std::unique_ptr<LiveTerminal> terminal, Fd timer)
    : terminal_(std::move(terminal)), timer_(std::move(timer)), unicode_(utf8_locale()) {}

std::unique_ptr<LiveRun> LiveRun::make() {
  auto terminal = LiveTerminal::open(STDOUT_FILENO);
  Fd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!terminal || !timer) return nullptr;
  return std::unique_ptr<LiveRun>(new LiveRun(std::move(terminal), std::move(timer)));
}

void LiveRun::seen(const Event& event, const Study& study) {
  view_.seen(event, study);
  changed_ = true;
}

void LiveRun::tick(const Study& study, const Executor& executor, Seconds now, bool interrupted) {
  const TerminalNews news = terminal_news();
  if (news.continued) terminal_->forget();
  changed_ = changed_ || news.continued || news.resized;
  double time = clock_of(CLOCK_MONOTONIC);
  if (time >= drawn_ + (changed_ ? pause_ : kIdle)) {
    const double before = clock_of(CLOCK_THREAD_CPUTIME_ID);
    draw(study, executor, now, interrupted);
    pause_ = std::max(kBusy, kShare * (clock_of(CLOCK_THREAD_CPUTIME_ID) - before));
    changed_ = false;
    drawn_ = time = clock_of(CLOCK_MONOTONIC);
  }
  // Setting it anew also makes it unreadable again.
  const double wait = std::max(1e-3, drawn_ + (changed_ ? pause_ : kIdle) - time);
  itimerspec next{};
  next.it_value.tv_sec = static_cast<time_t>(wait);
  next.it_value.tv_nsec = static_cast<long>((wait - std::floor(wait)) * 1e9);
  ::timerfd_settime(timer_.get(), 0, &next, nullptr);
}

void LiveRun::draw(const Study& study, const Executor& executor, Seconds now, bool interrupted) {
  const LiveTerminal::Size size = terminal_->size();
  LiveState state = view_.state(study, {.now = now,
                                        .slots = executor.slots(),
                                        .bound = executor.bound(),
                                        .interrupted = interrupted,
                                        .rows = live_rows(size.height),
                                        .unicode = unicode_});
  if (state.left) state.ends = end_text(now, *state.left);
  // The last column stays free, so that no terminal waits to wrap; the last row is the cursor's.
  terminal_->draw(live_lines(state, size.width - 1, size.height - 1));
}

void LiveRun::warn(const std::string& line) { terminal_->above(line, hone::warn); }

}  // namespace hone
