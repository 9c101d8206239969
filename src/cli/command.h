// What every subcommand is: a row of the table in main.cpp, a name with a line of help, an example and a function.
// Completions and the manual page are made from the same rows (help_sheet.h).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "hone/result.h"

namespace hone {

using Words = std::vector<std::string>;

enum class Group { Run, Look, Check, Files };  // in `hone --help`
struct HelpSheet;

struct Command {
  const char* name;
  const char* line;  // what it does
  const char* example;
  int (*run)(const Command& self, const Words& words);  // the words after its name; the exit status
  Group group = Group::Run;
  HelpSheet* sheet = nullptr;         // to be filled by its Parser in the place of running
  std::span<const Command> all = {};  // the table
};
/// `Run and steer`
const char* title(Group group);

// Exit statuses (README).
constexpr int kDone = 0;
constexpr int kNoResult = 1;  // no trial reported the objective
constexpr int kBadInput = 2;  // nothing was started
constexpr int kCannot = 3;    // store, engine, disk
constexpr int kInterrupted = 130;

/// Each line of the error to standard error, with `hone: ` before it; the exit status that belongs to it.
int complain(const Error& error);
void warn(const std::string& line);

int run_command(const Command& self, const Words& words);
int try_command(const Command& self, const Words& words);
int list_command(const Command& self, const Words& words);
int status_command(const Command& self, const Words& words);
int trials_command(const Command& self, const Words& words);
int logs_command(const Command& self, const Words& words);
int best_command(const Command& self, const Words& words);
int explain_command(const Command& self, const Words& words);
int lint_command(const Command& self, const Words& words);
int portfolio_command(const Command& self, const Words& words);
int plan_command(const Command& self, const Words& words);
int simulate_command(const Command& self, const Words& words);
int searchers_command(const Command& self, const Words& words);
int schedulers_command(const Command& self, const Words& words);
int ask_tell_command(const Command& self, const Words& words);
int replay_command(const Command& self, const Words& words);
int completion_command(const Command& self, const Words& words);
int man_command(const Command& self, const Words& words);
int export_command(const Command& self, const Words& words);
int stop_command(const Command& self, const Words& words);
int pause_command(const Command& self, const Words& words);
int resume_command(const Command& self, const Words& words);
int retry_command(const Command& self, const Words& words);
int set_command(const Command& self, const Words& words);
int delete_command(const Command& self, const Words& words);
int tidy_command(const Command& self, const Words& words);
int report_command(const Command& self, const Words& words);

}  // namespace hone
