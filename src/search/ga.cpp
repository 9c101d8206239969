// A genetic algorithm for mixed spaces: Goldberg, Deb, "A Comparative Analysis of Selection Schemes Used in Genetic
// Algorithms", FOGA 1991 (tournaments), in the steady-state, elitist form of Whitley's GENITOR (ICGA 1989): each result
// enters the population, the worst leaves it.
#include "search/evolve.h"
#include "search/make.h"
#include "space/option_rows.h"

namespace hone {
namespace {

constexpr PopulationDefault kPopulation = {0.1, 10};

std::unique_ptr<Searcher> make_ga(const SearchInputs& inputs, const Options& options) {
  const auto tournament = static_cast<std::size_t>(option_int(options, "tournament"));
  return std::make_unique<Evolution>(
      inputs, EvolveRules{"ga", population_size(inputs, options, kPopulation), tournament, breed_rules(options)});
}

}  // namespace

SearcherRow ga_row() {
  return {
      .name = "ga",
      .doc =
          "mixes and mutates the best trials. For cheap trials, many at a time, choices and conditions, 100 to many "
          "thousand trials",
      .paper =
          "Goldberg, Deb, A Comparative Analysis of Selection Schemes Used in Genetic Algorithms, FOGA 1991; Deb, "
          "Agrawal, Simulated Binary Crossover for Continuous Search Space, Complex Systems 9, 1995",
      .options = with_breeding({population_option(kPopulation),
                                whole("tournament", 7, 1, 100, "a parent is the best of so many of the population")},
                               5, 7),
      .multi_objective = false,
      .make = make_ga};
}

}  // namespace hone
