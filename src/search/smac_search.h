// Where the acquisition of smac is largest: a pool of draws, then local search over one-exchange neighbourhoods.
#pragma once

#include <span>
#include <vector>

#include "hone/rng.h"
#include "search/smac_model.h"
#include "space/legal.h"

namespace hone {

struct SmacCandidate {
  std::vector<double> unit, x;
  double acquisition = 0;
};

struct SmacSearchRules {
  std::size_t pool = 512;   // draws from the whole space
  std::size_t moves = 512;  // draws around the best trials
  std::size_t starts = 5;   // of local search: that many trials and as many of the draws
  std::size_t steps = 12;   // of each local search, at most
};

class SmacSearch {
 public:
  SmacSearch(const Space& space, const SmacSearchRules& rules);
  /// Candidates, best first. `branch`: coordinates that are given, NaN elsewhere; or empty.
  std::vector<SmacCandidate> run(const SmacModel& model, const SmacData& data, std::vector<double> branch,
                                 Rng& rng) const;
  /// Is it a configuration of a trial? O(trials).
  bool repeats(const SmacCandidate& candidate, const SmacData& data) const;

 private:
  struct Pool;
  std::vector<std::size_t> parents(const SmacModel& model, const SmacData& data, std::span<const double> branch) const;
  std::vector<double> unit_of(std::span<const double> x, Rng& rng) const;
  void add(Pool& pool, std::vector<double> unit) const;
  void add_step(Pool& pool, const SmacCandidate& from, std::size_t coordinate, double to, Rng& rng) const;
  std::vector<double> moved(const std::vector<double>& unit, const std::vector<double>& x, Rng& rng) const;
  void climb(Pool& pool, const SmacModel& model, std::vector<SmacCandidate> starts, Rng& rng) const;

  Space space_;
  SmacSearchRules rules_;
  std::vector<std::size_t> categories_;
  std::vector<Space> alone_;  // of each coordinate, where none has a say in another's
};

}  // namespace hone
