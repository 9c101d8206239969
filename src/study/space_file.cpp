#include "study/space_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "hone/registry.h"
#include "space/expression.h"
#include "space/mistakes.h"
#include "space/scan.h"

namespace hone {
namespace {

/// YAML ends a plain word of `{...}` or `[...]` at a comma: `{lr: float(0, 1)}` arrives as `float(0` and a key `1)`.
bool cut(std::string_view text) {
  return std::count(text.begin(), text.end(), '(') != std::count(text.begin(), text.end(), ')');
}

/// What stands behind `--` for the parameter.
bool is_spelling(std::string_view text) {
  const auto fine = [](char c) { return in_name(c) || c == '-'; };
  return !text.empty() && text.size() <= 200 && (starts_name(text[0]) || is_digit(text[0])) &&
         std::all_of(text.begin(), text.end(), fine);
}

/// Reads the parameters one by one. Of one that cannot be read the name stays, so that it hides no other mistake.
class SpaceReader {
 public:
  SpaceReader(FieldReader& reader, Draft& draft) : params(draft.params), reader_(reader), alone_(draft.alone) {}

  std::vector<Param>& params;
  std::vector<int> lines;       // parallel to params
  std::set<std::size_t> vague;  // of which only the name, and perhaps the condition, could be read

  void read(const YamlEntry& entry) {
    const std::string& name = entry.key;
    const std::string field = "space." + shown(std::string_view(name));
    const YamlNode& node = entry.value;
    const int line = node.line == 0 ? 0 : entry.line;
    if (node.kind == YamlNode::Kind::Null && cut(name)) return;  // the rest of the entry before, which was reported
    Param& param = params.emplace_back();
    param.name = name;
    lines.push_back(line);
    bool good = false;
    if (node.is_list()) good = choices(node, field, param);
    else if (node.is_map()) good = long_form(node, field, param);
    else if (node.is_scalar()) good = short_form(node, field, param);
    else reader_.wrong(line, field, "has no domain; write e.g. `" + shown(std::string_view(name)) + ": float(0, 1)`");
    if (!good) {
      vague.insert(params.size() - 1);
    } else if (!std::holds_alternative<Derived>(param.domain)) {
      Param by_itself = param;
      by_itself.when.clear();
      by_itself.low_cost = by_itself.fallback = std::nullopt;
      by_itself.prior.reset();
      if (auto space = Space::make({std::move(by_itself)})) alone_[name] = std::move(*space);
    }
  }

 private:
  bool short_form(const YamlNode& node, const std::string& field, Param& param) {
    if (!node.quoted && cut(node.text)) {
      reader_.wrong(node.line, field,
                    fmt::format("{} is only a part of a domain: YAML cut it at a comma, or a bracket is "
                                "missing; quote it: \"float(0, 1)\"",
                                shown(node)));
      return false;
    }
    auto read = parse_param(param.name, node.text);
    if (read) {
      param.domain = std::move(read->domain);
      param.when = std::move(read->when);
      param.text = std::move(read->text);
      return true;
    }
    blame(node.line, field, read.error().what);
    const auto condition = split_if(node.text).condition;
    if (condition && Expression::check(*condition, Expression::Use::Truth)) param.when = *condition;
    return false;
  }

  bool choices(const YamlNode& node, const std::string& field, Param& param) {
    Choice choice;
    bool good = true;
    for (const auto& item : node.items) {
      const auto value = reader_.value(item, field);
      const bool part = value && !item.quoted && cut(item.text);
      if (part && good)
        reader_.wrong(item.line, field,
                      fmt::format("{} is only a part of a word: YAML cut it at a comma; quote it", shown(item)));
      good = good && value && !part;
      if (!good) continue;
      choice.options.push_back(*value);
      choice.texts.push_back(item.text);
    }
    if (node.items.empty()) reader_.wrong(node.line, field, "has no options; write e.g. [sgd, adam]");
    if (!good || node.items.empty()) return false;
    param.text = fmt::format("[{}]", fmt::join(choice.texts, ", "));
    param.domain = std::move(choice);
    return true;
  }

