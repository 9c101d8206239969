// The keeper's record of what happened, read by Hone: keeper/N.jsonl in the study's folder, a JSON object a line.
//
// One keeper writes, one Hone reads, both only forward. A file begins with a `keeper` line; when it has grown to
// kSpoolPart bytes the keeper goes on in file N + 1, which repeats a `spawned` line for each run that is alive, and
// says `next` in the old one. So every file but the newest may be removed once it is read and what it said is stored.
// Nothing is synced: a record need not outlive the machine, whose runs do not either.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "exec/fd.h"
#include "exec/process.h"
#include "hone/executor.h"

namespace hone {

constexpr std::int64_t kSpoolPart = 16 << 20;

struct KeeperLine {
  ProcessMark keeper;
};
struct SpawnedLine {
  RunKey key;
  ProcessMark process;
  std::vector<std::string> devices;
  int slots = 1;
};
struct RemarkLine {  // what seems wrong with a run that goes on
  RunKey key;
  std::string text;
};
struct NextLine {};
using SpoolLine = std::variant<KeeperLine, SpawnedLine, Notice, RemarkLine, NextLine>;

std::string spool_name(int number);             // 3.jsonl
std::string spool_line(const SpoolLine& line);  // with its newline
/// Nothing if it cannot be understood (a file system that lost part of it, a line of a later version): it is passed
/// over.
std::optional<SpoolLine> read_spool_line(std::string_view text);
/// Numbers of the spool files in a folder, ascending.
std::vector<int> spool_files(int folder);

class SpoolWriter {
 public:
  /// Lines wait in memory until the first flush(). `folder` must outlive it.
  SpoolWriter(int folder, int number, ProcessMark keeper);
  void add(const SpoolLine& line) { buffer_ += spool_line(line); }
  /// Writes whole lines; false (and they are kept) while the disk does not take them.
  bool flush();
  bool empty() const { return buffer_.empty() && old_text_.empty(); }
  bool full() const { return written_ >= kSpoolPart; }
  /// Goes on in a new file if it can. `alive`: the runs that it must know of.
  void rotate(const std::vector<SpawnedLine>& alive);

 private:
  int folder_;
  int number_;
  ProcessMark keeper_;
  Fd file_;
  std::int64_t written_ = 0;
  std::string buffer_;
  Fd old_;  // the file before, until its last line is written
  std::string old_text_;
};

class SpoolReader {
 public:
  SpoolReader(int folder, int number);
  /// More lines of this file, about `bytes` of it at most; empty at its present end.
  Result<std::vector<SpoolLine>> read(std::size_t bytes);
  int number() const { return number_; }

 private:
  int folder_;
  int number_;
  Fd file_;
  std::int64_t offset_ = 0;
  std::unique_ptr<char[]> buffer_;
  std::string partial_;
};

}  // namespace hone
