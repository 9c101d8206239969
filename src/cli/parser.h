// The command line of one subcommand, by CLI11.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/help_sheet.h"

namespace CLI {
class App;
}

namespace hone {

/// CLI11 itself stays behind this: it costs seconds in every file that includes it. What is given as a reference is
/// filled in by parse() and must live until then.
class Parser {
 public:
  explicit Parser(const Command& command);
  ~Parser();

  // `names`: "--top", "-o,--output", or "STUDY" for a word by its place.
  void word(const std::string& names, std::string& out, const std::string& help, const std::string& type = "TEXT");
  /// An option that may be given again.
  void every(const std::string& names, Words& out, const std::string& help, const std::string& type);
  void required_word(const std::string& name, std::string& out, const std::string& help);
  void one_of(const std::string& names, std::string& out, const std::string& help,
              const std::vector<std::string>& legal);
  void require(const std::string& name);
  void words(const std::string& name, Words& out, const std::string& help);
  void whole(const std::string& names, std::optional<std::int64_t>& out, const std::string& help, std::int64_t lo = 0);
  void flag(const std::string& names, bool& out, const std::string& help);

  /// Words that the option or place of this name may have, for completion: they are not checked.
  void suggest(const std::string& names, const Words& legal);

  /// --home DIR; its default is $HONE_HOME or ./hone-runs. Read it with home().
  void add_home();
  std::string home() const;
  void add_json() { flag("--json", json, "for programs"); }
  bool json = false;
  /// The words were split by split_words(): a mistyped option may have been meant to be a key of the study file.
  /// `takes_command`: there is an inline form, `-- COMMAND ...`.
  void add_study_keys(bool takes_command = false);

  /// The exit status if the program is to end now: help was asked for, or something is wrong.
  std::optional<int> parse(const Words& words);

 private:
  Error unexpected(const Words& words) const;
  HelpRow& row(HelpRow::Kind kind, const std::string& names, const std::string& help, const std::string& type = "");

  const Command& command_;
  std::unique_ptr<CLI::App> app_;
  HelpSheet sheet_;
  std::string home_;
};

}  // namespace hone
