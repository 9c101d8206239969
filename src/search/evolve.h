// Genetic operators over a mixed, conditional space: what `ga` and `nsga2` make children with.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hone/registry.h"
#include "hone/rng.h"
#include "search/opening.h"
#include "search/population.h"
#include "space/axis.h"
#include "space/legal.h"

namespace hone {

struct BreedRules {
  double crossover = 0.9;     // chance that a child has two parents
  double crossover_eta = 15;  // distribution index of SBX: larger stays closer to the parents
  double mutation_eta = 20;   // likewise, of polynomial mutation
};

/// Points are those of Space::encode; parents have NaN where a parameter is inactive, children are complete.
class Breeder {
 public:
  Breeder(const Space& space, const BreedRules& rules);

  /// A mutated child of both parents: one active coordinate changes in expectation.
  std::vector<double> child(Rng& rng, std::span<const double> a, std::span<const double> b) const;
  /// One more active coordinate of `x` changes, if there is one that can.
  void mutate(Rng& rng, std::vector<double>& x) const;

 private:
  std::vector<double> crossed(Rng& rng, std::span<const double> a, std::span<const double> b) const;
  std::vector<std::size_t> active(const std::vector<double>& x) const;
  double mutated(Rng& rng, std::size_t k, double x) const;
  double next_level(std::size_t k, double x, bool up) const;

  Space space_;
  BreedRules rules_;
  std::vector<Axis> axes_;
  std::vector<bool> ordered_;
};

struct EvolveRules {
  const char* name;        // keys the random streams
  std::size_t population;  // parents are taken from so many best trials
  std::size_t tournament;  // a parent is the best of so many members
  BreedRules breed;
};

/// Steady state and asynchronous: no generation is waited for. Every child has its parents among the best trials known
/// when it is asked for.
class Evolution final : public Searcher {
 public:
  Evolution(const SearchInputs& inputs, const EvolveRules& rules);
  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override;
  void tell(const Trial& trial, Change change, std::string_view note) override;

 private:
  std::size_t parent(Rng& rng) const;
  Config bred(Rng& rng, std::size_t a, std::size_t b) const;
  std::vector<double> point_of(const Config& config) const;
  std::string why(std::size_t a, std::size_t b) const;

  EvolveRules rules_;
  Space space_;
  std::uint64_t seed_;
  int objectives_;
  std::size_t startup_;
  Breeder breeder_;
  Opening opening_;
  Legal legal_;
  Population population_;
  std::set<std::vector<double>> tried_;  // in any space; legal_ knows finite ones only
};

/// A population that fits the length of the study, unless the user has said: `share` of stop.trials within [least, 100],
/// of 200 trials if that is not known.
struct PopulationDefault {
  double share;
  std::int64_t least;
};
std::size_t population_size(const SearchInputs& inputs, const Options& options, const PopulationDefault& fallback);
OptionRow population_option(const PopulationDefault& fallback);

/// The options of BreedRules after `rows`; those of the two distribution indexes have defaults of the searcher's own.
std::vector<OptionRow> with_breeding(std::vector<OptionRow> rows, double crossover_eta, double mutation_eta);
BreedRules breed_rules(const Options& options);

}  // namespace hone