  bool long_form(const YamlNode& map, const std::string& field, Param& param) {
    reader_.check_keys(map, field,
                       {"domain", "choices", "constant", "when", "weights", "ordered", "low_cost", "default", "mutable",
                        "prior", "spelling"});
    const YamlNode* domain = map.find("domain");
    const YamlNode* options = map.find("choices");
    const YamlNode* constant = map.find("constant");
    bool good = false;
    if ((domain != nullptr) + (options != nullptr) + (constant != nullptr) != 1)
      reader_.wrong(map.line, field,
                    "needs one of domain, choices and constant; write e.g. {domain: \"int(1, 8)\", low_cost: 1}");
    else if (constant) good = constant_of(*constant, field, param);
    else if (options && !options->is_list())
      reader_.wrong(options->line, field + ".choices", "is not a list; write [a, b]");
    else if (options || domain->is_list()) good = choices(options ? *options : *domain, field, param);
    else if (reader_.word(*domain, field + ".domain", "domain: \"float(0, 1)\""))
      good = short_form(*domain, field, param);
    extras(map, field, param, good);
    return good;
  }

  bool constant_of(const YamlNode& node, const std::string& field, Param& param) {
    const auto value = reader_.value(node, field + ".constant");
    if (!value) return false;
    param.text = node.text;
    param.domain = Constant{*value, node.text};
    return true;
  }

  /// `good`: the domain was read, so that what belongs to it can be told from what does not.
  void extras(const YamlNode& map, const std::string& field, Param& param, bool good) {
    Choice unknown;
    auto* choice = good ? std::get_if<Choice>(&param.domain) : &unknown;
    if (const YamlNode* node = map.find("when")) {
      const auto when = reader_.word(*node, field + ".when", "when: model == svm");
      if (when && !param.when.empty())
        reader_.wrong(node->line, field + ".when", "the domain has an `if` too; keep one");
      if (when) param.when = trim(*when);
      if (when && param.when.empty()) reader_.wrong(node->line, field + ".when", "is empty; remove it");
    }
    if (const YamlNode* node = map.find("weights")) weights(*node, field + ".weights", choice);
    if (const YamlNode* node = map.find("ordered")) {
      const auto ordered = reader_.truth(*node, field + ".ordered");
      if (ordered && !choice) reader_.wrong(node->line, field + ".ordered", "belongs to choices; remove it");
      else if (ordered) choice->ordered = *ordered;
    }
    if (const YamlNode* node = map.find("low_cost"))
      if (const auto value = reader_.value(*node, field + ".low_cost")) param.low_cost = *value;
    if (const YamlNode* node = map.find("default"))
      if (const auto value = reader_.value(*node, field + ".default")) param.fallback = *value;
    if (const YamlNode* node = map.find("mutable"))
      param.changeable = reader_.truth(*node, field + ".mutable").value_or(true);
    if (const YamlNode* node = map.find("prior")) {
      if (const auto text = reader_.word(*node, field + ".prior", "prior: \"normal(3, 1)\"")) {
        auto prior = parse_param(param.name, *text);
        if (!prior) blame(node->line, field + ".prior", prior.error().what);
        else if (!std::holds_alternative<Normal>(prior->domain) || !prior->when.empty())
          reader_.wrong(node->line, field + ".prior",
                        fmt::format("{} is not a normal domain; write e.g. \"normal(3, 1)\"", shown(*node)));
        else param.prior = prior->domain;
      }
    }
    if (const YamlNode* node = map.find("spelling"))
      if (const auto text = reader_.word(*node, field + ".spelling", "spelling: batch-size")) {
        if (is_spelling(*text)) param.spelling = *text;
        else
          reader_.wrong(node->line, field + ".spelling",
                        fmt::format("{} is not an option's name; use letters, digits, . _ and -", shown(*node)));
      }
  }

  void weights(const YamlNode& node, const std::string& field, Choice* choice) {
    if (!choice) return reader_.wrong(node.line, field, "belong to choices; use prior: \"normal(..)\" for a range");
    if (!node.is_list())
      return reader_.wrong(node.line, field, fmt::format("{} is not a list; write [1, 2]", shown(node)));
    for (const auto& item : node.items) {
      const auto weight = reader_.number(item, field);
      if (!weight) return;
      choice->weights.push_back(*weight);
    }
  }

