// Where a study stands, in words.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/view.h"

namespace hone {

/// The newest `hone run` of a study: what ran, and where.
struct Opening {
  Seconds time = 0;
  std::vector<std::pair<std::string, std::string>> facts;
};
Json opening_json(const std::optional<Opening>& opening);  // null if it is not known

/// `running`: somebody runs the study now.
std::string status_text(const StudyView& study, const std::optional<Opening>& opening, bool running, Seconds now);

}  // namespace hone
