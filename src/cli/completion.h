// Scripts that complete the command line of hone in bash, zsh and fish, made from the rows of --help.
//
// They complete commands, options, the values of options that can be listed, names of studies (`hone list --names`) and
// files. Everything else is static: no program runs while a user types.
#pragma once

#include <span>
#include <string>

#include "cli/help_sheet.h"

namespace hone {

std::string bash_completion(std::span<const Command> commands);
std::string zsh_completion(std::span<const Command> commands);
std::string fish_completion(std::span<const Command> commands);

/// What a word is to be completed with.
enum class Complete { Nothing, Words, Studies, Files, Folders };
Complete completes(const HelpRow& row);

}  // namespace hone
