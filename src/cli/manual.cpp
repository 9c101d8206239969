#include "cli/manual.h"

#include <fmt/format.h>

namespace hone {
namespace {

/// Text that roff shows as it is: a backslash, a hyphen that can be copied, a dot that begins a line.
std::string roff(const std::string& text) {
  std::string out;
  bool begins = true;
  for (const char c : text) {
    if (begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else if (c == '\'') out += "\\(aq";
    else if (c == '`') out += "\\(ga";
    else if (c == '^') out += "\\(ha";
    else if (c == '~') out += "\\(ti";
    else out += c;
    begins = c == '\n';
  }
  return out;
}

std::string entry(const std::string& term, const std::string& text) {
  return fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(term), roff(text));
}

std::string row_text(const HelpRow& row) {
  std::string out = ".TP\n";
  for (const std::string& name : names_of(row))
    out += fmt::format("{}\\fB{}\\fR", out.back() == '\n' ? "" : ", ", roff(name));
  if (row.kind == HelpRow::Kind::Value) out += " \\fI" + roff(row.type) + "\\fR";
  out += "\n" + roff(help_line(row));
  if (!row.legal.empty()) out += roff(fmt::format(" ({})", fmt::join(row.legal, ", ")));
  return out + "\n";
}

std::string command_text(const Command& command, const HelpSheet& sheet) {
  std::string out = fmt::format(".SS {}\n{}.\n", roff(usage_line(command, sheet)), roff(command.line));
  bool keys = false;
  for (const HelpRow& row : sheet.rows) {
    keys = keys || row.key;
    if (!row.key && row.names != "-h,--help") out += row_text(row);
  }
  if (keys) out += ".PP\nAnd the keys of the study file, below.\n";
  return out;
}

std::string keys_text(std::span<const Command> commands) {
  for (const Command& command : commands) {
    const HelpSheet sheet = describe(command);
    std::string out;
    for (const HelpRow& row : sheet.rows)
      if (row.key) out += row_text(row);
    if (!out.empty()) return out;
  }
  return {};
}

std::string example_text(const Command& command) {
  return fmt::format("{}\n", roff(std::string("  ") + command.example));
}

constexpr std::pair<const char*, const char*> kFiles[] = {
    {"hone-runs/hone.db", "the log of every study; the folder is --home or $HONE_HOME"},
    {"hone-runs/studies/STUDY/TRIAL/", "stdout, stderr and params.json of a trial"},
    {"hone-runs/studies/STUDY/TRIAL/files/", "its folder for checkpoints, {dir} in the command"},
};
constexpr std::pair<const char*, const char*> kEnvironment[] = {
    {"HONE_HOME", "folder of the studies"},
    {"CUDA_VISIBLE_DEVICES", "the GPUs that may be used; set for each trial to what it was given"},
    {"TMPDIR", "where `hone try` makes its folder"},
    {"HONE_STUDY, HONE_TRIAL, HONE_SEED, HONE_UNTIL, HONE_DIR, HONE_PARAMS, HONE_REPORT", "set for each trial"},
};
constexpr std::pair<const char*, const char*> kStatus[] = {
    {"0", "done"},
    {"1", "no trial reported the objective"},
    {"2", "bad input; nothing was started"},
    {"3", "could not be carried out: store, engine or disk"},
    {"130", "interrupted and saved; the same command goes on"},
};

template <class Entries>
std::string entries(const Entries& list) {
  std::string out;
  for (const auto& [term, text] : list) out += entry(term, text);
  return out;
}

}  // namespace

std::string manual_page(std::span<const Command> commands, const std::string& version) {
  std::string out = fmt::format(".TH HONE 1 \"\" \"hone {}\" \"User Commands\"\n", roff(version));
  out += ".SH NAME\nhone \\- tunes the parameters of a program\n";
  out += ".SH SYNOPSIS\n.B hone\n.I COMMAND\n[OPTIONS]\n";
  out += ".SH DESCRIPTION\n" +
         roff(
             "Hone runs a program many times with other parameters, finds those that make a metric best, and keeps "
             "what it "
             "learned: a study that was interrupted goes on where it was.\nA study is described by a file (hone run "
             "study.yaml) or by the command line itself, in which words that begin with ~ are parameters.\n");
  for (const Group group : {Group::Run, Group::Look, Group::Check, Group::Files}) {
    std::string heading = title(group);
    for (char& c : heading) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    out += fmt::format(".SH {}\n", heading);
    for (const Command& command : commands)
      if (command.group == group) out += command_text(command, describe(command));
  }
  out += ".SH KEYS OF THE STUDY FILE\nEach is an option too, and beats the file.\n" + keys_text(commands);
  out += ".SH FILES\n" + entries(kFiles) + ".SH ENVIRONMENT\n" + entries(kEnvironment);
  out += ".SH EXIT STATUS\n" + entries(kStatus) + ".SH EXAMPLES\n.nf\n";
  for (const Command& command : commands) out += example_text(command);
  return out + ".fi\n";
}

}  // namespace hone
