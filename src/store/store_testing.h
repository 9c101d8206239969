// For the tests of stores: folders that vanish, events that differ from each other, and what is in a store.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "base/check.h"
#include "hone/storage.h"
#include "store/sqlite.h"
#include "study/event_json.h"

namespace hone::testing {

/// In memory if there is room, as the tests sync thousands of times; nothing in them depends on a sync.
class TempFolder {
 public:
  TempFolder() {
    std::error_code none;
    const auto memory = std::filesystem::space("/dev/shm", none);
    const bool room = !none && memory.available > std::uintmax_t{1} << 30 && access("/dev/shm", W_OK) == 0;
    const std::filesystem::path root = room ? "/dev/shm" : std::filesystem::temp_directory_path();
    std::string name = (root / "hone-store-XXXXXX").string();
    HONE_CHECK(mkdtemp(name.data()), "a temporary folder is needed");
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_bytes(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// One of each kind, with `salt` in it.
inline std::vector<Event> one_of_each(int salt = 0) {
  const double t = 1.7e9 + salt + 0.1;
  const std::string why = "because of \"" + std::to_string(salt) + "\"\n€";
  return {{t, Started{salt,
                      {0.1, std::int64_t{3}, std::string("svm"), {}},
                      27,
                      1,
                      Checkpoint{salt, 9},
                      "note",
                      why,
                      "searcher",
                      "initial",
                      11,
                      4}},
          {t + 1, Reported{salt, 1, 1, {{"loss", 0.1 + salt}, {"epoch", 1}}, ""}},
          {t + 2, Exited{salt, 1, Cause::Signal, 9, "killed", true, 1.5, 1 << 30}},
          {t + 3, Relaunched{salt, why, false, 2}},
          {t + 4, Paused{salt, why, 2}},
          {t + 5, Resumed{salt, 27, why, 2}},
          {t + 6, Stopped{salt, why, 2}},
          {t + 7, Expired{salt, Cause::Timeout, why, 2}},
          {t + 8, Added{salt, {1.0, std::int64_t{1}, std::string("nan"), {}}, {{"loss", -1}}, "warm"}},
          {t + 9, Finished{why, false, 2}}};
}

/// The event as one text, every field of it included.
inline std::string text_of(const Event& event) {
  return std::to_string(event.time) + " " + kind(event) + " " + std::to_string(trial_of(event).value_or(-1)) + " " +
         event_body(event);
}
inline std::vector<std::string> texts_of(const std::vector<Event>& events) {
  std::vector<std::string> out;
  for (const auto& event : events) out.push_back(text_of(event));
  return out;
}

struct Log {
  Result<void> end;  // how reading ended
  std::vector<std::string> events;
};
inline Log log_of(const Storage& store, std::int64_t study, Seq from = 0) {
  Log out;
  out.end = store.read(study, from, [&](Seq seq, Event&& event) {
    HONE_CHECK(seq == from + static_cast<Seq>(out.events.size()) + 1, "events come in order");
    out.events.push_back(text_of(event));
    return true;
  });
  return out;
}

/// Runs `body` in a child process.
inline pid_t spawn(const std::function<int()>& body) {
  const pid_t child = fork();
  HONE_CHECK(child >= 0, "a child process is needed");
  if (child == 0) _exit(body());
  return child;
}
/// The child's exit status, or 1000 + the signal that ended it.
inline int wait_for(pid_t child) {
  int status = 0;
  HONE_CHECK(waitpid(child, &status, 0) == child, "the child can be waited for");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace hone::testing
