#include "faults/plans.h"

#include <fmt/format.h>

#include <algorithm>

#include "faults/promotions.h"
#include "hone/registry.h"
#include "hone/rng.h"
#include "sim/simulator.h"
#include "study/event_json.h"

namespace hone {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : rng_(Rng::stream(seed, "fault plan", 0)) {}
  bool chance(double p) { return rng_.uniform() < p; }
  std::int64_t from(std::int64_t lo, std::int64_t hi) {
    return lo + static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(hi - lo + 1)));
  }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[rng_.below(all.size())];
  }
  /// Of something that goes wrong: mostly 0, now and then a lot.
  double fault(double most) { return chance(0.35) ? static_cast<double>(from(1, 20)) / 20 * most : 0; }

 private:
  Rng rng_;
};

struct Sketch {
  const SchedulerRow* scheduler = nullptr;
  std::string searcher;
  std::int64_t trials = 0, max = 1;
  bool fidelity = true, finite = false, timed = false, two = false;
};

std::string scheduler_text(const SchedulerRow& row, Dice& dice) {
  std::vector<std::string> options;
  const auto has = [&](const char* name) {
    return std::any_of(row.options.begin(), row.options.end(), [&](const OptionRow& o) { return o.name == name; });
  };
  if (has("eta") && dice.chance(0.4)) options.push_back(fmt::format("eta: {}", dice.from(2, 4)));
  if (has("n") && dice.chance(0.4)) options.push_back(fmt::format("n: {}", dice.from(1, 20)));
  if (has("stop") && dice.chance(0.3)) options.emplace_back("stop: yes");
  if (has("async") && dice.chance(0.4)) options.emplace_back("async: yes");
  if (has("population")) options.push_back(fmt::format("population: {}", dice.from(4, 8)));
  if (has("interval") && dice.chance(0.7)) options.push_back(fmt::format("interval: {}", dice.from(1, 4)));
  if (has("upper")) options.emplace_back("upper: 2");
  if (options.empty()) return row.name;
  return fmt::format("{{{}: {{{}}}}}", row.name, fmt::join(options, ", "));
}

Sketch draw_study(std::uint64_t seed, Dice& dice) {
  std::vector<const SchedulerRow*> rows;
  for (const SchedulerRow& row : schedulers())
    if (row.name != "pbt-replay") rows.push_back(&row);  // it needs a schedule of an earlier study
  Sketch study;
  study.scheduler = rows[seed % rows.size()];
  study.searcher = dice.one_of<std::string>({"random", "random", "random", "tpe", "tpe", "de"});
  study.trials = dice.from(1, 4) == 1 ? dice.from(1, 6) : dice.from(7, 40);
  study.fidelity = study.scheduler->needs_fidelity || dice.chance(0.5);
  study.max = dice.one_of<std::int64_t>({2, 4, 9, 9, 10, 27});
  study.finite = dice.chance(0.15);
  study.timed = dice.chance(0.1);
  study.two = study.searcher != "de" && study.scheduler->multi_objective && dice.chance(0.15);
  return study;
}

std::string study_text(const Sketch& study, std::uint64_t seed, Dice& dice) {
  std::string text = study.two           ? "objective: [minimize loss, maximize size]\n"
                     : dice.chance(0.25) ? "objective: maximize loss\n"
                                         : "objective: minimize loss\n";
  text += study.finite
              ? "space: {x: \"float(0, 1, step=0.25)\", n: \"int(1, 4)\"}\n"
              : "space: {x: \"float(0, 1)\", n: \"int(1, 64, log)\", kind: [a, b], y: \"float(0, 1) if kind == b\"}\n";
  if (study.fidelity)
    text += fmt::format("fidelity: {{name: epoch, min: {}, max: {}}}\n", dice.chance(0.2) ? 2 : 1, study.max);
  text += fmt::format("searcher: {}\nscheduler: {}\nseed: {}\n", study.searcher, scheduler_text(*study.scheduler, dice),
                      seed);
  text += fmt::format("stop: {{trials: {}{}}}\n", study.trials,
                      study.timed ? fmt::format(", time: {}s", dice.from(3, 60)) : "");
  text += fmt::format("limits: {{time: {}s, grace: {}s, retries: {}}}\n", dice.from(20, 90), dice.from(1, 10),
                      dice.from(0, 2));
  if (dice.chance(0.1)) text += "repeat: 2\n";
  return text;
}

std::string mark_text(const Sketch& study, Dice& dice) {
  const std::string fault = dice.one_of<std::string>({"lost", "crash", "oom", "hang", "nan", "never"});
  const bool ends = fault != "nan" && fault != "never";
  std::string text = fmt::format("unit: {}, fault: {}", dice.from(1, study.max), fault);
  if (dice.chance(0.6)) text += fmt::format(", trial: {}", dice.from(0, study.trials - 1));
  if (ends) text += ", moment: " + dice.one_of<std::string>({"begin", "middle", "end"});
  if (dice.chance(0.4)) text += fmt::format(", times: {}", dice.from(2, 9));
  return "{" + text + "}";
}

