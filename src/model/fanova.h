// How much of a function's variance each of its inputs explains, alone and in pairs, by a forest fitted to it.
#pragma once

#include <cstddef>
#include <vector>

#include "model/forest.h"

namespace hone {

struct FanovaPair {
  std::size_t a = 0, b = 0;
  double share = 0;
};

struct Fanova {
  std::vector<double> single;     // per axis: the share of the variance that it explains alone, 0 .. 1
  std::vector<FanovaPair> pairs;  // what two explain together beyond each alone; the largest first
};

/// Of the forest's function, its numbers spread evenly over [0, 1] and its categories equally likely; axis k is inactive
/// with probability `inactive`[k], which is a value of its own. Pairs are those among the `paired` axes with the largest
/// single shares. All shares are 0 if the function is constant.
/// O(trees * leaves * axes) and per pair O(trees * (leaves + the product of both numbers of thresholds)).
Fanova fanova(const Forest& forest, const std::vector<double>& inactive, std::size_t paired = 6);

}  // namespace hone
