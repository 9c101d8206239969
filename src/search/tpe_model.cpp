// Bergstra et al. 2011, eq. 2 and 3: with p(x | y) = l(x) for the good and g(x) for the other trials, expected
// improvement grows with l(x) / g(x). Groups of coordinates that exist together have densities of their own (as in
// Optuna), each from the trials that have these coordinates: p(x) = prod over groups p(x_group | branch).
// Good trials weigh by their rank, as parents do in CMA-ES: w_i ~ log(m + 1) - log(i).
// Outcome constraints: Watanabe, Hutter, "c-TPE: Tree-Structured Parzen Estimator with Inequality Constraints for
// Expensive Hyperparameter Optimization", IJCAI 2023, eq. 8: the product of the relative density ratios
//   r(x) = 1 / (gamma + (1 - gamma) g(x) / l(x))
// of the objective and of each constraint, whose "good" trials are those that meet it. A constraint that all meet has
// gamma = 1 and says nothing.
// The user's priors: Hvarfner et al., "piBO: Augmenting Acquisition Functions with User Beliefs for Bayesian
// Optimization", ICLR 2022, multiply the acquisition by the prior to a power that fades. Here it is mixed with the
// uniform one instead (KernelAxis::trust), so that no prior is strong enough to hide a place for good.
#include "search/tpe_model.h"

#include <algorithm>
#include <cmath>

namespace hone {

std::size_t TpeRules::good_of(double n) const {
  const auto wanted = static_cast<std::size_t>(std::ceil(gamma * n));
  return objectives > 1 ? wanted : std::min(wanted, most_good);
}

TpeModel::TpeModel(const std::vector<KernelAxis>& axes, const Branches& branches, const History& history,
                   const Known& known, std::vector<double> branch, const TpeRules& rules)
    : axes_(&axes), branch_(std::move(branch)) {
  split_by_objectives(branches, known, rules);
  for (int outcome = 0; outcome < rules.outcomes; ++outcome) {
    split_by_outcome(branches, history, known, static_cast<std::size_t>(outcome), rules);
  }
}

void TpeModel::split_by_objectives(const Branches& branches, const Known& known, const TpeRules& rules) {
  Split split{rules.gamma, {}};
  for (const auto& group : branches.groups()) {
    std::vector<WeightedPoint> good, other;
    double total = 0;
    std::size_t here = 0;
    for (std::size_t i = 0; i < known.ended; ++i) {
      if (!Branches::within(known.points[i].x, branch_, group.gates)) continue;
      total += known.points[i].weight;
      here += i < known.with_loss;
    }
    const std::size_t size = std::min(rules.good_of(total), here);
    double sum = 0;
    for (std::size_t i = 0; i < known.points.size(); ++i) {
      WeightedPoint point = known.points[i];
      if (!Branches::within(point.x, branch_, group.gates)) continue;
      if (good.size() == size) {
        other.push_back(point);
        continue;
      }
      // Several objectives: all of the front are as good.
      point.weight = rules.objectives > 1
                         ? 1
                         : std::log(static_cast<double>(size) + 1) - std::log(static_cast<double>(good.size()) + 1);
      sum += point.weight;
      good.push_back(point);
    }
    for (WeightedPoint& point : good) point.weight *= static_cast<double>(size) / sum;
    good_ = std::max(good_, size);
    split.groups.push_back({Parzen(*axes_, group.members, good, rules.kernels, branch_),
                            Parzen(*axes_, group.members, other, rules.kernels, branch_)});
  }
  splits_.push_back(std::move(split));
}

void TpeModel::split_by_outcome(const Branches& branches, const History& history, const Known& known,
                                std::size_t outcome, const TpeRules& rules) {
  std::vector<std::pair<double, std::size_t>> excess;
  for (std::size_t i = 0; i < known.ended; ++i) {
    if (history.rank(known.ids[i])->tier != Standing::Tier::Loss) continue;
    const auto& all = history.report(known.ids[i]).excess;
    const double value = outcome < all.size() && !std::isnan(all[outcome]) ? all[outcome] : HUGE_VAL;
    excess.push_back({value, i});
  }
  std::stable_sort(excess.begin(), excess.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::size_t met = 0;
  while (met < excess.size() && excess[met].first <= 0) ++met;
  if (met == excess.size()) return;
  // While nobody meets it, those that break it least.
  const std::size_t size = std::max(met, rules.good_of(static_cast<double>(excess.size())));
  Split split{0, {}};
  double total = 0;
  for (const auto& [value, i] : excess) total += known.points[i].weight;
  for (std::size_t j = 0; j < size; ++j) split.share += known.points[excess[j].second].weight / total;
  for (const auto& group : branches.groups()) {
    std::vector<WeightedPoint> good, other;
    for (std::size_t j = 0; j < excess.size(); ++j) {
      const WeightedPoint& point = known.points[excess[j].second];
      if (Branches::within(point.x, branch_, group.gates)) (j < size ? good : other).push_back(point);
    }
    split.groups.push_back({Parzen(*axes_, group.members, good, rules.kernels, branch_),
                            Parzen(*axes_, group.members, other, rules.kernels, branch_)});
  }
  splits_.push_back(std::move(split));
}

double TpeModel::prior_score() const {
  double sum = 0;
  for (std::size_t k = 0; k < places_.size(); ++k) {
    if (!std::isinf((*axes_)[k].sigma) && !std::isnan(places_[k].at)) sum += std::log(places_[k].prior);
  }
  return sum;
}

void TpeModel::sample(Rng& rng, std::span<double> out) const {
  for (std::size_t k = 0; k < branch_.size(); ++k) {
    if (!std::isnan(branch_[k])) out[k] = branch_[k];
  }
  for (const Pair& pair : splits_.front().groups) pair.good.sample(rng, out);
}

double TpeModel::score(std::span<const double> x, double least) const {
  places_.clear();
  for (std::size_t k = 0; k < x.size(); ++k) places_.push_back(Place::of((*axes_)[k], x[k]));
  double sum = prior_score();
  if (splits_.size() == 1 && splits_[0].groups.size() == 1) {  // nearly always: most candidates are soon out
    const auto& [good, other] = splits_[0].groups[0];
    sum += good.log_density(places_);
    return sum - other.log_density(places_, sum - least);
  }
  for (const Split& split : splits_) {
    double ratio = 0;  // log l / g
    for (const Pair& pair : split.groups) ratio += pair.good.log_density(places_) - pair.other.log_density(places_);
    if (splits_.size() == 1) return sum + ratio;
    sum -= std::log(split.share + (1 - split.share) * std::exp(std::clamp(-ratio, -700.0, 700.0)));
  }
  return sum;
}

}  // namespace hone
