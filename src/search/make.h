// The rows of registry.cpp, and two lines that every searcher needs.
#pragma once

#include <vector>

#include "hone/registry.h"
#include "hone/rng.h"
#include "hone/searcher.h"

namespace hone {

SearcherRow auto_row();
SearcherRow blendsearch_row();
SearcherRow cfo_row();
SearcherRow cmaes_row();
SearcherRow command_row();
SearcherRow coordinate_row();
SearcherRow de_row();
SearcherRow ga_row();
SearcherRow gp_row();
SearcherRow grid_row();
SearcherRow nsga2_row();
SearcherRow random_row();
SearcherRow sa_row();
SearcherRow smac_row();
SearcherRow sobol_row();
SearcherRow tpe_row();

inline std::vector<double> uniform_point(Rng& rng, const Space& space) {
  std::vector<double> unit(space.free().size());
  for (double& u : unit) u = rng.uniform();
  return unit;
}

/// Does this tell bring a configuration that may not have been seen? Added and warm trials need not start.
inline bool is_new(const Trial& trial, Change change) { return change == Change::Started || !trial.source.empty(); }

}  // namespace hone
