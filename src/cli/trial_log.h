// What a trial wrote, read again: STUDY/TRIAL/stdout and stderr. Everything in there is the trial's word: a link, a
// FIFO or a device in a file's place is refused, and what is shown moves no cursor.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "exec/fd.h"
#include "hone/result.h"

namespace hone {

/// Cuts a stream into lines fit to be shown (printable()). `\n`, `\r\n` and `\r` end one; a `\r` that leaves the line
/// empty does not (progress bars). A very long line comes in pieces, so memory stays bounded.
class LogText {
 public:
  /// A line, or a piece of one that goes on if not `whole`.
  using Each = std::function<void(const std::string& text, bool whole)>;
  void feed(std::string_view bytes, const Each& each);
  void finish(const Each& each);  // the last line, if it lacks its end

 private:
  void emit(const Each& each);

  std::string partial_;
  bool begun_ = false, returned_ = false;  // a piece of the line is out already; the last line ended with `\r`
};

class TrialLog {
 public:
  /// `file`: stdout or stderr.
  TrialLog(std::string folder, std::string file) : folder_(std::move(folder)), file_(std::move(file)) {}
  const std::string& file() const { return file_; }
  bool empty();

  /// Hands out the lines of what came since the last call; of what is there now only the last `last`. A file that is not
  /// there yet is empty; one that got shorter is gone on with from its new end. Invalid if the file or its folder is
  /// something else than that.
  Result<void> read(std::optional<std::int64_t> last, const LogText::Each& each);
  void finish(const LogText::Each& each) { text_.finish(each); }

 private:
  Result<bool> open();
  Result<void> stream(off_t end, LogText& text, const LogText::Each& each);

  std::string folder_, file_;
  Fd fd_;
  off_t offset_ = 0;
  LogText text_;
};

}  // namespace hone
