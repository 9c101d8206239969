// One run as its keeper sees it: files, pipes and reports. No decisions here; see keeper.h.
#pragma once

#include <sys/resource.h>

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "exec/cgroup.h"
#include "exec/channel.h"
#include "exec/fd.h"
#include "exec/log_file.h"
#include "exec/process.h"
#include "exec/report_line.h"
#include "exec/spool.h"

namespace hone {

constexpr std::int64_t kLinesForRemark = 40;

/// Standard output or error.
struct RunStream {
  Fd pipe;
  LogWriter log;
  LineReader lines;
  std::string tail;  // its last bytes
};

class KeeperRun {
 public:
  KeeperRun(RunKey key, std::string folder) : key(key), folder(std::move(folder)) {}

  /// Makes the run's folder, files and pipes (paths are relative to the study's folder); the writing ends go to `ends`.
  /// An error in words if the disk or the machine does not allow it.
  std::optional<std::string> prepare(const Launch& launch, std::int64_t log_limit, Fd (&ends)[2]);

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

  /// Counts what a reaped process of the run used.
  void used(const rusage& usage);

  /// Takes note of which of the first `objectives` names a report holds.
  void saw(const TrialReport& report, const Hello& settings);
  /// What is missing if an objective was never reported, in one line, with the name that may have been meant.
  std::string hint(const Hello& settings) const { return hint(settings, lines_); }
  /// The same as soon as it has printed kLinesForRemark lines and reported nothing; once, and else empty.
  std::string remark(const Hello& settings);

  RunKey key;
  std::string folder;
  std::vector<std::string> devices;
  int slots = 1;
  ProcessMark process;
  RunStream out, err;
  Fd at;  // its folder
  Fd report;
  int watch = -1;  // inotify's, on the report file

  double started = 0;             // monotonic seconds
  double heard = 0;               // when it last said something
  std::optional<double> kill_at;  // being ended: SIGKILL then
  bool signalled = false;         // we sent SIGTERM or SIGKILL
  bool cancelled = false;         // Hone asked for its end
  Cause cause = Cause::None;      // why we end it, if a limit is the reason
  std::string why;                // in words, if there is more to say

  MemoryGroup group;              // that holds it to its memory; else it is sampled
  std::int64_t peak = 0;          // bytes, by samples
  std::int64_t largest = 0;       // bytes, of one process, of those that have been reaped
  double cpu = 0;                 // seconds, of the same
  double measure_at = 0;          // no earlier: what processes share is slow to measure
  std::int64_t memory_kills = 0;  // by the kernel, before it started

 private:
  Reported reported(TrialReport&& report);
  std::string hint(const Hello& settings, std::int64_t lines) const;
  void take_name(const std::string& name);
  LineReader::Each line_taker(const ReportParser& parser, const Each& each);

  std::int64_t report_offset_ = 0;
  LineReader report_lines_;
  std::int64_t seen_ = 0;
  int written_ = 0;
  std::optional<TrialReport> held_;
  std::int64_t lines_ = 0;
  std::vector<std::string> names_;  // that it printed beside numbers while no report was seen
  std::set<std::size_t> objectives_seen_;
  bool infeasible_ = false;
  bool remarked_ = false;
};

}  // namespace hone
