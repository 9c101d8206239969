// Which parameters move with the objective: rank correlations over a study's trials.
#pragma once

#include <string>
#include <vector>

#include "cli/view.h"

namespace hone {

struct Importance {
  std::string param;
  std::string kind;  // "rank correlation" (Spearman 1904, -1..1) or "correlation ratio" (Fisher 1925, 0..1) of ranks
  double value = 0;  // NaN: fewer than 3 trials, or nothing varies
  std::size_t trials = 0;  // with the parameter active
};
/// Over the trials with a value at the highest fidelity reached, failed ones left out. A positive rank correlation:
/// larger values go with a larger metric. Strongest first. Association, not cause: searchers do not draw independently.
std::vector<Importance> importances(const StudyView& study);

/// 1-based ranks; equal values share the mean of theirs.
std::vector<double> ranks(const std::vector<double>& values);

}  // namespace hone
