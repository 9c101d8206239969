// The best of many noisy results is the luckiest one: its own value tells too little. A model that averages over the runs
// around it tells more, if it does average: a model that follows every result, or that is only ignorant between them, adds
// errors of its own, and on a deterministic objective any trial but the best is a wrong answer.
//
//   y, m, s   a trial's loss, the loss that the model expects of its configuration, the deviation of that expectation
//   scatter   of y about m: what the model takes for noise
//
// Noise matters where
//   scatter > kAveraged s          the model knows m better than one run would tell, so it averages over several. A model
//                                  that interpolates has y = m up to s, a forest that draws its rows with replacement
//                                  stays within 0.8 s of y at its own rows whatever the noise
//   scatter > kNegligible spread   of the losses: below that it may be the jitter that keeps a model's matrix regular
// and no configuration was run twice with the same result. Medians are taken over the half of the trials that the model
// thinks best: that half decides, and far from it a loss may be wild.
//
// Measured with gp in studies of 40 trials of 2 and 4 parameters: of deterministic functions, another trial than the best in
// 1 of 150 studies of smooth, kinked, stepped and spiky ones, but in 5 of 10 of a Rastrigin function whose bumps lie closer
// than the trials: nothing but `repeat` tells those from noise, nor a logarithmic pit in which the last trials crowd. Of a
// sphere with noise of 0.5, 1 and 2 times its own deviation (20 studies each) the true loss of what is returned was 0.60,
// 0.77 and 0.73 times that of the best trial.
#include "study/incumbent.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hone {
namespace {

constexpr double kAveraged = 1.5, kNegligible = 0.05;
constexpr std::size_t kFewest = 8;        // trials that a scatter can be told from
constexpr std::size_t kMost = 500;        // of the lowest losses: a belief costs the square of the number of results
constexpr double kMedianToNormal = 1.48;  // deviation of a normal distribution by its median absolute deviation

struct Expected {
  TrialId trial = 0;
  double loss = 0, mean = 0, deviation = 0;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Two runs of one configuration that agree to the bit: nothing is noisy.
bool repeats_exactly(const Trial& trial) {
  std::optional<double> first;
  for (const auto& run : trial.repeats) {
    if (run.empty() || run.back().loss.empty()) continue;
    if (first && *first == run.back().loss[0]) return true;
    first = first.value_or(run.back().loss[0]);
  }
  return false;
}

bool noise_matters(const std::vector<Expected>& by_mean) {
  const std::size_t half = (by_mean.size() + 1) / 2;
  std::vector<double> residuals, deviations;
  double centre = 0, squares = 0;
  for (std::size_t i = 0; i < by_mean.size(); ++i) {
    const Expected& one = by_mean[i];
    centre += one.loss / static_cast<double>(by_mean.size());
    if (i >= half) continue;
    residuals.push_back(std::abs(one.loss - one.mean));
    deviations.push_back(one.deviation);
  }
  for (const Expected& one : by_mean) squares += (one.loss - centre) * (one.loss - centre);
  const double spread = std::sqrt(squares / static_cast<double>(by_mean.size()));
  const double scatter = kMedianToNormal * median(residuals);
  return scatter > kAveraged * median(deviations) && scatter > kNegligible * spread;
}

}  // namespace

std::optional<TrialId> incumbent(const Ledger& ledger, const Searcher& searcher) {
  const auto best = ledger.best();
  if (!best) return best;
  const auto& trials = ledger.trials();
  std::vector<TrialId> ids = ledger.candidates();
  if (ids.size() > kMost) ids.resize(kMost);
  if (ids.size() < kFewest) return best;
  std::vector<Expected> expected;
  for (const TrialId id : ids) {
    const Trial& trial = trials[static_cast<std::size_t>(id)];
    if (trial.silent) continue;
    if (trial.reports.back().loss.size() > 1 || repeats_exactly(trial)) return best;
    const auto belief = searcher.belief(trial.config);
    if (!belief) continue;
    const double mean = belief->mean.at(0), deviation = belief->deviation.at(0);
    if (std::isfinite(mean) && std::isfinite(deviation))
      expected.push_back({id, trial.reports.back().loss[0], mean, deviation});
  }
  if (expected.size() < kFewest) return best;
  std::sort(expected.begin(), expected.end(), [](const Expected& a, const Expected& b) {
    return a.mean != b.mean ? a.mean < b.mean : a.trial < b.trial;
  });
  return noise_matters(expected) ? expected.front().trial : best;
}

}  // namespace hone
