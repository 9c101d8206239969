#include "model/gp_fit.h"

#include <nlopt.h>

#include <algorithm>

#include <cmath>
#include <limits>

namespace hone {
namespace {

struct Workspace {
  const Eigen::MatrixXd& differences;
  const Eigen::VectorXd& y;
  const ColumnKinds& kinds;
  const KernelPrior& prior;
  Eigen::MatrixXd k, inverse;
  Eigen::VectorXd weight;
  Eigen::ArrayXd r2, h, value, slope;
};

/// Adds (t - mean)² / (2 deviation²) and its derivative.
void add(const KernelPrior::Normal& normal, double t, double scale, double& value, double& gradient) {
  const double z = (t - normal.mean) / normal.deviation;
  value += 0.5 * z * z;
  gradient += scale * z / normal.deviation;
}

double evidence(Workspace& w, const double* theta, double* gradient) {
  const Eigen::Index n = w.y.size(), d = w.differences.cols();
  Eigen::VectorXd numeric = Eigen::VectorXd::Zero(d), category = Eigen::VectorXd::Zero(d);
  bool categories = false;
  for (Eigen::Index j = 0; j < d; ++j) {
    const bool is_category = w.kinds[static_cast<std::size_t>(j)] != 0;
    (is_category ? category : numeric)[j] = std::exp(theta[j]);
    categories |= is_category;
  }
  const double signal = std::exp(theta[d]), noise = std::exp(theta[d + 1]);
  w.r2 = (w.differences * numeric).array();
  if (categories) {
    w.h = (w.differences * category).array();
  } else {
    w.h.setZero(w.differences.rows());
  }
  correlate(w.r2, w.h, w.value, &w.slope);
  w.k.resize(n, n);
  Eigen::Index at = 0;
  for (Eigen::Index j = 0; j < n; ++j) {  // the upper triangle, column by column, as packed
    w.k.col(j).head(j) = signal * w.value.segment(at, j) + kMeanVariance;
    w.k(j, j) = signal + kMeanVariance + noise;
    at += j;
  }
  const Eigen::LLT<Eigen::MatrixXd, Eigen::Upper> factor(w.k);
  if (factor.info() != Eigen::Success) return std::numeric_limits<double>::infinity();
  const Eigen::VectorXd alpha = factor.solve(w.y);
  // -log p(y) = ½ yᵀ K⁻¹ y + ½ log |K| (Rasmussen, Williams 2006, eq. 2.30)
  double value = 0.5 * w.y.dot(alpha) + factor.matrixLLT().diagonal().array().log().sum();
  if (gradient != nullptr) {  // eq. 5.9: ∂/∂θ = ½ tr((K⁻¹ - α αᵀ) ∂K/∂θ)
    w.inverse.setIdentity(n, n);
    factor.solveInPlace(w.inverse);
    w.inverse.noalias() -= alpha * alpha.transpose();
    at = 0;
    double by_signal = 0;
    for (Eigen::Index j = 0; j < n; ++j) {
      const auto g = w.inverse.col(j).head(j).array() * signal;
      by_signal += (g * w.value.segment(at, j)).sum() + 0.5 * signal * w.inverse(j, j);
      w.slope.segment(at, j) *= g;
      if (categories) w.value.segment(at, j) *= -g;  // ∂R/∂h = -R
      at += j;
    }
    Eigen::Map<Eigen::VectorXd> out(gradient, d + 2);
    out.head(d) = (w.differences.transpose() * w.slope.matrix()).cwiseProduct(numeric);
    if (categories) out.head(d) += (w.differences.transpose() * w.value.matrix()).cwiseProduct(category);
    out[d] = by_signal;
    out[d + 1] = 0.5 * noise * w.inverse.trace();
  }
  double ignored[1];
  for (Eigen::Index j = 0; j < d; ++j) {
    double& slot = gradient != nullptr ? gradient[j] : ignored[0];
    if (w.kinds[static_cast<std::size_t>(j)]) {
      add(w.prior.category, theta[j], 1, value, slot);
    } else {
      add(w.prior.length, -0.5 * theta[j], -0.5, value, slot);  // ln ℓ = -½ ln w
    }
  }
  add(w.prior.signal, theta[d], 1, value, gradient != nullptr ? gradient[d] : ignored[0]);
  add(w.prior.noise, theta[d + 1], 1, value, gradient != nullptr ? gradient[d + 1] : ignored[0]);
  return value;
}

double objective(unsigned, const double* theta, double* gradient, void* workspace) {
  const double value = evidence(*static_cast<Workspace*>(workspace), theta, gradient);
  return std::isfinite(value) ? value : 1e30;
}

std::vector<double> packed(const KernelParams& params) {
  std::vector<double> theta(params.log_weight.data(), params.log_weight.data() + params.log_weight.size());
  theta.push_back(params.log_signal);
  theta.push_back(params.log_noise);
  return theta;
}

/// Wide enough to matter only where nothing is learnt any more; the noise's lower end keeps K positive definite.
constexpr double kLow = -18, kHigh = 12, kSignalLow = -5, kSignalHigh = 5, kNoiseLow = -14, kNoiseHigh = 1;

}  // namespace

KernelPrior KernelPrior::of(double active) {
  return {.length = {std::sqrt(2.0) + 0.5 * std::log(active) - 3, std::sqrt(3.0)},
          .category = {-0.5 * std::log(active), 1.2},
          .signal = {0, 1},
          .noise = {-7, 2}};
}

KernelParams KernelPrior::mode(const ColumnKinds& kinds) const {
  KernelParams params;
  params.log_weight.resize(static_cast<Eigen::Index>(kinds.size()));
  for (std::size_t j = 0; j < kinds.size(); ++j)
    params.log_weight[static_cast<Eigen::Index>(j)] = kinds[j] ? category.mean : -2 * length.mean;
  params.log_signal = signal.mean;
  params.log_noise = noise.mean;
  return params;
}

Evidence negative_evidence(const Eigen::MatrixXd& differences, const Eigen::VectorXd& y, const ColumnKinds& kinds,
                           const KernelPrior& prior, const KernelParams& params) {
  Workspace workspace{differences, y, kinds, prior, {}, {}, {}, {}, {}, {}, {}};
  Evidence out{0, Eigen::VectorXd(params.size())};
  out.value = evidence(workspace, packed(params).data(), out.gradient.data());
  return out;
}

KernelParams fit_kernel(const Eigen::MatrixXd& x, const Eigen::VectorXd& y, const ColumnKinds& kinds,
                        const KernelPrior& prior, const std::vector<KernelParams>& starts, int evaluations) {
  const Eigen::MatrixXd differences = packed_differences(x, kinds);
  Workspace workspace{differences, y, kinds, prior, {}, {}, {}, {}, {}, {}, {}};
  const auto size = static_cast<unsigned>(kinds.size() + 2);
  std::vector<double> low(size, kLow), high(size, kHigh);
  low[size - 2] = kSignalLow;
  high[size - 2] = kSignalHigh;
  low[size - 1] = kNoiseLow;
  high[size - 1] = kNoiseHigh;
  nlopt_opt search = nlopt_create(NLOPT_LD_LBFGS, size);
  nlopt_set_lower_bounds(search, low.data());
  nlopt_set_upper_bounds(search, high.data());
  nlopt_set_min_objective(search, objective, &workspace);
  nlopt_set_maxeval(search, evaluations);
  nlopt_set_ftol_abs(search, 1e-4);
  double best = std::numeric_limits<double>::infinity();
  KernelParams out = starts.front();
  for (const KernelParams& start : starts) {
    std::vector<double> theta = packed(start);
    for (unsigned i = 0; i < size; ++i) theta[i] = std::clamp(theta[i], low[i], high[i]);
    double value = std::numeric_limits<double>::infinity();
    if (nlopt_optimize(search, theta.data(), &value) == NLOPT_INVALID_ARGS || !(value < best)) continue;
    best = value;
    out.log_weight = Eigen::Map<Eigen::VectorXd>(theta.data(), static_cast<Eigen::Index>(size) - 2);
    out.log_signal = theta[size - 2];
    out.log_noise = theta[size - 1];
  }
  nlopt_destroy(search);
  return out;
}

}  // namespace hone
