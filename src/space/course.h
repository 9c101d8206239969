// Configurations along a training: what population-based training found, to be replayed (pbt-replay). As text a JSON list,
// `[{"at": 0, "config": {"lr": 0.1}}, {"at": 20, "config": {"lr": 0.02}}]`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hone/space.h"

namespace hone {

struct CourseStep {
  std::int64_t at = 0;  // from this fidelity on
  Config config;
};

/// By `at`, from 0 on. Invalid: one line that names step, field and remedy. What a step does not name is as in the step before;
/// the first names all that is active.
Result<std::vector<CourseStep>> read_course(std::string_view text, const Space& space);

/// A line a step.
std::string course_text(const std::vector<CourseStep>& course, const Space& space);

}  // namespace hone
