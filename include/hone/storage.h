// Where events are kept: an append-only log per study.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hone/event.h"
#include "hone/result.h"

namespace hone {

using Seq = std::int64_t;  // position in a study's log: 1, 2, 3 ...

struct StudyRow {
  std::int64_t id = 0;
  std::string name;
  std::string spec;  // canonical JSON of the definition (study/study_file.h)
  Seconds created = 0;
  Seq last = 0;  // its newest event
};

class Storage {
 public:
  virtual ~Storage() = default;
  /// Conflict if the name is taken.
  virtual Result<StudyRow> create(const std::string& name, const std::string& spec, Seconds now) = 0;
  /// Forgets the study and its log. The caller holds its lock. An unknown one is success.
  virtual Result<void> remove(std::int64_t study) = 0;
  /// NotFound if there is none.
  virtual Result<StudyRow> find(const std::string& name) const = 0;
  virtual Result<std::vector<StudyRow>> list() const = 0;
  /// All or nothing, durable against kill -9 when it returns. Conflict if `expected` is not the newest Seq; Unavailable if
  /// it may work later (locked, disk full): nothing was written then and the same call may be made again.
  virtual Result<Seq> append(std::int64_t study, Seq expected, std::span<const Event> events) = 0;
  /// Events after `from`, in order, each handed to `each` (which returns false to end early).
  virtual Result<void> read(std::int64_t study, Seq from, const std::function<bool(Seq, Event&&)>& each) const = 0;
};

}  // namespace hone
