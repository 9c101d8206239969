// Of points with several objectives, which are the good ones.
#pragma once

#include <cstddef>
#include <vector>

namespace hone {

/// The first min(wanted, n) of `losses` in order: by nondomination rank; within the rank that does not fit as a whole
/// the one that adds most to the hypervolume of those taken from it, again and again. Ties go to the lower index.
std::vector<std::size_t> best_of_fronts(const std::vector<std::vector<double>>& losses, std::size_t wanted);

}  // namespace hone
