// Rules of `hone lint` about what reaches the program.
#include <fmt/format.h>

#include <algorithm>

#include "cli/lint.h"
#include "exec/command.h"
#include "space/expression.h"

namespace hone {
namespace {

std::vector<std::size_t> mentions(const Space& space, const std::string& text, Expression::Use use) {
  if (text.empty()) return {};
  NameIndex names;
  for (std::size_t i = 0; i < space.params().size(); ++i) names[space.params()[i].name] = i;
  const auto compiled = Expression::compile(text, space.params(), names, use);
  return compiled ? compiled->mentions() : std::vector<std::size_t>();
}

/// Those in the command, and what decides over them: the parameters of their conditions and of derived values.
std::vector<bool> with_effect(const StudySpec& spec) {
  std::vector<bool> effect = parameters_in_command(spec);
  const auto& params = spec.space.params();
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < params.size(); ++i) {
      if (!effect[i]) continue;
      auto needed = mentions(spec.space, params[i].when, Expression::Use::Truth);
      if (const auto* derived = std::get_if<Derived>(&params[i].domain))
        for (const std::size_t at : mentions(spec.space, derived->expression, Expression::Use::Value))
          needed.push_back(at);
      for (const std::size_t at : needed)
        if (!effect[at]) effect[at] = more = true;
    }
  }
  return effect;
}

std::string dashes(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

/// `--lr 0.1` or `--lr=0.1` in the command, where lr is this parameter; empty if there is none.
std::string plain_option(const StudySpec& spec, const Param& param) {
  for (std::size_t w = 0; w < spec.command.size(); ++w) {
    const std::string& word = spec.command[w];
    if (word.size() < 2 || word[0] != '-') continue;
    const std::size_t equals = word.find('=');
    const std::size_t from = word[1] == '-' ? 2 : 1;
    const std::string option = dashes(word.substr(from, std::min(equals, word.size()) - from));
    if (option != dashes(param.name) && (param.spelling.empty() || option != dashes(param.spelling))) continue;
    const bool joined = equals != std::string::npos, last = w + 1 == spec.command.size();
    const std::string value = joined ? word.substr(equals + 1) : last ? "" : spec.command[w + 1];
    if (value.find('{') != std::string::npos) continue;
    return joined || value.empty() ? word : word + " " + value;
  }
  return {};
}

bool is_constant(const Param& param) { return std::holds_alternative<Constant>(param.domain); }

}  // namespace

void lint_outside_command(const LintInput& input, Remarks& out) {
  const StudySpec& spec = input.spec;
  const auto& params = spec.space.params();
  if (spec.command.empty() || params.empty()) return;
  const auto named = parameters_in_command(spec), effect = with_effect(spec);
  if (std::none_of(named.begin(), named.end(), [](bool is) { return is; }) &&
      std::all_of(params.begin(), params.end(), [&](const Param& p) { return plain_option(spec, p).empty(); })) {
    out.push_back({"", "command", "no parameter is in it, so they reach the program by $HONE_PARAMS only",
                   "add {params}, unless the program reads the file that $HONE_PARAMS names"});
    return;
  }
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (effect[i] || is_constant(params[i]) || !plain_option(spec, params[i]).empty()) continue;
    std::string made;  // what is derived from it does not reach the program either
    for (const Param& other : params)
      if (const auto* derived = std::get_if<Derived>(&other.domain)) {
        const auto of = mentions(spec.space, derived->expression, Expression::Use::Value);
        if (std::find(of.begin(), of.end(), i) != of.end()) made += (made.empty() ? "" : ", ") + other.name;
      }
    out.push_back({"", "space." + params[i].name,
                   made.empty() ? "not in the command, so without effect unless the program reads $HONE_PARAMS"
                                : fmt::format("only {} is made of it, which is not in the command", made),
                   fmt::format("add {{{}}} to the command", made.empty() ? params[i].name : made)});
  }
}

void lint_fixed_option(const LintInput& input, Remarks& out) {
  const StudySpec& spec = input.spec;
  if (spec.command.empty()) return;
  const auto named = parameters_in_command(spec);
  for (std::size_t i = 0; i < spec.space.params().size(); ++i) {
    const Param& param = spec.space.params()[i];
    const std::string option = named[i] ? "" : plain_option(spec, param);
    if (option.empty()) continue;
    const std::string name = option.substr(0, option.find_first_of("= "));
    out.push_back({"", "command", fmt::format("{} is fixed in it, while {} is a parameter", option, param.name),
                   fmt::format("{} {{{}}}", name, param.name)});
  }
}

}  // namespace hone
