// What smac learns from: an append-only record of outcomes, cut into a base that the forest is fitted to and the changes
// since, so that the fit is a function of the tells and costs little on each of them.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "hone/searcher.h"

namespace hone {

struct SmacOutcome {
  enum class Kind : std::uint8_t { Unknown, Loss, Failed };  // Failed: or ended without a finite loss
  Kind kind = Kind::Unknown;
  double loss = 0, violation = 0;  // violation: the sum of the positive `excess`
};

struct SmacChange {
  std::size_t row = 0;
  SmacOutcome outcome;
};

/// Losses of different `at` are never compared: all outcomes are those at one level, the furthest that `enough` trials
/// have reached (the one with the most trials if none has).
class SmacData {
 public:
  SmacData(Space space, std::size_t enough) : space_(std::move(space)), enough_(enough) {}

  void tell(const Trial& trial, Change change);

  /// One row of coordinates a trial, in the order in which they were first heard of: as Space::encode, but an unordered
  /// choice by its number.
  const std::vector<double>& points() const { return points_; }
  const std::vector<SmacChange>& base() const { return base_; }        // each row once, sorted; see kMostRows
  const std::vector<SmacChange>& changes() const { return changes_; }  // since, in the order of the tells
  std::uint64_t epoch() const { return epoch_; }                       // counts the bases
  const std::set<std::size_t>& pending() const { return pending_; }    // rows of trials that have not ended
  std::size_t known() const { return known_; }                         // trials that have an outcome
  std::vector<double> coordinates(const Config& config) const;

 private:
  struct Heard {
    Resource at;
    double loss, violation;
  };
  struct Row {
    std::vector<Heard> reports;
    bool failed = false, ended = false, lost = false, running = false;
    SmacOutcome outcome;
  };
  void hear(Row& row, const Trial& trial, Change change);
  SmacOutcome outcome_of(const Row& row) const;
  Resource level_now() const;
  void rebase();
  void thin();

  Space space_;
  std::size_t enough_;
  std::map<TrialId, std::size_t> index_;
  std::vector<Row> rows_;
  std::vector<double> points_;
  std::map<Resource, std::size_t> reached_;  // at -> how many trials have a finite loss there
  Resource level_ = 0;
  std::vector<SmacChange> base_, changes_;
  std::set<std::size_t> pending_;
  std::uint64_t epoch_ = 0;
  std::size_t known_ = 0;
  SmacOutcome best_;  // of the base
};

/// Is `a` better than `b`? Feasible before infeasible, then the loss.
bool better(const SmacOutcome& a, const SmacOutcome& b);

/// Per coordinate of Space::encode: how many options an unordered choice has, 0 for what has an order.
std::vector<std::size_t> smac_categories(const Space& space);

}  // namespace hone
