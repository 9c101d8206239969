// What a study was run by and with, for its log: so that a result can be traced to a machine and a commit.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hone/spec.h"

namespace hone {

using Facts = std::vector<std::pair<std::string, std::string>>;

/// host, hone (version), kernels (the level of CPU that numeric code was built for), system, cpus, pid, command, folder;
/// git (commit) and git_state (clean, changed) of the folder if it lies in a work tree; environment: the names of the
/// variables that trials inherit, no values.
Facts what_ran(const StudySpec& spec, const std::vector<std::pair<std::string, std::string>>& environment);

}  // namespace hone
