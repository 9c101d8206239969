// The folder in which a study was first started: its trials run there, wherever it is resumed from. Kept beside them in
// STUDY/started-in, since it is no part of the definition that makes two studies the same.
#pragma once

#include <optional>
#include <string>

#include "hone/result.h"

namespace hone {

std::optional<std::string> started_in(const std::string& study_folder);
Result<void> keep_started_in(const std::string& study_folder, const std::string& folder);

}  // namespace hone
