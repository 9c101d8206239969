// From the words of a command line to a checked study.
#pragma once

#include <optional>
#include <string>

#include "cli/command.h"
#include "study/study_file.h"

namespace hone {

/// Keys of the study file that are options by themselves or with a dot and more after them, and short forms of some.
inline constexpr const char* kStudyKeys[] = {
    "name",     "command",   "objective",  "space",    "constraints", "outcome_constraints",
    "cost",     "initial",   "fidelity",   "searcher", "scheduler",   "stop",
    "parallel", "resources", "limits",     "metrics",  "env",         "seed",
    "repeat",   "stages",    "warm_start", "trials",   "time",        "target",
    "fix",      "maximize",  "minimize"};

struct SplitWords {
  Words own;                     // what the command itself understands
  StudyOptions options;          // keys of the study file: `--limits.time 10m`, `--limits.time=10m`
  std::optional<Words> command;  // what came after `--`
};
/// Invalid if a key of the study file has no value.
Result<SplitWords> split_words(const Words& words);

/// The study of a file (`-`: standard input), checked whole: file, command, patterns. `warnings`: one line each.
Result<StudySpec> read_spec(const std::string& path, const StudyOptions& options, std::vector<std::string>* warnings);
/// The same of a file's text, read before.
Result<StudySpec> read_spec_text(const std::string& text, const std::string& path, const StudyOptions& options,
                                 std::vector<std::string>* warnings);
/// The study of an inline command.
Result<StudySpec> inline_spec(const Words& command, const StudyOptions& options, std::vector<std::string>* warnings);

/// Reads at most `limit` bytes and one more. NotFound if there is no such file.
Result<std::string> read_text(const std::string& path, std::size_t limit);

}  // namespace hone
