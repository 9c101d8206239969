// Who stands where among trials with several losses: by non-dominated rank, within a rank by crowding distance.
//
// Schmucker, Donini, Zafar, Salinas, Archambeau, "Multi-objective Asynchronous Successive Halving", arXiv:2106.12639,
// 2021, section 3 (NSGA-II's order, Deb et al. 2002). Fronts are kept up to date as trials come, by the cascade of Li, Deb,
// Zhang, Zhang, "Efficient Nondomination Level Update Method for Steady-State Evolutionary Multiobjective Optimization",
// IEEE Transactions on Cybernetics 47(9), 2017: whom a newcomer dominates in its front moves to the next, and so on.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "hone/trial.h"

namespace hone {

class Fronts {
 public:
  explicit Fronts(std::size_t objectives) : objectives_(objectives) {}

  /// Losses that are missing count as infinite. No effect if the trial is there already.
  void insert(TrialId trial, std::vector<double> losses);
  void erase(TrialId trial);
  void wait(TrialId trial, bool waits);

  std::int64_t size() const { return static_cast<std::int64_t>(entries_.size()); }
  std::size_t count() const { return fronts_.size(); }
  // REQUIRES: the trial is there
  const std::vector<double>& losses(TrialId trial) const { return entries_.at(trial).losses; }
  std::size_t front(TrialId trial) const { return entries_.at(trial).front; }  // 0: dominated by nobody
  bool waits(TrialId trial) const;
  std::int64_t place(TrialId trial) const;  // 1: best; ties by trial
  /// The best of those that wait. O(fronts + f log f), f the size of the front that it is in.
  std::optional<TrialId> first_waiting() const;

 private:
  struct Entry {
    std::vector<double> losses;
    std::size_t front = 0;
  };
  struct Front {
    std::vector<TrialId> members;
    std::set<TrialId> waiting;
  };
  bool dominated(std::size_t front, const std::vector<double>& losses) const;
  void settle(std::vector<TrialId> newcomers, std::size_t front);
  std::vector<TrialId> in_order(const Front& front) const;

  std::size_t objectives_;
  std::map<TrialId, Entry> entries_;
  std::vector<Front> fronts_;
};

}  // namespace hone
