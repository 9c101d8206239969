// Which parameters a training may change on its way, and how: the "explore" of population-based training (pbt.cpp).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "hone/rng.h"
#include "hone/space.h"

namespace hone {

class Explorer {
 public:
  /// A parameter may change if it is marked `mutable` (the default), is no constant,
  /// and does not decide which others are active: that would be another model.
  explicit Explorer(const Space& space);

  /// Coordinates of Space::free() that may change.
  const std::vector<std::size_t>& coordinates() const { return coordinates_; }
  const Space& space() const { return space_; }

  /// Each coordinate that may change is drawn anew with probability `resample`, else multiplied by 0.8 or 1.2 (an ordered
  /// choice goes to a neighbour, another choice stays). `base` itself if that comes to nothing legal.
  Config perturbed(const Config& base, double resample, Rng& rng) const;
  /// `donor` with the parameters that may change as `own` has them.
  Config joined(const Config& donor, const Config& own) const;
  /// `base` with other coordinates, in the order of coordinates(); nan: as it is. `base` itself if that is not legal.
  Config placed(const Config& base, const std::vector<double>& unit) const;
  bool allows(const Config& config) const { return space_.allows(config); }

  /// "rate 0.1 to 0.12, drop 0.3 to 0.24": what differs, of the parameters that may; "nothing" if nothing does.
  std::string changes(const Config& from, const Config& to) const;

 private:
  Value changed(std::size_t param, const Value& value, double factor) const;
  Value resampled(std::size_t coordinate, Rng& rng) const;
  Config settled(const Config& raw) const;

  Space space_;
  std::vector<std::size_t> coordinates_;
};

}  // namespace hone
