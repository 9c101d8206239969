// Parameters on whose value it depends which others there are: a tree of choices above the densities.
#pragma once

#include <span>
#include <vector>

#include "search/parzen.h"
#include "search/tpe_known.h"

namespace hone {

struct BranchRules {
  double prior_weight = 4;  // good trials that the options of a gate are given for nothing, all together
  double share = 0.1;       // of a branch's trials, those that count as good
};

class Branches {
 public:
  Branches(const Space& space, const std::vector<KernelAxis>& axes);

  bool none() const { return gates_.empty(); }
  /// One value for each choice that gates others and is active, NaN for all other coordinates; empty if there is none.
  std::vector<double> choose(const Known& known, const BranchRules& rules) const;
  /// As choose(), but drawn from the prior.
  std::vector<double> draw(Rng& rng) const;
  /// Coordinates that exist under the same choices, with those choices (coordinates too). Gates are in no group.
  struct Group {
    std::vector<std::size_t> gates, members;
  };
  const std::vector<Group>& groups() const { return groups_; }
  static bool within(const double* x, std::span<const double> branch, std::span<const std::size_t> gates);

 private:
  std::size_t option_of(std::size_t gate, std::span<const double> branch, const Known& known,
                        const BranchRules& rules) const;
  bool active(std::size_t gate, std::span<const double> branch) const;

  Space space_;
  const std::vector<KernelAxis>* axes_;
  std::vector<std::size_t> gates_;  // coordinates, a gate before those that it gates
  std::vector<Group> groups_;
};

}  // namespace hone
