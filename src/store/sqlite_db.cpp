#include "store/sqlite_db.h"

#include <fmt/format.h>

#include <cstring>

namespace hone {
namespace {

/// The path as an SQLite URI, in which every character of a file name stands for itself.
std::string uri(const std::string& path, std::string_view query) {
  std::string out = path.starts_with('/') ? "file://" : "file:./";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    else out += c;
  }
  return out + std::string(query);
}

std::string system_reason(sqlite3* handle) {
  const int number = handle ? sqlite3_system_errno(handle) : 0;
  return number != 0 ? fmt::format(" ({})", std::strerror(number)) : "";
}

}  // namespace

Error sqlite_error(sqlite3* handle, int code, const std::string& path) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Code::Unavailable,
              fmt::format("{0} is locked by another process; wait for it or end it (`fuser {0}` shows it)", path)};
    case SQLITE_FULL:
      return {Code::Unavailable, fmt::format("{}: the disk is full, nothing was written; free some space", path)};
    case SQLITE_IOERR:
      return {Code::Unavailable,
              fmt::format("{}: disk I/O error{}, nothing was written; check the disk and its free space", path,
                          system_reason(handle))};
    case SQLITE_NOMEM:
      return {Code::Unavailable, fmt::format("{}: out of memory", path)};
    case SQLITE_CANTOPEN:
      return {Code::Unavailable, fmt::format("{}: cannot be opened{}; check that its folder exists and may be written",
                                             path, system_reason(handle))};
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return {Code::Unavailable,
              fmt::format("{}: may not be written by this user; check the owner of the file and of its folder", path)};
    case SQLITE_NOTADB:
      return {Code::Corrupt, fmt::format("{} is not a database of hone, or damaged; use another --home", path)};
    case SQLITE_CORRUPT:
      return {Code::Corrupt,
              fmt::format("{0} is damaged; it was left as it is. `sqlite3 {0} .recover` may save what is left", path)};
    default:
      return {Code::Internal, fmt::format("{}: {}", path, handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code))};
  }
}

Result<Connection> Connection::open(const std::string& path, Access access, int busy_milliseconds) {
  const int flags = SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE |
                    (access == Access::Write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  sqlite3* handle = nullptr;
  const auto name = uri(path, access == Access::Immutable ? "?immutable=1" : "");
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  Connection out;
  out.handle_.reset(handle);
  out.path_ = path;
  if (code != SQLITE_OK) return tl::unexpected(out.error(code));
  sqlite3_busy_timeout(handle, busy_milliseconds);
  // The file may come from anybody: no code in its schema, no trust in its cells.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return out;
}

Result<void> Connection::run(const std::string& sql) const {
  const int code = sqlite3_exec(get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(error(code));
  return {};
}

Result<std::int64_t> Connection::number(const std::string& sql) const {
  auto statement = Statement::prepare(*this, sql);
  if (!statement) return tl::unexpected(statement.error());
  Use use(*statement);
  const int code = use.step();
  if (code != SQLITE_ROW) return tl::unexpected(error(code));
  return use.integer(0);
}

Result<std::string> Connection::text(const std::string& sql) const {
  auto statement = Statement::prepare(*this, sql);
  if (!statement) return tl::unexpected(statement.error());
  Use use(*statement);
  const int code = use.step();
  if (code != SQLITE_ROW) return tl::unexpected(error(code));
  return std::string(use.text(0));
}

Result<Statement> Statement::prepare(const Connection& connection, std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(connection.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(connection.error(code));
  Statement out;
  out.statement_.reset(handle);
  return out;
}

Use& Use::bind(int at, std::string_view text) {
  // A null pointer would bind NULL instead of an empty text.
  return check(
      sqlite3_bind_text64(statement_, at, text.data() ? text.data() : "", text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

std::string_view Use::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (!text) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Result<Transaction> Transaction::begin(const Connection& connection, Kind kind) {
  if (auto begun = connection.run(kind == Kind::Write ? "begin immediate" : "begin"); !begun)
    return tl::unexpected(begun.error());
  return Transaction(&connection);
}

Transaction::~Transaction() {
  // SQLite has rolled back by itself after some errors.
  if (connection_ && sqlite3_get_autocommit(connection_->get()) == 0) static_cast<void>(connection_->run("rollback"));
}

Result<void> Transaction::commit() { return connection_->run("commit"); }

}  // namespace hone
