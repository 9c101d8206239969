// Questionable choices of a study that is correct: `hone lint`. A rule is a row: a name, a line of what it is for, and a
// function of the study alone. Add a rule: write its function, add its row, add a test for when it fires and when not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/plan.h"

namespace hone {

struct Remark {
  std::string rule;
  std::string field;  // of the study file: `space.lr`, `stop.trials`
  std::string what, remedy;
};

struct LintInput {
  const StudySpec& spec;  // as given
  const StudyPlan& plan;  // its algorithms resolved
};
using Remarks = std::vector<Remark>;

struct LintRule {
  const char* name;
  const char* doc;
  void (*look)(const LintInput& input, Remarks& out);  // fills field, what and remedy
};
const std::vector<LintRule>& lint_rules();

/// What the scheduler does for want of a command that can go on where a run ended. Nothing if it can, or need not.
std::optional<Remark> cannot_go_on(const StudySpec& spec);

/// In the order of the rules, those of a rule in the order of the file. `plan`: make_plan(spec).
Remarks lint(const StudySpec& spec, const StudyPlan& plan);

/// The line of `space.lr` in the text of a study file; the nearest enclosing key's if it has none; 0: not there.
int line_of_field(std::string_view text, std::string_view field);

// The rules: of the space (lint_space.cpp), of the command (lint_command.cpp), of the whole study (lint.cpp).
void lint_linear_scale(const LintInput& input, Remarks& out);
void lint_zero_in_scale(const LintInput& input, Remarks& out);
void lint_step(const LintInput& input, Remarks& out);
void lint_structural(const LintInput& input, Remarks& out);
void lint_one_value(const LintInput& input, Remarks& out);
void lint_numeric_choice(const LintInput& input, Remarks& out);
void lint_outside_command(const LintInput& input, Remarks& out);
void lint_fixed_option(const LintInput& input, Remarks& out);

}  // namespace hone
