// SQLite's C interface with owners and Results. Nothing here knows what a study is.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "hone/result.h"

namespace hone {

/// What an SQLite failure means to a user of the file `path`. `handle` may be null.
Error sqlite_error(sqlite3* handle, int code, const std::string& path);

/// One connection; one thread at a time.
class Connection {
 public:
  enum class Access {
    Write,      // the file must exist and be writable
    Read,       // sees what others commit; may make the files -wal and -shm beside it
    Immutable,  // touches and locks nothing, sees the main file only, as if nobody wrote
  };
  static Result<Connection> open(const std::string& path, Access access, int busy_milliseconds);

  sqlite3* get() const { return handle_.get(); }
  const std::string& path() const { return path_; }
  Error error(int code) const { return sqlite_error(get(), code, path_); }
  Result<void> run(const std::string& sql) const;
  /// The first column of the first row.
  Result<std::int64_t> number(const std::string& sql) const;
  Result<std::string> text(const std::string& sql) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

/// A prepared statement, to be used again and again through Use.
class Statement {
 public:
  Statement() = default;
  static Result<Statement> prepare(const Connection& connection, std::string_view sql);

 private:
  friend class Use;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One execution of a statement; its end ends the locks that the statement holds. Texts that are bound must outlive it.
class Use {
 public:
  explicit Use(const Statement& statement) : statement_(statement.statement_.get()) {}
  ~Use() { reset(); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  Use& bind(int at, std::int64_t value) { return check(sqlite3_bind_int64(statement_, at, value)); }
  Use& bind(int at, double value) { return check(sqlite3_bind_double(statement_, at, value)); }
  Use& bind(int at, std::string_view text);
  Use& bind_null(int at) { return check(sqlite3_bind_null(statement_, at)); }
  /// SQLITE_ROW, SQLITE_DONE or an error; also one that happened while binding.
  int step() { return bound_ == SQLITE_OK ? sqlite3_step(statement_) : bound_; }
  void reset() { sqlite3_reset(statement_); }

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  std::string_view text(int column) const;  // until the next step or reset
  bool null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

 private:
  Use& check(int code) {
    if (code != SQLITE_OK) bound_ = code;
    return *this;
  }
  sqlite3_stmt* statement_;
  int bound_ = SQLITE_OK;
};

/// Rolled back unless commit() succeeded.
class Transaction {
 public:
  enum class Kind {
    Read,   // one view of the database, from its first statement on
    Write,  // waits for other writers at its beginning, so that it cannot fail half-way because of them
  };
  static Result<Transaction> begin(const Connection& connection, Kind kind);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(const Connection* connection) : connection_(connection) {}
  const Connection* connection_;
};

}  // namespace hone
