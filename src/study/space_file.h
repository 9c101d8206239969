// The sections `space` and `constraints` of a study file.
#pragma once

#include <string>
#include <vector>

#include "study/check.h"
#include "study/field_reader.h"

namespace hone {

/// Into the draft's parameters, and into its space if there is no mistake in it. `fixes`: NAME=VALUE, each turns a
/// parameter into a constant, once the value is known to lie in its domain.
void read_space(FieldReader& reader, const YamlNode* space, const YamlNode* constraints,
                const std::vector<std::string>& fixes, Draft& draft);

/// A parameter's value in a canonical definition (JSON text), which read_space() reads back as it is.
std::string param_json(const Param& param);

}  // namespace hone
