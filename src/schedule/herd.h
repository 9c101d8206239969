// A population of training runs of which the bad ones are replaced by copies of good ones: what pbt and pb2 share. pbt.cpp
// has the paper.
//
// A member is a line of trials: its trial trains for an interval and pauses (it is "ready"). Then it goes on, or it is
// stopped and a new trial begins in its place from the checkpoint of a better member, with an explored configuration. So a
// trial's configuration never changes, and the log has the lineage (Trial.from). Which of the two is decided when its turn
// comes: at once with a slot for each member, else when nobody else is further behind, by all that is known then.
//
// A ready trial at `at` is compared with what the other members had at `at`, or less if they have not come as far: nobody is
// judged by those who trained longer.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hone/registry.h"
#include "schedule/explore.h"
#include "schedule/rungs.h"

namespace hone {

enum class Exploit { Truncation, Tournament };

struct HerdOptions {
  std::string name;  // of the random streams
  std::int64_t population = 1;
  Resource interval = 1;
  double quantile = 0.2;
  Exploit exploit = Exploit::Truncation;
  bool copy_parameters = true;  // else the weights only: the child explores around its predecessor's parameters
};

class Herd : public Scheduler {
 public:
  Herd(const ScheduleInputs& inputs, HerdOptions options);
  Move next(const Offer& offer) const override;
  void tell(const Trial& trial, Change change) override;

 protected:
  /// A result: a point of a curve at `at`, feasible ones first.
  struct Score {
    Resource at = 0;
    double violation = 0, loss = 0;
    TrialId trial = 0;
    bool better(const Score& other) const;  // strictly; ties are no better
    bool before(const Score& other) const { return better(other) || (!other.better(*this) && trial < other.trial); }
  };
  struct Verdict {
    TrialId donor = -1;
    std::string why;
  };
  struct Member {
    enum class State { Unknown, Running, Ready, Done, Gone };
    State state = State::Unknown;
    Config config;
    Resource until = 0, checkpoint = 0;  // 0: no run of it has ended well below the maximum
    std::optional<Checkpoint> from;
    std::vector<Score> curve;        // own reports
    std::string standing;            // of the ready one whose turn is next
    std::optional<Verdict> verdict;  // as well

    bool alive() const { return state == State::Running || state == State::Ready; }
  };

  /// The configuration of a child that begins at `at`; `base`: what it would have without exploring.
  virtual Config explored(const Config& base, Resource at, Rng& rng) const = 0;
  /// A run of `member` from `begin` on has ended well.
  virtual void trained(const Member&, Resource /*begin*/, TrialId) {}
  const std::map<TrialId, Member>& members() const { return members_; }
  const std::set<TrialId>& current() const { return current_; }
  std::optional<Score> score_at(TrialId trial, Resource at) const;

  ScheduleInputs inputs_;
  HerdOptions options_;
  Explorer explorer_;
  Wording wording_;

 private:
  struct Vacancy {
    TrialId loser = 0, donor = -1;
    Resource at = 0;
  };
  struct Ranking {
    std::vector<Score> best_first;
    std::size_t cut = 0;  // so many at either end
    std::size_t place(TrialId trial) const;
  };
  void change_state(TrialId id, Member& member, Member::State state);
  static Resource ready_level(const Member& member) { return member.checkpoint; }
  void started(const Trial& trial, Member& member);
  void reported(const Trial& trial, Member& member);
  void judge(TrialId id, Member& member);
  Ranking rank(Resource at) const;
  bool may_donate(TrialId donor, Resource at) const;
  std::vector<TrialId> donors(const Ranking& ranking, const Score& loser) const;
  std::optional<std::size_t> breedable() const;
  std::optional<std::vector<TrialId>> donors_for(const Vacancy& vacancy) const;
  Move breed(const Vacancy& vacancy, const std::vector<TrialId>& donors, const Offer& offer) const;
  Move take_turn() const;
  Resource next_level(Resource at) const;

  std::map<TrialId, Member> members_;  // all that were ever heard of
  std::set<TrialId> current_;          // who are compared: alive, or among the last that came to their end
  std::deque<TrialId> done_;           // of these, in the order of their ends
  std::set<std::pair<Resource, TrialId>> ready_;
  std::vector<Vacancy> vacancies_;
  std::int64_t alive_ = 0;
};

/// Options that pbt and pb2 have.
std::vector<OptionRow> herd_options(double quantile);
HerdOptions read_herd_options(const std::string& name, const ScheduleInputs& inputs, const Options& options);

}  // namespace hone
