#include "schedule/fronts.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "model/pareto.h"

namespace hone {

void Fronts::insert(TrialId trial, std::vector<double> losses) {
  losses.resize(objectives_, std::numeric_limits<double>::quiet_NaN());
  auto [entry, fresh] = entries_.try_emplace(trial, Entry{std::move(losses), 0});
  if (!fresh) return;
  // Whoever is dominated from front k is dominated from every front before it.
  std::size_t low = 0, high = fronts_.size();
  while (low < high) {
    std::size_t middle = (low + high) / 2;
    if (dominated(middle, entry->second.losses)) low = middle + 1;
    else high = middle;
  }
  settle({trial}, low);
}

bool Fronts::dominated(std::size_t front, const std::vector<double>& losses) const {
  const auto& members = fronts_[front].members;
  return std::any_of(members.begin(), members.end(),
                     [&](TrialId other) { return dominates(entries_.at(other).losses, losses); });
}

/// The newcomers, none of whom dominates another, join the front; whom they dominate there moves on together.
void Fronts::settle(std::vector<TrialId> newcomers, std::size_t front) {
  std::set<TrialId> waiting;  // of the newcomers
  while (!newcomers.empty()) {
    if (front == fronts_.size()) fronts_.emplace_back();
    Front& here = fronts_[front];
    auto beaten = std::stable_partition(here.members.begin(), here.members.end(), [&](TrialId member) {
      return std::none_of(newcomers.begin(), newcomers.end(), [&](TrialId newcomer) {
        return dominates(entries_.at(newcomer).losses, entries_.at(member).losses);
      });
    });
    std::vector<TrialId> leaving(beaten, here.members.end());
    here.members.erase(beaten, here.members.end());
    std::set<TrialId> waiting_leave;
    for (TrialId trial : leaving) {
      if (here.waiting.erase(trial) > 0) waiting_leave.insert(trial);
    }
    for (TrialId trial : newcomers) entries_.at(trial).front = front;
    here.members.insert(here.members.end(), newcomers.begin(), newcomers.end());
    here.waiting.merge(waiting);
    newcomers = std::move(leaving);
    waiting = std::move(waiting_leave);
    ++front;
  }
}

/// Rare (failures): everybody after it may move up, so all is sorted anew.
void Fronts::erase(TrialId trial) {
  auto found = entries_.find(trial);
  if (found == entries_.end()) return;
  std::set<TrialId> waiting;
  for (Front& front : fronts_) waiting.merge(front.waiting);
  waiting.erase(trial);
  entries_.erase(found);
  std::vector<std::vector<double>> rows;
  for (const auto& [id, entry] : entries_) rows.push_back(entry.losses);
  const std::vector<int> ranks = nondominated_ranks(rows);
  fronts_.clear();
  std::size_t i = 0;
  for (auto& [id, entry] : entries_) {
    entry.front = static_cast<std::size_t>(ranks[i++]);
    if (entry.front >= fronts_.size()) fronts_.resize(entry.front + 1);
    fronts_[entry.front].members.push_back(id);
    if (waiting.contains(id)) fronts_[entry.front].waiting.insert(id);
  }
}

void Fronts::wait(TrialId trial, bool waits) {
  auto found = entries_.find(trial);
  if (found == entries_.end()) return;
  std::set<TrialId>& waiting = fronts_[found->second.front].waiting;
  if (waits) waiting.insert(trial);
  else waiting.erase(trial);
}

bool Fronts::waits(TrialId trial) const {
  auto found = entries_.find(trial);
  return found != entries_.end() && fronts_[found->second.front].waiting.contains(trial);
}

/// The loneliest first, ties by trial.
std::vector<TrialId> Fronts::in_order(const Front& front) const {
  std::vector<TrialId> order = front.members;
  std::sort(order.begin(), order.end());
  std::vector<std::vector<double>> rows;
  for (TrialId trial : order) rows.push_back(entries_.at(trial).losses);
  const std::vector<double> distance = crowding(rows, std::vector<int>(rows.size(), 0));
  std::vector<std::size_t> index(order.size());
  for (std::size_t i = 0; i < index.size(); ++i) index[i] = i;
  std::stable_sort(index.begin(), index.end(), [&](std::size_t a, std::size_t b) { return distance[a] > distance[b]; });
  std::vector<TrialId> sorted;
  for (std::size_t i : index) sorted.push_back(order[i]);
  return sorted;
}

std::int64_t Fronts::place(TrialId trial) const {
  const std::size_t front = entries_.at(trial).front;
  std::size_t before = 0;
  for (std::size_t k = 0; k < front; ++k) before += fronts_[k].members.size();
  const std::vector<TrialId> order = in_order(fronts_[front]);
  const auto at = std::find(order.begin(), order.end(), trial) - order.begin();
  return static_cast<std::int64_t>(before) + at + 1;
}

std::optional<TrialId> Fronts::first_waiting() const {
  for (const Front& front : fronts_) {
    if (front.waiting.empty()) continue;
    if (front.waiting.size() == 1) return *front.waiting.begin();
    const std::vector<TrialId> order = in_order(front);
    return *std::find_if(order.begin(), order.end(), [&](TrialId trial) { return front.waiting.contains(trial); });
  }
  return std::nullopt;
}

}  // namespace hone
