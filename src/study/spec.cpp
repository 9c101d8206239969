#include "hone/spec.h"

#include <algorithm>
#include <string_view>

namespace hone {
namespace {

bool has_placeholder(std::string_view word, std::string_view name) {
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '{') continue;
    if (word.substr(i, 2) == "{{") ++i;  // a brace
    else if (word.substr(i + 1, name.size()) == name && word.substr(i + 1 + name.size(), 1) == "}") return true;
  }
  return false;
}

}  // namespace

bool resumable(const StudySpec& spec) {
  return spec.command.empty() || std::any_of(spec.command.begin(), spec.command.end(), [&](const std::string& word) {
           const auto says = [&](const FidelityAxis& axis) { return has_placeholder(word, axis.name); };
           return has_placeholder(word, "until") || has_placeholder(word, "dir") ||
                  (spec.fidelity && std::any_of(spec.fidelity->further.begin(), spec.fidelity->further.end(), says));
         });
}

std::vector<std::string> spellings(const Fidelity& fidelity) {
  const std::string& name = fidelity.name;
  if (name.size() > 1 && name.back() == 's') return {name, name.substr(0, name.size() - 1)};
  return {name, name + "s"};
}

void settle_algorithms(StudySpec& spec) {
  const auto open = [](const Algorithm& algorithm) { return algorithm.name == "auto" && algorithm.options.empty(); };
  if (!spec.stages.empty() && spec.searcher.name != "coordinate" && spec.searcher.options.empty())
    spec.searcher = {"coordinate", {{"searcher", spec.searcher.name}}};
  // Recipes: the searcher that makes the method what it is, unless the user names one.
  if (open(spec.searcher) && spec.scheduler.name == "bohb")
    spec.searcher = {"tpe", {{"random", 1.0 / 3}, {"rung", std::int64_t{1}}}};
  if (open(spec.searcher) && spec.scheduler.name == "dehb") {
    if (spec.objectives.size() > 1) spec.searcher = {"nsga2", {}};  // de knows one
    else spec.searcher = {"de", {{"crossover", 0.5}}};
  }
  if (open(spec.scheduler) && !spec.fidelity) spec.scheduler.name = "none";
  // With several a rung that is passed over is never reported at, so there is nothing to judge it by.
  if (open(spec.scheduler) && spec.fidelity && !spec.fidelity->further.empty()) spec.scheduler.name = "asha";
}

}  // namespace hone
