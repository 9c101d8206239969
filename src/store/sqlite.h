// The store of a home: hone.db. docs/event-log.md describes the file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "hone/storage.h"

namespace hone {

enum class OpenMode { ReadWrite, ReadOnly };
enum class Sync {
  Normal,  // an append survives kill -9; a power loss may take the last ones, never tear one
  Full,    // survives power loss too
};

struct SqliteOptions {
  Sync sync = Sync::Normal;
  int busy_milliseconds = 10'000;           // how long to wait for another process's write before Unavailable
  std::optional<std::uint32_t> filesystem;  // tests: statfs(2)'s f_type instead of the real one
};

/// Many processes may have the file open; one object is for one thread at a time. `each` of read() may call any method.
class SqliteStorage final : public Storage {
 public:
  /// ReadWrite makes a missing file with mode 0600, ReadOnly finds NotFound then. Corrupt: not a database of hone,
  /// damaged, or of a newer version; such a file is not touched. Unavailable: cannot be opened or locked.
  static Result<std::unique_ptr<SqliteStorage>> open(const std::string& path, OpenMode mode,
                                                     const SqliteOptions& options = {});
  ~SqliteStorage() override;

  Result<StudyRow> create(const std::string& name, const std::string& spec, Seconds now) override;
  Result<void> remove(std::int64_t study) override;
  Result<StudyRow> find(const std::string& name) const override;
  Result<std::vector<StudyRow>> list() const override;
  Result<Seq> append(std::int64_t study, Seq expected, std::span<const Event> events) override;
  Result<void> read(std::int64_t study, Seq from, const std::function<bool(Seq, Event&&)>& each) const override;

  /// Tests: a disk that is full beyond `pages` pages.
  Result<void> limit_pages(std::int64_t pages);

 private:
  struct State;
  explicit SqliteStorage(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

Result<std::unique_ptr<Storage>> open_sqlite(const std::string& path, OpenMode mode, Sync sync = Sync::Normal);

}  // namespace hone
