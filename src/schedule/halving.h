// Synchronous successive halving: brackets one after another, of the shapes that its makers give.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hone/registry.h"

namespace hone {

/// What a bracket is to do, for `inputs`: n = rungs[0].n trials at rungs[0].r, then floor(n / eta) at rungs[1].r, ...
using Shapes = std::vector<Bracket>;

/// The bracket table of Hyperband, s_max ... 0.
Shapes hyperband_shapes(const ScheduleInputs& inputs, std::int64_t eta);
/// One bracket with all rungs, and `n` trials in the first; 0: as many as Hyperband's first bracket has.
Shapes halving_shapes(const ScheduleInputs& inputs, std::int64_t eta, std::int64_t n);

/// The shapes in turn, again and again.
std::unique_ptr<Scheduler> make_halving(const ScheduleInputs& inputs, std::int64_t eta, Shapes shapes);

/// What the study's trials come to, summed for each shape; one turn of all shapes if there is no limit.
std::vector<Bracket> halving_plan(const ScheduleInputs& inputs, std::int64_t eta, const Shapes& shapes);

}  // namespace hone
