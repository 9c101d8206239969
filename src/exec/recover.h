// Ends what a keeper that died left running.
#pragma once

#include <string>
#include <vector>

#include "exec/process.h"

namespace hone {

/// Ends the processes behind `roots` that live still, all below them, and, unless `study_folder` is empty, every
/// process of ours whose environment has a HONE_DIR in it (only when no keeper of the study lives!): stops them all
/// first, so that none escapes by forking, then kills them and waits. Our own process and those above it are left
/// alone. False if some would not end.
bool end_leftovers(const std::vector<ProcessMark>& roots, const std::string& study_folder);

}  // namespace hone
