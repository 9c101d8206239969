// What a finished study suggests to do next, from its trials alone.
#pragma once

#include <string>
#include <vector>

#include "hone/spec.h"
#include "hone/trial.h"

namespace hone {

/// At most five lines, each what was seen and what may help; in a fixed order, the most serious first. They hold control
/// characters of the user's words: to be shown through printable().
std::vector<std::string> hints(const StudySpec& spec, const std::vector<Trial>& trials);

/// Where the best value of a parameter lies at an end of its range, an entry each: parameter and words.
std::vector<std::pair<std::string, std::string>> edge_hints(const StudySpec& spec, const std::vector<Trial>& trials);

}  // namespace hone
