#include "study/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "base/text.h"
#include "space/course.h"
#include "space/legal.h"
#include "study/fidelity_file.h"
#include "study/field_reader.h"
#include "study/words.h"

namespace hone {
namespace {

class Checker {
 public:
  explicit Checker(const Draft& draft) : draft_(draft), spec_(draft.spec) {}

  std::vector<Mistake> check() {
    if (spec_.objectives.empty() && draft_.sound("objective"))
      wrong("objective", "is missing; add `objective: maximize METRIC`, or give --maximize METRIC");
    fidelity();
    check_path(draft_, mistakes_);
    searcher();
    scheduler();
    ends();
    if (space_is_sound())
      if (const auto ok = satisfiable(spec_.space, spec_.seed.value_or(0)); !ok) lines("", ok.error().what);
    initial();
    stages();
    return std::move(mistakes_);
  }

 private:
  void wrong(std::string field, std::string what) { mistakes_.push_back({std::move(field), std::move(what)}); }

  /// What another layer says, a line a mistake. An empty field: each line begins with its own.
  void lines(const std::string& field, std::string_view what) {
    for (const std::string_view line : mistakes_in(what)) {
      const std::size_t colon = line.find(": ");
      if (!field.empty() || colon == std::string_view::npos) wrong(field, std::string(line));
      else wrong(std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
    }
  }

  bool space_is_sound() const { return draft_.sound("space") && draft_.sound("constraints") && draft_.sound("fix"); }

  void fidelity() {
    if (!spec_.fidelity || (spec_.fidelity->min >= 1 && spec_.fidelity->max >= spec_.fidelity->min)) return;
    wrong("fidelity", fmt::format("min {} and max {}; use 1 <= min <= max", spec_.fidelity->min, spec_.fidelity->max));
  }

  /// The row of the algorithm, if there is one; its options are checked.
  template <class Row>
  const Row* row_of(const std::string& field, const Algorithm& algorithm, const std::vector<Row>& rows) {
    std::vector<std::string> names;
    for (const Row& row : rows) names.push_back(row.name);
    if (algorithm.name == "auto" && !algorithm.options.empty()) {
      for (const auto& [option, value] : algorithm.options)
        wrong(fmt::format("{}.auto.{}", field, option),
              fmt::format("auto has no options; name the {} that has it", field));
      return nullptr;
    }
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.name == algorithm.name; });
    if (row == rows.end()) {
      const std::string near = nearest_name(algorithm.name, names);
      wrong(field, fmt::format("{} is unknown; {}", shown(std::string_view(algorithm.name)),
                               near.empty() ? fmt::format("use one of {}", fmt::join(names, ", "))
                                            : "did you mean " + near + "?"));
      return nullptr;
    }
    if constexpr (requires { row->outside; })
      if (const auto what = row->outside && draft_.sound(field) ? no_program(algorithm) : std::nullopt) {
        wrong(field, *what);
        return &*row;
      }
    if (const auto options = check_options(field + "." + algorithm.name, row->options, algorithm.options); !options)
      lines("", options.error().what);
    return &*row;
  }

  /// Why `searcher: {command: ...}` names no program, if it does not.
  static std::optional<std::string> no_program(const Algorithm& algorithm) {
    const auto given = algorithm.options.find("command");
    if (given == algorithm.options.end() && !algorithm.options.empty()) return std::nullopt;  // an unknown option
    const auto words = split_command(given == algorithm.options.end() ? "" : value_text(given->second));
    if (!words) return words.error().what;
    if (!words->empty() && !(*words)[0].empty()) return std::nullopt;
    return fmt::format("{0} needs the program; write {{{0}: python3 my_searcher.py}}", algorithm.name);
  }

  /// The names of those that take several objectives, without those that need a program: "gp, nsga2 or tpe".
  template <class Row>
  static std::string of_several(const std::vector<Row>& rows) {
    std::vector<std::string> names;
    for (const Row& row : rows) {
      if constexpr (requires { row.outside; })
        if (row.outside) continue;
      if (row.multi_objective) names.push_back(row.name);
    }
    HONE_CHECK(names.size() > 1, "random and none take any number of objectives, and are not alone");
    const std::string last = names.back();
    names.pop_back();
    return fmt::format("{} or {}", fmt::join(names, ", "), last);
  }

  bool several() const { return draft_.sound("objective") && spec_.objectives.size() > 1; }

