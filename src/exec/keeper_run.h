// One run as its keeper sees it: files, pipes and reports. No decisions here; see keeper.h.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "exec/channel.h"
#include "exec/fd.h"
#include "exec/process.h"
#include "exec/report_line.h"
#include "exec/spool.h"

namespace hone {

/// A file that one of a run's streams is kept in, up to a limit over all attempts.
class RunLog {
 public:
  /// `fresh`: it cannot exist yet. False with errno if it cannot be opened or is no regular file.
  bool open(const std::string& path, bool fresh, std::int64_t limit);
  void write(std::string_view bytes);

 private:
  Fd file_;
  std::int64_t left_ = 0;
};

/// Standard output or error.
struct RunStream {
  Fd pipe;
  RunLog log;
  LineReader lines;
  std::string tail;  // its last bytes
};

class KeeperRun {
 public:
  KeeperRun(RunKey key, std::string folder) : key(key), folder(std::move(folder)) {}

  /// Makes the run's folder, files and pipes (paths are relative to the study's folder); the writing ends go to `ends`.
  /// An error in words if the disk or the machine does not allow it.
  std::optional<std::string> prepare(const std::string& params, std::int64_t log_limit, Fd (&ends)[2]);

  using Each = std::function<void(TrialReport&&)>;
  enum class Got { Bytes, Nothing, End };
  /// Takes what is in a pipe, at most one buffer of it. At its End it is done with, and the caller closes it.
  Got read_stream(RunStream& stream, std::span<char> buffer, const ReportParser& parser, const Each& each);
  /// Takes what was appended to $HONE_REPORT.
  void read_report(std::span<char> buffer, const ReportParser& parser, const Each& each);
  /// After its whole tree has ended: everything that is still in pipes and files. The pipes stay open.
  void drain(std::span<char> buffer, const ReportParser& parser, const Each& each);

  /// The Reported of a new report; nothing while it is held back: of an attempt's reports the first 65 536 are handed
  /// on, then each 1 024th, and the last. A count and not a rate, so that a rerun gives the same.
  std::optional<Reported> number(TrialReport&& report);
  std::optional<Reported> held_back();

  /// The last lines of what it said, fit to be shown.
  std::string last_words() const;

  RunKey key;
  std::string folder;
  std::vector<std::string> devices;
  ProcessMark process;
  RunStream out, err;
  Fd report;
  int watch = -1;  // inotify's, on the report file

  double started = 0;             // monotonic seconds
  double heard = 0;               // when it last said something
  std::optional<double> kill_at;  // being ended: SIGKILL then
  bool signalled = false;         // we sent SIGTERM or SIGKILL
  bool cancelled = false;         // Hone asked for its end
  Cause cause = Cause::None;      // why we end it, if a limit is the reason

 private:
  Reported reported(TrialReport&& report);

  std::int64_t report_offset_ = 0;
  LineReader report_lines_;
  std::int64_t seen_ = 0;
  int written_ = 0;
  std::optional<TrialReport> held_;
};

}  // namespace hone
