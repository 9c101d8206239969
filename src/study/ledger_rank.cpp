// Which trials are the best so far.
#include <algorithm>
#include <cmath>

#include "model/pareto.h"
#include "study/ledger.h"

namespace hone {

bool is_finite(const Report& report) {
  return std::all_of(report.loss.begin(), report.loss.end(), [](double loss) { return std::isfinite(loss); });
}

bool may_replace(const std::vector<Report>& reports, Resource at) {
  return !reports.empty() && reports.back().at == at && !is_finite(reports.back());
}

/// Keeps the trial's place among the candidates for `best`.
void Ledger::rank(const Trial& trial) {
  Key& old = ranked_[static_cast<std::size_t>(trial.id)];
  const bool better_before = !ranking_.empty();
  const Key leader = better_before ? *ranking_.begin() : Key{};
  if (old.at > 0) ranking_.erase(old);
  old = Key{};
  if (trial.phase == Phase::Failed || trial.reports.empty() || !is_finite(trial.reports.back())) return;
  const Report& last = trial.reports.back();
  for (const double excess : last.excess)
    if (!(excess <= 0)) return;
  old = Key{last.at, last.loss[0], trial.id};
  ranking_.insert(old);
  if (better_before && old.at <= leader.at && !(old.at == leader.at && old.loss < leader.loss)) return;
  since_improvement_ = 0;
  improving_ = trial.phase == Phase::Running ? trial.id : -1;
}

bool Ledger::any_result() const {
  return std::any_of(trials_.begin(), trials_.end(), [](const Trial& trial) {
    return trial.phase != Phase::Failed && !trial.reports.empty() && is_finite(trial.reports.back());
  });
}

std::optional<TrialId> Ledger::best() const {
  if (ranking_.empty()) return std::nullopt;
  return ranking_.begin()->trial;
}

std::vector<TrialId> Ledger::front() const {
  if (ranking_.empty()) return {};
  if (objectives_.size() == 1) return {ranking_.begin()->trial};
  const std::vector<TrialId> ids = candidates();
  std::vector<std::vector<double>> losses;
  losses.reserve(ids.size());
  for (const TrialId id : ids) losses.push_back(trials_[static_cast<std::size_t>(id)].reports.back().loss);
  const std::vector<int> ranks = nondominated_ranks(losses);
  std::vector<TrialId> front;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ranks[i] == 0) front.push_back(ids[i]);
  return front;
}

std::vector<TrialId> Ledger::candidates() const {
  std::vector<TrialId> ids;
  for (const Key& key : ranking_) {
    if (key.at != ranking_.begin()->at) break;
    ids.push_back(key.trial);
  }
  return ids;
}

}  // namespace hone
