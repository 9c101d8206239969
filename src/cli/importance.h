// Which parameters matter to the objective, and which way: shares of its variance and rank correlations.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/view.h"

namespace hone {

struct Importance {
  std::string param;
  std::string kind;  // "rank correlation" (Spearman 1904, -1..1) or "correlation ratio" (Fisher 1925, 0..1) of ranks
  double value = 0;  // NaN: fewer than 3 trials, or nothing varies
  /// Of the variance of the objective's ranks, what this parameter explains by itself (functional ANOVA), 0..1, whether
  /// its best value lies at an end or in between. NaN: active in fewer than 10 trials.
  double share = 0;
  std::size_t trials = 0;  // with the parameter active
  /// Chance alone would exceed it in 1 of 20 studies whose trials were drawn independently, at most.
  bool clear = false;
  /// What goes with better values: `larger`, `smaller`, or the option with the best mean rank. `in between`: it explains
  /// much, but has no direction.
  std::string better;

  // Among the best tenth of those trials, rounded up.
  std::size_t top = 0;
  std::optional<std::pair<double, double>> range;            // of a number
  std::vector<std::pair<std::string, std::size_t>> options;  // of a choice, the most frequent first
};

/// Those that can be compared: with a value at the highest fidelity reached, failed ones left out; by number.
std::vector<const Trial*> comparable_trials(const StudyView& study);

/// Two parameters that explain more together than each by itself.
struct Interaction {
  std::string a, b;
  double share = 0;
};

struct Importances {
  std::vector<Importance> params;
  std::vector<Interaction> pairs;  // the largest first
};

/// Over the comparable trials. A positive rank correlation: larger values go with a larger metric. Largest share first,
/// then the strongest. Association, not cause: searchers do not draw independently.
Importances importances(const StudyView& study);

}  // namespace hone
