// Median stopping rule: Golovin, Solnik, Moitra, Kochanski, Karro, Sculley, "Google Vizier: A Service for Black-Box
// Optimization", KDD 2017, section 3.2.2; and the percentile rule of Optuna and others (percentile.cpp).
//
//   A trial is stopped at step s if its best loss up to s is strictly worse than the median, over the other trials that
//   reported at s or beyond, of the mean of each one's losses up to s.
//
// Scores of folds (`inputs.mean`): a loss is the mean of all so far already, and a lucky first fold says nothing once there
// are more. So it is the mean up to s that is compared, with those of the same number of folds only.
//
// Outcome constraints: compared is first the violation at that point, of the trial and of the others, and the values above only
// where it is the same. So an infeasible trial is worse than a median that is feasible; where most are infeasible those
// that break the constraints by more than the median are. Between two of different violation the median is the worse.
//
// The paper takes completed trials only; here any other trial counts that got as far, also one that runs or was stopped:
// under a stopping rule the completed ones are a flattering sample.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "schedule/rows.h"
#include "schedule/stopper.h"

namespace hone {
namespace {

constexpr double kWorst = std::numeric_limits<double>::infinity();

class Quantile : public Stopper {
 public:
  Quantile(const ScheduleInputs& inputs, const Options& options, QuantileRule rule)
      : Stopper(inputs, options), rule_(rule), mean_(inputs.mean) {}

 protected:
  std::optional<std::string> look(TrialId trial, const Report& fresh, bool running) override {
    if (static_cast<std::size_t>(trial) >= curves_.size()) curves_.resize(static_cast<std::size_t>(trial) + 1);
    Curve& curve = curves_[static_cast<std::size_t>(trial)];
    add(trial, curve, fresh);
    return running && fresh.at < max_ ? judge(curve) : std::nullopt;
  }

 private:
  struct Curve {
    std::vector<Resource> at;
    std::vector<RungEntry> value;  // what the others compare with at at[i]
    double mean = 0;               // of all losses
    double best = kWorst;
    Resource last() const { return at.empty() ? 0 : at.back(); }
  };
  using Step = Ranking;  // of the values of the trials that reported at a step or beyond

  void add(TrialId trial, Curve& curve, const Report& fresh) {
    const Resource at = fresh.at;
    double loss = first_loss(fresh), violation = violation_so_far(fresh);
    if (std::isnan(loss)) loss = violation = kWorst;
    if (at < max_ && !mean_ && !steps_.contains(at)) {
      // Nobody reported at this very step before: those who went past it count with what they had there.
      Step& step = steps_[at];
      for (const Curve& other : curves_) {
        if (&other == &curve || other.last() < at) continue;
        auto next = std::upper_bound(other.at.begin(), other.at.end(), at);
        if (next == other.at.begin()) continue;
        step.insert(other.value[static_cast<std::size_t>(next - other.at.begin()) - 1]);
      }
    }
    // Steps that this trial jumped over, where others did report.
    if (!curve.at.empty() && !mean_) {
      auto end = steps_.lower_bound(at);
      for (auto step = steps_.upper_bound(curve.last()); step != end; ++step) step->second.insert(curve.value.back());
    }
    auto n = static_cast<double>(curve.at.size());
    curve.mean = curve.at.empty() ? loss : curve.mean + (loss - curve.mean) / (n + 1);
    if (std::isnan(curve.mean)) curve.mean = kWorst;
    curve.at.push_back(at);
    curve.value.push_back({rule_.of == QuantileRule::Of::Means && !mean_ ? curve.mean : loss, trial, violation});
    curve.best = std::min(curve.best, loss);
    if (at < max_) steps_[at].insert(curve.value.back());
  }

  std::optional<std::string> judge(const Curve& curve) const {
    const Step& step = steps_.at(curve.last());
    const std::size_t own = step.order_of_key(curve.value.back()), others = step.size() - 1;
    if (static_cast<std::int64_t>(others) < rule_.least || others == 0) return std::nullopt;
    // The trial's own value is one of them: the others' by skipping its place.
    auto other = [&](std::size_t i) { return *step.find_by_order(i < own ? i : i + 1); };
    const double place = rule_.share * static_cast<double>(others - 1);
    const auto below = static_cast<std::size_t>(place);
    const RungEntry low = other(below), high = other(std::min(below + 1, others - 1));
    const double part = place - static_cast<double>(below);
    RungEntry limit = part == 0 ? low : high;
    if (low.violation == high.violation && low.loss != high.loss && part != 0)
      limit.loss = part == 0.5 ? (low.loss + high.loss) / 2 : low.loss + part * (high.loss - low.loss);
    const double value = mean_ ? curve.value.back().loss : curve.best, violation = curve.value.back().violation;
    if (violation == limit.violation ? !(value > limit.loss) : violation < limit.violation) return std::nullopt;
    const std::string name = rule_.of == QuantileRule::Of::Means
                                 ? "the median"
                                 : fmt::format("what the best {:g} % have,", 100 * rule_.share);
    return fmt::format("{} {} by {} is worse than {} {} of {} trials", mean_ ? "mean" : "best",
                       wording_.value(value, violation), wording_.fidelity(curve.last()), name,
                       wording_.value(limit.loss, limit.violation), others);
  }

  QuantileRule rule_;
  bool mean_;
  std::vector<Curve> curves_;       // by trial
  std::map<Resource, Step> steps_;  // every step below max_ at which somebody reported
};

}  // namespace

std::unique_ptr<Scheduler> make_quantile(const ScheduleInputs& inputs, const Options& options, QuantileRule rule) {
  return std::make_unique<Quantile>(inputs, options, rule);
}

SchedulerRow median_row() {
  SchedulerRow row;
  row.name = "median";
  row.pauses = false;
  row.doc = "Stops a trial whose best result so far is worse than the median of the others' averages at that point.";
  row.paper = "Golovin et al., Google Vizier: A Service for Black-Box Optimization, KDD 2017, section 3.2.2";
  row.options = {grace_option(), startup_option()};
  row.make = [](const ScheduleInputs& inputs, const Options& options) {
    return make_quantile(inputs, options, {QuantileRule::Of::Means, 0.5, option_int(options, "startup")});
  };
  row.plan = [](const ScheduleInputs& inputs, const Options&) { return whole_plan(inputs); };
  return row;
}

OptionRow startup_option() {
  return {"startup",
          OptionRow::Type::Int,
          std::int64_t{5},
          1,
          1e9,
          {},
          "no trial is stopped before this many others have come as far"};
}

}  // namespace hone
