#include "store/sqlite_open.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "store/filesystem.h"

namespace hone {
namespace {

constexpr std::int64_t kLogLimit = 16 << 20;  // bytes of hone.db-wal that are kept between checkpoints

// The id of a deleted study is never given again, so that a process that still runs it cannot write into another.
constexpr const char* kSchema = R"(
create table studies (
  id      integer primary key autoincrement,
  name    text not null unique,
  spec    text not null,
  created real not null
);
create table events (
  study integer not null references studies (id),
  seq   integer not null,
  time  real not null,
  kind  text not null,
  trial integer,
  body  text not null,
  primary key (study, seq)
) without rowid;
)";

struct Versions {
  std::int64_t application = 0, schema = 0, pages = 0;
};

/// REQUIRES: a transaction, so that the three belong together.
Result<Versions> versions_now(const Connection& connection) {
  Versions out;
  for (const auto& [pragma, into] :
       {std::pair{"pragma application_id", &out.application}, std::pair{"pragma user_version", &out.schema},
        std::pair{"pragma page_count", &out.pages}}) {
    const auto number = connection.number(pragma);
    if (!number) return tl::unexpected(number.error());
    *into = *number;
  }
  return out;
}

Result<Versions> versions(const Connection& connection) {
  auto transaction = Transaction::begin(connection, Transaction::Kind::Read);
  if (!transaction) return tl::unexpected(transaction.error());
  return versions_now(connection);
}

Result<void> check(const Versions& found, const std::string& path) {
  if (found.application != kApplicationId)
    return fail(Code::Corrupt, fmt::format("{} is a database of another program; use another --home", path));
  if (found.schema > kSchemaVersion)
    return fail(
        Code::Corrupt,
        fmt::format("{} was written by a newer hone (schema version {}, this one knows {}); upgrade hone or use "
                    "another --home",
                    path, found.schema, kSchemaVersion));
  if (found.schema < 1)
    return fail(Code::Corrupt,
                fmt::format("{} has the unknown schema version {}; use another --home", path, found.schema));
  return {};
}

/// 0 also if there is none.
std::int64_t file_size(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? info.st_size : 0;
}

/// Refuses a foreign or newer file before anything is opened that could write to it or beside it. Looks without a lock,
/// so that only an answer counts, not a failure: another process may just be writing.
Result<void> check_untouched(const std::string& path) {
  if (file_size(path) == 1)
    return tl::unexpected(sqlite_error(nullptr, SQLITE_NOTADB, path));  // SQLite takes it for empty
  const auto connection = Connection::open(path, Connection::Access::Immutable, 0);
  if (!connection) return {};
  const auto found = versions(*connection);
  if (!found || found->pages == 0) return {};
  return check(*found, path);
}

/// SQLite notices when whole pages are missing at the end, but takes what is missing of a page for zeros.
Result<void> check_size(const Connection& connection) {
  const auto transaction = Transaction::begin(connection, Transaction::Kind::Read);
  if (!transaction) return tl::unexpected(transaction.error());
  const auto pages = connection.number("pragma page_count"), page = connection.number("pragma page_size");
  if (!pages || !page) return tl::unexpected((pages ? page : pages).error());
  const auto& path = connection.path();
  // Pages may be in the log instead of the file. Looked at last: what is in neither by then was in neither before.
  if (file_size(path) >= *pages * *page || file_size(path + "-wal") > 0 || file_size(path + "-journal") > 0) return {};
  return tl::unexpected(connection.error(SQLITE_CORRUPT));
}

Result<void> make_private_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
  else if (errno != EEXIST)
    return fail(Code::Unavailable, fmt::format("{}: cannot be made: {}", path, std::strerror(errno)));
  return {};
}

Result<void> make_schema(const Connection& connection) {
  auto transaction = Transaction::begin(connection, Transaction::Kind::Write);
  if (!transaction) return tl::unexpected(transaction.error());
  const auto found = versions_now(connection);  // another process may have made it meanwhile
  if (!found) return tl::unexpected(found.error());
  if (found->schema != 0 || found->application != 0) return {};
  auto made = connection.run(
      fmt::format("{} pragma application_id = {}; pragma user_version = {};", kSchema, kApplicationId, kSchemaVersion));
  return made ? transaction->commit() : made;
}

