#include "search/history.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace hone {

double violation(const Report& report) {
  double sum = 0;
  for (const double excess : report.excess) {
    if (std::isnan(excess)) return std::numeric_limits<double>::infinity();
    sum += std::max(excess, 0.0);
  }
  return sum;
}

namespace {

/// All of the objectives, and each of them a number.
bool complete(const Report& report, int objectives) {
  return report.loss.size() >= static_cast<std::size_t>(objectives) &&
         std::all_of(report.loss.begin(), report.loss.end(), [](double loss) { return std::isfinite(loss); });
}

/// None: pending, or nothing to learn from.
std::optional<Standing> rank_of(const Trial& trial, bool failed, bool ended, int objectives) {
  Standing rank{.tier = Standing::Tier::Missing, .at = 0, .violation = 0, .loss = 0, .id = trial.id};
  if (failed && trial.cause != Cause::Lost) {
    rank.tier = Standing::Tier::Failed;
    return rank;
  }
  if (trial.reports.empty()) return failed || !ended ? std::nullopt : std::optional(rank);
  const Report& last = trial.reports.back();
  if (!complete(last, objectives)) return rank;
  return Standing{Standing::Tier::Loss, last.at, violation(last), objectives == 1 ? last.loss[0] : 0, trial.id};
}

}  // namespace

bool operator<(const Standing& a, const Standing& b) {
  return std::tie(a.tier, b.at, a.violation, a.loss, a.id) < std::tie(b.tier, a.at, b.violation, b.loss, b.id);
}

void History::tell(const Trial& trial, Change change) {
  const bool failed = change == Change::Failed || trial.phase == Phase::Failed;
  const bool ended = failed || trial.phase == Phase::Stopped || trial.phase == Phase::Completed;
  auto [found, created] = entries_.try_emplace(trial.id);
  Entry& entry = found->second;
  if (created) entry.point = space_.encode(trial.config);
  if (entry.rank) {
    ranked_.erase(*entry.rank);
    with_loss_ -= entry.rank->tier == Standing::Tier::Loss;
  }
  entry.rank = rank_of(trial, failed, ended, objectives_);
  if (!trial.reports.empty()) entry.last = trial.reports.back();
  if (entry.rank) {
    ranked_.insert(*entry.rank);
    with_loss_ += entry.rank->tier == Standing::Tier::Loss;
    pending_.erase(trial.id);
  } else if (ended) {
    pending_.erase(trial.id);
  } else {
    pending_.insert(trial.id);
  }
}

}  // namespace hone
