// What `hone report` appends to $HONE_REPORT.
#pragma once

#include "cli/command.h"

namespace hone {

/// One JSON line. Invalid if a word is not NAME=NUMBER.
Result<std::string> report_line(const Words& pairs, const std::string& infeasible);

}  // namespace hone
