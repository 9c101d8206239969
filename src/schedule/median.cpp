// Median stopping rule: Golovin, Solnik, Moitra, Kochanski, Karro, Sculley, "Google Vizier: A Service for Black-Box
// Optimization", KDD 2017, section 3.2.2.
//
//   A trial is stopped at step s if its best loss up to s is strictly worse than the median, over the other trials that
//   reported at s or beyond, of the mean of each one's losses up to s.
//
// The paper takes completed trials only; here any other trial counts that got as far, also one that runs or was stopped:
// under a stopping rule the completed ones are a flattering sample.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "schedule/rows.h"
#include "schedule/rungs.h"

namespace hone {
namespace {

constexpr double kWorst = std::numeric_limits<double>::infinity();

class Median : public Scheduler {
 public:
  Median(const ScheduleInputs& inputs, const Options& options)
      : wording_(inputs), max_(inputs.max), startup_(option_int(options, "startup")), grace_(inputs.min) {
    auto grace = options.find("grace");
    if (grace != options.end() && std::holds_alternative<std::int64_t>(grace->second)) {
      grace_ = std::get<std::int64_t>(grace->second);
    }
  }

  Move next(const Offer& offer) const override {
    if (!verdicts_.empty()) return Stop{verdicts_.begin()->first, verdicts_.begin()->second};
    if (offer.free_slots <= 0) return Wait{"no slot is free"};
    if (!offer.can_start) return Wait{"no new trial may start"};
    Start start;
    start.until = max_;
    start.exact = false;
    start.why = "a slot is free";
    return start;
  }

  void tell(const Trial& trial, Change change) override {
    if (change != Change::Reported) {
      // Started and Resumed included: what was judged before belongs to a run that is over.
      verdicts_.erase(trial.id);
      return;
    }
    if (trial.id < 0) return;
    if (static_cast<std::size_t>(trial.id) >= curves_.size()) curves_.resize(static_cast<std::size_t>(trial.id) + 1);
    Curve& curve = curves_[static_cast<std::size_t>(trial.id)];
    auto fresh = std::upper_bound(trial.reports.begin(), trial.reports.end(), curve.last(),
                                  [](Resource at, const Report& r) { return at < r.at; });
    if (fresh == trial.reports.end()) return;
    for (; fresh != trial.reports.end(); ++fresh) add(curve, fresh->at, first_loss(*fresh));
    if (trial.phase == Phase::Running && curve.last() < max_) judge(trial.id, curve);
  }

 private:
  struct Curve {
    std::vector<Resource> at;
    std::vector<double> mean;  // of the losses up to at[i]
    double best = kWorst;
    Resource last() const { return at.empty() ? 0 : at.back(); }
  };
  using Means = std::vector<double>;  // of the trials that reported at a step or beyond; ascending

  static void put(Means& means, double mean) { means.insert(std::upper_bound(means.begin(), means.end(), mean), mean); }

  void add(Curve& curve, Resource at, double loss) {
    if (std::isnan(loss)) loss = kWorst;
    if (at < max_ && !steps_.contains(at)) {
      // Nobody reported at this very step before: those who went past it count with their mean up to it.
      Means& means = steps_[at];
      for (const Curve& other : curves_) {
        if (&other == &curve || other.last() < at) continue;
        auto next = std::upper_bound(other.at.begin(), other.at.end(), at);
        if (next != other.at.begin()) put(means, other.mean[static_cast<std::size_t>(next - other.at.begin()) - 1]);
      }
    }
    // Steps that this trial jumped over, where others did report.
    if (!curve.at.empty()) {
      auto end = steps_.lower_bound(at);
      for (auto step = steps_.upper_bound(curve.last()); step != end; ++step) put(step->second, curve.mean.back());
    }
    auto n = static_cast<double>(curve.at.size());
    double mean = curve.at.empty() ? loss : curve.mean.back() + (loss - curve.mean.back()) / (n + 1);
    if (std::isnan(mean)) mean = kWorst;
    curve.at.push_back(at);
    curve.mean.push_back(mean);
    curve.best = std::min(curve.best, loss);
    if (at < max_) put(steps_[at], mean);
  }

  void judge(TrialId trial, const Curve& curve) {
    if (curve.at.empty() || curve.last() < grace_) return;
    const Means& means = steps_.at(curve.last());
    // The trial's own mean is one of them: the others' median by skipping its place.
    auto own =
        static_cast<std::size_t>(std::lower_bound(means.begin(), means.end(), curve.mean.back()) - means.begin());
    std::size_t others = means.size() - 1;
    if (static_cast<std::int64_t>(others) < startup_ || others == 0) return;
    auto other = [&](std::size_t i) { return means[i < own ? i : i + 1]; };
    double median = others % 2 == 1 ? other(others / 2) : (other(others / 2 - 1) + other(others / 2)) / 2;
    if (!(curve.best > median)) return;
    verdicts_[trial] = fmt::format("best {} by {} is worse than the median {} of {} trials", wording_.value(curve.best),
                                   wording_.fidelity(curve.last()), wording_.value(median), others);
  }

  Wording wording_;
  Resource max_;
  std::int64_t startup_;
  Resource grace_;
  std::vector<Curve> curves_;        // by trial
  std::map<Resource, Means> steps_;  // every step below max_ at which somebody reported
  std::map<TrialId, std::string> verdicts_;
};

}  // namespace

SchedulerRow median_row() {
  SchedulerRow row;
  row.name = "median";
  row.doc = "Stops a trial whose best result so far is worse than the median of the others' averages at that point.";
  row.paper = "Golovin et al., Google Vizier: A Service for Black-Box Optimization, KDD 2017, section 3.2.2";
  row.options = {
      {"grace",
       OptionRow::Type::Int,
       std::monostate{},
       1,
       1e12,
       {},
       "no trial is stopped before this fidelity; default: its min"},
      {"startup",
       OptionRow::Type::Int,
       std::int64_t{5},
       1,
       1e9,
       {},
       "no trial is stopped before this many others have come as far"},
  };
  row.make = [](const ScheduleInputs& inputs, const Options& options) {
    return std::make_unique<Median>(inputs, options);
  };
  row.plan = [](const ScheduleInputs& inputs, const Options&) { return whole_plan(inputs); };
  return row;
}

}  // namespace hone
