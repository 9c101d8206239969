// Opening hone.db: is it ours, of which version, and how is it kept safe where it lies.
#pragma once

#include "store/sqlite.h"
#include "store/sqlite_db.h"

namespace hone {

constexpr std::int64_t kApplicationId = 0x484f4e45;  // "HONE"
constexpr std::int64_t kSchemaVersion = 1;

/// A connection whose schema is there and of this version, as SqliteStorage::open() promises.
Result<Connection> open_database(const std::string& path, OpenMode mode, const SqliteOptions& options);

}  // namespace hone
