#include "search/generation.h"

#include <algorithm>

namespace hone {

std::optional<Standing> Generation::tell(const Trial& trial, Change change) {
  const bool over = change == Change::Paused || change == Change::Stopped || change == Change::Completed ||
                    change == Change::Failed || trial.phase == Phase::Stopped || trial.phase == Phase::Completed ||
                    trial.phase == Phase::Failed;
  if (!over || trial.id < 0) return std::nullopt;
  const auto id = static_cast<std::size_t>(trial.id);
  if (id < counted_.size() && counted_[id]) return std::nullopt;
  const std::size_t before = size();
  trials_.tell(trial, change);
  if (size() == before) return std::nullopt;  // lost or paused without a report
  if (id >= counted_.size()) counted_.resize(std::max(id + 1, 2 * counted_.size()));
  counted_[id] = 1;
  return *std::find_if(ranked().begin(), ranked().end(), [&](const Standing& s) { return s.id == trial.id; });
}

}  // namespace hone
