// The sections of a study file, one by one, to StudySpec.
#pragma once

#include <string>
#include <vector>

#include "study/check.h"
#include "study/field_reader.h"

namespace hone {

/// Whole, but for the folder, if `reader` has no mistakes afterwards.
Draft read_study(FieldReader& reader, const YamlNode& root, const std::string& file,
                 const std::vector<std::string>& fixes);

}  // namespace hone
