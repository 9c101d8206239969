#include "search/gp_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

namespace hone {
namespace {

using Entry = GpData::Entry;

constexpr std::size_t kFitRows = 250;

std::size_t interval(std::size_t results) { return results < 50 ? 1 : results / 20; }

Eigen::VectorXd transformed(const OutputTransform& transform, const std::vector<double>& losses) {
  Eigen::VectorXd z(static_cast<Eigen::Index>(losses.size()));
  for (std::size_t i = 0; i < losses.size(); ++i) z[static_cast<Eigen::Index>(i)] = transform.forward(losses[i]);
  return z;
}

Eigen::MatrixXd correlation(const Eigen::MatrixXd& x, const ColumnKinds& kinds, const KernelParams& params) {
  const Eigen::VectorXd weight = params.log_weight.array().exp();
  Eigen::MatrixXd k(x.rows(), x.rows());
  Eigen::ArrayXd r2, h, value;
  for (Eigen::Index j = 0; j < x.rows(); ++j) {
    const Eigen::VectorXd point = x.row(j);
    distances(x, kinds, weight, point.data(), r2, h);
    correlate(r2, h, value, nullptr);
    k.col(j) = std::exp(params.log_signal) * value + kMeanVariance;
  }
  k.diagonal().array() += std::exp(params.log_noise);
  return k;
}

}  // namespace

std::string GpFit::note() const {
  std::string text = fmt::format("gp {} {}", results, transform);
  const auto add = [&](double x) {
    text += fmt::format(" {:08x}", std::bit_cast<std::uint32_t>(static_cast<float>(x)));
  };
  for (const double x : params.log_weight) add(x);
  add(params.log_signal);
  add(params.log_noise);
  return text;
}

void GpFit::round() {
  const auto rounded = [](double x) { return static_cast<double>(static_cast<float>(x)); };
  for (double& x : params.log_weight) x = rounded(x);
  params.log_signal = rounded(params.log_signal);
  params.log_noise = rounded(params.log_noise);
}

std::optional<GpFit> GpFit::read(std::string_view note, std::size_t columns) {
  const char *at = note.data(), *end = at + note.size();
  const auto word = [&](auto& out, int base) {
    if (at == end || *at != ' ') return false;
    const auto [next, error] = std::from_chars(at + 1, end, out, base);
    at = next;
    return error == std::errc();
  };
  if (!note.starts_with("gp ")) return std::nullopt;
  at += 2;
  GpFit fit;
  if (!word(fit.results, 10) || !word(fit.transform, 10) || fit.transform < 0 || fit.transform >= kOutputTransforms)
    return std::nullopt;
  std::vector<double> values;
  for (std::uint32_t bits = 0; word(bits, 16);) values.push_back(static_cast<double>(std::bit_cast<float>(bits)));
  const bool sound = std::all_of(values.begin(), values.end(), [](double x) { return std::abs(x) < 100; });
  if (at != end || values.size() != columns + 2 || !sound) return std::nullopt;
  fit.params.log_weight = Eigen::Map<Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(columns));
  fit.params.log_signal = values[columns];
  fit.params.log_noise = values[columns + 1];
  return fit;
}

double GpModel::level(Resource at) const {
  // Learning curves run on a log scale of the fidelity.
  return furthest_ <= 1
             ? 1
             : std::log(static_cast<double>(std::max<Resource>(at, 1))) / std::log(static_cast<double>(furthest_));
}

ColumnKinds GpModel::kinds() const {
  ColumnKinds kinds = space_.kinds();
  if (fidelity_) kinds.push_back(0);
  return kinds;
}

void GpModel::row(const std::vector<double>& point, double* out) const {
  space_.row(point, out);
  if (fidelity_) out[space_.size()] = 1;
}

Eigen::MatrixXd GpModel::rows(const std::vector<const Entry*>& entries) const {
  Eigen::MatrixXd x(static_cast<Eigen::Index>(entries.size()), static_cast<Eigen::Index>(width()));
  std::vector<double> one(width());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    row(entries[i]->point, one.data());
    if (fidelity_ && entries[i]->kind == Entry::Kind::Result) one.back() = level(entries[i]->at);
    x.row(static_cast<Eigen::Index>(i)) =
        Eigen::Map<Eigen::RowVectorXd>(one.data(), static_cast<Eigen::Index>(width()));
  }
  return x;
}

