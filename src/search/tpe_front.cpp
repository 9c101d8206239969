// Ozaki, Tanigaki, Watanabe, Onishi, "Multiobjective Tree-Structured Parzen Estimator for Computationally Expensive
// Optimization Problems", GECCO 2020, section 3.2: nondomination rank, then hypervolume subset selection (greedy, as it
// is hard otherwise; a gain never grows as the subset does, so that most gains need not be computed again).
#include "search/tpe_front.h"

#include <algorithm>
#include <numeric>
#include <queue>
#include <tuple>

#include "model/pareto.h"

namespace hone {
namespace {

std::vector<std::size_t> subset(const std::vector<std::vector<double>>& losses, const std::vector<std::size_t>& front,
                                std::size_t wanted) {
  std::vector<std::vector<double>> points;
  for (const std::size_t i : front) points.push_back(losses[i]);
  const std::vector<double> reference = reference_point(points);
  struct Gain {
    double value;
    std::size_t index, round;  // computed in which round
    bool operator<(const Gain& other) const {
      return std::tie(value, other.index) < std::tie(other.value, index);  // the largest first, ties to the lower index
    }
  };
  std::priority_queue<Gain> gains;
  for (std::size_t i = 0; i < points.size(); ++i) gains.push({hypervolume({points[i]}, reference), i, 0});
  std::vector<std::size_t> taken;
  std::vector<std::vector<double>> set;
  double volume = 0;
  while (taken.size() < wanted && !gains.empty()) {
    Gain gain = gains.top();
    gains.pop();
    if (gain.round == taken.size()) {
      taken.push_back(front[gain.index]);
      set.push_back(points[gain.index]);
      volume += gain.value;
      continue;
    }
    set.push_back(points[gain.index]);
    gains.push({hypervolume(set, reference) - volume, gain.index, taken.size()});
    set.pop_back();
  }
  return taken;
}

}  // namespace

std::vector<std::size_t> best_of_fronts(const std::vector<std::vector<double>>& losses, std::size_t wanted) {
  const std::vector<int> ranks = nondominated_ranks(losses);
  std::vector<std::size_t> order(losses.size()), best;
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return ranks[a] < ranks[b]; });
  wanted = std::min(wanted, losses.size());
  for (auto from = order.begin(); from != order.end() && best.size() < wanted;) {
    const auto to = std::find_if(from, order.end(), [&](std::size_t i) { return ranks[i] != ranks[*from]; });
    const std::vector<std::size_t> front(from, to);
    const std::size_t room = wanted - best.size();
    const std::vector<std::size_t> taken = front.size() <= room ? front : subset(losses, front, room);
    best.insert(best.end(), taken.begin(), taken.end());
    from = to;
  }
  return best;
}

}  // namespace hone