std::string faults_text(const Sketch& study, std::int64_t workers, Dice& dice) {
  std::vector<std::string> faults, marks, changes;
  const std::vector<std::pair<const char*, double>> chances = {{"lost", 0.4},  {"crash", 0.4}, {"oom", 0.3},
                                                               {"hang", 0.15}, {"past", 0.4},  {"late", 0.5},
                                                               {"twice", 0.5}, {"nan", 0.3},   {"never", 0.4}};
  for (const auto& [name, most] : chances)
    if (const double p = dice.fault(most); p > 0) faults.push_back(fmt::format("{}: {:.3f}", name, p));
  for (std::int64_t i = dice.chance(0.5) ? dice.from(1, 3) : 0; i > 0; --i) marks.push_back(mark_text(study, dice));
  if (dice.chance(0.1))  // a rung of which nobody comes back
    marks.push_back(fmt::format("{{unit: {}, fault: crash, times: 99}}", dice.one_of<std::int64_t>({1, 3, study.max})));
  double time = 0;
  const std::int64_t outages = dice.chance(0.35) ? dice.from(1, 3) : 0;
  for (std::int64_t i = 0; i < outages; ++i) {  // whatever goes comes back, or the study could not end
    time += static_cast<double>(dice.from(0, 60)) / 2;
    changes.push_back(
        fmt::format("{{seconds: {}, there: {}}}", time, dice.chance(0.6) ? 0 : dice.from(0, workers - 1)));
    time += static_cast<double>(dice.from(0, 80)) / 2;
    changes.push_back(fmt::format("{{seconds: {}, there: {}}}", time,
                                  i + 1 == outages || dice.chance(0.5) ? workers : dice.from(1, workers)));
  }
  if (!marks.empty()) faults.push_back(fmt::format("at: [{}]", fmt::join(marks, ", ")));
  if (!changes.empty()) faults.push_back(fmt::format("workers: [{}]", fmt::join(changes, ", ")));
  return fmt::format("{{{}}}", fmt::join(faults, ", "));
}

std::string indented(const std::string& text) {
  std::string out = "  ";
  for (char c : text.substr(0, text.size() - 1)) out += c == '\n' ? std::string("\n  ") : std::string(1, c);
  return out + "\n";
}

/// Where two logs differ first; empty if nowhere.
std::string difference(const std::vector<Event>& a, const std::vector<Event>& b) {
  const auto text = [](const Event& e) {
    return fmt::format("{} {} {} {}", e.time, kind(e), trial_of(e).value_or(-1), event_body(e));
  };
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::string left = i < a.size() ? text(a[i]) : "(end)", right = i < b.size() ? text(b[i]) : "(end)";
    if (left != right) return fmt::format("event {}:\n  {}\n  {}", i + 1, left, right);
  }
  return {};
}

}  // namespace

std::string random_scenario(std::uint64_t seed) {
  Dice dice(seed);
  const Sketch study = draw_study(seed, dice);
  const std::int64_t workers = dice.from(1, 8);
  std::string text =
      fmt::format("name: faults-{}\ndescription: Drawn by tests/faults/plans.cpp from seed {}.\n", seed, seed);
  text += "study: |\n" + indented(study_text(study, seed, dice));
  text += fmt::format("workers: {}\nobjective: {}\n", workers,
                      dice.one_of<std::string>({"(x - 0.3) ** 2 + 1 / at", "x + n / at / 64",  // curves that cross
                                                "floor(4 * x) / 4 + floor(4 / at)",            // ties
                                                "n * 0.0"}));
  if (study.two) text += "metrics: {size: n / 64 + x / 10}\n";
  text += "seconds: " + dice.one_of<std::string>({"1", "0.5 + x", "at / 4 + x", "0.25"}) + "\n";
  text += "faults: " + faults_text(study, workers, dice) + "\n";
  if (dice.chance(0.25)) text += "checkpoints: no\n";
  if (dice.chance(0.15)) text += "named: no\n";
  if (dice.chance(0.4)) text += fmt::format("ending: {}\n", static_cast<double>(dice.from(1, 8)) / 4);
  if (dice.chance(0.3)) text += fmt::format("death: {:.3f}\n", static_cast<double>(dice.from(1, 10)) / 200);
  text += fmt::format("seed: {}\n", dice.from(1, 1'000'000));
  const bool all = !study.finite && !study.timed;
  text += fmt::format("expect: {{trials: \">= {}\"}}\n", all ? study.trials : 1);
  return text;
}

Verdict judge(const Scenario& scenario) {
  Verdict verdict;
  auto result = simulate(scenario.spec, scenario.plan, scenario.trouble);
  if (!result) {
    verdict.wrong = {"no such study: " + result.error().what};
    return verdict;
  }
  verdict.deaths = result->deaths;
  verdict.units = result->units;
  verdict.trials = result->study.trials();
  std::vector<std::string>& wrong = verdict.wrong;
  const auto add = [&](const char* what, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) wrong.push_back(fmt::format("{}{}", what, line));
  };
  add("", result->broken);
  add("", unmet(scenario, *result));
  add("promotions: ", Promotions(result->study.spec()).check(result->log));
  const bool keeps = find_scheduler(result->study.spec().scheduler.name)->checkpoints != SchedulerRow::Checkpoints::Own;
  for (const Event& event : result->log)
    if (const auto* begun = std::get_if<Started>(&event.fact); begun && begun->from && !keeps)
      wrong.push_back(
          fmt::format("trial {} begins with a checkpoint that nobody keeps, see SchedulerRow", begun->trial));
  add("derived again: ", rederive(scenario.spec, result->log));
  Trouble disturbed = scenario.trouble;
  for (const auto& [rebuild, meddle] : {std::pair(0.0, 0.0), std::pair(0.1, 0.5)}) {
    disturbed.rebuild = rebuild;
    disturbed.meddle = meddle;
    auto again = simulate(scenario.spec, scenario.plan, disturbed);
    const std::string where = difference(result->log, again->log);
    if (!where.empty()) wrong.push_back((meddle > 0 ? "asked in between: " : "played again: ") + where);
  }
  verdict.log = std::move(result->log);
  return verdict;
}

}  // namespace hone
