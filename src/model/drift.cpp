#include "model/drift.h"

#include <nlopt.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "model/gp_fit.h"

namespace hone {
namespace {

struct Range {
  double low, high;
};
constexpr Range kWeight = {-18, 12}, kSignal = {-5, 5}, kNoise = {-9, 1}, kDrift = {-9, 2};
/// Differences of a training curve are noisy; ε is about 0.1, within 0.01 and 0.7.
constexpr KernelPrior::Normal kNoisePrior = {-3, 1.5}, kDriftPrior = {-3, 1.3};

void add(const KernelPrior::Normal& normal, double t, double scale, double& value, double* gradient) {
  const double z = (t - normal.mean) / normal.deviation;
  value += 0.5 * z * z;
  if (gradient != nullptr) *gradient += scale * z / normal.deviation;
}

/// r² and h between two points.
void distance(const Eigen::VectorXd& a, const Eigen::VectorXd& b, const Eigen::ArrayXd& weight,
              const std::vector<char>& category, double& r2, double& h) {
  r2 = h = 0;
  for (Eigen::Index j = 0; j < a.size(); ++j) {
    if (category[static_cast<std::size_t>(j)]) h += a[j] != b[j] ? weight[j] : 0;
    else r2 += weight[j] * (a[j] - b[j]) * (a[j] - b[j]);
  }
}

DriftParams params_of(const double* theta, Eigen::Index d) {
  DriftParams params;
  params.log_weight = Eigen::Map<const Eigen::VectorXd>(theta, d);
  params.log_signal = theta[d];
  params.log_noise = theta[d + 1];
  params.log_drift = theta[d + 2];
  return params;
}

double objective(unsigned size, const double* theta, double* gradient, void* data) {
  const double value = drift_evidence(*static_cast<const DriftData*>(data),
                                      params_of(theta, static_cast<Eigen::Index>(size) - 3), gradient);
  return std::isfinite(value) ? value : 1e30;
}

}  // namespace

DriftParams DriftParams::usual(const std::vector<char>& category) {
  const KernelShape shape = KernelShape::single(category);
  const KernelParams mode = KernelPrior::of(std::max(1.0, static_cast<double>(category.size()))).mode(shape);
  return {mode.log_weight, mode.log_signal, kNoisePrior.mean, kDriftPrior.mean};
}

double drift_evidence(const DriftData& data, const DriftParams& params, double* gradient) {
  const Eigen::Index n = data.x.rows(), d = data.x.cols();
  const Eigen::ArrayXd weight = params.log_weight.array().exp();
  const double signal = std::exp(params.log_signal), noise = std::exp(params.log_noise),
               drift = std::exp(params.log_drift);
  const Eigen::MatrixXd differences = packed_differences(data.x, KernelShape::single(data.category));
  const Eigen::Index pairs = differences.rows();
  Eigen::ArrayXd r2 = Eigen::ArrayXd::Zero(pairs), h = r2, ages(pairs), value, slope;
  for (Eigen::Index j = 0; j < d; ++j)
    (data.category[static_cast<std::size_t>(j)] ? h : r2) += weight[j] * differences.col(j).array();
  correlate(r2, h, value, &slope);
  Eigen::MatrixXd k(n, n);
  k.diagonal().setConstant(signal + noise);
  for (Eigen::Index j = 1, p = 0; j < n; ++j)  // the order of packed_differences()
    for (Eigen::Index i = 0; i < j; ++i, ++p) {
      ages[p] = std::abs(data.t[i] - data.t[j]);
      const double fade = std::exp(-drift * ages[p]);
      value[p] *= signal * fade;
      slope[p] *= signal * fade;
      k(i, j) = k(j, i) = value[p];
    }
  const Eigen::LLT<Eigen::MatrixXd> factor(k);
  if (gradient != nullptr) std::fill_n(gradient, d + 3, 0.0);
  if (factor.info() != Eigen::Success) return std::numeric_limits<double>::infinity();
  const Eigen::VectorXd alpha = factor.solve(data.y);
  double result = 0.5 * data.y.dot(alpha) + factor.matrixLLT().diagonal().array().log().sum();
  if (gradient != nullptr) {
    // ∂(-log p) = ½ tr((K⁻¹ - α αᵀ) ∂K); each pair stands twice in it.
    const Eigen::MatrixXd w = factor.solve(Eigen::MatrixXd::Identity(n, n)) - alpha * alpha.transpose();
    Eigen::ArrayXd pair_weight(pairs);
    for (Eigen::Index j = 1, p = 0; j < n; ++j)
      for (Eigen::Index i = 0; i < j; ++i, ++p) pair_weight[p] = w(i, j);
    for (Eigen::Index j = 0; j < d; ++j) {
      const Eigen::ArrayXd change = weight[j] * differences.col(j).array();
      gradient[j] = data.category[static_cast<std::size_t>(j)] ? -(pair_weight * value * change).sum()
                                                               : (pair_weight * slope * change).sum();
    }
    gradient[d] = 0.5 * signal * w.trace() + (pair_weight * value).sum();
    gradient[d + 1] = 0.5 * noise * w.trace();
    gradient[d + 2] = -(pair_weight * value * ages).sum() * drift;
  }
  const KernelPrior prior = KernelPrior::of(std::max<double>(1, static_cast<double>(d)));
  const auto slot = [&](Eigen::Index j) { return gradient != nullptr ? gradient + j : nullptr; };
  for (Eigen::Index j = 0; j < d; ++j) {
    if (data.category[static_cast<std::size_t>(j)]) add(prior.category, params.log_weight[j], 1, result, slot(j));
    else add(prior.length, -0.5 * params.log_weight[j], -0.5, result, slot(j));
  }
  add(prior.signal, params.log_signal, 1, result, slot(d));
  add(kNoisePrior, params.log_noise, 1, result, slot(d + 1));
  add(kDriftPrior, params.log_drift, 1, result, slot(d + 2));
  return result;
}

DriftParams fit_drift(const DriftData& data, const DriftParams& start, int evaluations) {
  const Eigen::Index d = data.x.cols();
  std::vector<double> theta(start.log_weight.data(), start.log_weight.data() + d);
  theta.insert(theta.end(), {start.log_signal, start.log_noise, start.log_drift});
  std::vector<double> low(theta.size(), kWeight.low), high(theta.size(), kWeight.high);
  const Range rest[] = {kSignal, kNoise, kDrift};
  for (std::size_t i = 0; i < 3; ++i) {
    low[static_cast<std::size_t>(d) + i] = rest[i].low;
    high[static_cast<std::size_t>(d) + i] = rest[i].high;
  }
  for (std::size_t i = 0; i < theta.size(); ++i) theta[i] = std::clamp(theta[i], low[i], high[i]);
  nlopt_opt search = nlopt_create(NLOPT_LD_LBFGS, static_cast<unsigned>(theta.size()));
  nlopt_set_lower_bounds(search, low.data());
  nlopt_set_upper_bounds(search, high.data());
  nlopt_set_min_objective(search, objective, const_cast<DriftData*>(&data));  // it is only read
  nlopt_set_maxeval(search, evaluations);
  nlopt_set_ftol_abs(search, 1e-4);
  double value = std::numeric_limits<double>::infinity();
  const nlopt_result result = nlopt_optimize(search, theta.data(), &value);
  nlopt_destroy(search);
  return result == NLOPT_INVALID_ARGS || !(value < 1e30) ? start : params_of(theta.data(), d);
}

DriftGp::DriftGp(DriftData data, DriftParams params)
    : data_(std::move(data)),
      params_(std::move(params)),
      signal_(std::exp(params_.log_signal)),
      noise_(std::exp(params_.log_noise)),
      drift_(std::exp(params_.log_drift)),
      weight_(params_.log_weight.array().exp()) {
  const Eigen::Index n = data_.x.rows();
  Eigen::MatrixXd k(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::VectorXd own = data_.x.row(i);
    for (Eigen::Index j = 0; j <= i; ++j) {
      Eigen::ArrayXd r2(1), h(1), value(1);
      distance(own, data_.x.row(j), weight_, data_.category, r2[0], h[0]);
      correlate(r2, h, value, nullptr);
      k(i, j) = k(j, i) = signal_ * value[0] * std::exp(-drift_ * std::abs(data_.t[i] - data_.t[j]));
    }
  }
  // Where K is not positive definite by rounding, more noise makes it so.
  for (;; noise_ *= 10) {
    Eigen::MatrixXd noisy = k;
    noisy.diagonal().array() += noise_;
    factor_.compute(noisy);
    if (factor_.info() == Eigen::Success || noise_ > 1e6) break;
  }
  alpha_ = factor_.solve(data_.y);
}

Expectation DriftGp::at(const Eigen::VectorXd& point, double time) const {
  const Eigen::Index n = data_.x.rows();
  Eigen::ArrayXd r2(n), h(n), value(n);
  for (Eigen::Index i = 0; i < n; ++i) distance(data_.x.row(i), point, weight_, data_.category, r2[i], h[i]);
  correlate(r2, h, value, nullptr);
  value *= signal_ * (-drift_ * (data_.t.array() - time).abs()).exp();
  const Eigen::VectorXd k = value.matrix();
  const Eigen::VectorXd v = factor_.matrixL().solve(k);
  return {k.dot(alpha_), std::sqrt(std::max(1e-12, signal_ - v.squaredNorm()))};
}

DriftGp DriftGp::hallucinating(const Eigen::MatrixXd& x, const Eigen::VectorXd& t) const {
  if (x.rows() == 0) return *this;
  DriftData more = data_;
  const Eigen::Index n = data_.x.rows();
  more.x.conservativeResize(n + x.rows(), Eigen::NoChange);
  more.t.conservativeResize(n + x.rows());
  more.y.conservativeResize(n + x.rows());
  more.x.bottomRows(x.rows()) = x;
  more.t.tail(x.rows()) = t;
  for (Eigen::Index i = 0; i < x.rows(); ++i) more.y[n + i] = at(x.row(i), t[i]).mean;
  return DriftGp(std::move(more), params_);
}

}  // namespace hone
