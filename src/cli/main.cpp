#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "base/text.h"
#include "cli/command.h"
#include "hone/registry.h"

namespace {

using hone::Command;
using hone::Group;

constexpr Command kCommands[] = {
    {"run", "run a study to its end, or resume it",
     "hone run study.yaml\n  hone run --maximize val_acc --trials 20 -- "
     "python3 train.py --lr '~float(1e-4, 1e-1, log)' --epochs '~until(10)'",
     hone::run_command},
    {"stop", "end a study, or trials of it, for good", "hone stop fashion-mlp\n  hone stop fashion-mlp 3 7",
     hone::stop_command},
    {"pause", "pause trials until `hone resume`", "hone pause fashion-mlp 3", hone::pause_command},
    {"resume", "let paused trials go on", "hone resume fashion-mlp 3", hone::resume_command},
    {"retry", "run failed trials once more", "hone retry fashion-mlp --failed", hone::retry_command},
    {"set", "change how many runs a study has at a time", "hone set fashion-mlp parallel=8", hone::set_command},
    {"delete", "remove a study: its log, outputs and checkpoints", "hone delete fashion-mlp", hone::delete_command,
     Group::Files},
    {"tidy", "remove a study's checkpoints but those of the best trials", "hone tidy fashion-mlp --keep 5",
     hone::tidy_command, Group::Files},
    {"try", "run one configuration once, outside any study", "hone try study.yaml lr=0.1 hidden=256",
     hone::try_command},
    {"list", "the studies of this home", "hone list", hone::list_command, Group::Look},
    {"status", "where a study stands", "hone status fashion-mlp --json", hone::status_command, Group::Look},
    {"trials", "a study's trials", "hone trials fashion-mlp --top 10", hone::trials_command, Group::Look},
    {"best", "the best trial, its parameters and command line", "hone best fashion-mlp --json", hone::best_command,
     Group::Look},
    {"logs", "what a trial wrote", "hone logs fashion-mlp 17 -f", hone::logs_command, Group::Look},
    {"explain", "why a trial was proposed, promoted or stopped; which parameters matter", "hone explain fashion-mlp 17",
     hone::explain_command, Group::Look},
    {"plan", "what would run: brackets, rungs, budget, slots", "hone plan study.yaml --json", hone::plan_command,
     Group::Check},
    {"lint", "questionable choices of a study that is correct", "hone lint study.yaml", hone::lint_command,
     Group::Check},
    {"simulate", "the study in virtual time, on recorded learning curves",
     "hone simulate study.yaml --curves table.csv --parallel 8 --seed 1", hone::simulate_command, Group::Check},
    {"searchers", "every searcher with its options", "hone searchers tpe", hone::searchers_command, Group::Check},
    {"schedulers", "every scheduler with its options", "hone schedulers asha", hone::schedulers_command, Group::Check},
    {"ask-tell", "the study over standard input and output, a JSON object a line",
     "echo '{\"ask\": 1}' | hone ask-tell study.yaml", hone::ask_tell_command},
    {"replay", "derive every decision of a study again and compare", "hone replay fashion-mlp", hone::replay_command,
     Group::Check},
    {"export", "a study's trials as CSV or JSON lines", "hone export fashion-mlp --format csv > trials.csv",
     hone::export_command, Group::Files},
    {"portfolio", "gather the best configurations of this home, to be tried first", "hone portfolio build",
     hone::portfolio_command, Group::Files},
    {"report", "what a trial calls to report its metrics", "hone report val_acc=0.91 epoch=3", hone::report_command},
    {"completion", "completion of a shell, as a script", "source <(hone completion bash)", hone::completion_command,
     Group::Files},
    {"man", "the manual page", "hone man | man -l -", hone::man_command, Group::Files},
};

void help() {
  fmt::print("Hone tunes the parameters of a program.\n\nUsage: hone COMMAND ...\n\n");
  for (const Group group : {Group::Run, Group::Look, Group::Check, Group::Files}) {
    fmt::print("{}{}\n", group == Group::Run ? "" : "\n", title(group));
    for (const Command& command : kCommands)
      if (command.group == group) fmt::print("  {:<11} {}\n", command.name, command.line);
  }
  const std::string_view examples = kCommands[0].example;
  fmt::print("\n`hone COMMAND --help` tells more. A first study:\n\n  {}\n", examples.substr(examples.find('\n') + 3));
}

}  // namespace

namespace {

/// Other users see the command line in `ps`: passwords in it are overwritten once it has been copied.
hone::Words take_words(int argc, char** argv) {
  hone::Words words(argv + std::min(argc, 2), argv + argc);
  for (int i = 1; i < argc; ++i)
    for (auto found = hone::find_password(argv[i]); found;
         found = hone::find_password(argv[i], found->first + found->second))
      std::memset(argv[i] + found->first, '*', found->second);
  return words;
}

}  // namespace

int main(int argc, char** argv) {
  const hone::Words words = take_words(argc, argv);
  const std::string name = argc > 1 ? argv[1] : "";
  if (name.empty() || name == "--help" || name == "-h" || name == "help") {
    help();
    return name.empty() ? hone::kBadInput : hone::kDone;
  }
  if (name == "--version") {
    fmt::print("hone {}\n", HONE_VERSION);
    return hone::kDone;
  }
  std::vector<std::string> names;
  for (const Command& command : kCommands) {
    if (name == command.name) {
      Command self = command;
      self.all = kCommands;
      const int status = self.run(self, words);
      if (std::fflush(stdout) != 0 && status == hone::kDone)
        return hone::complain({hone::Code::Unavailable, "standard output: cannot be written"});
      return status;
    }
    names.emplace_back(command.name);
  }
  const std::string near = hone::nearest_name(name, names);
  return hone::complain(
      {hone::Code::Invalid, fmt::format("{}: unknown command; {}", hone::printable(name),
                                        near.empty() ? "`hone --help` lists them" : "did you mean " + near + "?")});
}
