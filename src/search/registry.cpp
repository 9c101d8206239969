#include "hone/registry.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "search/make.h"

namespace hone {
namespace {

/// Those with a model that belief() asks, and those that may contain one of them.
constexpr std::array<std::string_view, 5> kModels = {"auto", "blendsearch", "coordinate", "gp", "smac"};

/// Searchers that contain another one choose among those that are there.
void name_inner(std::vector<SearcherRow>& rows) {
  std::vector<std::string> names;
  for (const SearcherRow& row : rows) {
    if (!row.outside) names.push_back(row.name);
  }
  for (SearcherRow& row : rows) {
    for (OptionRow& option : row.options) {
      if (row.name == "coordinate" && option.name == "searcher") {
        option.words = names;
        std::erase(option.words, row.name);
      } else if (row.name == "blendsearch" && option.name == "global") {
        std::erase_if(option.words,
                      [&](const std::string& name) { return !std::count(names.begin(), names.end(), name); });
      }
    }
  }
}

/// Sorted by name. Each row stands at the end of its searcher's file: what it is for, options, paper, factory.
std::vector<SearcherRow> table() {
  std::vector<SearcherRow> rows = {auto_row(),    blendsearch_row(), cfo_row(),   cmaes_row(),
                                   command_row(), coordinate_row(),  de_row(),    ga_row(),
                                   gp_row(),      grid_row(),        nsga2_row(), random_row(),
                                   sa_row(),      smac_row(),        sobol_row(), tpe_row()};
  name_inner(rows);
  for (SearcherRow& row : rows) row.believes = std::count(kModels.begin(), kModels.end(), row.name) > 0;
  return rows;
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
