#include "model/gp_fit.h"

#include <nlopt.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "model/gp_warp.h"
#include "model/lanes.h"

namespace hone {
namespace {

/// Adds (t - mean)² / (2 deviation²), t = scale θ, and its derivative by θ.
void add(const KernelPrior::Normal& normal, double t, double scale, double& value, double* gradient) {
  const double z = (t - normal.mean) / normal.deviation;
  value += 0.5 * z * z;
  if (gradient != nullptr) *gradient += scale * z / normal.deviation;
}

/// ln ℓ_j = mean + c + o_j with a common c: such a normal's precision is (I - s 1 1ᵀ) / Var(o) (Sherman, Morrison).
void add_lengths(const KernelPrior& prior, const KernelShape& shape, const double* theta, double& value,
                 double* gradient) {
  const double own = prior.apart * prior.apart, common = prior.length.deviation * prior.length.deviation - own;
  const auto away = [&](Eigen::Index j) { return -0.5 * theta[j] - prior.length.mean; };  // ln ℓ = -½ ln w
  double sum = 0, count = 0;
  for (Eigen::Index j = 0; j < shape.columns(); ++j) {
    if (shape.category[static_cast<std::size_t>(j)]) continue;
    sum += away(j);
    ++count;
  }
  const double shared = sum * common / (own + count * common);
  for (Eigen::Index j = 0; j < shape.columns(); ++j) {
    if (shape.category[static_cast<std::size_t>(j)]) continue;
    const double pull = (away(j) - shared) / own;
    value += 0.5 * away(j) * pull;
    if (gradient != nullptr) gradient[j] -= 0.5 * pull;
  }
}

double objective(unsigned, const double* theta, double* gradient, void* evidence) {
  const double value = static_cast<Evidence*>(evidence)->at(theta, gradient);
  return std::isfinite(value) ? value : 1e30;
}

struct Range {
  double low, high;
};
/// Wide enough to matter only where nothing is learnt any more; the noise's lower end keeps K positive definite.
constexpr Range kWeight = {-18, 12}, kSignal = {-5, 5}, kNoise = {-14, 1}, kShare = {-5, 5}, kWarp = {-2, 2};

/// Of -log p: what a warp must gain to be used, for each numeric column.
constexpr double kLeastGain = 0.5;

}  // namespace

KernelPrior KernelPrior::of(double active) {
  return {.length = {std::sqrt(2.0) + 0.5 * std::log(active) - 3, std::sqrt(3.0)},
          .category = {-0.5 * std::log(active), 1.2},
          .signal = {0, 1},
          .noise = {-7, 2},
          .share = {0, 1.5},
          .warp = {0, 0.5},
          .apart = 0.5};
}

KernelParams KernelPrior::mode(const KernelShape& shape) const {
  KernelParams params;
  params.log_weight.resize(shape.columns());
  for (Eigen::Index j = 0; j < shape.columns(); ++j)
    params.log_weight[j] = shape.category[static_cast<std::size_t>(j)] ? category.mean : -2 * length.mean;
  params.log_signal = signal.mean;
  params.log_noise = noise.mean;
  params.logit_share = share.mean;
  return params;
}

Evidence::Evidence(const Eigen::MatrixXd& x, Eigen::VectorXd y, const KernelShape& shape, const KernelPrior& prior,
                   bool warps)
    : shape_(shape), prior_(prior), y_(std::move(y)), differences_(packed_differences(x, shape)), warps_(warps) {
  if (warps) {
    x_ = u_ = by_a_ = by_b_ = x.leftCols(shape.columns());
    pairs_.setZero(x.rows(), x.rows());
  }
  const std::size_t groups = shape.groups.size();
  value_.resize(groups);
  slope_.resize(groups);
  groups_of_.setZero(x.rows());
  flags_.setOnes(differences_.rows(), shape.additive() ? static_cast<Eigen::Index>(groups) : 0);
  for (std::size_t g = 0; g < groups && shape.additive(); ++g) {
    const Eigen::Index flag = shape.groups[g].flag;
    if (flag < 0) {
      groups_of_.array() += 1 / shape.active_groups;
    } else {
      groups_of_ += x.col(flag) / shape.active_groups;
    }
    Eigen::Index at = 0;
    for (Eigen::Index j = 1; j < x.rows() && flag >= 0; at += j, ++j)
      flags_.col(static_cast<Eigen::Index>(g)).segment(at, j) = x.col(flag).head(j) * x(j, flag);
  }
}

std::vector<double> Evidence::theta(const KernelParams& params) const {
  std::vector<double> theta(params.log_weight.data(), params.log_weight.data() + params.log_weight.size());
  theta.push_back(params.log_signal);
  theta.push_back(params.log_noise);
  if (shape_.additive()) theta.push_back(params.logit_share);
  theta.resize(static_cast<std::size_t>(size()), 0.0);
  if (warps_ && params.warps()) {
    std::copy(params.log_a.begin(), params.log_a.end(), theta.begin() + plain());
    std::copy(params.log_b.begin(), params.log_b.end(), theta.begin() + plain() + shape_.columns());
  }
  return theta;
}

KernelParams Evidence::params(const std::vector<double>& theta) const {
  KernelParams params;
  const auto d = static_cast<std::size_t>(shape_.columns());
  params.log_weight = Eigen::Map<const Eigen::VectorXd>(theta.data(), shape_.columns());
  params.log_signal = theta[d];
  params.log_noise = theta[d + 1];
  params.logit_share = shape_.additive() ? theta[d + 2] : 0;
  if (warps_) {
    params.log_a = Eigen::Map<const Eigen::VectorXd>(theta.data() + plain(), shape_.columns());
    params.log_b = Eigen::Map<const Eigen::VectorXd>(theta.data() + plain() + shape_.columns(), shape_.columns());
  }
  return params;
}

void Evidence::warp(const double* theta) {
  const Eigen::Index d = shape_.columns();
  for (Eigen::Index j = 0; j < d; ++j) {
    if (shape_.category[static_cast<std::size_t>(j)]) continue;
    for (Eigen::Index i = 0; i < x_.rows(); ++i) {
      const Warped one = kumaraswamy(x_(i, j), theta[plain() + j], theta[plain() + d + j]);
      u_(i, j) = one.value;
      by_a_(i, j) = one.by_log_a;
      by_b_(i, j) = one.by_log_b;
    }
    Eigen::Index at = 0;
    for (Eigen::Index i = 1; i < u_.rows(); at += i, ++i)
      differences_.col(j).segment(at, i) = (u_.col(j).head(i).array() - u_(i, j)).square();
  }
}

/// R of every pair, and what its derivatives need. See Kernel::covariance.
void Evidence::gather(const double* theta) {
  const Eigen::Index d = shape_.columns(), pairs = differences_.rows();
  const auto size = static_cast<std::size_t>(pairs);
  weight_ = Eigen::Map<const Eigen::ArrayXd>(theta, d).exp();
  signal_ = std::exp(theta[d]);
  noise_ = std::exp(theta[d + 1]);
  share_ = shape_.additive() ? 1 / (1 + std::exp(-theta[d + 2])) : 0;
  sum_.setZero(pairs);
  product_.setOnes(pairs);  // of the categories, at first
  for (auto* array : {&r2_, &matern_, &matern_slope_}) array->resize(pairs);
  int with_numbers = 0;
  for (std::size_t g = 0; g < shape_.groups.size(); ++g) {
    std::vector<const double*> columns;
    std::vector<double> weights;
    Eigen::ArrayXd& value = value_[g];
    value.setOnes(pairs);
    for (const Eigen::Index j : shape_.groups[g].columns) {
      if (shape_.category[static_cast<std::size_t>(j)]) {
        value *= 1 - (1 - std::exp(-weight_[j])) * differences_.col(j).array();
      } else {
        columns.push_back(differences_.col(j).data());
        weights.push_back(weight_[j]);
      }
    }
    if (columns.size() < shape_.groups[g].columns.size()) product_ *= value;
    if (!columns.empty()) {
      weighted_sums(columns.data(), weights.data(), columns.size(), size, r2_.data());
      if (with_numbers++ == 0) all_r2_.setZero(pairs);
      all_r2_ += r2_;
      matern(r2_.data(), size, matern_.data(), matern_slope_.data());
    }
    if (!shape_.additive()) continue;
    value *= flags_.col(static_cast<Eigen::Index>(g)).array() / shape_.active_groups;
    if (!columns.empty()) {
      slope_[g] = value * matern_slope_;
      value *= matern_;
    }
    sum_ += value;
  }
  if (with_numbers > 1) matern(all_r2_.data(), size, matern_.data(), matern_slope_.data());
  if (with_numbers > 0) {
    product_slope_ = product_ * matern_slope_;
    product_ *= matern_;
  }
  correlation_ = (1 - share_) * product_ + share_ * sum_;
}

/// K, its lower triangle.
Eigen::MatrixXd Evidence::matrix() const {
  const Eigen::Index n = y_.size();
  Eigen::MatrixXd k(n, n);
  Eigen::Index at = 0;
  for (Eigen::Index j = 0; j < n; at += j, ++j) {
    k.row(j).head(j) = (signal_ * correlation_.segment(at, j) + kMeanVariance).matrix().transpose();
    k(j, j) = signal_ * (1 - share_ + share_ * groups_of_[j]) + kMeanVariance + noise_;
  }
  return k;
}

/// Rasmussen, Williams 2006, eq. 5.9: ∂/∂θ = ½ tr((K⁻¹ - α αᵀ) ∂K/∂θ)
void Evidence::slopes(const Eigen::VectorXd& alpha, double* gradient) {
  const Eigen::Index d = shape_.columns(), n = y_.size(), pairs = differences_.rows();
  const Eigen::MatrixXd inverse = factor_.inverse();
  Eigen::ArrayXd& g = scratch_;  // of every pair: of both triangles, times s²
  g.resize(pairs);
  Eigen::ArrayXd diagonal(n);
  Eigen::Index at = 0;
  for (Eigen::Index j = 0; j < n; at += j, ++j) {
    g.segment(at, j) = signal_ * (inverse.row(j).head(j).transpose().array() - alpha[j] * alpha.head(j).array());
    diagonal[j] = inverse(j, j) - alpha[j] * alpha[j];
  }
  for (std::size_t k = 0; k < shape_.groups.size(); ++k) {
    std::vector<const double*> numbers, words;
    for (const Eigen::Index j : shape_.groups[k].columns)
      (shape_.category[static_cast<std::size_t>(j)] ? words : numbers).push_back(differences_.col(j).data());
    std::vector<double> by_number(numbers.size()), by_word(words.size());
    if (!words.empty()) {
      pair_slope_ = g * (1 - share_) * product_;
      if (shape_.additive()) pair_slope_ += g * share_ * value_[k];
      dots(words.data(), words.size(), pair_slope_.data(), static_cast<std::size_t>(pairs), by_word.data());
    }
    if (!numbers.empty()) {
      pair_slope_ = g * (1 - share_) * product_slope_;
      if (shape_.additive()) pair_slope_ += g * share_ * slope_[k];
      dots(numbers.data(), numbers.size(), pair_slope_.data(), static_cast<std::size_t>(pairs), by_number.data());
      if (warps_) bend(k, gradient);
    }
    auto number = by_number.begin(), word = by_word.begin();
    for (const Eigen::Index j : shape_.groups[k].columns)
      gradient[j] = weight_[j] * (shape_.category[static_cast<std::size_t>(j)] ? -*word++ : *number++);  // ∂C/∂h = -C
  }
  gradient[d] =
      (g * correlation_).sum() + 0.5 * signal_ * (diagonal * (1 - share_ + share_ * groups_of_.array())).sum();
  gradient[d + 1] = 0.5 * noise_ * diagonal.sum();
  if (shape_.additive()) {
    gradient[d + 2] = share_ * (1 - share_) *
                      ((g * (sum_ - product_)).sum() + 0.5 * signal_ * (diagonal * (groups_of_.array() - 1)).sum());
  }
}

/// Derivatives by the warps of a group's numbers. With B_il = ∂/∂r² of a pair, in pair_slope_:
/// Σ_{i<l} B_il 2 w (u_i - u_l) (∂u_i - ∂u_l) = 2 w Σ_i ∂u_i (u_i Σ_l B_il - (B u)_i)
void Evidence::bend(std::size_t group, double* gradient) {
  const Eigen::Index d = shape_.columns(), n = y_.size();
  Eigen::Index start = 0;
  for (Eigen::Index j = 0; j < n; start += j, ++j) pairs_.col(j).head(j) = pair_slope_.segment(start, j).matrix();
  const Eigen::VectorXd sums = pairs_.selfadjointView<Eigen::Upper>() * Eigen::VectorXd::Ones(n);
  for (const Eigen::Index j : shape_.groups[group].columns) {
    if (shape_.category[static_cast<std::size_t>(j)]) continue;
    Eigen::VectorXd by_u = sums.cwiseProduct(u_.col(j));
    by_u.noalias() -= pairs_.selfadjointView<Eigen::Upper>() * u_.col(j);
    gradient[plain() + j] = 2 * weight_[j] * by_a_.col(j).dot(by_u);
    gradient[plain() + d + j] = 2 * weight_[j] * by_b_.col(j).dot(by_u);
  }
}

double Evidence::at(const double* theta, double* gradient) {
  const Eigen::Index d = shape_.columns();
  if (warps_) warp(theta);
  gather(theta);
  if (gradient != nullptr) std::fill_n(gradient, size(), 0.0);
  if (!factor_.factorise(matrix())) return std::numeric_limits<double>::infinity();
  Eigen::VectorXd alpha = y_;
  factor_.forward(alpha);
  // -log p(y) = ½ yᵀ K⁻¹ y + ½ log |K| (eq. 2.30)
  double value = 0.5 * alpha.squaredNorm() + 0.5 * factor_.log_determinant();
  if (gradient != nullptr) {
    factor_.backward(alpha);
    slopes(alpha, gradient);
  }
  const auto slot = [&](Eigen::Index j) { return gradient != nullptr ? gradient + j : nullptr; };
  for (Eigen::Index j = 0; j < d; ++j) {
    if (shape_.category[static_cast<std::size_t>(j)]) add(prior_.category, theta[j], 1, value, slot(j));
  }
  add_lengths(prior_, shape_, theta, value, gradient);
  add(prior_.signal, theta[d], 1, value, slot(d));
  add(prior_.noise, theta[d + 1], 1, value, slot(d + 1));
  if (shape_.additive()) add(prior_.share, theta[d + 2], 1, value, slot(d + 2));
  for (Eigen::Index j = plain(); j < size(); ++j) add(prior_.warp, theta[j], 1, value, slot(j));
  return value;
}

namespace {

struct Found {
  KernelParams params;
  double value;
};

Found least(Evidence& evidence, const KernelShape& shape, const std::vector<KernelParams>& starts, int evaluations) {
  const auto size = static_cast<std::size_t>(evidence.size());
  const auto d = static_cast<std::size_t>(shape.columns());
  const std::size_t plain = d + (shape.additive() ? 3 : 2);
  std::vector<double> low(size, kWeight.low), high(size, kWeight.high);
  const Range rest[] = {kSignal, kNoise, kShare};
  for (std::size_t i = d; i < size; ++i) {
    const Range range = i < plain ? rest[i - d] : kWarp;
    low[i] = range.low;
    high[i] = range.high;
  }
  nlopt_opt search = nlopt_create(NLOPT_LD_LBFGS, static_cast<unsigned>(size));
  nlopt_set_lower_bounds(search, low.data());
  nlopt_set_upper_bounds(search, high.data());
  nlopt_set_min_objective(search, objective, &evidence);
  nlopt_set_maxeval(search, evaluations);
  nlopt_set_ftol_abs(search, 1e-4);
  Found best{starts.front(), std::numeric_limits<double>::infinity()};
  for (const KernelParams& start : starts) {
    std::vector<double> theta = evidence.theta(start);
    for (std::size_t i = 0; i < size; ++i) theta[i] = std::clamp(theta[i], low[i], high[i]);
    double value = std::numeric_limits<double>::infinity();
    if (nlopt_optimize(search, theta.data(), &value) == NLOPT_INVALID_ARGS || !(value < best.value)) continue;
    best = {evidence.params(theta), value};
  }
  nlopt_destroy(search);
  return best;
}

}  // namespace

KernelParams fit_kernel(const Eigen::MatrixXd& x, const Eigen::VectorXd& y, const KernelShape& shape,
                        const KernelPrior& prior, const std::vector<KernelParams>& starts, int evaluations) {
  Evidence evidence(x, y, shape, prior);
  return least(evidence, shape, starts, evaluations).params;
}

KernelParams fit_warp(const Eigen::MatrixXd& x, const Eigen::VectorXd& y, const KernelShape& shape,
                      const KernelPrior& prior, const KernelParams& start, int evaluations) {
  Evidence evidence(x, y, shape, prior, true);
  KernelParams plain = start;
  plain.log_a.resize(0);
  plain.log_b.resize(0);
  const double before = evidence.at(evidence.theta(plain).data(), nullptr);
  const Found found = least(evidence, shape, {start}, evaluations);
  const auto columns = static_cast<double>(std::count(shape.category.begin(), shape.category.end(), 0));
  return found.value < before - kLeastGain * columns ? found.params : plain;
}

}  // namespace hone
