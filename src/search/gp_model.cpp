#include "search/gp_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "model/gp_warp.h"

namespace hone {
namespace {

using Entry = GpData::Entry;

constexpr std::size_t kFitRows = 200;                       // for the hyperparameters a part of the trials will do
constexpr int kFitEvaluations = 40, kMoreEvaluations = 20;  // from the prior's mode; from the fit before, once settled
constexpr int kWarpEvaluations = 6;                         // of a settled warp, which goes on from fit to fit
constexpr std::size_t kWarpRows = 20;                       // fewer say nothing about warps
constexpr std::size_t kSettled = 60;  // from so many trials on a fit goes on from the one before, and from there alone

/// Trials that end before the hyperparameters are looked at again.
std::size_t interval(std::size_t ended) { return ended < kSettled ? 1 : ended / 10; }

Eigen::VectorXd vector_of(const std::vector<double>& values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

Eigen::VectorXd transformed(const OutputTransform& transform, const std::vector<double>& losses) {
  Eigen::VectorXd z(static_cast<Eigen::Index>(losses.size()));
  for (std::size_t i = 0; i < losses.size(); ++i) z[static_cast<Eigen::Index>(i)] = transform.forward(losses[i]);
  return z;
}

std::vector<std::size_t> sorted_by(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  return order;
}

bool feasible(const Entry& entry) {
  return std::all_of(entry.excess.begin(), entry.excess.end(), [](double x) { return x <= 0; });
}

/// Several objectives as one: each made normal, stretched to [0, 1], then max_k w_k f_k + 0.05 Σ w_k f_k.
std::vector<double> scalarised(const std::vector<const Entry*>& entries, const std::vector<double>& weights) {
  std::vector<double> most(entries.size(), 0.0), sum(entries.size(), 0.0);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    std::vector<double> losses;
    for (const Entry* entry : entries) losses.push_back(entry->loss[k]);
    OutputTransform best = *output_transform(losses, 0);
    for (int id = 1; id < kOutputTransforms; ++id) {
      const auto other = output_transform(losses, id);
      if (other && log_jacobian(*other, losses) > log_jacobian(best, losses)) best = *other;
    }
    const Eigen::VectorXd z = transformed(best, losses);
    const double low = z.minCoeff(), width = std::max(z.maxCoeff() - low, 1e-12);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const double term = weights[k] * (z[static_cast<Eigen::Index>(i)] - low) / width;
      most[i] = std::max(most[i], term);
      sum[i] += term;
    }
  }
  for (std::size_t i = 0; i < entries.size(); ++i) most[i] += 0.05 * sum[i];
  return most;
}

}  // namespace

GpModel::GpModel(const GpSpace& space, const GpData& data, const std::optional<GpFit>& known,
                 const std::vector<double>& weights)
    : space_(space), furthest_(data.furthest()), outcomes_(data.outcomes()) {
  gather(data, weights);
  // Parameters of another mixture of objectives are of no use.
  if (known && weights.empty() && ended_.size() < known->ended + interval(known->ended) &&
      known->params.size() == outcomes_ + 1 + (data.bad() > 0)) {
    fit_ = *known;
  } else {
    refit(weights.empty() ? known : std::nullopt);
  }
  losses_ = part(losses_, kMostRows, true);
  std::optional<OutputTransform> transform = output_transform(losses_.values, fit_.transform);
  transform_ = transform ? *transform : *output_transform(losses_.values, 0);
  believe(data);
}

void GpModel::gather(const GpData& data, const std::vector<double>& weights) {
  for (const auto& [id, entry] : data.entries()) {
    if (entry.kind == Entry::Kind::Result) losses_.entries.push_back(&entry);
    if (entry.kind == Entry::Kind::Pending) pending_.push_back(&entry);
    if (entry.kind == Entry::Kind::Result || entry.kind == Entry::Kind::Bad) ended_.push_back(&entry);
  }
  if (!weights.empty()) {
    losses_.values = scalarised(losses_.entries, weights);
  } else {
    for (const Entry* entry : losses_.entries) losses_.values.push_back(entry->loss[0]);
  }
}

double GpModel::level(Resource at) const {
  // Learning curves run on a log scale of the fidelity.
  return furthest_ <= 1
             ? 1
             : std::log(static_cast<double>(std::max<Resource>(at, 1))) / std::log(static_cast<double>(furthest_));
}

Acquisition GpModel::acquisition(double margin) const {
  Acquisition out = acquisition_;
  if (best_) out.improve(loss_.get(), target_ - margin);
  return out;
}

Eigen::MatrixXd GpModel::rows(const std::vector<const Entry*>& entries) const {
  Eigen::MatrixXd x(static_cast<Eigen::Index>(entries.size()), static_cast<Eigen::Index>(width()));
  Eigen::RowVectorXd one(x.cols());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    space_.row(entries[i]->point, entries[i]->kind == Entry::Kind::Result ? level(entries[i]->at) : 1, one.data());
    x.row(static_cast<Eigen::Index>(i)) = one;
  }
  return x;
}

