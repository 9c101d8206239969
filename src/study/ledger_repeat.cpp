// Several runs of one configuration, one after another, with different seeds: what counts is the mean over all of them.
#include <algorithm>
#include <cmath>

#include "hone/rng.h"
#include "study/ledger.h"

namespace hone {

std::uint64_t run_seed(const Trial& trial) {
  if (trial.repeat == 0) return trial.seed;
  return Rng::stream(trial.seed, "repeat", static_cast<std::uint64_t>(trial.repeat)).next() >> 33;
}

/// With one run per configuration the trial's reports are its own.
std::vector<Report>& Ledger::own_reports(Trial& trial) const {
  if (repeat_ == 1) return trial.reports;
  const auto run = static_cast<std::size_t>(trial.repeat);
  if (trial.repeats.size() <= run) trial.repeats.resize(run + 1);
  return trial.repeats[run];
}

/// Once the last run has reported: the mean at that fidelity over all runs that reported there, if all did. At the last
/// run's end, if they have no fidelity in common, the mean of where each ended. True if there is a new one.
bool Ledger::merge_repeats(Trial& trial, bool ended) {
  if (trial.repeat + 1 < repeat_ || trial.repeats.size() < static_cast<std::size_t>(repeat_)) return false;
  if (trial.repeats.back().empty()) return false;
  if (ended && !trial.reports.empty() && (!fidelity_ || trial.reports.back().at >= trial.until)) return false;
  const Resource at = ended ? trial.until : trial.repeats.back().back().at;
  if (fidelity_ && !trial.reports.empty() && trial.reports.back().at >= at && !may_replace(trial.reports, at))
    return false;
  Report mean;
  mean.at = at;
  for (const auto& run : trial.repeats) {
    const auto found = std::find_if(run.rbegin(), run.rend(), [&](const Report& r) { return ended || r.at == at; });
    if (found == run.rend()) return false;
    mean.loss.resize(found->loss.size());
    mean.excess.resize(found->excess.size());
    for (std::size_t i = 0; i < found->loss.size(); ++i) mean.loss[i] += found->loss[i] / repeat_;
    for (std::size_t i = 0; i < found->excess.size(); ++i) mean.excess[i] += found->excess[i] / repeat_;
    mean.cost =
        cost_ == "seconds" ? found->cost : mean.cost + found->cost;  // time in the trial counts all runs already
  }
  trial.cost = mean.cost;
  if ((!fidelity_ && !trial.reports.empty()) || may_replace(trial.reports, at)) trial.reports.back() = std::move(mean);
  else trial.reports.push_back(std::move(mean));
  rank(trial);
  return true;
}

}  // namespace hone