void GpModel::refit(const Sample& sample, const std::optional<GpFit>& known) {
  refitted_ = true;
  // For the hyperparameters a part will do: the best, and the others evenly over time.
  Sample part = sample;
  if (sample.losses.size() > kFitRows) {
    std::vector<std::size_t> order(sample.losses.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return sample.losses[a] < sample.losses[b]; });
    constexpr std::size_t kBest = kFitRows / 3;
    std::vector<std::size_t> chosen(order.begin(), order.begin() + kBest);
    std::vector<std::size_t> rest(order.begin() + kBest, order.end());
    std::sort(rest.begin(), rest.end());
    for (std::size_t i = 0; i < kFitRows - kBest; ++i) chosen.push_back(rest[i * rest.size() / (kFitRows - kBest)]);
    std::sort(chosen.begin(), chosen.end());
    part = {};
    for (const std::size_t i : chosen) {
      part.entries.push_back(sample.entries[i]);
      part.losses.push_back(sample.losses[i]);
    }
  }
  const Eigen::MatrixXd x = rows(part.entries);
  const KernelPrior prior = KernelPrior::of(space_.active());
  const KernelParams mode = prior.mode(kinds());
  fit_.params = known ? known->params : mode;
  fit_.transform = -1;
  const auto n = static_cast<double>(part.losses.size());
  for (int round = 0; round < 2; ++round) {
    const Eigen::LLT<Eigen::MatrixXd> factor(correlation(x, kinds(), fit_.params));
    double best = std::numeric_limits<double>::infinity();
    int chosen = 0;
    for (int id = 0; id < kOutputTransforms; ++id) {
      const auto transform = output_transform(part.losses, id);
      if (!transform) continue;
      const Eigen::VectorXd z = transformed(*transform, part.losses);
      // -log p(losses), with the scale of K at its best: n/2 ln(zᵀ K⁻¹ z / n) - Σ ln dz/dy
      const double q = std::max(factor.matrixL().solve(z).squaredNorm() / n, 1e-12);
      const double value = 0.5 * n * std::log(q) - log_jacobian(*transform, part.losses);
      if (value < best) {
        best = value;
        chosen = id;
      }
    }
    if (chosen == fit_.transform) break;
    fit_.transform = chosen;
    const Eigen::VectorXd z = transformed(*output_transform(part.losses, chosen), part.losses);
    std::vector<KernelParams> starts = {mode};
    if (known || round > 0) starts.insert(starts.begin(), fit_.params);
    fit_.params = fit_kernel(x, z, kinds(), prior, starts, 40);
  }
  fit_.results = sample.losses.size();
  fit_.round();
}

GpModel::GpModel(const GpSpace& space, const GpData& data, const std::optional<GpFit>& known, Resource max)
    : space_(space), fidelity_(max > 1), furthest_(data.furthest()) {
  Sample sample;
  std::vector<const Entry*> pending, ended;
  for (const auto& [id, entry] : data.entries()) {
    if (entry.kind == Entry::Kind::Result) {
      sample.entries.push_back(&entry);
      sample.losses.push_back(entry.loss[0]);
    }
    if (entry.kind == Entry::Kind::Pending) pending.push_back(&entry);
    if (entry.kind == Entry::Kind::Result || entry.kind == Entry::Kind::Bad) ended.push_back(&entry);
  }
  if (known && sample.losses.size() < known->results + interval(known->results)) {
    fit_ = *known;
  } else {
    refit(sample, known);
  }
  std::optional<OutputTransform> transform = output_transform(sample.losses, fit_.transform);
  if (!transform) transform = output_transform(sample.losses, 0);
  transform_ = *transform;
  Eigen::VectorXd z = transformed(transform_, sample.losses);
  loss_ = std::make_unique<GpPosterior>(rows(sample.entries), z, kinds(), fit_.params);
  // Expected losses of all results at the furthest fidelity.
  std::vector<double> expected;
  std::vector<double> one(width());
  if (!data.several_levels()) {
    const Eigen::VectorXd fitted = loss_->fitted();
    expected.assign(fitted.data(), fitted.data() + fitted.size());
  } else {
    for (const Entry* entry : sample.entries) {
      row(entry->point, one.data());
      expected.push_back(loss_->at(one.data()).mean);
    }
  }
  best_ = *std::min_element(expected.begin(), expected.end());
  std::vector<std::size_t> order(expected.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return expected[a] < expected[b]; });
  for (std::size_t i = 0; i < std::min<std::size_t>(order.size(), 5); ++i)
    incumbents_.push_back(&sample.entries[order[i]]->point);
  if (!pending.empty()) {
    std::vector<const Entry*> all = sample.entries;
    Eigen::VectorXd more(z.size() + static_cast<Eigen::Index>(pending.size()));
    more.head(z.size()) = z;
    for (std::size_t i = 0; i < pending.size(); ++i) {
      row(pending[i]->point, one.data());
      more[z.size() + static_cast<Eigen::Index>(i)] = loss_->at(one.data()).mean;
      all.push_back(pending[i]);
    }
    loss_ = std::make_unique<GpPosterior>(rows(all), more, kinds(), fit_.params);
  }
  acquisition_.improve(loss_.get(), best_);
  if (data.bad() > 0) {
    Eigen::VectorXd label(static_cast<Eigen::Index>(ended.size()));
    for (std::size_t i = 0; i < ended.size(); ++i)
      label[static_cast<Eigen::Index>(i)] = ended[i]->kind == Entry::Kind::Bad ? 1 : -1;
    KernelParams params = KernelPrior::of(space_.active()).mode(kinds());
    params.log_noise = -3;
    success_ = std::make_unique<GpPosterior>(rows(ended), label, kinds(), params);
    acquisition_.require(success_.get(), 0);
  }
}

}  // namespace hone
