#include "search/flow2_result.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "search/history.h"

namespace hone {
LocalResult::LocalResult(const Trial& trial, Change change) {
  const bool failed = change == Change::Failed || trial.phase == Phase::Failed;
  const bool resting = trial.phase != Phase::Running && trial.phase != Phase::Waiting;
  const bool gone = failed && trial.cause == Cause::Lost;
  judged_ = failed || resting || (!trial.reports.empty() && trial.reports.back().at >= trial.until);
  lost_ = gone && trial.reports.empty();
  cost_ = trial.reports.empty() ? trial.cost : trial.reports.back().cost;
  if (!(cost_ >= 0) || !std::isfinite(cost_)) cost_ = 0;
  if (failed && !gone) return;
  marks_.reserve(trial.reports.size());
  for (const Report& report : trial.reports) {
    if (report.loss.empty() || !std::isfinite(report.loss[0])) continue;
    marks_.push_back({report.at, violation(report), report.loss[0]});
  }
}

std::pair<const LocalResult::Mark*, const LocalResult::Mark*> LocalResult::common(const LocalResult& a,
                                                                                  const LocalResult& b) {
  auto p = a.marks_.rbegin();
  auto q = b.marks_.rbegin();
  while (p != a.marks_.rend() && q != b.marks_.rend()) {
    if (p->at == q->at) return {&*p, &*q};
    ++(p->at > q->at ? p : q);
  }
  return {nullptr, nullptr};
}

double LocalResult::gain_over(const LocalResult& other) const {
  const auto [mine, theirs] = common(*this, other);
  return mine ? theirs->loss - mine->loss : 0;
}

bool better(const LocalResult& a, const LocalResult& b) {
  if (!a.known() || !b.known()) return a.known() && !b.known();
  const auto [p, q] = LocalResult::common(a, b);
  if (!p) return a.marks_.back().at > b.marks_.back().at;
  return std::tie(p->violation, p->loss) < std::tie(q->violation, q->loss);
}

}  // namespace hone
