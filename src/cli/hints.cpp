#include "cli/hints.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "cli/text_out.h"

namespace hone {
namespace {

constexpr std::size_t kMost = 5;      // lines
constexpr std::size_t kResults = 10;  // before an edge says anything
constexpr std::uint64_t kLevels = 4;  // fewer values lie at an end too often
constexpr std::size_t kFailures = 5;  // before a value is to blame
constexpr double kEdge = 0.01;        // of the encoded range

bool has_result(const Trial& trial) {
  return trial.phase != Phase::Failed && !trial.silent && !trial.reports.empty() &&
         std::isfinite(trial.reports.back().loss[0]);
}

/// As the ledger ranks them: feasible, highest fidelity, objective, number.
const Trial* best_of(const std::vector<Trial>& trials) {
  const Trial* best = nullptr;
  for (const Trial& trial : trials) {
    if (!has_result(trial)) continue;
    const Report& last = trial.reports.back();
    if (std::any_of(last.excess.begin(), last.excess.end(), [](double excess) { return !(excess <= 0); })) continue;
    if (best) {
      const Report& other = best->reports.back();
      if (last.at < other.at || (last.at == other.at && last.loss[0] >= other.loss[0])) continue;
    }
    best = &trial;
  }
  return best;
}

/// Nothing lies beyond this end: 0 of an amount, 1 of a share or a count.
bool natural_end(const Domain& domain, bool low) {
  if (const auto* real = std::get_if<Float>(&domain)) return low ? real->lo == 0 : real->hi == 1 && real->lo >= 0;
  if (const auto* whole = std::get_if<Int>(&domain)) return low && (whole->lo == 0 || whole->lo == 1);
  return false;
}

bool has_ends(const Space& space, std::size_t coordinate, const Param& param) {
  const auto* choice = std::get_if<Choice>(&param.domain);
  if (!(choice && choice->ordered) && !std::holds_alternative<Float>(param.domain) &&
      !std::holds_alternative<Int>(param.domain))
    return false;
  const std::uint64_t levels = space.levels(coordinate);
  return levels == 0 || levels >= kLevels;
}

std::string fidelity_hint(const StudySpec& spec, const std::vector<Trial>& trials) {
  if (!spec.fidelity || spec.fidelity->max <= 1) return {};
  const std::string& name = spec.fidelity->name;
  std::set<Resource> steps;
  bool named = false, counted = false;
  std::size_t many = 0;  // trials that reported
  for (const Trial& trial : trials) {
    if (!trial.source.empty() || trial.reports.empty()) continue;
    ++many;
    named = named || trial.level > 0;
    counted = counted || trial.counted > 1;
    for (const Report& report : trial.reports) steps.insert(report.at);
  }
  if (many < 2) return {};
  if (!named && counted)
    return fmt::format("no report names {0}, so reports counted 1, 2, 3 ...; print {0}=N beside {1}", name,
                       spec.objectives[0].metric);
  if (named && steps.size() == 1 && *steps.begin() < spec.fidelity->max)
    return fmt::format("every report says {} {}, which never moves; count it up to {}, or leave the fidelity out", name,
                       *steps.begin(), spec.fidelity->max);
  return {};
}

std::string remedy(const StudySpec& spec, const Trial& trial) {
  const std::string& metric = spec.objectives[0].metric;
  switch (trial.cause) {
    case Cause::NoMetric:
      return fmt::format("print `{}=VALUE`, or give a pattern in metrics", metric);
    case Cause::Timeout:
      return "raise limits.time";
    case Cause::Silent:
      return "raise limits.silence, or print progress";
    case Cause::Oom:
      return "raise resources.memory, or make the program smaller";
    case Cause::Infeasible:
      return "narrow the space to what is feasible";
    case Cause::NotFinite:
      return fmt::format("narrow the space to where {} is finite", metric);
    default:
      return fmt::format("read its last lines with `hone explain {} {}`, or see one run with `hone try`", spec.name,
                         trial.id);
  }
}

std::string all_failed_hint(const StudySpec& spec, const std::vector<Trial>& trials) {
  if (trials.size() < 2) return {};
  const std::string cause = cause_text(trials[0].cause, trials[0].code);
  for (const Trial& trial : trials)
    if (trial.phase != Phase::Failed || cause_text(trial.cause, trial.code) != cause) return {};
  return fmt::format("all {} trials failed alike: {}; {}", trials.size(), cause, remedy(spec, trials[0]));
}

struct Tally {
  std::size_t failed = 0, ended = 0;
};

/// A value that fails always, or that every failure has although others were tried as often.
std::string blame(const std::string& what, const Tally& own, const Tally& all) {
  if (own.failed < kFailures || all.failed == all.ended) return {};
  if (own.failed == own.ended)
    return fmt::format("all {} trials with {} failed, {} of the {} others; leave it out, or look at why", own.ended,
                       what, all.failed - own.failed, all.ended - own.ended);
  if (own.failed == all.failed && 2 * own.ended <= all.ended)
    return fmt::format("all {} failed trials have {}, as have {} of the {} others; leave it out, or look at why",
                       all.failed, what, own.ended - own.failed, all.ended - all.failed);
  return {};
}

std::vector<std::string> value_hints(const StudySpec& spec, const std::vector<Trial>& trials) {
  std::vector<std::string> out;
  const auto& params = spec.space.params();
  for (std::size_t p = 0; p < params.size(); ++p) {
    if (!std::holds_alternative<Choice>(params[p].domain)) continue;
    std::map<std::string, Tally> values;  // by text, so that the order is stable
    Tally all;
    for (const Trial& trial : trials) {
      if (trial.phase == Phase::Running || trial.phase == Phase::Waiting || trial.silent) continue;
      const std::size_t failed = trial.phase == Phase::Failed ? 1 : 0;
      all.failed += failed, ++all.ended;
      if (std::holds_alternative<std::monostate>(trial.config[p])) continue;
      Tally& own = values[spec.space.text(p, trial.config[p])];
      own.failed += failed, ++own.ended;
    }
    for (const auto& [text, own] : values) {
      std::string line = blame(fmt::format("{}={}", params[p].name, text), own, all);
      if (!line.empty()) out.push_back(std::move(line));
    }
  }
  return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> edge_hints(const StudySpec& spec, const std::vector<Trial>& trials) {
  std::vector<std::pair<std::string, std::string>> out;
  const Trial* best = best_of(trials);
  const auto results = std::count_if(trials.begin(), trials.end(), has_result);
  if (!best || spec.objectives.size() > 1 || static_cast<std::size_t>(results) < kResults) return out;
  const Space& space = spec.space;
  const std::vector<double> unit = space.encode(best->config);
  for (std::size_t k = 0; k < unit.size(); ++k) {
    const std::size_t p = space.free()[k];
    const Param& param = space.params()[p];
    if (std::isnan(unit[k]) || !has_ends(space, k, param)) continue;
    for (const bool low : {true, false}) {
      const auto* real = std::get_if<double>(&best->config[p]);
      auto end = unit;
      end[k] = low ? 0 : 1;
      const bool near = low ? unit[k] <= kEdge : unit[k] >= 1 - kEdge;
      if ((!near && space.decode(end)[p] != best->config[p]) || natural_end(param.domain, low)) continue;
      out.emplace_back(param.name, fmt::format("the best value of {}, {}, lies at the {} end of {}; widen it?",
                                               param.name, real ? short_number(*real) : space.text(p, best->config[p]),
                                               low ? "low" : "high", param.text.empty() ? "its range" : param.text));
    }
  }
  return out;
}

std::vector<std::string> hints(const StudySpec& spec, const std::vector<Trial>& trials) {
  std::vector<std::string> out;
  const auto add = [&](std::string line) {
    if (!line.empty() && out.size() < kMost) out.push_back(std::move(line));
  };
  add(all_failed_hint(spec, trials));
  add(fidelity_hint(spec, trials));
  for (std::string& line : value_hints(spec, trials)) add(std::move(line));
  for (auto& edge : edge_hints(spec, trials)) add(std::move(edge.second));
  return out;
}

}  // namespace hone
