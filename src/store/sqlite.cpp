#include "store/sqlite.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/messages.h"
#include "store/sqlite_open.h"
#include "study/event_json.h"

namespace hone {
namespace {

constexpr std::size_t kBatch = 256;  // events read at a time, so that no lock is held while they are used

#define HONE_LAST "(select coalesce(max(seq), 0) from events where study = studies.id)"
constexpr const char* kFind = "select id, name, spec, created, " HONE_LAST " from studies where name = ?";
constexpr const char* kList = "select id, name, spec, created, " HONE_LAST " from studies order by id";
constexpr const char* kLast = "select " HONE_LAST " from studies where id = ?";
constexpr const char* kCreate = "insert into studies (name, spec, created) values (?, ?, ?)";
constexpr const char* kInsert = "insert into events (study, seq, time, kind, trial, body) values (?, ?, ?, ?, ?, ?)";
constexpr const char* kForget = "delete from events where study = ?";
constexpr const char* kRemove = "delete from studies where id = ?";
constexpr const char* kRead =
    "select seq, time, kind, trial, body from events where study = ? and seq > ? order by seq limit ?";
#undef HONE_LAST

StudyRow study_row(const Use& use) {
  return {use.integer(0), std::string(use.text(1)), std::string(use.text(2)), use.real(3), use.integer(4)};
}

}  // namespace

struct SqliteStorage::State {
  Connection connection;
  bool writable = false;
  Statement find, list, last, create, insert, forget, remove, read;
  EventReader reader;

