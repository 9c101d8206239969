// The live table while a study runs: when to draw, and what wakes the loop for it.
#pragma once

#include <memory>
#include <string>

#include "cli/live_terminal.h"
#include "cli/live_view.h"
#include "hone/executor.h"

namespace hone {

class LiveRun {
 public:
  /// Null if standard output is no terminal that can show it.
  static std::unique_ptr<LiveRun> make();
  ~LiveRun() { terminal_->clear(); }

  /// Becomes readable when tick() should be called again, though nothing happened: an executor's waker.
  int timer() const { return timer_.get(); }
  void seen(const Event& event, const Study& study);
  /// Once a turn. Draws at most four times a second, and seldom enough to take a fiftieth of a CPU; when nothing
  /// happens, once a second.
  void tick(const Study& study, const Executor& executor, Seconds now, bool interrupted);
  void warn(const std::string& line);

 private:
  LiveRun(std::unique_ptr<LiveTerminal> terminal, Fd timer);
  void draw(const Study& study, const Executor& executor, Seconds now, bool interrupted);

  std::unique_ptr<LiveTerminal> terminal_;
  Fd timer_;
  LiveView view_;
  bool unicode_;
  bool changed_ = true;
  double drawn_ = 0, pause_ = 0;  // steady time of the last frame; before the next one
};

}  // namespace hone
