// The maximum of an acquisition over a mixed, conditional space.
#pragma once

#include <functional>
#include <vector>

#include "hone/rng.h"
#include "search/gp_model.h"
#include "search/gp_region.h"

namespace hone {

struct GpCandidate {
  std::vector<double> point;
  double value;
};

/// Many points spread over the space and around the incumbents, scored in one batch; from the best of them L-BFGS over
/// the continuous coordinates and steps to the best neighbour in the others, in turn. Best first; only points that
/// `legal` accepts, in `box`. May be empty.
std::vector<GpCandidate> maximise(const GpSpace& space, const GpModel& model, const Acquisition& acquisition,
                                  const GpBox& box, const std::function<bool(const std::vector<double>&)>& legal,
                                  Rng& rng);

}  // namespace hone
