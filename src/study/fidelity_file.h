// The key `fidelity` of a study file: how far a trial can go, along one axis or several at once.
#pragma once

#include "study/check.h"
#include "study/field_reader.h"

namespace hone {

/// {name: epoch, min: 1, max: 27}, or a list whose further ones are {name: share, min: 0.1, max: 1}.
void read_fidelity(FieldReader& reader, const YamlNode& node, Draft& draft);
/// What is wrong with several fidelities and what goes with them, `field` and text each.
void check_path(const Draft& draft, std::vector<Mistake>& mistakes);

}  // namespace hone
