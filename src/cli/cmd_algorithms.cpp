#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "cli/parser.h"
#include "cli/text_out.h"
#include "hone/registry.h"

namespace hone {
namespace {

std::string range_text(const OptionRow& option) {
  if (option.type == OptionRow::Type::Word) return fmt::format("{}", fmt::join(option.words, ", "));
  if (option.type == OptionRow::Type::Bool) return "true or false";
  if (option.type == OptionRow::Type::Text) return "any";
  return fmt::format("{} to {}", number_text(option.lo), number_text(option.hi));
}

std::string fallback_text(const OptionRow& option) {
  if (std::holds_alternative<std::monostate>(option.fallback)) return "decided by itself";
  if (option.type == OptionRow::Type::Bool) return std::get<std::int64_t>(option.fallback) != 0 ? "true" : "false";
  return value_text(option.fallback);
}

/// Lines of at most 80 characters; those after the first are indented.
std::string folded(const std::string& text, std::size_t indent) {
  constexpr std::size_t kWidth = 80;
  const auto columns = [](std::string_view word) {  // of UTF-8 without wide characters
    return static_cast<std::size_t>(std::count_if(word.begin(), word.end(), [](char c) { return (c & 0xc0) != 0x80; }));
  };
  std::string out, line;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(' ', from), text.size());
    const std::string word = text.substr(from, to - from);
    const bool begins = line.find_first_not_of(' ') == std::string::npos;
    if (!begins && columns(line) + 1 + columns(word) > kWidth) {
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line = std::string(indent, ' ') + word;
    } else {
      line += (from == 0 ? "" : " ") + word;
    }
    from = to + 1;
  }
  return out + line + "\n";
}

Json option_json(const OptionRow& option) {
  Json out{{"name", option.name},
           {"type", option_type_name(option.type)},
           {"default", value_json(option.fallback)},
           {"doc", option.doc}};
  if (option.type == OptionRow::Type::Word) out["words"] = option.words;
  if (option.type == OptionRow::Type::Int || option.type == OptionRow::Type::Float)
    out["lo"] = number_json(option.lo), out["hi"] = number_json(option.hi);
  return out;
}

const char* trait_words(const std::string& trait) {
  return trait == "needs_fidelity"       ? "needs a fidelity"
         : trait == "several_fidelities" ? "takes several fidelities"
                                         : "takes several objectives";
}

template <class Row>
int list_algorithms(const Command& self, const Words& words, const std::vector<Row>& rows, const char* what,
                    const std::function<Json(const Row&)>& traits) {
  Parser parser(self);
  std::string name;
  parser.add_json();
  parser.word("NAME", name, "only this one");
  std::vector<std::string> names;
  for (const Row& row : rows) names.push_back(row.name);
  parser.suggest("NAME", names);
  if (const auto status = parser.parse(words)) return *status;
  Json list = Json::array();
  std::string text;
  for (const Row& row : rows) {
    if (!name.empty() && row.name != name) continue;
    Json one{{"name", row.name}, {"doc", row.doc}, {"paper", row.paper}};
    const Json own = traits(row);
    one.update(own);
    one["options"] = Json::array();
    text += (text.empty() ? "" : "\n") + folded(row.name + ": " + row.doc, 2) + folded("  " + row.paper, 4);
    for (const auto& [trait, value] : own.items())
      if (value.template get<bool>()) text += fmt::format("  {}\n", trait_words(trait));
    for (const OptionRow& option : row.options) {
      one["options"].push_back(option_json(option));
      text += folded(fmt::format("    {:<14} {} ({}; default: {})", option.name, option.doc, range_text(option),
                                 fallback_text(option)),
                     19);
    }
    list.push_back(std::move(one));
  }
  if (list.empty()) {
    const std::string near = nearest_name(name, names);
    return complain({Code::NotFound, fmt::format("{}: no such {}; {}", name, what,
                                                 near.empty() ? fmt::format("there are {}", fmt::join(names, ", "))
                                                              : "did you mean " + near + "?")});
  }
  fmt::print("{}", parser.json ? dump(list) + "\n" : text);
  return kDone;
}

}  // namespace

int searchers_command(const Command& self, const Words& words) {
  return list_algorithms<SearcherRow>(self, words, searchers(), "searcher", [](const SearcherRow& row) {
    return Json{{"multi_objective", row.multi_objective}};
  });
}

int schedulers_command(const Command& self, const Words& words) {
  return list_algorithms<SchedulerRow>(self, words, schedulers(), "scheduler", [](const SchedulerRow& row) {
    return Json{{"needs_fidelity", row.needs_fidelity},
                {"multi_objective", row.multi_objective},
                {"several_fidelities", row.levels}};
  });
}

}  // namespace hone
