// Two made-up problems on which a searcher's quality is checked: a mixed, conditional one and an eight-dimensional bowl.
#pragma once

#include <algorithm>
#include <cmath>

#include "search/testing.h"

namespace hone::lab {

/// A choice, a branch each, numbers of every kind.
inline double mixed(const Config& c) {
  const double rate = std::pow(std::log10(number(c[1])) + 3, 2) / 8, momentum = std::pow(number(c[2]) - 0.7, 2);
  if (value_text(c[0]) == "tree") return 0.2 + rate + momentum + std::pow(number(c[3]) / 16 - 0.5, 2);
  return rate + momentum + std::pow(std::log2(number(c[4])) / 8 - 0.6, 2) + (value_text(c[5]) == "relu" ? 0 : 0.1);
}

inline Space mixed_space() {
  return space_of({{"model", "[tree, net]"},
                   {"rate", "float(1e-5, 1, log)"},
                   {"momentum", "float(0, 1, step=0.05)"},
                   {"depth", "int(1, 16) if model == tree"},
                   {"width", "int(8, 256, log) if model == net"},
                   {"act", "[tanh, relu, gelu] if model == net"}});
}

inline double bowl(const Config& c) {
  double sum = 0;
  for (std::size_t i = 0; i < c.size(); ++i) sum += std::pow(number(c[i]) - 0.1 * static_cast<double>(i + 1), 2);
  return sum;
}

inline Space cube() {
  std::vector<std::pair<std::string, std::string>> params;
  for (int i = 0; i < 8; ++i) params.emplace_back("x" + std::to_string(i), "float(0, 1)");
  return space_of(params);
}

inline double mean_best(const std::string& searcher, const Space& space, int trials,
                        const std::function<double(const Config&)>& loss) {
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto losses = minimize(*make_searcher(searcher, space, seed), trials, loss);
    sum += *std::min_element(losses.begin(), losses.end());
  }
  return sum / 20;
}

}  // namespace hone::lab