  void searcher() {
    const SearcherRow* row = row_of("searcher", spec_.searcher, searchers());
    if (row && several() && !row->multi_objective)
      wrong("searcher", fmt::format("{} knows one objective only; use {}", row->name, of_several(searchers())));
  }

  void scheduler() {
    const SchedulerRow* row = row_of("scheduler", spec_.scheduler, schedulers());
    if (row && row->needs_fidelity && !spec_.fidelity && draft_.sound("fidelity"))
      wrong("scheduler",
            fmt::format("{} needs a fidelity; add `fidelity: {{name: epoch, max: N}}`, or use `scheduler: none`",
                        row->name));
    if (row && several() && !row->multi_objective)
      wrong("scheduler", fmt::format("{} knows one objective only; use {}", row->name, of_several(schedulers())));
    const bool mean = !spec_.objectives.empty() && spec_.objectives[0].aggregate == Aggregate::Mean;
    if (row && mean && !row->means)
      wrong("scheduler",
            fmt::format("{} compares what trials report now, not the mean of all; write `{} {} last`, or use "
                        "another scheduler",
                        row->name, spec_.objectives[0].maximize ? "maximize" : "minimize", spec_.objectives[0].metric));
    if (row && row->name == "pbt-replay") replay();
    if (row && row->name == "threshold") limits();
  }

  void limits() {
    const auto given = [&](const char* name) -> std::optional<double> {
      const auto found = spec_.scheduler.options.find(name);
      if (found == spec_.scheduler.options.end()) return std::nullopt;
      if (const auto* whole = std::get_if<std::int64_t>(&found->second)) return static_cast<double>(*whole);
      const auto* number = std::get_if<double>(&found->second);
      return number ? std::optional(*number) : std::nullopt;
    };
    const auto lower = given("lower"), upper = given("upper");
    if (lower && upper && *lower > *upper)
      wrong("scheduler.threshold", fmt::format("lower {} is above upper {}, so that every trial would be stopped; swap "
                                               "them",
                                               number_text(*lower), number_text(*upper)));
    if (!spec_.scheduler.options.contains("lower") && !spec_.scheduler.options.contains("upper"))
      wrong("scheduler", "threshold has no limit, so it would stop nothing; write {threshold: {upper: 10}}, or lower");
  }

  void replay() {
    const auto given = spec_.scheduler.options.find("schedule");
    const auto* text = given == spec_.scheduler.options.end() ? nullptr : std::get_if<std::string>(&given->second);
    if (!text)
      return wrong("scheduler",
                   "pbt-replay needs a schedule; write {pbt-replay: {schedule: FILE}}, with what `hone export "
                   "STUDY --pbt-schedule` wrote");
    if (!space_is_sound()) return;
    if (const auto course = read_course(*text, spec_.space); !course)
      wrong("scheduler.pbt-replay.schedule", course.error().what);
  }

  void ends() {
    const StopRules& stop = spec_.stop;
    if (!draft_.sound("stop") || !draft_.sound("fix") || stop.trials || stop.time || stop.target || stop.no_improvement)
      return;
    const bool infinite = space_is_sound() ? !spec_.space.finite()
                                           : std::any_of(draft_.alone.begin(), draft_.alone.end(),
                                                         [](const auto& param) { return !param.second.finite(); });
    if (infinite)
      wrong("stop",
            "the space is not finite, so the study would never end; add `stop: {trials: 100}` (--trials 100), or time, "
            "target or no_improvement");
  }

  void initial() {
    constexpr std::size_t kMostMistakes = 200, kMostValues = 10'000'000;
    const std::size_t params = std::max<std::size_t>(draft_.params.size(), 1);
    if (spec_.initial.size() > kMostValues / params)
      return wrong("initial", fmt::format("{} points of {} parameters are too many; give at most {}",
                                          spec_.initial.size(), params, kMostValues / params));
    std::vector<std::string> names;
    for (const Param& param : draft_.params) names.push_back(param.name);
    std::vector<std::optional<Config>> seen;
    for (std::size_t i = 0; i < spec_.initial.size() && mistakes_.size() < kMostMistakes; ++i) {
      const InitialPoint& point = spec_.initial[i];
      const std::string field = fmt::format("initial[{}]", i);
      if (!draft_.sound("initial") && point.config.empty()) {  // unread, perhaps
        seen.emplace_back();
        continue;
      }
      if (space_is_sound()) seen.push_back(whole_point(i, field, seen));
      else values_alone(point, field, names);
      if (!point.metrics.empty() && draft_.sound("objective")) known_result(point, field);
    }
  }