GpModel::Sample GpModel::part(const Sample& sample, std::size_t most, bool near) const {
  if (sample.values.size() <= most) return sample;
  const std::vector<std::size_t> order = sorted_by(sample.values);
  const auto share = static_cast<std::ptrdiff_t>(most / 3);
  std::vector<char> chosen(sample.values.size(), 0);
  for (std::ptrdiff_t i = 0; i < share; ++i) chosen[order[static_cast<std::size_t>(i)]] = 1;
  if (near) {
    const Eigen::MatrixXd x = warped(rows(sample.entries), space_.shape(), fit_.params[0]);
    const Eigen::VectorXd here = x.row(static_cast<Eigen::Index>(order[0]));
    Eigen::ArrayXd k(x.rows());
    Kernel::Room room;
    Kernel(space_.shape(), fit_.params[0]).covariance(x, x.rows(), here.data(), k.data(), room);
    std::vector<double> away(sample.values.size());
    for (std::size_t i = 0; i < away.size(); ++i)
      away[i] = chosen[i] ? std::numeric_limits<double>::infinity() : -k[static_cast<Eigen::Index>(i)];
    const std::vector<std::size_t> nearest = sorted_by(away);
    for (std::ptrdiff_t i = 0; i < share; ++i) chosen[nearest[static_cast<std::size_t>(i)]] = 1;
  }
  std::vector<std::size_t> rest;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (!chosen[i]) rest.push_back(i);
  }
  const std::size_t more = most - static_cast<std::size_t>(near ? 2 * share : share);
  for (std::size_t i = 0; i < more; ++i) chosen[rest[i * rest.size() / more]] = 1;
  Sample out;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (!chosen[i]) continue;
    out.entries.push_back(sample.entries[i]);
    out.values.push_back(sample.values[i]);
  }
  return out;
}

/// How much each outcome constraint is missed by, on a scale that is linear around the bound, which stays 0.
GpModel::Sample GpModel::outcome(std::size_t index) const {
  Sample sample;
  std::vector<double> sizes;
  for (const Entry* entry : losses_.entries) {
    if (index >= entry->excess.size() || !std::isfinite(entry->excess[index])) continue;
    sample.entries.push_back(entry);
    sample.values.push_back(entry->excess[index]);
    sizes.push_back(std::abs(entry->excess[index]));
  }
  if (sizes.empty()) return sample;
  std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2), sizes.end());
  const double scale = std::max(sizes[sizes.size() / 2], 1e-300);
  double squares = 0;
  for (double& x : sample.values) {
    x = std::asinh(x / scale);
    squares += x * x / static_cast<double>(sample.values.size());
  }
  for (double& x : sample.values) x /= std::sqrt(std::max(squares, 1e-12));
  return part(sample, kMostRows, false);
}

/// 1 for a trial that failed, -1 for one that did not.
GpModel::Sample GpModel::labels() const {
  Sample sample{ended_, {}};
  for (const Entry* entry : ended_) sample.values.push_back(entry->kind == Entry::Kind::Bad ? 1 : -1);
  return part(sample, kMostRows, false);
}

void GpModel::refit(const std::optional<GpFit>& known) {
  refitted_ = true;
  fit_.ended = ended_.size();
  const auto start = [&](std::size_t i) {
    return known && i < known->params.size() ? std::optional(known->params[i]) : std::nullopt;
  };
  fit_loss(start(0));
  const KernelPrior prior = KernelPrior::of(space_.active());
  const bool failures = losses_.entries.size() < ended_.size();
  for (std::size_t i = 0; i < outcomes_ + failures; ++i) {
    const Sample sample = part(i < outcomes_ ? outcome(i) : labels(), kFitRows, false);
    std::vector<KernelParams> starts;
    if (const auto before = start(i + 1)) starts.push_back(*before);
    if (starts.empty() || ended_.size() < kSettled) starts.push_back(prior.mode(space_.shape()));
    fit_.params.push_back(sample.values.size() < 2 ? starts[0]
                                                   : fit_kernel(rows(sample.entries), vector_of(sample.values),
                                                                space_.shape(), prior, starts, kFitEvaluations));
  }
  // Through the note, so that those who read it later have the same bits.
  fit_ = *GpFit::read(fit_.note(), space_.shape().columns(), outcomes_);
}

