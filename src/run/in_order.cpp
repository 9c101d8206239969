#include "run/in_order.h"

#include <algorithm>
#include <utility>

namespace hone {

void InOrder::take(std::vector<Notice> notices) {
  for (Notice& notice : notices) {
    RunKey key;
    if (const auto* report = std::get_if<Reported>(&notice.fact)) key = {report->trial, report->attempt};
    else if (const auto* exit = std::get_if<Exited>(&notice.fact)) key = {exit->trial, exit->attempt};
    if (std::find(turns_.begin(), turns_.end(), key) == turns_.end()) continue;  // has ended: nothing is heard of it
    kept_[key].push_back(std::move(notice));
  }
}

std::optional<Notice> InOrder::next() {
  if (turns_.empty()) return std::nullopt;
  const auto kept = kept_.find(turns_.front());
  if (kept == kept_.end()) return std::nullopt;
  Notice out = std::move(kept->second.front());
  kept->second.pop_front();
  if (kept->second.empty()) kept_.erase(kept);
  if (std::holds_alternative<Exited>(out.fact)) turns_.pop_front();
  return out;
}

}  // namespace hone
