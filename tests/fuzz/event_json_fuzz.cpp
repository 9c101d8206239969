// A stored event: the first line is its kind, the rest its body. Refused as corrupt, or read; what was read is written
// and reads back to the same.
#include "study/event_json.h"

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace hone;
  static EventReader reader;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view name = text.substr(0, end), body = text.substr(std::min(end + 1, size));
  const auto event = reader.read(name, 7, 1.5, body);
  if (!event) {
    HONE_CHECK(event.error().code == Code::Corrupt && !event.error().what.empty(), "refused without a reason");
    return 0;
  }
  HONE_CHECK(kind(*event) == name && event->time == 1.5, "another event than the one that was asked for");
  HONE_CHECK(trial_of(*event).value_or(7) == 7, "the event of another trial");
  const std::string once = event_body(*event);
  const auto again = reader.read(name, 7, 1.5, once);
  HONE_CHECK(again.has_value(), "what was written is refused");
  HONE_CHECK(event_body(*again) == once, "what was written reads back as another");
  return 0;
}
