// The keys `stages`, `warm_start` and `warm` of a study file: where a study begins, and in which order it goes on.
#pragma once

#include "hone/spec.h"
#include "study/field_reader.h"

namespace hone {

/// [{free: [lr], trials: 20}, {free: [width], fixed: {dropout: 0.1}}]. Names are compared with the space by check_study().
void read_stages(FieldReader& reader, const YamlNode& node, StudySpec& spec);
/// [other-study] or other-study.
void read_warm_start(FieldReader& reader, const YamlNode& node, StudySpec& spec);
/// [{config: {..}, from: ..}]: written by Hone into a stored definition, not by users.
void read_warm(FieldReader& reader, const YamlNode& node, StudySpec& spec);

}  // namespace hone
