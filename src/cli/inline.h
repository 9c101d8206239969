// The inline form of a study: a command line in which words that begin with `~` are parameters.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "hone/result.h"
#include "study/study_file.h"

namespace hone {

struct InlineStudy {
  std::string text;                            // a study file, as JSON, for read_study_file()
  std::string stem;                            // of the script, for the name: `train` of `python3 train.py`
  std::map<std::string, std::string> options;  // parameter → the option before it: `lr` → `--lr`
  std::vector<std::string> mistakes;           // a parameter without a name, or one that is given twice
};
/// Invalid without a command.
Result<InlineStudy> inline_study(const std::vector<std::string>& command);

/// STEM-HASH: the same for the same definition.
std::string inline_name(const std::string& stem, const StudySpec& spec);

}  // namespace hone
