#include "run/in_order.h"

#include <algorithm>
#include <iterator>
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

std::vector<Notice> InOrder::next() {
  if (turns_.empty()) return {};
  const auto kept = kept_.find(turns_.front());
  if (kept == kept_.end()) return {};
  std::vector<Notice> out(std::make_move_iterator(kept->second.begin()), std::make_move_iterator(kept->second.end()));
  kept_.erase(kept);
  if (std::holds_alternative<Exited>(out.back().fact)) turns_.pop_front();
  return out;
}

}  // namespace hone
