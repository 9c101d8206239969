// What a study takes over from earlier ones: their best configurations, tried early on for as long as they do well.
//
// Losses are not taken over: another data set has other losses. A configuration costs one trial and cannot mislead a model.
#pragma once

#include <cstddef>
#include <vector>

#include "hone/spec.h"
#include "hone/study.h"

namespace hone {

/// The best trials of a study, best first, no configuration twice: feasible, not failed, at the highest fidelity reached;
/// with several objectives its Pareto front.
std::vector<WarmPoint> top_performers(const Study& study, std::size_t count);

/// The sources' performers in turn, best first, each as a configuration of the target's space: values are clipped into
/// their ranges and put on their steps, parameters that a performer lacks are drawn. Left out: a choice that is no option
/// any more, what breaks a constraint, what shares fewer than half of the target's free parameters, doubles.
std::vector<WarmPoint> warm_points(const StudySpec& target, const std::vector<std::vector<WarmPoint>>& sources);

}  // namespace hone
