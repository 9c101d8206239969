// The best trial, as `hone best` and the end of `hone run` show it.
#pragma once

#include <string>

#include "cli/view.h"

namespace hone {

std::string absolute_path(const std::string& path);

/// Why there is no best trial yet, and what may help. `folder`: the study's, absolute.
std::string no_best_text(const StudySpec& spec, const std::vector<Trial>& trials, const std::string& folder);

Json best_json(const StudyView& study, TrialId id, const std::string& folder);
std::string best_text(const StudySpec& spec, const Trial& trial, const std::string& folder);

}  // namespace hone
