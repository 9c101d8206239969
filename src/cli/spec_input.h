// From the words of a command line to a checked study.
#pragma once

#include <optional>
#include <string>

#include "cli/command.h"
#include "study/study_file.h"

namespace hone {

/// Keys of the study file that are options by themselves or with a dot and more after them, and short forms of some.
struct StudyKey {
  const char* name;
  const char* type;
  const char* help;
};
inline constexpr StudyKey kStudyKeys[] = {{"name", "NAME", "of the study (default: the stem of FILE)"},
                                          {"maximize", "METRIC", "the objective; several are several objectives"},
                                          {"minimize", "METRIC", "the objective"},
                                          {"trials", "N", "ends after so many trials; stop.trials"},
                                          {"time", "TIME", "ends after 30m, 8h; stop.time"},
                                          {"target", "VALUE", "ends once the objective is as good; stop.target"},
                                          {"fix", "NAME=VALUE", "holds a parameter"},
                                          {"parallel", "N", "trials at a time (default: as many as fit)"},
                                          {"seed", "N", "of all draws (default: drawn and recorded)"},
                                          {"searcher", "NAME", "proposes configurations; --searcher.candidates 64"},
                                          {"scheduler", "NAME", "starts, stops and goes on; --scheduler.eta 4"},
                                          {"limits", "MAP", "of a trial: --limits.time 10m, --limits.silence 2m"},
                                          {"resources", "MAP", "of a trial: --resources.cpu 2, --resources.gpu 0.5"},
                                          {"fidelity", "MAP", "--fidelity '{name: epoch, max: 27}'"},
                                          {"stop", "MAP", "--stop.no_improvement 50, --stop.failed 20"},
                                          {"objective", "TEXT", "'maximize val_acc', or a list"},
                                          {"outcome_constraints", "LIST", "over metrics"},
                                          {"metrics", "MAP", "patterns for output that is not name=value"},
                                          {"space", "MAP", "the parameters: --space.lr 'float(0, 1)'"},
                                          {"constraints", "LIST", "over parameters"},
                                          {"initial", "LIST", "configurations to try first"},
                                          {"command", "TEXT", "what runs a trial"},
                                          {"env", "MAP", "environment of trials: --env.MODE fast"},
                                          {"cost", "METRIC", "or `seconds`"},
                                          {"repeat", "N", "runs of the command in each trial; their mean counts"},
                                          {"stages", "LIST", "--stages '[{free: [lr], trials: 20}]'"},
                                          {"warm_start", "LIST", "earlier studies, or portfolio"}};

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
  bool ended = false;   // something else ends it: it needs no stop rule
};
/// The study of a file (`-`: standard input), checked whole: every mistake is in the one list, those of the command and
/// of the patterns too. `warnings`: one line each.
Result<StudySpec> read_spec(const std::string& path, const StudyOptions& options, std::vector<std::string>* warnings,
                            const ReadFor& use = {});
/// The study of an inline command; messages name the argument.
Result<StudySpec> inline_spec(const Words& command, const StudyOptions& options, std::vector<std::string>* warnings,
                              const ReadFor& use = {});

/// `until` is a fidelity that the study's trials may reach.
Result<void> check_until(const StudySpec& spec, std::optional<Resource> until);

/// Why the FILE and the command after `--` of `hone COMMAND` do not do: both are given, or `none` is.
Error file_or_command(std::string_view command, bool none);

/// Reads at most `limit` bytes and one more, of a file or of what a program writes into a pipe. NotFound if there is no
/// such file; it waits for nobody who may never write.
Result<std::string> read_text(const std::string& path, std::size_t limit);

}  // namespace hone
