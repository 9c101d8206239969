// Spaces from their short forms, for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "hone/space.h"

namespace hone::for_test {

using Texts = std::vector<std::pair<std::string, std::string>>;

inline Result<Space> try_space(const Texts& texts, std::vector<std::string> constraints = {}) {
  std::vector<Param> params;
  for (const auto& [name, text] : texts) {
    auto param = parse_param(name, text);
    if (!param) return tl::unexpected(param.error());
    params.push_back(std::move(*param));
  }
  return Space::make(std::move(params), std::move(constraints));
}

inline Space space_of(const Texts& texts, std::vector<std::string> constraints = {}) {
  auto space = try_space(texts, std::move(constraints));
  EXPECT_TRUE(space) << (space ? "" : space.error().what);
  return space.value_or(Space());
}

inline std::string error_of(const Texts& texts, std::vector<std::string> constraints = {}) {
  const auto space = try_space(texts, std::move(constraints));
  EXPECT_FALSE(space) << "no mistake found";
  return space ? "" : space.error().what;
}

inline std::vector<double> random_unit(const Space& space, Rng& rng) {
  std::vector<double> unit(space.free().size());
  for (double& x : unit) x = rng.uniform();
  return unit;
}

}  // namespace hone::for_test
