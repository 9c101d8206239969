#include <fmt/format.h>

#include <cstdio>
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
    {"try", "run one configuration once, outside any study", "hone try study.yaml lr=0.1 hidden=256",
     hone::try_command},
    {"list", "the studies of this home", "hone list", hone::list_command, Group::Look},
    {"status", "where a study stands", "hone status fashion-mlp --json", hone::status_command, Group::Look},
    {"trials", "a study's trials", "hone trials fashion-mlp --top 10", hone::trials_command, Group::Look},
    {"best", "the best trial, its parameters and command line", "hone best fashion-mlp --json", hone::best_command,
     Group::Look},
    {"explain", "why a trial was proposed, promoted or stopped; which parameters matter", "hone explain fashion-mlp 17",
     hone::explain_command, Group::Look},
    {"plan", "what would run: brackets, rungs, budget, slots", "hone plan study.yaml --json", hone::plan_command,
     Group::Check},
    {"lint", "questionable choices of a study that is correct", "hone lint study.yaml", hone::lint_command,
     Group::Check},
    {"searchers", "every searcher with its options", "hone searchers tpe", hone::searchers_command, Group::Check},
    {"schedulers", "every scheduler with its options", "hone schedulers asha", hone::schedulers_command, Group::Check},
    {"ask-tell", "the study over standard input and output, a JSON object a line",
     "echo '{\"ask\": 1}' | hone ask-tell study.yaml", hone::ask_tell_command},
    {"replay", "derive every decision of a study again and compare", "hone replay fashion-mlp", hone::replay_command,
     Group::Check},
    {"export", "a study's trials as CSV or JSON lines", "hone export fashion-mlp --format csv > trials.csv",
     hone::export_command, Group::Files},
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

int main(int argc, char** argv) {
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
      const int status = self.run(self, hone::Words(argv + 2, argv + argc));
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
