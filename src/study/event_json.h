// Events as they are stored: docs/event-log.md describes the form. Reading it is on the path of opening a study of
// 100 000 trials, hence simdjson there.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "hone/event.h"
#include "hone/result.h"

namespace hone {

/// Everything of the fact but its kind and trial, as one JSON object. A config is an array in the order of the space;
/// integers stay integers, null is inactive, nan and infinities are strings.
std::string event_body(const Event& event);

class EventReader {  // keeps its buffers; one thread
 public:
  EventReader();
  ~EventReader();
  /// Corrupt, with what is wrong, if `kind` or `body` cannot be understood.
  Result<Event> read(std::string_view kind, TrialId trial, Seconds time, std::string_view body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hone
