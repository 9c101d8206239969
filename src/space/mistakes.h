// What is wrong with a space, mistake by mistake, for readers that know where each part was written.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "hone/space.h"

namespace hone {

struct SpaceMistake {
  enum class Of { Space, Param, Rule };
  Of of = Of::Space;
  std::size_t index = 0;  // of a Param in params, of a Rule in constraints
  std::string what;       // "what; remedy"
};

/// All that Space::make() would refuse. `vague`: parameters that could not be read; of them the name and the condition
/// count, and what depends on them is checked as far as that is possible whatever they are.
std::vector<SpaceMistake> space_mistakes(std::vector<Param> params, std::vector<std::string> constraints,
                                         const std::set<std::size_t>& vague = {});

}  // namespace hone
