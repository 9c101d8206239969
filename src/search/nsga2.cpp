// NSGA-II: Deb, Pratap, Agarwal, Meyarivan, "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II", IEEE TEVC
// 6(2), 2002, in its steady-state form (Durillo, Nebro, Luna, Alba, "On the Effect of the Steady-State Selection Scheme
// in Multi-Objective Genetic Algorithms", EMO 2009): each result enters the population, and the worst by rank and
// crowding distance leaves it. Nothing waits for a generation, so that any number of trials may run at a time.
#include "search/evolve.h"
#include "search/make.h"
#include "space/option_rows.h"

namespace hone {
namespace {

constexpr PopulationDefault kPopulation = {0.2, 20};

std::unique_ptr<Searcher> make_nsga2(const SearchInputs& inputs, const Options& options) {
  return std::make_unique<Evolution>(
      inputs, EvolveRules{"nsga2", population_size(inputs, options, kPopulation), 2, breed_rules(options)});
}

}  // namespace

SearcherRow nsga2_row() {
  return {.name = "nsga2",
          .doc =
              "evolves a front of trials that no other beats in all objectives, feasible ones first. For several "
              "objectives, any space, 100 to many thousand trials",
          .paper =
              "Deb, Pratap, Agarwal, Meyarivan, A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II, IEEE "
              "TEVC 6(2), 2002",
          .options = with_breeding({population_option(kPopulation)}, 15, 20),
          .multi_objective = true,
          .make = make_nsga2};
}

}  // namespace hone
