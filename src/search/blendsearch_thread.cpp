#include "search/blendsearch_thread.h"

#include <algorithm>
#include <cmath>

namespace hone {
namespace {

constexpr double kLeastCost = 1e-9;  // of a trial: where no cost is reported, all cost the same

}  // namespace

void ThreadRecord::add(TrialId id, Seconds cost, const LocalResult& result) {
  double& paid = paid_[id];
  const double now = std::max(paid, cost + kLeastCost);
  total_ += now - paid;
  paid = now;
  if (!result.judged() || !better(result, best_)) return;
  gain_ = best_.known() ? std::max(result.gain_over(best_), 0.0) : 0;
  paid_second_ = paid_best_;
  paid_best_ = total_;
  best_ = result;
}

double ThreadRecord::speed() const {
  const double speed = gain_ / (total_ - paid_second_);
  return std::isfinite(speed) ? speed : 0;
}

double ThreadRecord::cost_to_improve(const LocalResult& target, double speed) const {
  const double cost = std::max(total_ - paid_best_, paid_best_ - paid_second_);
  const double gap = target.gain_over(best_);
  return gap > 0 && speed > 0 ? std::max(cost, 2 * gap / speed) : cost;
}

}  // namespace hone
