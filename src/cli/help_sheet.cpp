#include "cli/help_sheet.h"

#include <fmt/format.h>

#include <algorithm>

namespace hone {

const char* title(Group group) {
  switch (group) {
    case Group::Run:
      return "Run and steer";
    case Group::Look:
      return "Look";
    case Group::Check:
      return "Check";
    case Group::Files:
      return "Files and shell";
  }
  return "";
}

HelpSheet describe(const Command& command) {
  HelpSheet sheet;
  Command asked = command;
  asked.sheet = &sheet;
  asked.run(asked, {});
  return sheet;
}

Words names_of(const HelpRow& row) {
  Words out;
  for (std::size_t from = 0; from <= row.names.size();) {
    const std::size_t comma = std::min(row.names.find(',', from), row.names.size());
    out.push_back(row.names.substr(from, comma - from));
    from = comma + 1;
  }
  return out;
}

std::string help_line(const HelpRow& row) {
  std::string out = row.help;
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

std::string usage_line(const Command& command, const HelpSheet& sheet) {
  std::string out = fmt::format("hone {} [OPTIONS]", command.name);
  for (const HelpRow& row : sheet.rows) {
    if (row.kind != HelpRow::Kind::Place) continue;
    const std::string name = row.names + (row.many ? " ..." : "");
    out += row.required ? " " + name : " [" + name + "]";
  }
  return out + (sheet.takes_command ? " [-- COMMAND ...]" : "");
}

}  // namespace hone
