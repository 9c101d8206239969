// Where a searcher that learns looks while it knows nothing: the middle of the space, then scrambled Sobol points.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "search/sobol_points.h"
#include "space/legal.h"

namespace hone {

class Opening {
 public:
  /// `name` keys the scramble: "tpe". `spread`: what is left of the distance from the middle, of each free parameter; all of
  /// it if empty.
  /// `doubt`: for searchers that never look further than their first trials lie apart, every third point goes by the ranges
  /// alone, so that a prior that is wrong can be left.
  Opening(const Space& space, std::uint64_t seed, std::string_view name, std::vector<double> spread = {},
          bool doubt = false);

  /// Trial 0 gets the middle of the user's distribution, trial i point i of the sequence; where the constraints reject
  /// it, or a finite space has had it, a draw from `rng`. `known` of `wanted` results, for the words of `why`.
  /// note: "start".
  std::variant<Proposal, Wait, Exhausted> propose(const Ask& ask, Rng& rng, const Legal& legal, std::size_t known,
                                                  std::size_t wanted) const;

 private:
  Space space_;
  SobolPoints points_;
  std::vector<double> spread_;
  bool doubt_;
};

}  // namespace hone
