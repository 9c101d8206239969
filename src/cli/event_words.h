// What an event says, in words for people: `hone explain`.
#pragma once

#include <string>
#include <vector>

#include "hone/event.h"
#include "hone/spec.h"

namespace hone {

/// `the user asked: pause`
std::string steer_words(const Steered& steered);

/// Lines of what the event says about its trial, or about the study. `brackets`: the scheduler has several, so that a
/// trial's is worth naming.
std::string event_words(const Event& event, const StudySpec& spec, bool brackets);

/// Explanations of the terms of searchers that occur in `words`, a line each.
std::vector<std::string> footnotes(const std::string& words);

}  // namespace hone
