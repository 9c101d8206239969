// The manual page hone(1) in roff, made from the rows of --help.
#pragma once

#include <span>
#include <string>

#include "cli/help_sheet.h"

namespace hone {

std::string manual_page(std::span<const Command> commands, const std::string& version);

}  // namespace hone
