// From a study and a trial to the command that runs it (docs/study-file.md).
//
// Placeholders in a word: {NAME} of a parameter, {until} {dir} {trial} {seed} {study}, {NAME} of a further fidelity; `{{` and
// `}}` are braces. In a study of an earlier version a parameter may have a built-in name and beats it; new ones are refused.
// {params} is a word of its own and becomes `--name value` for every active parameter, in its original spelling. Anything
// else between braces that is not an identifier stays as it is (awk '{print $1}').
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hone/executor.h"
#include "hone/result.h"
#include "hone/spec.h"
#include "hone/trial.h"
#include "study/check.h"

namespace hone {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// What is wrong with a command, and what may be: parameters that do not reach the program unless it reads $HONE_PARAMS.
struct CommandCheck {
  std::vector<Mistake> mistakes;
  std::vector<std::string> warnings;  // one line each
};
/// Placeholders without a parameter, parameters named like a placeholder.
/// `further`: the names of fidelities beyond the first, which are placeholders too.
CommandCheck check_command(const std::vector<std::string>& command, const std::vector<Param>& params,
                           const std::vector<std::string>& further = {});
std::vector<std::string> further_fidelities(const StudySpec& spec);
/// The same as one error, or the warnings.
Result<std::vector<std::string>> check_command(const StudySpec& spec);

/// Which parameters the command's words name, `{params}` all of them; parallel to the space's.
std::vector<bool> parameters_in_command(const StudySpec& spec);

/// `study_folder` is absolute; `extra` comes from study_environment(). spec.command must have passed check_command().
RunSpec make_run(const StudySpec& spec, const Trial& trial, const std::string& study_folder, const Environment& extra);

/// The shell-quoted command line of a trial.
std::string shell_command(const StudySpec& spec, const Trial& trial, const std::string& study_folder);

/// What the environment of Hone passes on to trials: without HONE_*.
Environment inherited_environment(const char* const* environ);
/// The values `$NAME` of spec.env that are not set there.
std::vector<Mistake> missing_variables(const StudySpec& spec, const Environment& inherited);
/// What the study adds to it: spec.env with `$NAME` resolved (Invalid if it is not set), OMP_NUM_THREADS = the least CPUs
/// of a trial rounded up (make_run() knows better) and OMP_WAIT_POLICY=passive unless set already.
Result<Environment> study_environment(const StudySpec& spec, const Environment& inherited);

}  // namespace hone
