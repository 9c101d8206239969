#include "cli/completion.h"

#include <fmt/format.h>

namespace hone {
namespace {

/// Within single quotes of bash and zsh.
std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return "'" + out + "'";
}

// --- bash ---

constexpr const char* kBash = R"sh(
  for ((i = 2; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == -- ]]; then
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
    fi
    [[ $word == --home ]] && home=${COMP_WORDS[i + 1]}
    if [[ " $values " == *" $word "* ]]; then
      ((i++))
      [[ ${COMP_WORDS[i]} == = ]] && ((i++))
    elif [[ $word != -* ]]; then
      ((place++))
    fi
  done
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi
  if [[ " $values " != *" $prev "* ]]; then
    prev=${places[place]}
    [[ -z $prev && ${#places[@]} -gt 0 && ${places[-1]} == *... ]] && prev=${places[-1]}
    if [[ $cur == -* || -z $prev ]]; then
      mapfile -t COMPREPLY < <(compgen -W "$flags $values" -- "$cur")
      return
    fi
  fi
)sh";

constexpr const char* kBashEnd = R"sh(  esac
  case $kind in
    studies) kind=$("${COMP_WORDS[0]}" list --names ${home:+--home "$home"} 2>/dev/null) ;;
    files)
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    folders)
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$kind" -- "$cur")
}
complete -o filenames -F _hone hone
)sh";

std::string bash_kind(const HelpRow& row) {
  switch (completes(row)) {
    case Complete::Words:
      return quoted(fmt::format("{}", fmt::join(row.legal, " ")));
    case Complete::Studies:
      return "studies";
    case Complete::Files:
      return "files";
    case Complete::Folders:
      return "folders";
    case Complete::Nothing:
      break;
  }
  return {};
}

// --- zsh ---

/// Text within a specification of _arguments.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) out += (c == '[' || c == ']' || c == ':' || c == '\\' ? "\\" : "") + std::string(1, c);
  return out;
}

std::string zsh_action(const HelpRow& row) {
  switch (completes(row)) {
    case Complete::Words:
      return fmt::format("({})", fmt::join(row.legal, " "));
    case Complete::Studies:
      return "_hone_studies";
    case Complete::Files:
      return "_files";
    case Complete::Folders:
      return "_files -/";
    case Complete::Nothing:
      break;
  }
  return " ";
}

std::string zsh_row(const HelpRow& row, int& place) {
  const std::string help = zsh_text(help_line(row));
  if (row.kind == HelpRow::Kind::Place) {
    const std::string where = row.many ? "*:" : fmt::format("{}{}", ++place, row.required ? ":" : "::");
    return quoted(fmt::format("{}{}:{}", where, zsh_text(row.names), zsh_action(row)));
  }
  const bool value = row.kind == HelpRow::Kind::Value;
  const std::string end =
      value ? fmt::format("[{}]:{}:{}", help, zsh_text(row.type), zsh_action(row)) : fmt::format("[{}]", help);
  std::string out;
  const Words names = names_of(row);
  for (const std::string& name : names) {
    const std::string others = row.many || names.size() == 1 ? "" : fmt::format("({})", fmt::join(names, " "));
    const char* form = !value ? "" : name.rfind("--", 0) == 0 ? "=" : "+";
    out += (out.empty() ? "" : " ") + quoted((row.many ? "*" : others) + name + form + end);
  }
  return out;
}

constexpr const char* kZshHead = R"sh(#compdef hone
# Completion of hone for zsh, as `hone completion zsh` prints it.

_hone_studies() {
  local -a names home
  local at=${words[(ie)--home]}
  (( at < $#words )) && home=(--home ${words[at + 1]})
  names=(${(f)"$(command hone list --names $home 2>/dev/null)"})
  compadd -a names
}

_hone() {
  if (( CURRENT == 2 )); then
    local -a commands
    commands=(
)sh";

constexpr const char* kZshMiddle = R"sh(    )
    _describe -t commands 'hone command' commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
)sh";

constexpr const char* kZshEnd = R"sh(  esac
}

if [[ $funcstack[1] == _hone ]]; then _hone "$@"; else compdef _hone hone; fi
)sh";

// --- fish ---

/// Within single quotes of fish.
std::string fish_quoted(const std::string& text) {
  std::string out;
  for (const char c : text) out += (c == '\'' || c == '\\' ? "\\" : "") + std::string(1, c);
  return "'" + out + "'";
}

constexpr const char* kFishHead = R"sh(# Completion of hone for fish, as `hone completion fish` prints it.

function __hone_is
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $argv[1]
end

function __hone_studies
    set -l words (commandline -opc)
    set -l home
    if set -l at (contains -i -- --home $words)
        set at (math $at + 1)
        test $at -le (count $words); and set home --home $words[$at]
    end
    command hone list --names $home 2>/dev/null
