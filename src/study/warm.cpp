#include "study/warm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace hone {
namespace {

constexpr std::size_t kMostPoints = 10;

NamedValues named(const Space& space, const Config& config) {
  NamedValues values;
  for (const std::size_t param : space.free())
    if (!std::holds_alternative<std::monostate>(config[param]))
      values.emplace_back(space.params()[param].name, config[param]);
  return values;
}

bool feasible(const Report& report) {
  return std::all_of(report.excess.begin(), report.excess.end(), [](double excess) { return excess <= 0; });
}

/// The performer in the target's space; `key` names the stream of what it lacks.
std::optional<Config> fitted(const Space& space, const WarmPoint& point, std::uint64_t seed, std::uint64_t key) {
  Config partial(space.params().size());
  std::size_t shared = 0;
  for (const auto& [name, value] : point.config) {
    const auto index = space.find(name);
    if (!index) continue;
    const auto* choice = std::get_if<Choice>(&space.params()[*index].domain);
    if (choice && std::find(choice->options.begin(), choice->options.end(), value) == choice->options.end())
      return std::nullopt;
    partial[*index] = value;
    ++shared;
  }
  const std::vector<double> known = space.encode(partial);
  Rng rng = Rng::stream(seed, "warm", key);
  std::vector<double> unit(known.size());
  for (double& u : unit) u = rng.uniform();
  const std::vector<double> drawn = space.encode(space.draw(unit));
  for (std::size_t k = 0; k < unit.size(); ++k) unit[k] = !std::isnan(known[k]) ? known[k] : drawn[k];
  Config config = space.decode(unit);
  const std::size_t active = named(space, config).size();
  if (2 * shared < active || !space.allows(config)) return std::nullopt;
  return config;
}

}  // namespace

std::vector<WarmPoint> top_performers(const Study& study, std::size_t count) {
  std::vector<const Trial*> ranked;
  if (study.spec().objectives.size() > 1) {
    for (const TrialId id : study.front()) ranked.push_back(&study.trials()[static_cast<std::size_t>(id)]);
  } else {
    Resource top = 0;
    for (const Trial& trial : study.trials()) {
      if (trial.phase == Phase::Failed || trial.reports.empty() || trial.silent) continue;
      const Report& report = trial.reports.back();
      if (!feasible(report) || report.loss.empty() || !std::isfinite(report.loss[0])) continue;
      top = std::max(top, report.at);
      ranked.push_back(&trial);
    }
    std::stable_sort(ranked.begin(), ranked.end(), [](const Trial* a, const Trial* b) {
      const Report &left = a->reports.back(), &right = b->reports.back();
      return left.at != right.at ? left.at > right.at : left.loss[0] < right.loss[0];
    });
    std::erase_if(ranked, [&](const Trial* trial) { return trial->reports.back().at < top; });
  }
  std::vector<WarmPoint> points;
  std::set<Config> seen;
  for (const Trial* trial : ranked) {
    if (points.size() == count) break;
    if (!seen.insert(trial->config).second) continue;
    points.push_back(
        {named(study.spec().space, trial->config), fmt::format("{}, trial {}", study.spec().name, trial->id)});
  }
  return points;
}

std::vector<WarmPoint> warm_points(const StudySpec& target, const std::vector<std::vector<WarmPoint>>& sources) {
  std::size_t rounds = 0;
  for (const auto& source : sources) rounds = std::max(rounds, source.size());
  std::vector<WarmPoint> points;
  std::set<Config> seen;
  for (std::size_t round = 0; round < rounds; ++round)
    for (const auto& source : sources) {
      if (round >= source.size() || points.size() == kMostPoints) continue;
      const auto config = fitted(target.space, source[round], target.seed.value_or(0), points.size());
      if (config && seen.insert(*config).second) points.push_back({named(target.space, *config), source[round].from});
    }
  return points;
}

}  // namespace hone
