#include "hone/registry.h"

#include <algorithm>

#include "search/make.h"

namespace hone {
namespace {

/// Sorted by name. Each row stands at the end of its searcher's file: what it is for, options, paper, factory.
std::vector<SearcherRow> table() {
  return {auto_row(), cfo_row(),   cmaes_row(),  command_row(), de_row(),   ga_row(),    gp_row(),
          grid_row(), nsga2_row(), random_row(), sa_row(),      smac_row(), sobol_row(), tpe_row()};
}

}  // namespace

const std::vector<SearcherRow>& searchers() {
  static const std::vector<SearcherRow> rows = table();
  return rows;
}

const SearcherRow* find_searcher(std::string_view name) {
  const auto& rows = searchers();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const SearcherRow& r) { return r.name == name; });
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace hone
