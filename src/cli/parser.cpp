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

Parser::Parser(const Command& command)
    : app_(std::make_unique<CLI::App>(command.line, std::string("hone ") + command.name)) {
  app_->footer(std::string("\nExample:\n  ") + command.example);
  app_->get_formatter()->column_width(28);
}
Parser::~Parser() = default;

void Parser::word(const std::string& names, std::string& out, const std::string& help, const std::string& type) {
  app_->add_option(names, out, help)->type_name(type);
}
void Parser::required_word(const std::string& name, std::string& out, const std::string& help) {
  app_->add_option(name, out, help)->type_name("")->required();
}
void Parser::one_of(const std::string& names, std::string& out, const std::string& help,
                    const std::vector<std::string>& legal) {
  app_->add_option(names, out, help)->check(CLI::IsMember(legal))->type_name("WORD");
}
void Parser::words(const std::string& name, Words& out, const std::string& help) {
  app_->add_option(name, out, help)->type_name("");
}
void Parser::whole(const std::string& names, std::optional<std::int64_t>& out, const std::string& help,
                   std::int64_t lo) {
  const auto check = [lo](const std::string& text) {
    const Value value = parse_value(text);
    const auto* number = std::get_if<std::int64_t>(&value);
    return number && *number >= lo ? std::string() : fmt::format("{} is not a whole number from {}", text, lo);
  };
  app_->add_option(names, out, help)->check(check)->type_name("N");
}
void Parser::flag(const std::string& names, bool& out, const std::string& help) { app_->add_flag(names, out, help); }

void Parser::add_home() { word("--home", home_, "folder of the studies (default: $HONE_HOME or ./hone-runs)", "DIR"); }

std::string Parser::home() const {
  if (!home_.empty()) return home_;
  const char* set = std::getenv("HONE_HOME");
  return set != nullptr && *set != '\0' ? set : "hone-runs";
}

/// What was not expected, and what it may have been meant to be.
Error Parser::unexpected(const Words& words) const {
  std::vector<std::string> names;
  if (study_keys_) names.assign(std::begin(kStudyKeys), std::end(kStudyKeys));
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
