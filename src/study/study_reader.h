// The sections of a study file, one by one, to StudySpec.
#pragma once

#include <string>
#include <vector>

#include "hone/spec.h"
#include "study/field_reader.h"

namespace hone {

/// What `reader` has no mistakes about afterwards is a whole spec, but for the folder.
StudySpec read_study(FieldReader& reader, const YamlNode& root, const std::string& file,
                     const std::vector<std::string>& fixes);

}  // namespace hone
