// The sections `space` and `constraints` of a study file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "study/field_reader.h"

namespace hone {

/// `fixes`: NAME=VALUE, each turns a parameter into a constant, once the value is known to lie in its domain.
/// Nothing if there were mistakes, which `reader` has then.
std::optional<Space> read_space(FieldReader& reader, const YamlNode* space, const YamlNode* constraints,
                                const std::vector<std::string>& fixes);

/// A parameter's value in a canonical definition (JSON text), which read_space() reads back as it is.
std::string param_json(const Param& param);

}  // namespace hone
