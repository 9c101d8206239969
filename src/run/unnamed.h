// Metrics that a definition counts on besides its objectives, and that the program never names: the study goes on without
// them, and nobody would know.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hone/event.h"
#include "hone/spec.h"

namespace hone {

class Unnamed {
 public:
  explicit Unnamed(const StudySpec& spec);
  /// One line a metric when the first run ends well that reported and did not name it; afterwards none. A run whose first
  /// report was not seen here, but before a restart, says nothing.
  std::vector<std::string> seen(const Fact& fact);

 private:
  std::vector<std::pair<std::string, std::string>> metrics_;  // not named so far, and what follows from that
  std::set<TrialId> begun_;                                   // their reports have been seen from the first on
};

}  // namespace hone
