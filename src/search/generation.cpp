#include "search/generation.h"

namespace hone {

bool Generation::tell(const Trial& trial, Change change) {
  const bool over = change == Change::Paused || change == Change::Stopped || change == Change::Completed ||
                    change == Change::Failed || trial.phase == Phase::Stopped || trial.phase == Phase::Completed ||
                    trial.phase == Phase::Failed;
  if (!over || trial.id < 0) return false;
  const auto id = static_cast<std::size_t>(trial.id);
  if (id < counted_.size() && counted_[id]) return false;
  const std::size_t before = size();
  trials_.tell(trial, change);
  if (size() == before) return false;  // lost or paused without a report
  if (id >= counted_.size()) counted_.resize(std::max(id + 1, 2 * counted_.size()));
  counted_[id] = 1;
  return true;
}

}  // namespace hone
