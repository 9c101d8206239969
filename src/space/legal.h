// The one way in which every searcher's proposal becomes a legal configuration.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "hone/searcher.h"
#include "hone/space.h"
#include "space/expression.h"

namespace hone {

/// Rejection first: up to 100 draws of the searcher, the first that meets all constraints and, in a finite space, has
/// not been tried. Then repair (documented in legal.cpp). In a finite space of at most 2^20 cells the rest is
/// enumerated, so Exhausted is exact there; elsewhere it means that no untried legal configuration was found.
class Legal {
 public:
  explicit Legal(Space space);
  /// Call it for every trial that starts or is added. Cheap in spaces that are not finite.
  void tried(const Config& config);
  /// `draw` makes a proposal, in [0,1]^d or as a config, from its own generator; it is called again while rejected.
  std::variant<Config, Exhausted> pick(Rng& rng, const std::function<Config(Rng&)>& draw) const;
  /// Is this one allowed and, in a finite space, new?
  bool fresh(const Config& config) const;

 private:
  std::optional<Config> repaired(Rng& rng, Config config) const;
  std::optional<Config> enumerated(Rng& rng) const;
  double distance(const Config& config) const;

  Space space_;
  std::vector<Expression> rules_;                            // the constraints, to tell how far each is from true
  std::set<std::pair<std::uint64_t, std::uint64_t>> tried_;  // 128-bit hashes of configs; finite spaces only
};

/// Invalid if the constraints leave nothing: proven in a finite space of at most 2^20 cells, else if neither 20 000
/// draws nor their repair found a configuration.
Result<void> satisfiable(const Space& space, std::uint64_t seed);

}  // namespace hone
