// Asynchronous Hyperband, for its own row and for bohb's.
#pragma once

#include <memory>
#include <vector>

#include "hone/registry.h"

namespace hone {

/// REQUIRES: brackets >= 1, eta >= 2
std::unique_ptr<Scheduler> make_asyncband(const ScheduleInputs& inputs, std::int64_t eta, std::int64_t brackets,
                                          bool stop);
std::vector<Bracket> asyncband_plan(const ScheduleInputs& inputs, std::int64_t eta, std::int64_t brackets);

}  // namespace hone
