// Which parameters explain the objective, alone and in pairs: functional ANOVA over a forest (model/fanova.h).
#pragma once

#include <vector>

#include "hone/space.h"
#include "hone/trial.h"

namespace hone {

struct PairShare {
  std::size_t a = 0, b = 0;  // of Space::params()
  double share = 0;
};

struct VarianceShares {
  std::vector<double> single;    // per parameter; NaN: not tuned, or active in fewer than 10 trials
  std::vector<PairShare> pairs;  // the largest first
};

/// Of the variance of the ranks of `loss`, which belong to `trials`. A parameter with a condition is measured among the
/// trials in which it is active, by a forest of their own.
VarianceShares variance_shares(const Space& space, const std::vector<const Trial*>& trials,
                               const std::vector<double>& loss_ranks);

}  // namespace hone
