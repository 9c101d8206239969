// The study file (docs/study-file.md): YAML or JSON text to StudySpec and back to canonical JSON.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hone/result.h"
#include "hone/spec.h"
#include "study/check.h"

namespace hone {

using StudyOptions = std::vector<std::pair<std::string, std::string>>;  // `limits.time` → `10m`, as on the command line

/// What else is to be checked of what was read, also if that is not whole: check_study(), for one.
using StudyCheck = std::function<std::vector<Mistake>(const Draft&)>;

/// Reads the file whole: Invalid holds every mistake, those that `check` finds too, a line each, in the order of the
/// file: "FILE:LINE: field: what; remedy", or "--option: what". `file` names it in messages and gives the default name by
/// its stem; if it is empty the text is not the user's own and no line is named. `options` beat the file. spec.folder is
/// left empty. Without `check` a definition that an earlier version has stored is taken as it is; Study::make() checks.
Result<StudySpec> read_study_file(std::string_view text, const std::string& file, const StudyOptions& options = {},
                                  const StudyCheck& check = {});

/// The definition as canonical JSON, a study file itself: read_study_file(study_json(s)) == s. What makes two studies the
/// same: a name is resumed only with an equal text.
std::string study_json(const StudySpec& spec);

/// The keys in which two canonical definitions differ, for messages.
std::vector<std::string> differing_keys(std::string_view a, std::string_view b);

/// [A-Za-z0-9][A-Za-z0-9._-]{0,99}
bool is_study_name(std::string_view name);

}  // namespace hone
