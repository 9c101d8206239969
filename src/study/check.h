// What makes a study impossible, all of it at once: the checks that need more than one part of it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hone/result.h"
#include "hone/spec.h"

namespace hone {

struct Mistake {
  std::string field;  // where: `space.lr`, `initial[2].metrics`, `searcher.tpe.candidates`
  std::string what;   // "what; remedy"
};

/// A study as far as it could be read.
struct Draft {
  StudySpec spec;             // its space holds everything only if `space` is sound
  std::vector<Param> params;  // all that have a name, also those of which nothing else could be read
  std::map<std::string, Space, std::less<>> alone;  // those that are right by themselves, each without its condition
  std::set<std::string, std::less<>> broken;        // top keys of the file that hold mistakes

  bool sound(std::string_view key) const { return !broken.contains(key); }
};
/// Of a study that was not read from a file.
Draft draft_of(const StudySpec& spec);

/// Algorithms, their options and whether they go together, stop rules, constraints that leave nothing, initial points.
/// What depends on a part that is not sound is left out, so nothing is said that a correction there could make untrue.
std::vector<Mistake> check_study(const Draft& draft);

/// A line a mistake: "field: what".
Error error_of(const std::vector<Mistake>& mistakes);

}  // namespace hone
