// The densities of TPE at one state of a study: where good trials are, and where the others.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "search/parzen.h"
#include "search/tpe_branches.h"
#include "search/tpe_known.h"

namespace hone {

struct TpeRules {
  double gamma = 0.1;          // share of the trials that count as good ...
  std::size_t most_good = 25;  // ... but no more than these, unless there are several objectives
  int objectives = 1, outcomes = 0;
  KernelRules kernels;

  /// How many of n trials count as good.
  std::size_t good_of(double n) const;
};

class TpeModel {
 public:
  /// Within a branch (one value for each gate that is active, NaN elsewhere).
  /// REQUIRES: `axes` and `branches` outlive this
  TpeModel(const std::vector<KernelAxis>& axes, const Branches& branches, const History& history, const Known& known,
           std::vector<double> branch, const TpeRules& rules);

  /// A point where good trials are.
  void sample(Rng& rng, std::span<double> out) const;
  /// log l / g, with outcome constraints the relative density ratios, and the user's priors; larger is better.
  /// Where it is found to be below `least`, anything between that and itself.
  double score(std::span<const double> x, double least) const;
  std::size_t good() const { return good_; }

 private:
  /// Densities of the coordinates of one group; groups are independent of each other.
  struct Pair {
    Parzen good, other;
  };
  /// One split of the trials: by the objectives, or by an outcome constraint.
  struct Split {
    double share;  // of the good trials: gamma
    std::vector<Pair> groups;
  };
  void split_by_objectives(const Branches& branches, const Known& known, const TpeRules& rules);
  void split_by_outcome(const Branches& branches, const History& history, const Known& known, std::size_t outcome,
                        const TpeRules& rules);
  double prior_score() const;  // of places_

  const std::vector<KernelAxis>* axes_;
  std::vector<double> branch_;
  std::vector<Split> splits_;
  std::size_t good_ = 0;
  mutable std::vector<Place> places_;  // memo: room to work in
};

}  // namespace hone
