// Every kind of space that a searcher must cope with.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "hone/space.h"

namespace hone {

struct SpaceCase {
  std::string name;
  std::vector<std::pair<std::string, std::string>> params;
  std::vector<std::string> constraints;
};

inline const std::vector<SpaceCase>& cases() {
  static const std::vector<SpaceCase> all = {
      {"float", {{"x", "float(-2, 3)"}}, {}},
      {"floats",
       {{"lr", "float(1e-5, 1e-1, log)"}, {"momentum", "float(0.85, 0.98, step=0.01)"}, {"x", "float(-2, 3)"}},
       {}},
      {"ints",
       {{"n", "int(-3, 9)"}, {"width", "int(16, 512, log)"}, {"even", "int(0, 20, step=2)"}, {"x", "float(0, 1)"}},
       {}},
      {"choices",
       {{"opt", "[sgd, adam, lion]"},
        {"size", "ordinal(small, medium, large)"},
        {"batch", "pow2(8, 128)"},
        {"x", "float(0, 1)"}},
       {}},
      {"shapes",
       {{"a", "normal(0.3, 0.1, lo=0, hi=0.6)"}, {"b", "lognormal(0, 1)"}, {"c", "piecewise([0, 0.01], [0.1, 0.3])"}},
       {}},
      {"conditional",
       {{"model", "[svm, forest, mlp]"},
        {"C", "float(1e-3, 1e3, log) if model == svm"},
        {"kernel", "[linear, rbf] if model == svm"},
        {"gamma", "float(0, 1) if kernel == rbf"},
        {"depth", "int(2, 32, log) if model == forest"},
        {"layers", "int(1, 3) if model == mlp"}},
       {}},
      {"derived", {{"lr", "float(1e-4, 1e-1, log)"}, {"decay", "= lr / 100"}, {"stride", "1"}}, {}},
      {"constrained",
       {{"a", "float(0, 1)"}, {"b", "float(0, 1)"}, {"n", "int(1, 64)"}},
       {"a + b <= 0.7", "n % 2 == 1"}},
      {"one_point", {{"a", "int(3, 3)"}, {"b", "[only]"}, {"x", "float(0, 1)"}}, {}},
      {"one_config", {{"a", "int(3, 3)"}, {"b", "[only]"}}, {}},
      {"finite", {{"a", "int(1, 5)"}, {"b", "[x, y]"}, {"c", "pow2(1, 4) if b == y"}}, {"a != 4"}},
      {"finite_float", {{"p", "float(0, 1, step=0.25)"}, {"q", "ordinal(s, m, l)"}}, {"p > 0 or q == s"}},
  };
  return all;
}

inline Space make_space(const SpaceCase& c) {
  std::vector<Param> params;
  for (const auto& [name, text] : c.params) {
    auto param = parse_param(name, text);
    EXPECT_TRUE(param) << param.error().what;
    if (param) params.push_back(std::move(*param));
  }
  auto space = Space::make(std::move(params), c.constraints);
  EXPECT_TRUE(space) << space.error().what;
  return space ? *space : Space();
}

}  // namespace hone
