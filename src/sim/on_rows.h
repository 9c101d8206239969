// A searcher's proposals, answered by rows of a recorded table.
#pragma once

#include <cstdint>
#include <memory>

#include "hone/searcher.h"
#include "sim/recorded.h"

namespace hone {

struct RowInputs {
  std::shared_ptr<const Recorded> recorded;
  Space space;
  std::uint64_t seed = 0, table = 0;  // table: names the draws, so that tables with the same rows get other ones
  bool drawn = false;                 // rows in random order, whatever `inner` has to say: `searcher: random`
};

/// Each proposal of `inner` becomes the nearest row (in the encoded space) that no trial has, and `inner` hears of that
/// row's configuration under its own note. Exhausted when all rows have a trial. The row rides at the front of the note.
std::unique_ptr<Searcher> on_rows(const RowInputs& inputs, std::unique_ptr<Searcher> inner);

/// The row whose curve the trial has: that of its note; without one, an initial point or a donor's child, the nearest of all.
std::size_t row_of(const Trial& trial, const Recorded& recorded, const Space& space);

}  // namespace hone
