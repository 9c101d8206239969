// A conversation, a line each: every answer is one JSON object, a bad line changes nothing, and the events that were
// kept rebuild the same study. The first byte chooses the study.
#include "cli/ask_tell_lines.h"

#include "base/check.h"
#include "study/event_json.h"
#include "study/study_file.h"

namespace hone {
namespace {

constexpr const char* kStudies[] = {
    "objective: minimize loss\nspace: {x: \"float(0, 1)\", c: [a, b], n: \"int(1, 3) if c == a\"}\n"
    "constraints: [\"x * n <= 2\"]\nsearcher: random\nscheduler: none\nstop: {trials: 4, failed: 3}\nseed: 1\n",
    "objective: maximize acc best\nspace: {x: \"float(0, 1)\"}\nsearcher: random\nscheduler: asha\nparallel: 3\n"
    "fidelity: {name: epoch, min: 1, max: 9}\nlimits: {retries: 1, time: 50}\nstop: {trials: 9, target: 3}\nseed: 1\n",
    "objective: [minimize a, maximize b]\nspace: {x: \"int(0, 3)\"}\noutcome_constraints: [\"c <= 1\"]\n"
    "searcher: grid\nscheduler: none\nseed: 1\n"};

Study make(std::size_t which) {
  auto spec = read_study_file(kStudies[which % std::size(kStudies)], "f");
  return *Study::make(std::move(*spec));
}

/// Without the keys that hold whatever the caller sent.
bool is_error(const Json& answer) { return answer.size() == 1 && answer.contains("error"); }

}  // namespace
}  // namespace hone

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace hone;
  if (size == 0) return 0;
  std::vector<Event> kept;
  const auto keep = [&](std::span<const Event> events) -> Result<void> {
    kept.insert(kept.end(), events.begin(), events.end());
    return {};
  };
  AskTell study(
      make(data[0]), [time = 0.0]() mutable { return time += 1; }, keep);
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  for (int i = 0; i < 40 && !text.empty(); ++i) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::size_t before = kept.size();
    const std::string answer = answer_line(study, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    HONE_CHECK(answer.find('\n') == std::string::npos, "an answer of two lines");
    const Json json = Json::parse(answer, nullptr, false);
    HONE_CHECK(json.is_object(), "an answer that is no JSON object");
    HONE_CHECK(!is_error(json) || kept.size() == before, "a bad line changed the study");
    HONE_CHECK(!study.broken(), "nothing failed to be kept");
  }
  Study again = make(data[0]);
  EventReader reader;
  std::vector<Event> stored;
  for (const Event& event : kept) {
    auto read = reader.read(kind(event), trial_of(event).value_or(0), event.time, event_body(event));
    HONE_CHECK(read.has_value(), "an event that was kept cannot be read");
    again.apply(*read);
    stored.push_back(std::move(*read));
  }
  AskTell resumed(std::move(again), [] { return 1e6; });
  for (const Event& event : stored) resumed.remember(event);
  HONE_CHECK(answer_line(resumed, "{\"best\": true}") == answer_line(study, "{\"best\": true}"),
             "rebuilt it is another study");
  return 0;
}
