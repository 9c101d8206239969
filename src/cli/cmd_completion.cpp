#include <fmt/format.h>

#include <cstdio>

#include "cli/completion.h"
#include "cli/manual.h"
#include "cli/parser.h"

namespace hone {

int completion_command(const Command& self, const Words& words) {
  Parser parser(self);
  std::string shell;
  parser.one_of("SHELL", shell, "which shell", {"bash", "zsh", "fish"});
  parser.require("SHELL");
  if (const auto status = parser.parse(words)) return *status;
  fmt::print("{}", shell == "bash"  ? bash_completion(self.all)
                   : shell == "zsh" ? zsh_completion(self.all)
                                    : fish_completion(self.all));
  return kDone;
}

int man_command(const Command& self, const Words& words) {
  Parser parser(self);
  if (const auto status = parser.parse(words)) return *status;
  fmt::print("{}", manual_page(self.all, HONE_VERSION));
  return kDone;
}

}  // namespace hone
