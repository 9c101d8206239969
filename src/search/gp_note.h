// What a fit of the Gaussian processes comes to, and how it rides in a proposal's note until it is told back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/kernel.h"

namespace hone {

struct GpFit {
  std::size_t ended = 0;  // how many trials had ended
  int transform = 0;      // of the losses
  std::vector<KernelParams>
      params;  // of the loss, then of each outcome constraint, then of success if any trial failed

  /// "gp 37 3 3f000000 ...": the parameters as 32-bit floats.
  std::string note() const;
  /// None: some other note, or one of another space.
  static std::optional<GpFit> read(std::string_view note, Eigen::Index columns, std::size_t outcomes);
};

}  // namespace hone