  Error error(int code) const { return connection.error(code); }
  Result<void> prepare();
  Result<void> must_be_writable() const;
  Result<Seq> newest(std::int64_t study) const;
  Result<void> insert_all(std::int64_t study, Seq seq, std::span<const Event> events) const;
  Result<std::vector<Event>> some(std::int64_t study, Seq from);
};

Result<void> SqliteStorage::State::prepare() {
  for (const auto& [statement, sql] :
       {std::pair{&find, kFind}, std::pair{&list, kList}, std::pair{&last, kLast}, std::pair{&create, kCreate},
        std::pair{&insert, kInsert}, std::pair{&forget, kForget}, std::pair{&remove, kRemove},
        std::pair{&read, kRead}}) {
    auto prepared = Statement::prepare(connection, sql);
    if (!prepared && prepared.error().code == Code::Internal) {  // no such table or column
      return fail(Code::Corrupt, prepared.error().what + "; it is not a whole database of hone, use another --home");
    }
    if (!prepared) return tl::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  return {};
}

Result<void> SqliteStorage::State::must_be_writable() const {
  if (writable) return {};
  return fail(Code::Invalid, fmt::format("{} was opened for reading only", connection.path()));
}

Result<Seq> SqliteStorage::State::newest(std::int64_t study) const {
  Use use(last);
  const int code = use.bind(1, study).step();
  if (code == SQLITE_DONE) return tl::unexpected(no_such_study(study));
  if (code != SQLITE_ROW) return tl::unexpected(error(code));
  return use.integer(0);
}

Result<void> SqliteStorage::State::insert_all(std::int64_t study, Seq seq, std::span<const Event> events) const {
  for (const Event& event : events) {
    const std::string body = event_body(event);
    Use use(insert);
    use.bind(1, study).bind(2, ++seq).bind(3, event.time).bind(4, kind(event)).bind(6, body);
    if (const auto trial = trial_of(event)) use.bind(5, *trial);
    else use.bind_null(5);
    if (const int code = use.step(); code != SQLITE_DONE) return tl::unexpected(error(code));
  }
  return {};
}

/// Up to kBatch events after `from`; an error only if the very first of them is none.
Result<std::vector<Event>> SqliteStorage::State::some(std::int64_t study, Seq from) {
  std::vector<Event> events;
  Use use(read);
  use.bind(1, study).bind(2, from).bind(3, static_cast<std::int64_t>(kBatch));
  int code = use.step();
  for (; code == SQLITE_ROW; code = use.step()) {
    const Seq seq = from + static_cast<Seq>(events.size()) + 1;
    Error wrong{Code::Corrupt, {}};
    if (use.integer(0) != seq) {
      wrong.what = "it is missing";
    } else {
      auto event = reader.read(use.text(2), use.null(3) ? 0 : use.integer(3), use.real(1), use.text(4));
      if (event) {
        events.push_back(std::move(*event));
        continue;
      }
      wrong = std::move(event.error());
    }
    if (!events.empty()) return events;
    wrong.what = fmt::format("{}: event {} of study number {}: {}", connection.path(), seq, study, wrong.what);
    return tl::unexpected(std::move(wrong));
  }
  if (code != SQLITE_DONE && events.empty()) return tl::unexpected(error(code));
  return events;
}

SqliteStorage::SqliteStorage(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteStorage::~SqliteStorage() = default;

Result<std::unique_ptr<SqliteStorage>> SqliteStorage::open(const std::string& path, OpenMode mode,
                                                           const SqliteOptions& options) {
  auto connection = open_database(path, mode, options);
  if (!connection) return tl::unexpected(connection.error());
  auto state = std::make_unique<State>();
  state->connection = std::move(*connection);
  state->writable = mode == OpenMode::ReadWrite;
  if (auto prepared = state->prepare(); !prepared) return tl::unexpected(prepared.error());
  return std::unique_ptr<SqliteStorage>(new SqliteStorage(std::move(state)));
}

Result<StudyRow> SqliteStorage::create(const std::string& name, const std::string& spec, Seconds now) {
  if (auto may = state_->must_be_writable(); !may) return tl::unexpected(may.error());
  Use use(state_->create);
  const int code = use.bind(1, name).bind(2, spec).bind(3, now).step();
  if (code == SQLITE_CONSTRAINT_UNIQUE) return tl::unexpected(name_taken(name));
  if (code != SQLITE_DONE) return tl::unexpected(state_->error(code));
  return StudyRow{sqlite3_last_insert_rowid(state_->connection.get()), name, spec, now, 0};
}

Result<void> SqliteStorage::remove(std::int64_t study) {
  if (auto may = state_->must_be_writable(); !may) return may;
  auto transaction = Transaction::begin(state_->connection, Transaction::Kind::Write);
  if (!transaction) return tl::unexpected(transaction.error());
  for (const Statement* statement : {&state_->forget, &state_->remove}) {
    Use use(*statement);
    if (const int code = use.bind(1, study).step(); code != SQLITE_DONE) return tl::unexpected(state_->error(code));
  }
  return transaction->commit();
}

Result<StudyRow> SqliteStorage::find(const std::string& name) const {
  Use use(state_->find);
  const int code = use.bind(1, name).step();
  if (code == SQLITE_DONE) return tl::unexpected(no_such_study(name));
  if (code != SQLITE_ROW) return tl::unexpected(state_->error(code));
  return study_row(use);
}

Result<std::vector<StudyRow>> SqliteStorage::list() const {
  std::vector<StudyRow> rows;
  Use use(state_->list);
  int code = use.step();
  for (; code == SQLITE_ROW; code = use.step()) rows.push_back(study_row(use));
  if (code != SQLITE_DONE) return tl::unexpected(state_->error(code));
  return rows;
}

Result<Seq> SqliteStorage::append(std::int64_t study, Seq expected, std::span<const Event> events) {
  if (auto may = state_->must_be_writable(); !may) return tl::unexpected(may.error());
  auto transaction = Transaction::begin(state_->connection, Transaction::Kind::Write);
  if (!transaction) return tl::unexpected(transaction.error());
  const auto last = state_->newest(study);
  if (!last) return last;
  if (*last != expected) return tl::unexpected(moved_on(study, *last, expected));
  if (auto inserted = state_->insert_all(study, *last, events); !inserted) return tl::unexpected(inserted.error());
  if (auto committed = transaction->commit(); !committed) return tl::unexpected(committed.error());
  return *last + static_cast<Seq>(events.size());
}

Result<void> SqliteStorage::read(std::int64_t study, Seq from, const std::function<bool(Seq, Event&&)>& each) const {
  if (const auto last = state_->newest(study); !last) return tl::unexpected(last.error());
  for (from = std::max<Seq>(from, 0);;) {
    auto events = state_->some(study, from);
    if (!events) return tl::unexpected(events.error());
    if (events->empty()) return {};
    for (auto& event : *events)
      if (!each(++from, std::move(event))) return {};
  }
}

Result<void> SqliteStorage::limit_pages(std::int64_t pages) {
  return state_->connection.run(fmt::format("pragma max_page_count = {}", pages));
}

Result<std::unique_ptr<Storage>> open_sqlite(const std::string& path, OpenMode mode, Sync sync) {
  auto storage =
      SqliteStorage::open(path, mode, SqliteOptions{.sync = sync, .busy_milliseconds = 10'000, .filesystem = {}});
  if (!storage) return tl::unexpected(storage.error());
  return std::unique_ptr<Storage>(std::move(*storage));
}

}  // namespace hone