end

complete -c hone -f
)sh";

std::string fish_action(const HelpRow& row) {
  switch (completes(row)) {
    case Complete::Words:
      return " -x -a " + fish_quoted(fmt::format("{}", fmt::join(row.legal, " ")));
    case Complete::Studies:
      return " -x -a '(__hone_studies)'";
    case Complete::Files:
      return " -r -F";
    case Complete::Folders:
      return " -x -a '(__fish_complete_directories)'";
    case Complete::Nothing:
      break;
  }
  return row.kind == HelpRow::Kind::Value ? " -x" : "";
}

std::string fish_row(const std::string& command, const HelpRow& row) {
  std::string out = fmt::format("complete -c hone -n '__hone_is {}'", command);
  if (row.kind == HelpRow::Kind::Place) {
    std::string action = fish_action(row);
    if (action.empty()) return {};
    if (action == " -r -F") action = " -F";  // -r is for options
    return out + action + "\n";
  }
  for (const std::string& name : names_of(row))
    out += name.rfind("--", 0) == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
  return out + fish_action(row) + " -d " + fish_quoted(help_line(row)) + "\n";
}

}  // namespace

Complete completes(const HelpRow& row) {
  if (!row.legal.empty()) return Complete::Words;
  if (row.kind == HelpRow::Kind::Flag) return Complete::Nothing;
  const std::string& what = row.kind == HelpRow::Kind::Place ? row.names : row.type;
  if (what == "STUDY") return Complete::Studies;
  if (what == "FILE" || what == "TABLE") return Complete::Files;
  return what == "DIR" ? Complete::Folders : Complete::Nothing;
}

std::string bash_completion(std::span<const Command> commands) {
  std::string names, words, values;
  for (const Command& command : commands) {
    const HelpSheet sheet = describe(command);
    std::string own, own_values, places;
    for (const HelpRow& row : sheet.rows) {
      const std::string name = row.kind == HelpRow::Kind::Place ? row.names + (row.many ? "..." : "") : "";
      if (!name.empty()) places += (places.empty() ? "" : " ") + quoted(name);
      std::string patterns;
      for (const std::string& one : name.empty() ? names_of(row) : Words{name}) {
        if (row.kind == HelpRow::Kind::Flag) own += (own.empty() ? "" : " ") + one;
        if (row.kind == HelpRow::Kind::Value) own_values += (own_values.empty() ? "" : " ") + one;
        patterns += (patterns.empty() ? "" : " | ") + quoted(std::string(command.name) + " " + one);
      }
      const std::string kind = bash_kind(row);
      if (!kind.empty()) values += fmt::format("    {}) kind={} ;;\n", patterns, kind);
    }
    names += std::string(command.name) + " ";
    words += fmt::format("    {})\n      flags={} places=({})\n      values={}\n      ;;\n", command.name, quoted(own),
                         places, quoted(own_values));
  }
  return fmt::format(
      "# Completion of hone for bash, as `hone completion bash` prints it.\n_hone() {{\n"
      "  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} command=${{COMP_WORDS[1]}}\n"
      "  local i word kind home flags values place=0\n  local -a places\n  COMPREPLY=()\n"
      "  if ((COMP_CWORD == 1)); then\n"
      "    mapfile -t COMPREPLY < <(compgen -W '{}--help --version' -- \"$cur\")\n    return\n  fi\n"
      "  case $command in\n{}    *) return ;;\n  esac{}  case \"$command $prev\" in\n{}{}",
      names, words, kBash, values, kBashEnd);
}

std::string zsh_completion(std::span<const Command> commands) {
  std::string names, rows;
  for (const Command& command : commands) {
    const HelpSheet sheet = describe(command);
    names += fmt::format("      {}\n", quoted(std::string(command.name) + ":" + command.line));
    rows += fmt::format("    {})\n      _arguments -S", command.name);
    int place = 0;
    for (const HelpRow& row : sheet.rows) rows += " \\\n        " + zsh_row(row, place);
    if (sheet.takes_command) rows += " \\\n        '*:argument:_files'";
    rows += "\n      ;;\n";
  }
  return kZshHead + names + kZshMiddle + rows + kZshEnd;
}

std::string fish_completion(std::span<const Command> commands) {
  std::string out = kFishHead;
  for (const Command& command : commands)
    out +=
        fmt::format("complete -c hone -n __fish_is_first_arg -a {} -d {}\n", command.name, fish_quoted(command.line));
  for (const Command& command : commands)
    for (const HelpRow& row : describe(command).rows) out += fish_row(command.name, row);
  return out;
}

}  // namespace hone
