#include "study/fidelity_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hone/registry.h"

namespace hone {
namespace {

constexpr std::int64_t kMost = 1'000'000'000'000;
constexpr std::size_t kMostAxes = 8;
// Of them are made {share}, HONE_SHARE and a key of params.json, which must not be another's.
constexpr std::string_view kTaken[] = {"until",  "dir",    "trial", "seed", "study",
                                       "params", "report", "cpus",  "home", "attempt"};

class Reader {
 public:
  Reader(FieldReader& reader, Draft& draft) : r_(reader), draft_(draft) {}

  void read(const YamlNode& node) {
    Fidelity out;
    if (!node.is_list()) {
      if (!r_.expect_map(node, "fidelity", "fidelity: {name: epoch, min: 1, max: 27}") || !first(node, "fidelity", out))
        return;
    } else {
      if (node.items.empty() || node.items.size() > kMostAxes)
        return r_.wrong(node.line, "fidelity", fmt::format("{} of them; give 1 to {}", node.items.size(), kMostAxes));
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        const std::string field = fmt::format("fidelity[{}]", i);
        const YamlNode& item = node.items[i];
        if (!r_.expect_map(item, field, i == 0 ? "- {name: epoch, max: 27}" : "- {name: share, min: 0.1, max: 1}"))
          return;
        r_.check_keys(item, field, {"name", "min", "max"});
        if (i == 0 ? !first(item, field, out) : !further(item, field, out)) return;
      }
    }
    draft_.spec.fidelity = std::move(out);
  }

 private:
  std::optional<std::string> name(const YamlNode& node, const std::string& field, const char* example) {
    const auto word = r_.word(node, field, example);
    if (!word || is_metric_name(*word)) return word;
    r_.wrong(node.line, field,
             fmt::format("{} is not a metric's name; use letters, digits and _ . / @ % + -", shown(*word)));
    return std::nullopt;
  }

  void unlike_others(const YamlNode& node, const std::string& field, const std::string& name) {
    const auto& params = draft_.params;
    if (std::any_of(params.begin(), params.end(), [&](const Param& p) { return p.name == name; }))
      r_.wrong(node.line, field, name + " is a parameter too; remove it from the space or name the fidelity otherwise");
    for (const Objective& objective : draft_.spec.objectives)
      if (objective.metric == name)
        r_.wrong(node.line, field, name + " is the objective too; name one of them otherwise");
  }

  bool first(const YamlNode& node, const std::string& field, Fidelity& out) {
    if (const YamlNode* given = node.find("name"))
      if (auto word = name(*given, field + ".name", "name: epoch")) out.name = std::move(*word);
    unlike_others(node, field + ".name", out.name);
    const YamlNode* max = node.find("max");
    if (!max) {
      r_.wrong(node.line, field + ".max", "is missing; add e.g. max: 27");
      return false;
    }
    const auto top = r_.whole(*max, field + ".max", 1, kMost);
    if (top) out.max = *top;
    if (const YamlNode* min = node.find("min"))
      if (const auto low = r_.whole(*min, field + ".min", 1, top.value_or(kMost))) out.min = *low;
    return true;
  }

  bool further(const YamlNode& node, const std::string& field, Fidelity& out) {
    const YamlNode *given = node.find("name"), *min = node.find("min"), *max = node.find("max");
    for (const auto& [key, part] : {std::pair{"name", given}, {"min", min}, {"max", max}})
      if (!part) {
        r_.wrong(node.line, fmt::format("{}.{}", field, key), "is missing; write {name: share, min: 0.1, max: 1}");
        return false;
      }
    FidelityAxis axis;
    const auto word = r_.word(*given, field + ".name", "name: share");
    const auto low = r_.value(*min, field + ".min"), high = r_.value(*max, field + ".max");
    if (!word || !low || !high) return false;
    axis.name = *word;
    const bool placeholder = is_variable_name(axis.name) && axis.name[0] != '_';
    if (!placeholder || std::find(std::begin(kTaken), std::end(kTaken), axis.name) != std::end(kTaken))
      r_.wrong(given->line, field + ".name",
               fmt::format("{} cannot be a placeholder of its own; use letters, digits and _, as in share",
                           shown(std::string_view(axis.name))));
    unlike_others(*given, field + ".name", axis.name);
    const auto same = [&](const FidelityAxis& other) { return other.name == axis.name; };
    if (axis.name == out.name || std::any_of(out.further.begin(), out.further.end(), same))
      r_.wrong(given->line, field + ".name", axis.name + " is given twice; remove one");
    const auto number = [](const Value& value) {
      if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
      const auto* real = std::get_if<double>(&value);
      return real ? *real : -1.0;
    };
    axis.min = number(*low), axis.max = number(*high);
    axis.whole = std::holds_alternative<std::int64_t>(*low) && std::holds_alternative<std::int64_t>(*high);
    if (!(axis.min > 0 && axis.min <= axis.max && axis.max <= static_cast<double>(kMost)))
      r_.wrong(min->line, field,
               fmt::format("from {} to {} is no range; use numbers with 0 < min <= max", shown(*min), shown(*max)));
    out.further.push_back(std::move(axis));
    return true;
  }

  FieldReader& r_;
  Draft& draft_;
};

}  // namespace

void read_fidelity(FieldReader& reader, const YamlNode& node, Draft& draft) { Reader(reader, draft).read(node); }

void check_path(const Draft& draft, std::vector<Mistake>& mistakes) {
  const StudySpec& spec = draft.spec;
  if (!spec.fidelity || spec.fidelity->further.empty() || !draft.sound("fidelity")) return;
  const auto wrong = [&](const char* field, std::string what) { mistakes.push_back({field, std::move(what)}); };
  const Fidelity& fidelity = *spec.fidelity;
  if (fidelity.min >= fidelity.max)
    wrong("fidelity",
          fmt::format("{} has one value, and the levels of all are counted in the first; put another first, or "
                      "raise its max",
                      fidelity.name));
  if (draft.sound("objective"))
    for (const Objective& objective : spec.objectives)
      if (objective.aggregate != Aggregate::Last)
        wrong("objective",
              fmt::format("with several fidelities only what {} is at the end of a run counts; leave out best and "
                          "mean",
                          objective.metric));
  StudySpec settled = spec;
  settle_algorithms(settled);
  const SchedulerRow* row = find_scheduler(settled.scheduler.name);
  if (!row) return;
  if (!row->levels)
    return wrong("scheduler",
                 fmt::format("{} compares what trials report on their way, and with several fidelities only the "
                             "ends of their runs are comparable; use asha, sh or hyperband",
                             row->name));
  const auto options = check_options("scheduler", row->options, settled.scheduler.options);
  if (!options || !options->contains("stop")) return;
  if (option_bool(*options, "stop"))
    wrong("scheduler",
          fmt::format("{} with `stop` starts every trial at the highest fidelities; leave it out", row->name));
  else if (!resumable(spec))
    wrong("command",
          fmt::format("has neither {{until}} nor {{dir}}, so {} would start every trial at the highest fidelities; "
                      "add {{until}}",
                      row->name));
}

}  // namespace hone