  /// What the space says, a line a mistake, names the parameter already.
  void blame(int line, const std::string& field, std::string_view what) {
    for (std::string_view mistake : mistakes_in(what)) {
      const std::size_t colon = mistake.find(": ");
      if (mistake.substr(0, 6) == "space." && colon != std::string_view::npos) mistake.remove_prefix(colon + 2);
      reader_.wrong(line, field, mistake);
    }
  }

  FieldReader& reader_;
  std::map<std::string, Space, std::less<>>& alone_;
};

/// `fix lr=0.1`: checked by a space of that one parameter.
void fix(FieldReader& reader, SpaceReader& space, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return reader.wrong(0, "fix",
                        fmt::format("{} is not NAME=VALUE; write e.g. --fix lr=0.1", shown(std::string_view(text))));
  const std::string name = text.substr(0, equals), value = text.substr(equals + 1);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < space.params.size(); ++i) {
    Param& param = space.params[i];
    names.push_back(param.name);
    if (param.name != name) continue;
    if (space.vague.contains(i)) return;  // reported for the space itself
    if (std::holds_alternative<Constant>(param.domain) || std::holds_alternative<Derived>(param.domain))
      return reader.wrong(0, "fix", fmt::format("{} is not free: {}", name, shown(std::string_view(param.text))));
    Param alone = param;
    alone.when.clear();
    const auto one = Space::make({alone});
    if (!one) return;  // reported for the space itself
    const auto config = one->check({{name, parse_value(value)}});
    if (!config) return reader.wrong(0, "fix", config.error().what);
    const std::string canonical = one->text(0, (*config)[0]);
    param.domain = Constant{(*config)[0], canonical};
    param.low_cost.reset();
    param.fallback.reset();
    param.prior.reset();
    param.text = canonical;
    return;
  }
  const std::string near = nearest_name(name, names);
  reader.wrong(0, "fix",
               fmt::format("{} is not a parameter{}", shown(std::string_view(name)),
                           near.empty() ? "" : "; did you mean " + near + "?"));
}

}  // namespace

void read_space(FieldReader& reader, const YamlNode* space, const YamlNode* constraints,
                const std::vector<std::string>& fixes, Draft& draft) {
  SpaceReader entries(reader, draft);
  if (space && reader.expect_map(*space, "space", "space: {lr: \"float(0, 1)\"}"))
    for (const auto& entry : space->entries) entries.read(entry);
  std::vector<std::string> rules;
  std::vector<std::size_t> numbers;  // of the rules in the list
  if (constraints && !constraints->is_list())
    reader.wrong(constraints->line, "constraints", "is not a list; write [\"depth * width <= 4096\"]");
  for (std::size_t i = 0; constraints && i < constraints->items.size(); ++i) {
    const auto rule = reader.word(constraints->items[i], fmt::format("constraints[{}]", i), "- depth * width <= 4096");
    if (!rule) continue;
    rules.push_back(trim(*rule));
    numbers.push_back(i);
  }
  for (const auto& text : fixes) fix(reader, entries, text);
  for (const auto& [of, index, what] : space_mistakes(draft.params, rules, entries.vague)) {
    if (of == SpaceMistake::Of::Param)
      reader.wrong(entries.lines[index], "space." + shown(std::string_view(draft.params[index].name)), what);
    else if (of == SpaceMistake::Of::Rule)
      reader.wrong(constraints->items[numbers[index]].line, fmt::format("constraints[{}]", numbers[index]), what);
    else reader.wrong(space->line, "space", what);
  }
  const auto sound = [&](const char* key) { return !reader.broken().contains(key); };
  if (!sound("space") || !sound("constraints") || !sound("fix")) return;
  auto made = Space::make(draft.params, std::move(rules));
  if (made) draft.spec.space = std::move(*made);
  else reader.wrong(space ? space->line : 1, "space", made.error().what);  // not expected: the same checks
}

}  // namespace hone
