// What it costs to keep and to read a study of N trials (default 100 000), each Started with 10 parameters, three
// Reported and Exited, appended as a coordinator does: two and three events at a time. CPU seconds and bytes on disk.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "hone/rng.h"
#include "store/sqlite.h"
#include "study/event_json.h"

namespace {

using namespace hone;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::vector<Event> events_of(TrialId trial) {
  Rng rng = Rng::stream(1, "bench", static_cast<std::uint64_t>(trial));
  const double time = 1.7e9 + static_cast<double>(trial) + rng.uniform();
  Config config;
  for (int i = 0; i < 6; ++i) config.emplace_back(rng.uniform());
  for (int i = 0; i < 2; ++i) config.emplace_back(static_cast<std::int64_t>(rng.below(512)));
  config.emplace_back(std::string(rng.below(2) ? "adam" : "sgd"));
  config.emplace_back(std::monostate());
  std::vector<Event> out;
  out.push_back(
      {time, Started{trial, config, 27, 0, {}, "", "rung 0 of bracket 0", "best of 24 candidates", "", rng.next(), 1}});
  for (int n = 1; n <= 3; ++n)
    out.push_back(
        {time + n, Reported{trial, 1, n, {{"val_acc", rng.uniform()}, {"epoch", static_cast<double>(n)}}, ""}});
  out.push_back({time + 4, Exited{trial, 1, Cause::None, 0, "", false, rng.uniform() * 10, 123456789}});
  return out;
}

[[noreturn]] void give_up(const std::string& what) {
  fmt::print(stderr, "store_bench: {}\n", what);
  std::exit(1);
}

template <class T>
T value(Result<T> result) {
  if (!result) give_up(result.error().what);
  return std::move(*result);
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t trials = 100'000;
  if (argc > 1 && std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), trials).ec != std::errc())
    give_up("usage: store_bench [TRIALS]");
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("hone-store-bench-{}", getpid());
  std::filesystem::create_directory(folder);
  const std::string path = folder / "hone.db";
  auto store = value(open_sqlite(path, OpenMode::ReadWrite));
  const auto study = value(store->create("bench", "{}", 0)).id;

  double making = 0, writing = 0;
  Seq last = 0;
  for (TrialId trial = 0; trial < trials; ++trial) {
    const double start = cpu_seconds();
    const auto events = events_of(trial);
    const double made = cpu_seconds();
    last = value(store->append(study, last, std::span(events).first(2)));
    last = value(store->append(study, last, std::span(events).subspan(2)));
    making += made - start;
    writing += cpu_seconds() - made;
  }
  fmt::print("append: {:.2f} CPU s, {:.1f} us per append of 2 or 3 events (making them: {:.2f} s)\n", writing,
             1e6 * writing / (2 * static_cast<double>(trials)), making);
  store.reset();
  fmt::print("on disk: {:.1f} MB, {:.0f} bytes an event\n", static_cast<double>(std::filesystem::file_size(path)) / 1e6,
             static_cast<double>(std::filesystem::file_size(path)) / static_cast<double>(last));

  store = value(open_sqlite(path, OpenMode::ReadOnly));
  double start = cpu_seconds();
  std::int64_t count = 0;
  std::vector<Event> events;
  events.reserve(static_cast<std::size_t>(last));
  const auto read = store->read(study, 0, [&](Seq, Event&& event) {
    ++count;
    events.push_back(std::move(event));
    return true;
  });
  if (!read || count != last) give_up(read ? "events are missing" : read.error().what);
  fmt::print("read and parse: {:.2f} CPU s for {} events\n", cpu_seconds() - start, count);

  std::vector<std::string> bodies;
  bodies.reserve(events.size());
  start = cpu_seconds();
  for (const auto& event : events) bodies.push_back(event_body(event));
  fmt::print("write JSON: {:.2f} CPU s\n", cpu_seconds() - start);
  EventReader reader;
  start = cpu_seconds();
  for (std::size_t i = 0; i < events.size(); ++i)
    value(reader.read(kind(events[i]), trial_of(events[i]).value_or(0), events[i].time, bodies[i]));
  fmt::print("parse JSON: {:.2f} CPU s\n", cpu_seconds() - start);
  std::filesystem::remove_all(folder);
  return 0;
}
