// Where the global thread of blendsearch may look: the admissible region.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "search/flow2_ground.h"

namespace hone {

/// Wang, Wu, Huang, Saied, ICLR 2021, section 3.3: a box around the cheap start and what local threads have seen, wider
/// by a margin, along the numeric coordinates that have a low_cost; the others are free.
class AdmissibleRegion {
 public:
  /// REQUIRES: ground.cheap()
  AdmissibleRegion(const Flow2Ground& ground, double margin)
      : margin_(margin), lo_(ground.walk().size(), 0.0), hi_(ground.walk().size(), 1.0) {
    const std::vector<double> start = ground.space().encode(*ground.cheap());
    for (std::size_t k = 0; k < lo_.size(); ++k) {
      const Param& param = ground.space().params()[ground.space().free()[k]];
      if (!param.low_cost || ground.walk().unordered(k) || std::isnan(start[k])) continue;
      lo_[k] = start[k] - margin;
      hi_[k] = start[k] + margin;
    }
  }
  void include(const std::vector<double>& x) {
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (std::isnan(x[k])) continue;
      lo_[k] = std::min(lo_[k], x[k] - margin_);
      hi_[k] = std::max(hi_[k], x[k] + margin_);
    }
  }
  /// A local thread has converged: what is left is farther away.
  void expand() {
    for (double& x : lo_) x -= margin_;
    for (double& x : hi_) x += margin_;
  }
  std::vector<double> clamp(std::vector<double> x) const {
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (!std::isnan(x[k])) x[k] = std::clamp(x[k], std::max(lo_[k], 0.0), std::min(hi_[k], 1.0));
    }
    return x;
  }

 private:
  double margin_;
  std::vector<double> lo_, hi_;
};

}  // namespace hone
