// What a study holds: the fold so far, its algorithms, and what is to be decided from them.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "hone/study.h"
#include "study/ledger.h"

namespace hone {

struct Study::State {
  StudySpec spec;
  Around around;
  Ledger ledger;
  std::unique_ptr<Searcher> searcher;
  std::unique_ptr<Scheduler> scheduler;
  std::vector<std::size_t> known, points;  // initial points with and without a result, in the order of the file
  std::size_t known_added = 0, points_started = 0;
  std::vector<TrialId> warm;      // trials that took over a configuration of an earlier study
  std::set<TrialId> away;         // see Offer
  std::int64_t most_slots = 0;    // that there ever were, free and taken
  std::vector<Told> told;         // scratch
  mutable std::string exhausted;  // memo: why the searcher has nothing left; once it has, it never has again

  State(StudySpec s, Around a) : spec(std::move(s)), around(std::move(a)), ledger(spec) { make_algorithms(); }

  void make_algorithms();
  void extend(const StudySpec& definition);
  void tell(const Trial& trial, Change change);
  void retell(const Trial& trial);
  void place(const Trial& trial);

  Seconds elapsed(Seconds now) const {
    return ledger.elapsed() + (ledger.live() > 0 ? std::max(0.0, now - ledger.last_time()) : 0.0);
  }
  std::string end_reason(Seconds now) const;
  std::optional<Fact> end(Seconds now) const;
  std::optional<Fact> overdue(Seconds now) const;
  std::optional<Fact> retry() const;
  Relaunched relaunch(const Trial& trial) const;
  bool only_held() const;
  std::variant<Fact, Wait> schedule(int free_slots) const;
  std::variant<Fact, Wait> propose(int free_slots) const;
  std::variant<Fact, Wait, Exhausted> start(const Start& move) const;
  std::optional<std::size_t> warm_point(TrialId trial) const;
  Config initial_point(std::size_t index, TrialId trial) const;
  Fact finished(std::string why) const;
};

}  // namespace hone
