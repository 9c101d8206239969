// What a trial asks of a machine: how it is read and written, and who gets more than the least.
#pragma once

#include <optional>
#include <string>

#include "hone/event.h"
#include "hone/spec.h"
#include "study/field_reader.h"
#include "study/ledger.h"

namespace hone {

/// The section `resources` of a study file.
void read_resources(FieldReader& reader, const YamlNode& node, Resources& out);
/// As a JSON object, in the study file's own words; empty if all is as by default.
std::string resources_json(const Resources& resources);

/// While slots are free and nothing may start (`why`): what the next of the runs gets that were decided upon since anything
/// was last heard. Those are not on their way yet. A new trial has the least.
std::optional<Granted> grant(const Resources& resources, const Ledger& ledger, int free_slots, const std::string& why);

}  // namespace hone
