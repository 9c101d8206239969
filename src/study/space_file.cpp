#include "study/space_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "hone/registry.h"

namespace hone {
namespace {

/// YAML ends a plain word of `{...}` or `[...]` at a comma: `{lr: float(0, 1)}` arrives as `float(0` and a key `1)`.
bool cut(std::string_view text) {
  return std::count(text.begin(), text.end(), '(') != std::count(text.begin(), text.end(), ')');
}

class SpaceReader {
 public:
  SpaceReader(FieldReader& reader) : reader_(reader) {}

  void read(const YamlEntry& entry) {
    const std::string& name = entry.key;
    const std::string field = "space." + name;
    const YamlNode& node = entry.value;
    if (node.kind == YamlNode::Kind::Null && cut(name)) return;  // the rest of the entry before, which was reported
    std::optional<Param> param;
    if (node.is_list()) param = choices(node, name, field);
    else if (node.is_map()) param = long_form(node, name, field);
    else if (node.is_scalar()) param = short_form(node, name, field);
    else reader_.wrong(entry.line, field, "has no domain; write e.g. `" + name + ": float(0, 1)`");
    if (!param) return;
    lines[name] = entry.line;
    if (!std::holds_alternative<Derived>(param->domain)) {  // by itself first, so that one mistake hides no other
      Param alone = *param;
      alone.when.clear();
      if (const auto space = Space::make({std::move(alone)}); !space)
        return blame(entry.line, field, space.error().what);
    }
    params.push_back(std::move(*param));
  }

  std::vector<Param> params;
  std::map<std::string, int> lines;

 private:
  std::optional<Param> short_form(const YamlNode& node, const std::string& name, const std::string& field) {
    if (!node.quoted && cut(node.text)) {
      reader_.wrong(node.line, field,
                    fmt::format("{} is only a part of a domain: YAML cut it at a comma, or a bracket is "
                                "missing; quote it: \"float(0, 1)\"",
                                shown(node)));
      return std::nullopt;
    }
    auto param = parse_param(name, node.text);
    if (param) return std::move(*param);
    blame(node.line, field, param.error().what);
    return std::nullopt;
  }

  std::optional<Param> choices(const YamlNode& node, const std::string& name, const std::string& field) {
    Choice choice;
    for (const auto& item : node.items) {
      const auto value = reader_.value(item, field);
      if (!value) return std::nullopt;
      if (!item.quoted && cut(item.text)) {
        reader_.wrong(item.line, field,
                      fmt::format("{} is only a part of a word: YAML cut it at a comma; quote it", shown(item)));
        return std::nullopt;
      }
      choice.options.push_back(*value);
      choice.texts.push_back(item.text);
    }
    if (choice.options.empty()) {
      reader_.wrong(node.line, field, "has no options; write e.g. [sgd, adam]");
      return std::nullopt;
    }
    Param param;
    param.name = name;
    param.text = fmt::format("[{}]", fmt::join(choice.texts, ", "));
    param.domain = std::move(choice);
    return param;
  }

  std::optional<Param> long_form(const YamlNode& map, const std::string& name, const std::string& field) {
    const std::size_t before = reader_.count();
    reader_.check_keys(
        map, field,
        {"domain", "choices", "constant", "when", "weights", "ordered", "low_cost", "mutable", "prior", "spelling"});
    const YamlNode* domain = map.find("domain");
    const YamlNode* options = map.find("choices");
    const YamlNode* constant = map.find("constant");
    if ((domain != nullptr) + (options != nullptr) + (constant != nullptr) != 1) {
      reader_.wrong(map.line, field,
                    "needs one of domain, choices and constant; write e.g. {domain: \"int(1, 8)\", low_cost: 1}");
      return std::nullopt;
    }
    std::optional<Param> param;
    if (constant) param = constant_of(*constant, name, field);
    else if (options && !options->is_list())
      reader_.wrong(options->line, field + ".choices", "is not a list; write [a, b]");
    else if (options || domain->is_list()) param = choices(options ? *options : *domain, name, field);
    else if (const auto text = reader_.word(*domain, field + ".domain", "domain: \"float(0, 1)\""))
      param = short_form(*domain, name, field);
    if (!param) return std::nullopt;
    extras(map, field, *param);
    if (reader_.count() > before) return std::nullopt;
    return param;
  }

  std::optional<Param> constant_of(const YamlNode& node, const std::string& name, const std::string& field) {
    const auto value = reader_.value(node, field + ".constant");
    if (!value) return std::nullopt;
    Param param;
    param.name = name;
    param.text = node.text;
    param.domain = Constant{*value, node.text};
    return param;
  }