  /// One parameter's value by itself; what is wrong with it, if anything is.
  void value_alone(const std::string& field, const std::string& name, const Value& value,
                   const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      const std::string near = nearest_name(name, names);
      return wrong(field, fmt::format("{}: unknown parameter; {}", shown(std::string_view(name)),
                                      near.empty() ? "drop it" : "did you mean " + near + "?"));
    }
    if (std::holds_alternative<std::monostate>(value)) return;
    const auto alone = draft_.alone.find(name);
    if (alone == draft_.alone.end()) return;
    if (const auto ok = alone->second.check({{name, value}}); !ok) lines(field, ok.error().what);
  }

  void stages() {
    if (!draft_.sound("stages") || spec_.stages.empty()) return;
    const SearcherRow* row = find_searcher(spec_.searcher.name);
    if (row && row->outside)
      wrong("stages", "are for Hone's own searchers; leave them out: a program may hold parameters fixed by itself");
    else if (spec_.searcher.name != "coordinate" && !spec_.searcher.options.empty())
      wrong("stages",
            fmt::format("go with `searcher: {{coordinate: {{searcher: {}}}}}`, or with a searcher without options",
                        spec_.searcher.name));
    std::vector<std::string> names;
    for (const Param& param : draft_.params) names.push_back(param.name);
    for (std::size_t i = 0; i < spec_.stages.size(); ++i) {
      const Stage& stage = spec_.stages[i];
      const std::string field = fmt::format("stages[{}]", i);
      if (stage.free.empty()) wrong(field + ".free", "names no parameter; name those that this stage tunes");
      for (const std::string& name : stage.free) value_alone(field + ".free", name, {}, names);
      for (const auto& [name, value] : stage.fixed) {
        value_alone(field + ".fixed", name, value, names);
        if (std::find(stage.free.begin(), stage.free.end(), name) != stage.free.end())
          wrong(field, fmt::format("{} is both free and fixed; leave one out", name));
      }
    }
  }

  std::optional<Config> whole_point(std::size_t i, const std::string& field,
                                    const std::vector<std::optional<Config>>& seen) {
    const InitialPoint& point = spec_.initial[i];
    const auto whole = point.metrics.empty()
                           ? spec_.space.complete(point.config, Rng::stream(spec_.seed.value_or(0), "initial", i))
                           : spec_.space.check(point.config);
    if (!whole) {
      lines(field, whole.error().what);
      return std::nullopt;
    }
    const auto twin = std::find(seen.begin(), seen.end(), std::optional(*whole));
    if (spec_.space.finite() && twin != seen.end())
      wrong(field, fmt::format("the same configuration as initial[{}]; remove it", twin - seen.begin()));
    return *whole;
  }

  /// As much as can be said while the space is not whole.
  void values_alone(const InitialPoint& point, const std::string& field, const std::vector<std::string>& names) {
    for (const auto& [name, value] : point.config) value_alone(field, name, value, names);
  }

  void known_result(const InitialPoint& point, const std::string& field) {
    std::vector<std::string> given;
    for (const auto& [name, value] : point.metrics) given.push_back(name);
    for (const Objective& objective : spec_.objectives) {
      if (std::find(given.begin(), given.end(), objective.metric) != given.end()) continue;
      const std::string near = nearest_name(objective.metric, given);
      wrong(field + ".metrics", near.empty()
                                    ? fmt::format("{} is missing; give the objective's value", objective.metric)
                                    : fmt::format("{} is missing; {} is no objective, did you mean {}?",
                                                  objective.metric, shown(std::string_view(near)), objective.metric));
    }
  }

  const Draft& draft_;
  const StudySpec& spec_;
  std::vector<Mistake> mistakes_;
};

}  // namespace

Draft draft_of(const StudySpec& spec) { return {spec, spec.space.params(), {}, {}}; }

std::vector<Mistake> check_study(const Draft& draft) { return Checker(draft).check(); }

Error error_of(const std::vector<Mistake>& mistakes) {
  std::string text;
  for (const auto& [field, what] : mistakes)
    text += fmt::format("{}{}{}{}", text.empty() ? "" : "\n", field, field.empty() ? "" : ": ", what);
  return {Code::Invalid, text};
}

}  // namespace hone