/// The transformation under which the losses are most likely, given the kernel; then the kernel; and once more.
void GpModel::fit_loss(const std::optional<KernelParams>& known) {
  const Sample sample = part(losses_, kFitRows, false);
  const Eigen::MatrixXd x = rows(sample.entries);
  const KernelPrior prior = KernelPrior::of(space_.active());
  const KernelParams mode = prior.mode(space_.shape());
  KernelParams params = known ? *known : mode;
  const int evaluations = known && ended_.size() >= kSettled ? kMoreEvaluations : kFitEvaluations;
  fit_.transform = -1;
  const auto n = static_cast<double>(sample.values.size());
  for (int round = 0; round < 2; ++round) {
    const Kernel kernel(space_.shape(), params);
    Factor factor;
    factor.factorise(kernel.matrix(warped(x, space_.shape(), params)), kernel.noise());
    double least = std::numeric_limits<double>::infinity();
    int chosen = 0;
    for (int id = 0; id < kOutputTransforms; ++id) {
      const auto transform = output_transform(sample.values, id);
      if (!transform) continue;
      // -log p(losses), with the scale of K at its best: n/2 ln(zᵀ K⁻¹ z / n) - Σ ln dz/dy
      Eigen::VectorXd z = transformed(*transform, sample.values);
      factor.forward(z);
      const double scale = std::max(z.squaredNorm() / n, 1e-12);
      const double value = 0.5 * n * std::log(scale) - log_jacobian(*transform, sample.values);
      if (value < least) {
        least = value;
        chosen = id;
      }
    }
    if (chosen == fit_.transform) break;
    fit_.transform = chosen;
    std::vector<KernelParams> starts;
    if (known || round > 0) starts.push_back(params);
    if (starts.empty() || ended_.size() < kSettled) starts.push_back(mode);
    params = fit_kernel(x, transformed(*output_transform(sample.values, chosen), sample.values), space_.shape(), prior,
                        starts, evaluations);
  }
  if (losses_.values.size() >= kWarpRows) {
    const auto transform = output_transform(sample.values, fit_.transform);
    KernelParams from = params;
    if (known && known->warps()) {
      from.log_a = known->log_a;
      from.log_b = known->log_b;
    }
    params = fit_warp(x, transformed(*transform, sample.values), space_.shape(), prior, from,
                      ended_.size() < kSettled ? kMoreEvaluations : kWarpEvaluations);
  }
  fit_.params = {params};
}

void GpModel::believe(const GpData& data) {
  Eigen::VectorXd z = transformed(transform_, losses_.values);
  const Kernel kernel(space_.shape(), fit_.params[0]);
  loss_ = std::make_unique<GpPosterior>(rows(losses_.entries), z, kernel);
  rank(data);
  target_ = best_.value_or(0);
  if (!pending_.empty()) {
    std::vector<const Entry*> all = losses_.entries;
    std::vector<double> one(width());
    const Eigen::Index known = z.size();
    z.conservativeResize(known + static_cast<Eigen::Index>(pending_.size()));
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      row(pending_[i]->point, one.data());
      z[known + static_cast<Eigen::Index>(i)] = loss_->at(one.data()).mean;
      all.push_back(pending_[i]);
    }
    target_ = best_ ? std::min(*best_, z.tail(z.size() - known).minCoeff()) : 0;
    loss_ = std::make_unique<GpPosterior>(rows(all), z, kernel);
  }
  if (best_) acquisition_.improve(loss_.get(), target_);
  const bool failures = losses_.entries.size() < ended_.size() && data.bad() > 0;
  for (std::size_t i = 0; i < outcomes_ + failures; ++i) {
    const Sample sample = i < outcomes_ ? outcome(i) : labels();
    if (sample.values.empty()) continue;
    requirements_.push_back(std::make_unique<GpPosterior>(rows(sample.entries), vector_of(sample.values),
                                                          Kernel(space_.shape(), fit_.params[i + 1])));
    // Near an optimum at the border of what fails, expected improvement alone would try beyond it again and again: a
    // failure costs a whole trial, and counts for more the more there were.
    const double weight = i < outcomes_ ? 1 : 1 + 0.25 * static_cast<double>(data.bad());
    const double least = i < outcomes_ ? 0 : 0.25;
    acquisition_.require(requirements_.back().get(), 0, weight, least);
  }
  prefer(data);
}

/// Expected losses of all results at the furthest fidelity: the incumbents.
void GpModel::rank(const GpData& data) {
  std::vector<double> expected;
  if (!data.several_levels()) {
    const Eigen::VectorXd fitted = loss_->fitted();
    expected.assign(fitted.data(), fitted.data() + fitted.size());
  } else {
    std::vector<double> one(width());
    for (const Entry* entry : losses_.entries) {
      row(entry->point, one.data());
      expected.push_back(loss_->at(one.data()).mean);
    }
  }
  const std::vector<std::size_t> order = sorted_by(expected);
  constexpr std::size_t kIncumbents = 5;
  for (const bool wanted : {true, false}) {  // the feasible ones first
    for (const std::size_t i : order) {
      if (feasible(*losses_.entries[i]) != wanted || incumbents_.size() >= kIncumbents) continue;
      incumbents_.push_back(&losses_.entries[i]->point);
      if (wanted && !best_) best_ = expected[i];
    }
  }
}

/// πBO: Hvarfner et al., "Augmenting Acquisition Functions with User Beliefs", ICLR 2022, eq. 6: the acquisition times
/// the prior's density to the power of β / n.
void GpModel::prefer(const GpData& data) {
  constexpr double kBeta = 10;
  acquisition_.prefer(space_.preferences(), kBeta / static_cast<double>(std::max<std::size_t>(data.results(), 1)));
}

}  // namespace hone
