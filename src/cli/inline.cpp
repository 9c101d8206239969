#include "cli/inline.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "hone/space.h"

namespace hone {
namespace {

using Json = nlohmann::ordered_json;

/// `--batch-size` → `batch_size`; empty if it cannot be a name.
std::string option_name(std::string_view option) {
  option.remove_prefix(std::min(option.find_first_not_of('-'), option.size()));
  std::string name(option);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// `epochs` → `epoch`: programs print the singular of what their option counts.
std::string singular(const std::string& name) {
  return name.size() > 2 && name.back() == 's' && name[name.size() - 2] != 's' ? name.substr(0, name.size() - 1) : name;
}

/// A study is stored as JSON, which is UTF-8.
bool is_text(const std::string& word) {
  return Json::parse(Json(word).dump(-1, ' ', false, Json::error_handler_t::replace)) == Json(word);
}

/// A brace that the user wrote is a brace, not a placeholder.
std::string literal(std::string_view word) {
  std::string out;
  for (const char c : word) out += c == '{' ? std::string("{{") : c == '}' ? std::string("}}") : std::string(1, c);
  return out;
}

class InlineReader {
 public:
  explicit InlineReader(const std::vector<std::string>& command) {
    std::string before;
    for (const std::string& word : command) {
      read(word, before);
      before = word.size() > 1 && word[0] == '-' && word.find('=') == std::string::npos ? word : "";
    }
  }
  Json words = Json::array(), space = Json::object(), fidelity;
  std::map<std::string, std::string> options;
  std::vector<std::string> mistakes;

 private:
  void read(const std::string& word, const std::string& before) {
    if (!is_text(word)) return mistakes.push_back(printable(word).substr(0, 100) + ": is not UTF-8 text; encode it so");
    // `--lr=~float(0, 1)`: the option is in the word itself.
    std::size_t equals = word[0] == '-' ? word.find('=') : std::string::npos;
    if (equals != std::string::npos && word.substr(equals + 1, 1) != "~") equals = std::string::npos;
    const std::string head = equals == std::string::npos ? "" : word.substr(0, equals + 1);
    const std::string tail = equals == std::string::npos ? word : word.substr(equals + 1);
    if (tail.empty() || tail[0] != '~') return words.push_back(literal(word));
    if (tail.substr(0, 2) == "~~") return words.push_back(literal(head + tail.substr(1)));
    const std::string option = head.empty() ? before : head.substr(0, head.size() - 1);
    if (auto placeholder = insert(trim(std::string_view(tail).substr(1)), option))
      words.push_back(literal(head) + *placeholder);
  }

  std::optional<std::string> insert(const std::string& text, const std::string& option) {
    if (text == "dir" || text == "seed" || text == "trial") return "{" + text + "}";
    if (text.substr(0, 6) == "until(" && text.back() == ')') {
      read_until(text.substr(6, text.size() - 7), option);
      return "{until}";
    }
    const std::string name = option_name(option);
    if (name.empty()) {
      mistakes.push_back(
          fmt::format("~{}: has no name; put it after an option: --lr '~{}'", printable(text), printable(text)));
      return std::nullopt;
    }
    if (space.contains(name)) {
      mistakes.push_back(fmt::format("--{}: is given twice; remove one", printable(name)));
      return std::nullopt;
    }
    options[name] = option;
    const std::size_t dashes = std::min(option.find_first_not_of('-'), option.size());
    const std::string spelling = option.substr(dashes);
    space[name] = spelling == name ? Json(text) : Json{{"domain", text}, {"spelling", spelling}};
    return "{" + name + "}";
  }

  /// `~until([min,] max [, name=epoch])`
  void read_until(const std::string& text, const std::string& option) {
    const auto wrong = [&](const std::string& what) {
      mistakes.push_back(fmt::format("~until({}): {}", printable(text), what));
    };
    if (!fidelity.is_null()) return wrong("is given twice; remove one");
    std::vector<std::string> numbers;
    std::string name = singular(option_name(option));
    for (std::size_t from = 0; from <= text.size();) {
      const std::size_t comma = std::min(text.find(',', from), text.size());
      const std::string part = trim(std::string_view(text).substr(from, comma - from));
      from = comma + 1;
      if (part.substr(0, 5) == "name=") name = trim(std::string_view(part).substr(5));
      else if (!part.empty()) numbers.push_back(part);
    }
    if (numbers.empty() || numbers.size() > 2) return wrong("needs a maximum; write ~until(27) or ~until(1, 27)");
    fidelity = Json::object();
    fidelity["name"] = name.empty() ? "epoch" : name;
    if (numbers.size() == 2) fidelity["min"] = numbers[0];
    fidelity["max"] = numbers.back();
  }
};

std::string stem_of(std::string_view path) {
  path.remove_prefix(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
  std::string out;
  for (const char c : path.substr(0, path.rfind('.') == 0 ? path.size() : path.rfind('.'))) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                      (c == '-' && !out.empty());
    if (fine && (c != '_' || !out.empty())) out += c;
  }
  return out.substr(0, 80);
}

/// The script: the first word that is no option after the interpreter, or the program itself.
std::string script_stem(const std::vector<std::string>& command) {
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string& word = command[i];
    const std::size_t dot = word.rfind('.');
    if (word.empty() || word[0] == '-' || word[0] == '~' || dot == std::string::npos ||
        word.find_first_of(" =") != std::string::npos)
      continue;
    for (const std::string_view suffix : {".py", ".sh", ".R", ".r", ".jl", ".pl", ".rb", ".js", ".lua", ".m"})
      if (word.substr(dot) == suffix) return stem_of(word);
  }
  const std::string stem = command.empty() ? "" : stem_of(command[0]);
  return stem.empty() ? "study" : stem;
}

}  // namespace

Result<InlineStudy> inline_study(const std::vector<std::string>& command) {
  if (command.empty())
    return invalid("no command after --; write hone run ... -- python3 train.py --lr '~float(0, 1)'");
  InlineReader reader(command);
  Json document;
  document["command"] = std::move(reader.words);
  if (!reader.space.empty()) document["space"] = std::move(reader.space);
  if (!reader.fidelity.is_null()) document["fidelity"] = std::move(reader.fidelity);
  return InlineStudy{document.dump(-1, ' ', false, Json::error_handler_t::replace), script_stem(command),
                     std::move(reader.options), std::move(reader.mistakes)};
}

std::string inline_name(const std::string& stem, const StudySpec& spec) {
  StudySpec nameless = spec;
  nameless.name.clear();
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, 64 bits
  for (const char c : study_json(nameless)) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{}-{:08x}", stem, (hash ^ (hash >> 32)) & 0xffffffff);
}

}  // namespace hone
