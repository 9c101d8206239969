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

/// What the study is read for.
struct ReadFor {
  bool trials = false;  // they will be started: there must be a program
  std::string home;     // where the study may have been started before, in another folder; empty: nowhere
};
/// The study of a file (`-`: standard input), checked whole: every mistake is in the one list, those of the command and
/// of the patterns too. `warnings`: one line each.
Result<StudySpec> read_spec(const std::string& path, const StudyOptions& options, std::vector<std::string>* warnings,
                            const ReadFor& use = {});
/// The study of an inline command; messages name the argument.
Result<StudySpec> inline_spec(const Words& command, const StudyOptions& options, std::vector<std::string>* warnings,
                              const ReadFor& use = {});

/// Reads at most `limit` bytes and one more, of a file or of what a program writes into a pipe. NotFound if there is no
/// such file; it waits for nobody who may never write.
Result<std::string> read_text(const std::string& path, std::size_t limit);

}  // namespace hone