/// Write-ahead log where it works; elsewhere a rollback journal, which is safe only with every sync.
Result<void> set_journal(const Connection& connection, const SqliteOptions& options) {
  auto magic = options.filesystem ? Result<std::uint32_t>(*options.filesystem) : filesystem_of(connection.path());
  if (!magic) return tl::unexpected(magic.error());
  const bool wal = shares_memory(*magic);
  auto mode = connection.text("pragma journal_mode");
  if (!mode) return tl::unexpected(mode.error());
  if (*mode != (wal ? "wal" : "delete"))
    mode = connection.text(wal ? "pragma journal_mode = wal" : "pragma journal_mode = delete");
  // A new file that another process is opening too stays as it is; the next to open it turns the log on.
  if (wal && !mode && mode.error().code == Code::Unavailable) mode = "delete";
  if (!mode) return tl::unexpected(mode.error());
  if (!wal && *mode != "delete") {
    return fail(Code::Unavailable,
                fmt::format("{} is in use with a write-ahead log, which this network file system cannot keep; end "
                            "the processes that use it",
                            connection.path()));
  }
  const bool full = options.sync == Sync::Full || *mode != "wal";
  return connection.run(
      fmt::format("pragma synchronous = {}; pragma journal_size_limit = {};", full ? "full" : "normal", kLogLimit));
}

Result<Connection> open_for_writing(const std::string& path, const SqliteOptions& options) {
  if (auto made = make_private_file(path); !made) return tl::unexpected(made.error());
  if (auto fine = check_untouched(path); !fine) return tl::unexpected(fine.error());
  auto connection = Connection::open(path, Connection::Access::Write, options.busy_milliseconds);
  if (!connection) return connection;
  if (sqlite3_db_readonly(connection->get(), "main") == 1) return tl::unexpected(connection->error(SQLITE_READONLY));
  // Until it is known to be ours, closing it must not write a log that was left behind into it.
  sqlite3_db_config(connection->get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  auto found = versions(*connection);
  if (found && found->pages == 0) {
    if (auto made = make_schema(*connection); !made) return tl::unexpected(made.error());
    found = versions(*connection);
  }
  if (!found) return tl::unexpected(found.error());
  if (auto fine = check(*found, path); !fine) return tl::unexpected(fine.error());
  if (auto whole = check_size(*connection); !whole) return tl::unexpected(whole.error());
  sqlite3_db_config(connection->get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  if (auto set = set_journal(*connection, options); !set) return tl::unexpected(set.error());
  return connection;
}

bool folder_writable(const std::string& path) {
  const auto slash = path.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  return access(folder.c_str(), W_OK) == 0;
}

Result<Connection> open_for_reading(const std::string& path, const SqliteOptions& options) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR))
    return fail(Code::NotFound, fmt::format("{} does not exist: there are no studies; check --home", path));
  if (auto fine = check_untouched(path); !fine) return tl::unexpected(fine.error());
  auto connection = Connection::open(path, Connection::Access::Read, options.busy_milliseconds);
  auto found = connection ? versions(*connection) : Result<Versions>(tl::unexpected(connection.error()));
  // Where nothing can be written, not even the files beside it, the main file alone is all there is.
  if (!found && found.error().code == Code::Unavailable && !folder_writable(path) && file_size(path + "-wal") == 0 &&
      file_size(path + "-journal") == 0) {
    connection = Connection::open(path, Connection::Access::Immutable, 0);
    if (connection) found = versions(*connection);
  }
  if (!connection) return connection;
  if (!found) return tl::unexpected(found.error());
  if (found->pages == 0)
    return fail(Code::NotFound, fmt::format("{} is empty: there are no studies; check --home", path));
  if (auto fine = check(*found, path); !fine) return tl::unexpected(fine.error());
  if (auto whole = check_size(*connection); !whole) return tl::unexpected(whole.error());
  return connection;
}

}  // namespace

Result<Connection> open_database(const std::string& path, OpenMode mode, const SqliteOptions& options) {
  return mode == OpenMode::ReadWrite ? open_for_writing(path, options) : open_for_reading(path, options);
}

}  // namespace hone
