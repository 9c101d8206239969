// Plateau rule: early stopping by patience, as in Prechelt, "Early Stopping - But When?", Neural Networks: Tricks of the Trade,
// 1998 (its UP criterion counts strips without progress), and in Keras, Optuna (PatientPruner) and Ray Tune (plateau stopper).
//
//   A trial ends when `patience` reports in a row were not better than its best before them by more than `delta`.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "schedule/rows.h"
#include "schedule/stopper.h"

namespace hone {
namespace {

class Plateau : public Stopper {
 public:
  Plateau(const ScheduleInputs& inputs, const Options& options)
      : Stopper(inputs, options), patience_(option_int(options, "patience")), delta_(option_float(options, "delta")) {}

 protected:
  std::optional<std::string> report(TrialId trial, Resource at, double loss, bool) override {
    if (static_cast<std::size_t>(trial) >= bests_.size()) bests_.resize(static_cast<std::size_t>(trial) + 1);
    Best& best = bests_[static_cast<std::size_t>(trial)];
    if (best.at == 0 || loss < best.loss - delta_ || std::isnan(best.loss)) {
      best = {loss, at, 0};
      return std::nullopt;
    }
    if (++best.since < patience_) return std::nullopt;
    return fmt::format("no better than {} at {} in {} reports since", wording_.value(best.loss),
                       wording_.fidelity(best.at), best.since);
  }

 private:
  struct Best {
    double loss = 0;
    Resource at = 0;  // 0: nothing reported
    std::int64_t since = 0;
  };
  std::int64_t patience_;
  double delta_;
  std::vector<Best> bests_;  // by trial
};

}  // namespace

SchedulerRow plateau_row() {
  SchedulerRow row;
  row.name = "plateau";
  row.pauses = false;
  row.means = false;  // a mean does not improve with each score, it settles
  row.doc = "Ends a trial that no longer improves. Compares it with itself only.";
  row.paper = "Prechelt, Early Stopping - But When?, Neural Networks: Tricks of the Trade, 1998";
  row.options = {
      {"patience", OptionRow::Type::Int, std::int64_t{5}, 1, 1e9, {}, "reports in a row that bring no improvement"},
      {"delta", OptionRow::Type::Float, 0.0, 0, 1e300, {}, "what is not better by more than this is no improvement"},
      grace_option(),
  };
  row.make = [](const ScheduleInputs& inputs, const Options& options) {
    return std::make_unique<Plateau>(inputs, options);
  };
  row.plan = [](const ScheduleInputs& inputs, const Options&) { return whole_plan(inputs); };
  return row;
}

}  // namespace hone
