#include "search/smac_data.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "hone/rng.h"
#include "search/history.h"

namespace hone {
namespace {

/// A base serves until the changes are this share of it. Until then new rows join the leaves of the trees they fall in.
constexpr std::size_t kSharePerBase = 16;
constexpr std::size_t kLargeBase =
    300;  // below, a new best has the trees grown anew; above, it joins them as others do

/// More ended trials than these: half of a base are the best, half drawn from the others by a hash.
constexpr std::size_t kMostRows = 20000;

}  // namespace

bool better(const SmacOutcome& a, const SmacOutcome& b) {
  if (a.kind != b.kind) return a.kind == SmacOutcome::Kind::Loss;
  return a.violation != b.violation ? a.violation < b.violation : a.loss < b.loss;
}

std::vector<std::size_t> smac_categories(const Space& space) {
  std::vector<std::size_t> out;
  for (const std::size_t p : space.free()) {
    const auto* choice = std::get_if<Choice>(&space.params()[p].domain);
    out.push_back(choice && !choice->ordered ? choice->options.size() : 0);
  }
  return out;
}

std::vector<double> SmacData::coordinates(const Config& config) const {
  std::vector<double> x = space_.encode(config);
  const auto categories = smac_categories(space_);
  for (std::size_t k = 0; k < x.size(); ++k)
    if (categories[k] > 0 && !std::isnan(x[k])) x[k] = std::floor(x[k] * static_cast<double>(categories[k]));
  return x;
}

void SmacData::hear(Row& row, const Trial& trial, Change change) {
  row.failed = change == Change::Failed || trial.phase == Phase::Failed;
  row.lost = row.failed && trial.cause == Cause::Lost;
  row.ended = row.failed || trial.phase == Phase::Stopped || trial.phase == Phase::Completed;
  row.running = trial.phase == Phase::Running;
  // Only the last report of those known can have been replaced.
  const std::size_t keep = std::min(row.reports.size(), trial.reports.size());
  const std::size_t from = keep == 0 ? 0 : keep - 1;
  for (std::size_t i = from; i < row.reports.size(); ++i)
    if (std::isfinite(row.reports[i].loss)) --reached_[row.reports[i].at];
  row.reports.resize(from);
  for (std::size_t i = from; i < trial.reports.size(); ++i) {
    const Report& report = trial.reports[i];
    const double loss = report.loss.empty() ? std::numeric_limits<double>::quiet_NaN() : report.loss[0];
    row.reports.push_back({report.at, loss, violation(report)});
    if (std::isfinite(loss)) ++reached_[report.at];
  }
}

SmacOutcome SmacData::outcome_of(const Row& row) const {
  const SmacOutcome failed{SmacOutcome::Kind::Failed, 0, 0};
  if (row.failed && !row.lost) return failed;
  const auto report = std::lower_bound(row.reports.begin(), row.reports.end(), level_,
                                       [](const Heard& heard, Resource at) { return heard.at < at; });
  if (report != row.reports.end() && report->at == level_)
    return std::isfinite(report->loss) ? SmacOutcome{SmacOutcome::Kind::Loss, report->loss, report->violation} : failed;
  const bool nothing = row.ended && !row.lost && std::none_of(row.reports.begin(), row.reports.end(), [](auto& r) {
                         return std::isfinite(r.loss);
                       });
  return nothing ? failed : SmacOutcome{};
}

Resource SmacData::level_now() const {
  Resource level = level_;
  std::size_t most = 0;
  for (const auto& [at, trials] : reached_) {
    if (trials == 0) continue;
    if (trials >= enough_ || trials >= most) level = at;
    most = std::max(most, std::min(trials, enough_));
  }
  return level;
}

void SmacData::tell(const Trial& trial, Change change) {
  const auto [found, created] = index_.try_emplace(trial.id, rows_.size());
  if (created) {
    rows_.emplace_back();
    const auto x = coordinates(trial.config);
    points_.insert(points_.end(), x.begin(), x.end());
  }
  Row& row = rows_[found->second];
  const SmacOutcome before = row.outcome;
  hear(row, trial, change);
  const bool moved = level_now() != level_;
  if (moved) {
    rebase();
  } else {
    row.outcome = outcome_of(row);
    const bool same =
        row.outcome.kind == before.kind && row.outcome.loss == before.loss && row.outcome.violation == before.violation;
    known_ += row.outcome.kind != SmacOutcome::Kind::Unknown;
    known_ -= before.kind != SmacOutcome::Kind::Unknown;
    if (!same) {
      changes_.push_back({found->second, row.outcome});
      const bool gone = row.outcome.kind == SmacOutcome::Kind::Unknown;
      const bool first_allowed =
          better(row.outcome, best_) && (best_.kind != SmacOutcome::Kind::Loss || best_.violation > 0);
      const bool new_best = better(row.outcome, best_) && base_.size() < kLargeBase;
      if (gone || first_allowed || new_best || changes_.size() * kSharePerBase > base_.size()) rebase();
    }
  }
  const bool open = !row.ended && (row.running || row.reports.empty());
  if (row.outcome.kind == SmacOutcome::Kind::Unknown && open) pending_.insert(found->second);
  else pending_.erase(found->second);
}

void SmacData::rebase() {
  level_ = level_now();
  base_.clear();
  changes_.clear();
  known_ = 0;
  best_ = {};
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    rows_[i].outcome = outcome_of(rows_[i]);
    if (rows_[i].outcome.kind == SmacOutcome::Kind::Unknown) continue;
    base_.push_back({i, rows_[i].outcome});
    ++known_;
    if (better(rows_[i].outcome, best_)) best_ = rows_[i].outcome;
  }
  thin();
  ++epoch_;
}

void SmacData::thin() {
  if (base_.size() <= kMostRows) return;
  const auto half = base_.begin() + kMostRows / 2, most = base_.begin() + kMostRows;
  std::nth_element(base_.begin(), half, base_.end(), [](const SmacChange& a, const SmacChange& b) {
    return better(a.outcome, b.outcome) || (!better(b.outcome, a.outcome) && a.row < b.row);
  });
  const auto drawn = [](const SmacChange& change) { return Rng::stream(change.row, "smac base").next(); };
  std::nth_element(half, most, base_.end(), [&](const auto& a, const auto& b) { return drawn(a) < drawn(b); });
  base_.erase(most, base_.end());
  std::sort(base_.begin(), base_.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
}

}  // namespace hone
