// A store that lives and dies with the process: ask/tell without --home, simulations, tests.
#pragma once

#include <map>

#include "hone/storage.h"

namespace hone {

/// One thread at a time. `each` of read() may call any method.
class MemoryStorage final : public Storage {
 public:
  Result<StudyRow> create(const std::string& name, const std::string& spec, Seconds now) override;
  Result<void> remove(std::int64_t study) override;
  Result<StudyRow> find(const std::string& name) const override;
  Result<std::vector<StudyRow>> list() const override;
  Result<Seq> append(std::int64_t study, Seq expected, std::span<const Event> events) override;
  Result<void> read(std::int64_t study, Seq from, const std::function<bool(Seq, Event&&)>& each) const override;

 private:
  struct Log {
    StudyRow row;
    std::vector<Event> events;
  };
  std::map<std::int64_t, Log> logs_;
  std::int64_t next_ = 1;  // id
};

}  // namespace hone
