// What a command's --help shows, as rows: completions and the manual page are made from the same.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace hone {

struct HelpRow {
  enum class Kind { Flag, Value, Place };  // Place: a word by its place
  Kind kind = Kind::Flag;
  std::string names;  // `-o,--output`; STUDY of a word by its place
  std::string type;   // of a Value: FILE and DIR are completed
  std::string help;   // may hold newlines
  Words legal;        // the values, where they can be listed
  bool required = false;
  bool many = false;  // may be given again
  bool key = false;   // of the study file
};
struct HelpSheet {
  std::vector<HelpRow> rows;   // in the order of --help
  bool takes_command = false;  // `-- COMMAND ...`
};

/// Runs the command's function, which comes no further than to its Parser.
HelpSheet describe(const Command& command);

/// `-o`, `--output` of `-o,--output`.
Words names_of(const HelpRow& row);
/// Without newlines.
std::string help_line(const HelpRow& row);
/// `hone run [OPTIONS] [FILE] [-- COMMAND ...]`
std::string usage_line(const Command& command, const HelpSheet& sheet);

}  // namespace hone
