// Draws lines in place at the end of what a terminal shows. Nothing of the terminal is changed between two frames: its
// settings are never touched, and whatever a frame switches off it switches on again in the same write.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "exec/fd.h"

namespace hone {

/// What turns `before` into `now` on a terminal whose cursor stands at the beginning of the line below `before`, and
/// leaves it below `now`. Lines that stay as they are are not written. Empty if there is nothing to do. Lines are
/// narrower than the terminal, and fewer than it has rows.
std::string frame_text(const std::vector<std::string>& before, const std::vector<std::string>& now);

class LiveTerminal {
 public:
  struct Size {
    int width = 80, height = 24;
    bool operator==(const Size&) const = default;
  };
  /// Null if `fd` is no terminal, or one that knows no cursor ($TERM is dumb or not set).
  static std::unique_ptr<LiveTerminal> open(int fd);

  Size size() const;
  /// Lines that fit into size(), less a column and a row. Nothing is written while the terminal takes nothing (Ctrl-S,
  /// a slow line), or while this process is in the background; it never waits.
  void draw(const std::vector<std::string>& lines);
  /// Prints a line to standard error; above what is drawn, if that is the same terminal.
  void above(const std::string& line, void (*print)(const std::string&));
  /// Somebody else wrote (the shell, while this process was stopped): what was drawn is left where it is.
  void forget() { drawn_.clear(); }
  /// Takes away what was drawn. Waits for a terminal that takes nothing, as the next print would.
  void clear();

 private:
  explicit LiveTerminal(Fd terminal, bool errors) : terminal_(std::move(terminal)), errors_(errors) {}
  bool ready();
  bool foreground() const;
  std::string erase(Size now) const;

  Fd terminal_;
  bool errors_;  // standard error is the same terminal
  bool gone_ = false;
  Size size_;
  std::vector<std::string> drawn_;
  std::string rest_;                  // of a frame that the terminal did not take whole
  std::vector<std::string> waiting_;  // lines to be printed above
};

/// Does the locale of the environment write UTF-8?
bool utf8_locale();

}  // namespace hone
