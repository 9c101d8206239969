// The ground that all local threads of a searcher walk on: what has been tried, what is legal, where it is cheap.
#pragma once

#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "search/flow2.h"
#include "space/legal.h"

namespace hone {

class Flow2Ground {
 public:
  Flow2Ground(const Space& space, std::uint64_t seed);
  const Space& space() const { return walk_.space(); }
  const Flow2Walk& walk() const { return walk_; }

  /// Call it for every tell.
  void tell(const Trial& trial, Change change);
  /// Where nobody has been, if that is found, and legal in any case.
  std::variant<Config, Exhausted> reach(const Flow2& thread, const Flow2Move& move, Rng& rng) const;

  /// The middle of the space, but the low_cost values where parameters have them; none if none has.
  const std::optional<Config>& cheap() const { return cheap_; }
  /// cheap(), or if it is not free a random configuration. REQUIRES: cheap()
  std::variant<Config, Exhausted> cheapest(Rng& rng) const;
  const Legal& legal() const { return legal_; }
  bool tried(const Config& config) const { return seen_.contains(config); }

 private:
  std::uint64_t seed_;
  Flow2Walk walk_;
  std::optional<Config> cheap_;
  Legal legal_;
  std::set<Config> seen_;
};

}  // namespace hone
