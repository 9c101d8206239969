#include "search/population.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "model/pareto.h"

namespace hone {
namespace {

bool finite(const std::vector<double>& values) {
  return !values.empty() && std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
}

bool as_far(const Member& a, const Member& b) { return a.at == b.at && a.violation == b.violation; }

}  // namespace

void Population::tell(const Trial& trial, Change change) {
  const bool failed = change == Change::Failed || trial.phase == Phase::Failed;
  const auto old = std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.id == trial.id; });
  const bool counts =
      !(failed && trial.cause != Cause::Lost) && !trial.reports.empty() && finite(trial.reports.back().loss);
  if (old == members_.end() && !counts) return;
  if (old != members_.end()) {
    const bool same = counts && old->at == trial.reports.back().at && old->losses == trial.reports.back().loss &&
                      old->excess == trial.reports.back().excess;
    if (same) return;
    members_.erase(old);
  }
  if (counts) {
    const Report& last = trial.reports.back();
    if (!members_.empty() && members_[0].losses.size() != last.loss.size()) return;  // of another study
    members_.push_back({.id = trial.id,
                        .at = last.at,
                        .point = space_.encode(trial.config),
                        .losses = last.loss,
                        .excess = last.excess,
                        .violation = 0,
                        .rank = 0,
                        .crowding = 0});
  }
  sort();
  if (members_.size() > size_) members_.pop_back();  // its neighbours stand less close now: seen at the next tell
}

void Population::measure_violations() {
  std::vector<double> worst;  // of each constraint, so that their units do not matter
  for (const Member& member : members_) {
    worst.resize(std::max(worst.size(), member.excess.size()), 0);
    for (std::size_t i = 0; i < member.excess.size(); ++i)
      if (std::isfinite(member.excess[i])) worst[i] = std::max(worst[i], member.excess[i]);
  }
  for (Member& member : members_) {
    member.violation = 0;
    for (std::size_t i = 0; i < member.excess.size(); ++i) {
      const double excess = member.excess[i];
      if (excess <= 0) continue;
      member.violation += std::isfinite(excess) ? excess / worst[i] : std::numeric_limits<double>::infinity();
    }
  }
}

void Population::sort() {
  measure_violations();
  for (Member& member : members_) {
    member.rank = 0;
    member.crowding = 0;
  }
  in_order();
  std::vector<std::vector<double>> losses;
  for (std::size_t from = 0, to = 0; from < members_.size(); from = to) {
    while (to < members_.size() && as_far(members_[from], members_[to])) ++to;
    if (members_[from].violation > 0) continue;
    losses.clear();
    for (std::size_t i = from; i < to; ++i) losses.push_back(members_[i].losses);
    const auto ranks = nondominated_ranks(losses);
    const auto distances = crowding(losses, ranks);
    for (std::size_t i = from; i < to; ++i) {
      members_[i].rank = ranks[i - from];
      members_[i].crowding = distances[i - from];
    }
  }
  in_order();
}

/// Members are large: they are moved once each.
void Population::in_order() {
  std::vector<std::size_t> order(members_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
    const Member &a = members_[x], &b = members_[y];
    if (a.at != b.at) return a.at > b.at;
    if (a.violation != b.violation) return a.violation < b.violation;
    if (a.rank != b.rank) return a.rank < b.rank;
    if (a.crowding != b.crowding) return a.crowding > b.crowding;
    return a.id > b.id;
  });
  std::vector<Member> sorted;
  sorted.reserve(members_.size());
  for (const std::size_t i : order) sorted.push_back(std::move(members_[i]));
  members_ = std::move(sorted);
}

std::size_t Population::front_size() const {
  std::size_t count = 0;
  for (const Member& member : members_) {
    if (member.at != members_[0].at || member.rank > 0 || member.violation > 0) break;
    ++count;
  }
  return count;
}

}  // namespace hone
