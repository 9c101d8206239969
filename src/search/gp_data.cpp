#include "search/gp_data.h"

#include <algorithm>
#include <cmath>

namespace hone {
namespace {

using Entry = GpData::Entry;

constexpr double kLargest = 1e150;  // its square is finite

bool finite(const std::vector<double>& values, std::size_t count) {
  return values.size() >= count && std::all_of(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count),
                                               [](double x) { return std::isfinite(x); });
}

}  // namespace

void GpData::count(const Entry& entry, int by) {
  if (entry.kind == Entry::Kind::Bad) bad_ += static_cast<std::size_t>(by);
  if (entry.kind != Entry::Kind::Result) return;
  results_ += static_cast<std::size_t>(by);
  if ((levels_[entry.at] += by) == 0) levels_.erase(entry.at);
}

void GpData::tell(const Trial& trial, Change change) {
  const bool failed = change == Change::Failed || trial.phase == Phase::Failed;
  const bool ended = failed || trial.phase == Phase::Stopped || trial.phase == Phase::Completed;
  const bool lost = failed && trial.cause == Cause::Lost;
  auto [found, created] = entries_.try_emplace(trial.id);
  Entry& entry = found->second;
  if (created) entry.point = space_.encode(trial.config);
  count(entry, -1);
  entry.loss.clear();
  entry.excess.clear();
  if (failed && !lost) {
    entry.kind = Entry::Kind::Bad;
  } else if (trial.reports.empty()) {
    entry.kind = lost ? Entry::Kind::Nothing : ended ? Entry::Kind::Bad : Entry::Kind::Pending;
  } else if (const Report& last = trial.reports.back(); finite(last.loss, objectives_)) {
    entry.kind = Entry::Kind::Result;
    entry.at = last.at;
    entry.loss.assign(last.loss.begin(), last.loss.begin() + static_cast<std::ptrdiff_t>(objectives_));
    for (double& x : entry.loss) x = std::clamp(x, -kLargest, kLargest);
    entry.excess = last.excess;
  } else {
    entry.kind = Entry::Kind::Bad;
  }
  count(entry, 1);
}

}  // namespace hone
