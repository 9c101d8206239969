#include "sim/fault_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "hone/registry.h"
#include "space/value.h"

namespace hone {
namespace {

using Mark = Faults::Mark;
template <class T>
using Words = std::map<std::string, T, std::less<>>;

const Words<Mark::What>& mark_words() {
  static const Words<Mark::What> words = {{"lost", Mark::What::Lost}, {"crash", Mark::What::Crash},
                                          {"oom", Mark::What::Oom},   {"hang", Mark::What::Hang},
                                          {"nan", Mark::What::Nan},   {"never", Mark::What::Never}};
  return words;
}
const Words<Faults::Moment>& moment_words() {
  static const Words<Faults::Moment> words = {
      {"begin", Faults::Moment::Begin}, {"middle", Faults::Moment::Middle}, {"end", Faults::Moment::End}};
  return words;
}

class Reader {
 public:
  explicit Reader(const Complain& wrong) : wrong_(wrong) {}

  Faults read(const YamlNode& map) {
    if (!map.is_map() && map.kind != YamlNode::Kind::Null)
      wrong_(map.line, "faults: a map of faults is needed, such as {lost: 0.1}");
    const std::map<std::string, double*> chances = {
        {"lost", &faults_.lost}, {"crash", &faults_.crash}, {"oom", &faults_.oom},
        {"hang", &faults_.hang}, {"late", &faults_.late},   {"twice", &faults_.twice},
        {"nan", &faults_.nan},   {"never", &faults_.never}, {"past", &faults_.past}};
    std::vector<std::string> known = {"at", "workers"};
    for (const auto& [name, chance] : chances) known.push_back(name);
    for (const YamlEntry& entry : map.entries) {
      const std::string field = "faults." + entry.key;
      if (const auto found = chances.find(entry.key); found != chances.end())
        *found->second = real(entry.value, field, 0, 1);
      else if (entry.key == "at")
        each(entry.value, field, [this](const YamlNode& n, const std::string& f) { mark(n, f); });
      else if (entry.key == "workers")
        each(entry.value, field, [this](const YamlNode& n, const std::string& f) { workers(n, f); });
      else wrong_(entry.line, unknown(field, "fault", entry.key, known));
    }
    std::stable_sort(faults_.workers.begin(), faults_.workers.end(),
                     [](const Faults::Change& a, const Faults::Change& b) { return a.at < b.at; });
    return std::move(faults_);
  }

 private:
  static std::string unknown(const std::string& field, const char* noun, const std::string& word,
                             const std::vector<std::string>& known) {
    const std::string near = nearest_name(word, known);
    return fmt::format(
        "{}: unknown {}; {}", field, noun,
        near.empty() ? fmt::format("use one of {}", fmt::join(known, ", ")) : "did you mean " + near + "?");
  }

  double real(const YamlNode& node, const std::string& field, double lo, double hi) {
    const double value = node.is_scalar() ? as_double(parse_value(node.text)) : -1;
    if (value >= lo && value <= hi) return value;
    wrong_(node.line, fmt::format("{}: {} is no number from {} to {}", field, node.text, lo, hi));
    return lo;
  }

  std::int64_t whole(const YamlNode& node, const std::string& field, std::int64_t lo) {
    const auto value = node.is_scalar() ? as_whole(parse_value(node.text)) : std::nullopt;
    if (value && *value >= lo && *value <= 1'000'000'000) return *value;
    wrong_(node.line, fmt::format("{}: {} is no whole number from {} on", field, node.text, lo));
    return lo;
  }

  template <class Function>
  void each(const YamlNode& list, const std::string& field, const Function& function) {
    if (!list.is_list()) return wrong_(list.line, field + ": a list is needed");
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const std::string item = fmt::format("{}[{}]", field, i);
      if (list.items[i].is_map()) function(list.items[i], item);
      else wrong_(list.items[i].line, item + ": a map is needed");
    }
  }

  const YamlNode* needed(const YamlNode& map, const std::string& field, const char* key) {
    const YamlNode* node = map.find(key);
    if (!node) wrong_(map.line, fmt::format("{}.{}: missing", field, key));
    return node;
  }

  void keys(const YamlNode& map, const std::string& field, const std::vector<std::string>& known) {
    for (const YamlEntry& entry : map.entries)
      if (std::find(known.begin(), known.end(), entry.key) == known.end())
        wrong_(entry.line, unknown(field + "." + entry.key, "key", entry.key, known));
  }

  template <class T>
  T word(const YamlNode& node, const std::string& field, const char* noun, const Words<T>& words) {
    const auto found = words.find(node.text);
    if (found != words.end()) return found->second;
    std::vector<std::string> known;
    for (const auto& [name, value] : words) known.push_back(name);
    wrong_(node.line, unknown(field, noun, node.text, known));
    return {};
  }

  void mark(const YamlNode& map, const std::string& field) {
    keys(map, field, {"unit", "fault", "trial", "moment", "times"});
    Mark mark;
    if (const YamlNode* unit = needed(map, field, "unit")) mark.at = whole(*unit, field + ".unit", 1);
    if (const YamlNode* trial = map.find("trial")) mark.trial = whole(*trial, field + ".trial", 0);
    if (const YamlNode* fault = needed(map, field, "fault"))
      mark.what = word(*fault, field + ".fault", "fault", mark_words());
    if (const YamlNode* moment = map.find("moment"))
      mark.moment = word(*moment, field + ".moment", "moment", moment_words());
    if (const YamlNode* times = map.find("times")) mark.times = whole(*times, field + ".times", 1);
    faults_.marks.push_back(mark);
  }

  void workers(const YamlNode& map, const std::string& field) {
    keys(map, field, {"seconds", "there"});
    Faults::Change change;
    if (const YamlNode* seconds = needed(map, field, "seconds"))
      change.at = real(*seconds, field + ".seconds", 0, 1e12);
    if (const YamlNode* there = needed(map, field, "there"))
      change.workers = static_cast<int>(whole(*there, field + ".there", 0));
    faults_.workers.push_back(change);
  }

  const Complain& wrong_;
  Faults faults_;
};

}  // namespace

Faults read_faults(const YamlNode& map, const Complain& wrong) { return Reader(wrong).read(map); }

Result<Faults> read_fault_plan(std::string_view text, const std::string& file) {
  const auto root = read_yaml(text);
  if (!root) return invalid(fmt::format("{}:{}: {}", file, root.error().line, root.error().what));
  std::string mistakes;
  Faults faults = read_faults(*root, [&](int line, const std::string& what) {
    mistakes += fmt::format("{}{}:{}: {}", mistakes.empty() ? "" : "\n", file, std::max(line, 1), what);
  });
  if (!mistakes.empty()) return invalid(mistakes);
  return faults;
}

}  // namespace hone
