#include "cli/parser.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "base/text.h"
#include "cli/spec_input.h"
#include "hone/registry.h"

namespace hone {

int complain(const Error& error) {
  std::string line;
  for (const char c : error.what + "\n") {
    if (c != '\n') line += c;
    else if (!line.empty()) warn(line), line.clear();
  }
  switch (error.code) {
    case Code::Invalid:
    case Code::NotFound:
    case Code::Conflict:
      return kBadInput;
    case Code::Unavailable:
    case Code::Corrupt:
    case Code::Internal:
      break;
  }
  return kCannot;
}

void warn(const std::string& line) { fmt::print(stderr, "hone: {}\n", printable(without_passwords(line))); }

namespace {

class Page : public CLI::Formatter {
 public:
  Page(const Command& command, const HelpSheet& sheet) : command_(command), sheet_(sheet) { column_width(28); }
  std::string make_usage(const CLI::App*, std::string) const override {
    return fmt::format("Usage: {}\n", usage_line(command_, sheet_));
  }

 private:
  const Command& command_;
  const HelpSheet& sheet_;
};

HelpRow::Kind kind_of(const std::string& names) {
  return names[0] == '-' ? HelpRow::Kind::Value : HelpRow::Kind::Place;
}

}  // namespace

Parser::Parser(const Command& command)
    : command_(command), app_(std::make_unique<CLI::App>(command.line, std::string("hone ") + command.name)) {
  app_->footer(std::string("\nExample:\n  ") + command.example);
  app_->formatter(std::make_shared<Page>(command_, sheet_));
  const char* help = "what it does and takes";
  app_->set_help_flag("-h,--help", help);
  row(HelpRow::Kind::Flag, "-h,--help", help);
}
Parser::~Parser() = default;

HelpRow& Parser::row(HelpRow::Kind kind, const std::string& names, const std::string& help, const std::string& type) {
  sheet_.rows.push_back({.kind = kind, .names = names, .type = type, .help = help});
  return sheet_.rows.back();
}

void Parser::word(const std::string& names, std::string& out, const std::string& help, const std::string& type) {
  const HelpRow::Kind kind = kind_of(names);
  const std::string shown = kind == HelpRow::Kind::Place ? "" : type;
  app_->add_option(names, out, help)->type_name(shown);
  row(kind, names, help, shown);
}
void Parser::every(const std::string& names, Words& out, const std::string& help, const std::string& type) {
  app_->add_option(names, out, help)->type_name(type)->allow_extra_args(false);  // what follows is a place's
  row(HelpRow::Kind::Value, names, help, type).many = true;
}
void Parser::required_word(const std::string& name, std::string& out, const std::string& help) {
  app_->add_option(name, out, help)->type_name("")->required();
  row(HelpRow::Kind::Place, name, help).required = true;
}
void Parser::one_of(const std::string& names, std::string& out, const std::string& help,
                    const std::vector<std::string>& legal) {
  app_->add_option(names, out, help)->check(CLI::IsMember(legal))->type_name("WORD");
  row(kind_of(names), names, help, "WORD").legal = legal;
}
void Parser::require(const std::string& name) {
  app_->get_option(name)->required();
  for (HelpRow& row : sheet_.rows) row.required = row.required || row.names == name;
}
void Parser::words(const std::string& name, Words& out, const std::string& help) {
  app_->add_option(name, out, help)->type_name("");
  row(HelpRow::Kind::Place, name, help).many = true;
}
void Parser::whole(const std::string& names, std::optional<std::int64_t>& out, const std::string& help,
                   std::int64_t lo) {
  const auto check = [lo](const std::string& text) {
    const Value value = parse_value(text);
    const auto* number = std::get_if<std::int64_t>(&value);
    return number && *number >= lo ? std::string() : fmt::format("{} is not a whole number from {}", text, lo);
  };
  app_->add_option(names, out, help)->check(check)->type_name("N");
  row(kind_of(names), names, help, "N");
}
void Parser::flag(const std::string& names, bool& out, const std::string& help) {
  app_->add_flag(names, out, help);
  row(HelpRow::Kind::Flag, names, help);
}

void Parser::suggest(const std::string& names, const Words& legal) {
  for (HelpRow& row : sheet_.rows)
    if (row.names == names) row.legal = legal;
}

void Parser::add_home() { word("--home", home_, "folder of the studies (default: $HONE_HOME or ./hone-runs)", "DIR"); }

void Parser::add_study_keys(bool takes_command) {
  sheet_.takes_command = takes_command;
  for (const StudyKey& key : kStudyKeys) {
    if (*key.help == '\0') continue;
    const std::string name = std::string("--") + key.name;
    // For the page only: split_words() has taken them out.
    app_->add_option(name, CLI::callback_t(), key.help)->type_name(key.type)->group("Keys of the study file");
    HelpRow& row = this->row(HelpRow::Kind::Value, name, key.help, key.type);
    row.key = true;
    row.many = name == "--fix" || name == "--maximize" || name == "--minimize";
    if (name == "--searcher")
      for (const SearcherRow& one : searchers()) row.legal.push_back(one.name);
    if (name == "--scheduler")
      for (const SchedulerRow& one : schedulers()) row.legal.push_back(one.name);
  }
}

std::string Parser::home() const {
  if (!home_.empty()) return home_;
  const char* set = std::getenv("HONE_HOME");
  return set != nullptr && *set != '\0' ? set : "hone-runs";
}

/// What was not expected, and what it may have been meant to be.
Error Parser::unexpected(const Words& words) const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app_->get_options())
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  for (const std::string& word : words) {
    const std::string name = word.substr(0, 2) == "--" ? word.substr(2, word.find('=') - 2) : "";
    if (name.empty() || app_->get_option_no_throw("--" + name) != nullptr) continue;
    const std::string near = nearest_name(name, names);
    const std::string remedy =
        near.empty() ? fmt::format("see `{} --help`", app_->get_name()) : fmt::format("did you mean --{}?", near);
    return {Code::Invalid, fmt::format("--{}: unknown option; {}", name, remedy)};
  }
  const auto rest = app_->remaining();
  return {Code::Invalid,
          fmt::format("{}: not expected; see `{} --help`", rest.empty() ? "" : rest.back(), app_->get_name())};
}

std::optional<int> Parser::parse(const Words& words) {
  if (command_.sheet != nullptr) {
    *command_.sheet = std::move(sheet_);
    return kDone;
  }
  try {
    app_->parse(Words(words.rbegin(), words.rend()));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app_->help());
    return kDone;
  } catch (const CLI::ExtrasError&) {
    return complain(unexpected(words));
  } catch (const CLI::ParseError& e) {
    std::string what = e.what();
    for (char& c : what)
      if (c == '\n') c = ' ';
    return complain({Code::Invalid, fmt::format("{}; see `{} --help`", trim(what), app_->get_name())});
  }
}

}  // namespace hone