  void extras(const YamlNode& map, const std::string& field, Param& param) {
    auto* choice = std::get_if<Choice>(&param.domain);
    if (const YamlNode* node = map.find("when")) {
      const auto when = reader_.word(*node, field + ".when", "when: model == svm");
      if (when && !param.when.empty())
        reader_.wrong(node->line, field + ".when", "the domain has an `if` too; keep one");
      if (when) param.when = trim(*when);
    }
    if (const YamlNode* node = map.find("weights")) weights(*node, field + ".weights", choice);
    if (const YamlNode* node = map.find("ordered")) {
      const auto ordered = reader_.truth(*node, field + ".ordered");
      if (ordered && !choice) reader_.wrong(node->line, field + ".ordered", "belongs to choices; remove it");
      else if (ordered) choice->ordered = *ordered;
    }
    if (const YamlNode* node = map.find("low_cost"))
      if (const auto value = reader_.value(*node, field + ".low_cost")) param.low_cost = *value;
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
      if (const auto text = reader_.word(*node, field + ".spelling", "spelling: batch-size")) param.spelling = *text;
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
};

/// `fix lr=0.1`: checked by a space of that one parameter.
void fix(FieldReader& reader, SpaceReader& space, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return reader.wrong(0, "fix",
                        fmt::format("{} is not NAME=VALUE; write e.g. --fix lr=0.1", shown(std::string_view(text))));
  const std::string name = text.substr(0, equals), value = text.substr(equals + 1);
  std::vector<std::string> names;
  for (auto& param : space.params) {
    names.push_back(param.name);
    if (param.name != name) continue;
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
    param.prior.reset();
    param.text = canonical;
    return;
  }
  const std::string near = nearest_name(name, names);
  reader.wrong(0, "fix",
               fmt::format("{} is not a parameter{}", shown(std::string_view(name)),
                           near.empty() ? "" : "; did you mean " + near + "?"));
}

/// Puts what Space::make() says, a line a mistake, to the lines of the file.
void blame_space(FieldReader& reader, const SpaceReader& space, const YamlNode& node, const YamlNode* constraints,
                 std::string_view what) {
  for (const std::string_view line : mistakes_in(what)) {
    const std::size_t colon = line.find(": ");
    const std::string_view field = colon == std::string_view::npos ? "space" : line.substr(0, colon);
    const std::string_view rest = colon == std::string_view::npos ? line : line.substr(colon + 2);
    int at = node.line;
    if (field.substr(0, 6) == "space.") {
      std::string_view name = field.substr(6);
      const auto found = space.lines.find(std::string(name));
      if (found != space.lines.end()) at = found->second;
    } else if (field.substr(0, 11) == "constraints" && constraints) {
      at = constraints->line;
      // constraints[2]: the third of the list
      const std::size_t digits = field.find('[');
      const Value index = digits == std::string_view::npos
                              ? Value()
                              : parse_value(field.substr(digits + 1, field.find(']') - digits - 1));
      if (const auto* i = std::get_if<std::int64_t>(&index);
          i && *i >= 0 && static_cast<std::size_t>(*i) < constraints->items.size())
        at = constraints->items[static_cast<std::size_t>(*i)].line;
    }
    reader.wrong(at, field, rest);
  }
}

}  // namespace

std::optional<Space> read_space(FieldReader& reader, const YamlNode* space, const YamlNode* constraints,
                                const std::vector<std::string>& fixes) {
  const std::size_t before = reader.count();
  SpaceReader entries(reader);
  const YamlNode none;
  const YamlNode& node = space ? *space : none;
  if (space && reader.expect_map(*space, "space", "space: {lr: \"float(0, 1)\"}"))
    for (const auto& entry : space->entries) entries.read(entry);
  std::vector<std::string> rules;
  if (constraints && !constraints->is_list())
    reader.wrong(constraints->line, "constraints", "is not a list; write [\"depth * width <= 4096\"]");
  if (constraints)
    for (const auto& item : constraints->items)
      if (const auto rule = reader.word(item, "constraints", "- depth * width <= 4096")) rules.push_back(trim(*rule));
  for (const auto& text : fixes) fix(reader, entries, text);
  if (reader.count() > before) return std::nullopt;
  auto made = Space::make(entries.params, rules);
  if (made) return std::move(*made);
  blame_space(reader, entries, node, constraints, made.error().what);
  return std::nullopt;
}

}  // namespace hone
