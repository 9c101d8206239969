// What a run printed, kept on disk: the head and the tail of each stream over all attempts.
//
// NAME (`stdout`, `stderr`) holds the first bytes of the stream, up to half of the limit. What comes later goes to parts
// NAME.N of a quarter each, where N is the number of bytes of the stream before it; the two newest are kept. So
// everything is on disk at once, whoever is killed, and a number missing between the end of one file and the N of the
// next is what was left out. A head that is full ends with kGoesOn, which does not count.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "exec/fd.h"
#include "hone/result.h"

namespace hone {

/// A file of a run, made anew or opened again. Whatever a trial put into its place (a link, a FIFO, a folder) is refused
/// with errno. Never blocks.
Fd open_run_file(int folder, const std::string& name, int flags);

class LogWriter {
 public:
  /// Goes on where an earlier attempt ended. `folder` must outlive it. False with errno if it cannot be opened.
  bool open(int folder, std::string name, std::int64_t limit);
  void write(std::string_view bytes);

 private:
  void put(const Fd& file, std::string_view bytes, std::int64_t& size);
  bool next_part(std::int64_t skip);

  int folder_ = -1;
  std::string name_;
  std::int64_t head_most_ = 0, part_most_ = 0;
  std::int64_t head_ = 0, part_ = 0;  // bytes in the head, in the newest part
  bool in_head_ = false;              // it still grows
  bool noted_ = false;                // that it does not
  Fd head_file_, part_file_;
  std::map<std::int64_t, std::int64_t> parts_;  // N → size, of those before the newest
  std::int64_t at_ = 0;                         // N of the newest
};

/// Reads it, also while it grows.
class LogReader {
 public:
  /// `folder`: STUDY/TRIAL; `name`: `stdout` or `stderr`.
  LogReader(std::string folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}
  /// What comes after what was read before, about `most` bytes; empty at the present end, or while there is no such
  /// file. Where bytes were left out there is a line that says how many.
  Result<std::string> read(std::size_t most = 1 << 20);

 private:
  std::string folder_, name_;
  std::int64_t position_ = 0;  // in the stream
  bool at_line_start_ = true;
};

}  // namespace hone
