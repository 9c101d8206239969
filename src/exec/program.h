// Whether the program of a command is there, before anything starts.
#pragma once

#include <optional>
#include <string>

#include "exec/command.h"
#include "hone/spec.h"

namespace hone {

/// Why the first word cannot be started in `folder` with what `inherited` and the study's `env` make of PATH: "what;
/// remedy". Nothing if it can, or if only a trial's values make it a name.
std::optional<std::string> program_mistake(const StudySpec& spec, const std::string& folder,
                                           const Environment& inherited);

}  // namespace hone
