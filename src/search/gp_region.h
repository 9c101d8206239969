// A trust region in many dimensions: Eriksson, Pearce, Gardner, Turner, Poloczek, "Scalable Global Optimization via Local
// Bayesian Optimization", NeurIPS 2019 (TuRBO), section 2. There a model is only right near what was tried, and expected
// improvement over the whole space would go from one unknown corner to the next.
//
// Notation: L the region's length, τ_succ, τ_fail how many successes or failures in a row change it, λ_k the lengthscale
// of coordinate k.
#pragma once

#include <vector>

#include "search/gp_data.h"
#include "search/gp_space.h"

namespace hone {

/// A box of coordinates of Space::encode; empty: everywhere.
struct GpBox {
  std::vector<double> low, high;

  bool everywhere() const { return low.empty(); }
  bool holds(const std::vector<double>& point) const;
  void clamp(std::vector<double>& point) const;
};

/// A fold over the results in the order of their trials: what was told late, twice or in another order leads to the same
/// region. Each result counts once, however many ran at the same time.
class GpRegion {
 public:
  /// Below this many active coordinates there is none.
  static constexpr double kLeastDimensions = 15;

  GpRegion(const GpSpace& space, const GpData& data);

  double length() const { return length_; }
  /// Around the best result since the last restart: sides L λ_k / (Π λ)^(1/d), of continuous and integer coordinates.
  GpBox box(const GpSpace& space, const KernelParams& params) const;

 private:
  double length_ = 0;
  const std::vector<double>* centre_ = nullptr;  // none: no region, or results of a fresh start are awaited
};

}  // namespace hone
