#include "store/memory.h"

#include "store/messages.h"

namespace hone {

Result<StudyRow> MemoryStorage::create(const std::string& name, const std::string& spec, Seconds now) {
  if (find(name)) return tl::unexpected(name_taken(name));
  const std::int64_t id = next_++;
  const StudyRow row{id, name, spec, now, 0};
  logs_.emplace(id, Log{row, {}});
  return row;
}

Result<void> MemoryStorage::remove(std::int64_t study) {
  logs_.erase(study);
  return {};
}

Result<StudyRow> MemoryStorage::find(const std::string& name) const {
  for (const auto& [id, log] : logs_)
    if (log.row.name == name) return log.row;
  return tl::unexpected(no_such_study(name));
}

Result<std::vector<StudyRow>> MemoryStorage::list() const {
  std::vector<StudyRow> rows;
  for (const auto& [id, log] : logs_) rows.push_back(log.row);
  return rows;
}

Result<Seq> MemoryStorage::append(std::int64_t study, Seq expected, std::span<const Event> events) {
  const auto found = logs_.find(study);
  if (found == logs_.end()) return tl::unexpected(no_such_study(study));
  auto& log = found->second;
  if (log.row.last != expected) return tl::unexpected(moved_on(study, log.row.last, expected));
  log.events.insert(log.events.end(), events.begin(), events.end());
  log.row.last = static_cast<Seq>(log.events.size());
  return log.row.last;
}

Result<void> MemoryStorage::read(std::int64_t study, Seq from, const std::function<bool(Seq, Event&&)>& each) const {
  const auto found = logs_.find(study);
  if (found == logs_.end()) return tl::unexpected(no_such_study(study));
  const auto& events = found->second.events;  // may grow while `each` runs
  for (std::size_t i = from > 0 ? static_cast<std::size_t>(from) : 0; i < events.size(); ++i)
    if (!each(static_cast<Seq>(i) + 1, Event(events[i]))) break;
  return {};
}

}  // namespace hone
