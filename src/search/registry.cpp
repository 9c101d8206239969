#include "hone/registry.h"

#include <algorithm>

#include "search/make.h"

namespace hone {
namespace {

OptionRow whole(std::string name, std::int64_t fallback, double lo, double hi, std::string doc) {
  return {.name = std::move(name),
          .type = OptionRow::Type::Int,
          .fallback = fallback,
          .lo = lo,
          .hi = hi,
          .words = {},
          .doc = std::move(doc)};
}
OptionRow real(std::string name, double fallback, double lo, double hi, std::string doc) {
  return {.name = std::move(name),
          .type = OptionRow::Type::Float,
          .fallback = fallback,
          .lo = lo,
          .hi = hi,
          .words = {},
          .doc = std::move(doc)};
}
OptionRow yes_no(std::string name, bool fallback, std::string doc) {
  return {.name = std::move(name),
          .type = OptionRow::Type::Bool,
          .fallback = std::int64_t{fallback},
          .lo = 0,
          .hi = 1,
          .words = {},
          .doc = std::move(doc)};
}

std::vector<SearcherRow> table() {  // sorted by name
  return {
      {.name = "grid",
       .doc = "every cell in order, then the end; continuous parameters are drawn anew in each round, for ever. "
              "For few parameters with few values",
       .paper = "none: exhaustive search",
       .options = {yes_no("shuffle", false, "visit the cells in an order drawn from the seed")},
       .multi_objective = true,
       .make = make_grid},
      {.name = "random",
       .doc = "independent draws. For a baseline, for very many trials at once, for spaces in which nothing is known",
       .paper = "Bergstra, Bengio, Random Search for Hyper-Parameter Optimization, JMLR 13, 2012",
       .options = {},
       .multi_objective = true,
       .make = make_random},
      {.name = "sobol",
       .doc =
           "scrambled Sobol points: covers the space more evenly than random. For a first look, and for a fixed budget",
       .paper = "Owen, Randomly Permuted (t,m,s)-Nets and (t,s)-Sequences, 1995; Burley, Practical Hash-based Owen "
                "Scrambling, JCGT 9(4), 2020",
       .options = {},
       .multi_objective = true,
       .make = make_sobol},
      {.name = "tpe",
       .doc =
           "samples where good trials are dense and bad ones are not. For choices, conditions and mixed spaces, 30 to "
           "several thousand trials",
       .paper =
           "Bergstra, Bardenet, Bengio, Kégl, Algorithms for Hyper-Parameter Optimization, NeurIPS 2011; Watanabe, "
           "Tree-Structured Parzen Estimator, arXiv:2304.11127, 2023",
       .options = {whole("startup", 10, 1, 10000,
                         "results to wait for before the model is used; spread out until then"),
                   whole("candidates", 24, 1, 10000, "samples of the good density among which the best is proposed"),
                   real("gamma", 0.1, 0.001, 0.9, "share of the trials that count as good (25 at most)"),
                   real("prior_weight", 1, 0.001, 1000,
                        "weight of the prior in each density; one trial weighs 1. More explores more"),
                   real("min_bandwidth", 0.03, 0.0001, 1,
                        "narrowest kernel of a numeric parameter, as a share of its range"),
                   real("choice_mix", 0.2, 0.001, 1,
                        "chance that a kernel of a choice draws from the prior instead of its own option")},
       .multi_objective = false,
       .make = make_tpe},
  };
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
