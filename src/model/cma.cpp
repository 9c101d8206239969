// Notation of the tutorial, one generation at a time:
//   n         dimension                      lambda   points of a generation        mu        those with positive weight
//   m, sigma  mean and step size             C        covariance, = B D^2 B^T       w_i       weight of the i-th best
//   y_i       (x_i - m) / sigma ~ N(0, C)    z_i      D^-1 B^T y_i ~ N(0, I)        p_sigma, p_c  evolution paths
// Equation numbers are those of arXiv:1604.00772v2.
#include "model/cma.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace hone {
namespace {

constexpr double kTiny = 1e-300;

}  // namespace

int cma_lambda(int n) { return 4 + static_cast<int>(3 * std::log(n)); }  // eq. 48

CmaRates::CmaRates(int n, int lambda, bool separable) : mu(lambda / 2), weights(lambda) {
  for (int i = 0; i < lambda; ++i) weights(i) = std::log((lambda + 1) / 2.0) - std::log(i + 1.0);  // eq. 49
  const auto effective = [](const auto& part) { return part.sum() * part.sum() / part.squaredNorm(); };
  mu_eff = effective(weights.head(mu));
  const int rest = lambda - mu;
  const double mu_eff_minus = effective(weights.tail(rest));

  c_sigma = (mu_eff + 2) / (n + mu_eff + 5);                                                          // eq. 55
  d_sigma = 1 + 2 * std::max(0.0, std::sqrt((mu_eff - 1) / (n + 1)) - 1) + c_sigma;                   // eq. 55
  c_c = (4 + mu_eff / n) / (n + 4 + 2 * mu_eff / n);                                                  // eq. 56
  c_1 = 2 / ((n + 1.3) * (n + 1.3) + mu_eff);                                                         // eq. 57
  c_mu = std::min(1 - c_1, 2 * (0.25 + mu_eff + 1 / mu_eff - 2) / ((n + 2.0) * (n + 2.0) + mu_eff));  // eq. 58
  if (separable) {  // Ros and Hansen 2008, section 3
    c_1 = std::min(0.5, c_1 * (n + 2) / 3);
    c_mu = std::min(1 - c_1, c_mu * (n + 2) / 3);
  }
  const double alpha = std::min({1 + c_1 / c_mu,                       // eq. 50
                                 1 + 2 * mu_eff_minus / (mu_eff + 2),  // eq. 51
                                 (1 - c_1 - c_mu) / (n * c_mu)});      // eq. 52
  const double positive = weights.head(mu).sum(), negative = -weights.tail(rest).cwiseMin(0).sum();
  for (double& w : weights) w = w >= 0 ? w / positive : w * alpha / negative;  // eq. 53
  chi_n = std::sqrt(n) * (1 - 1 / (4.0 * n) + 1 / (21.0 * n * n));
}

Cma::Cma(const CmaSetup& setup)
    : n_(static_cast<int>(setup.mean.size())),
      lambda_(setup.lambda > 0 ? setup.lambda : cma_lambda(n_)),
      separable_(setup.separable),
      largest_(setup.largest),
      rates_(n_, lambda_, setup.separable),
      mean_(setup.mean),
      sigma_(setup.sigma.maxCoeff()),
      covariance_((setup.sigma / sigma_).cwiseAbs2().asDiagonal()),
      basis_(Eigen::MatrixXd::Identity(n_, n_)),
      axes_(setup.sigma / sigma_),
      factor_(axes_.asDiagonal()),
      p_sigma_(Eigen::VectorXd::Zero(n_)),
      p_c_(Eigen::VectorXd::Zero(n_)),
      scale_(Eigen::VectorXd::Ones(n_)),
      y_(n_, lambda_),
      z_(n_, lambda_),
      weighted_(n_, lambda_),
      y_w_(n_),
      z_w_(n_),
      norms_(lambda_),
      solver_(n_) {
  HONE_CHECK(n_ >= 1 && lambda_ >= 2, "a distribution of at least one number, updated by at least two points");
}

double Cma::condition() const {
  const double ratio = axes_.maxCoeff() / axes_.minCoeff();
  return ratio * ratio;
}

void Cma::sample(Rng& rng, Eigen::VectorXd& point) const {
  point.resize(n_);
  if (separable_) {
    for (int j = 0; j < n_; ++j) point(j) = mean_(j) + sigma_ * scale_(j) * axes_(j) * rng.normal();
    return;
  }
  point.setZero();
  for (int k = 0; k < n_; ++k) point += rng.normal() * factor_.col(k);  // eq. 38, 39
  point = mean_.array() + sigma_ * scale_.array() * point.array();      // eq. 40
}

void Cma::whitened(const Eigen::VectorXd& point, Eigen::VectorXd& z) const {
  z = (point - mean_).array() / (sigma_ * scale_.array());
  if (!separable_) z = (basis_.transpose() * z).eval();
  z.array() /= axes_.array();
}

void Cma::colored(const Eigen::VectorXd& z, Eigen::VectorXd& point) const {
  point = z.cwiseProduct(axes_);
  if (!separable_) point = (basis_ * point).eval();
  point = mean_.array() + sigma_ * scale_.array() * point.array();
}

void Cma::couple() {
  if (!separable_) return;
  separable_ = false;
  rates_ = CmaRates(n_, lambda_, false);
  decompose();
}

void Cma::update(const Eigen::MatrixXd& points, const std::vector<char>& foreign) {
  HONE_CHECK(points.rows() == n_ && points.cols() == lambda_, "update: another number of points");
  const CmaRates& r = rates_;
  ++generation_;
  y_ = (points.colwise() - mean_).array().colwise() / (sigma_ * scale_.array());
  whiten();
  const double most = std::sqrt(n_) + 2.0 * n_ / (n_ + 2.0);
  for (int i = 0; i < lambda_; ++i) {
    if (!foreign[static_cast<std::size_t>(i)] || norms_(i) <= most * most) continue;
    const double cut = most / std::sqrt(norms_(i));
    y_.col(i) *= cut;
    z_.col(i) *= cut;
    norms_(i) = most * most;
  }
  y_w_.noalias() = y_.leftCols(r.mu) * r.weights.head(r.mu);  // eq. 41
  z_w_.noalias() = z_.leftCols(r.mu) * r.weights.head(r.mu);
  mean_ += r.c_m * sigma_ * y_w_;  // eq. 42

  p_sigma_ *= 1 - r.c_sigma;  // eq. 43; C^-1/2 y = B z
  const double gain = std::sqrt(r.c_sigma * (2 - r.c_sigma) * r.mu_eff);
  if (separable_) {
    p_sigma_ += gain * z_w_;
  } else {
    p_sigma_.noalias() += gain * (basis_ * z_w_);
  }
  const double length = p_sigma_.norm();
  // A single step may not more than e-fold sigma: injected points could be anywhere (Hansen 2011).
  sigma_ *= std::exp(std::min(1.0, r.c_sigma / r.d_sigma * (length / r.chi_n - 1)));  // eq. 44

  const double grown = std::sqrt(1 - std::pow(1 - r.c_sigma, 2.0 * (generation_ + 1)));
  const double h_sigma = length / grown < (1.4 + 2.0 / (n_ + 1)) * r.chi_n ? 1 : 0;
  p_c_ = (1 - r.c_c) * p_c_ + h_sigma * std::sqrt(r.c_c * (2 - r.c_c) * r.mu_eff) * y_w_;  // eq. 45
  adapt_covariance(h_sigma);
  double widest = 0;
  for (int j = 0; j < n_; ++j) widest = std::max(widest, deviation(j));
  if (widest > largest_) sigma_ *= largest_ / widest;
  if (separable_) {
    axes_ = covariance_.diagonal().cwiseSqrt();
    return;
  }
  // The decomposition may wait until C has changed by a tenth (tutorial, B.2), so that it costs O(n^2) a point.
  const double wait = 1 / ((r.c_1 + r.c_mu) * n_ * 10);
  if (generation_ - decomposed_ >= wait) decompose();
}

/// z_i, and their squared lengths.
void Cma::whiten() {
  if (separable_) {
    z_ = y_.array().colwise() / axes_.array();
  } else {
    z_.noalias() = basis_.transpose() * y_;
    z_.array().colwise() /= axes_.array();
  }
  norms_ = z_.colwise().squaredNorm().transpose();
}

void Cma::adapt_covariance(double h_sigma) {
  const CmaRates& r = rates_;
  const double keep = 1 + r.c_1 * (1 - h_sigma) * r.c_c * (2 - r.c_c) - r.c_1 - r.c_mu * r.weights.sum();
  for (int i = 0; i < lambda_; ++i) {
    const double w = r.weights(i);
    weighted_.col(i) = (w >= 0 ? w : w * n_ / (norms_(i) + kTiny)) * y_.col(i);  // eq. 46
  }
  if (separable_) {
    covariance_.diagonal() =
        keep * covariance_.diagonal() + r.c_1 * p_c_.cwiseAbs2() + r.c_mu * weighted_.cwiseProduct(y_).rowwise().sum();
    return;
  }
  covariance_ *= keep;  // eq. 47
  covariance_.noalias() += r.c_1 * p_c_ * p_c_.transpose();
  covariance_.noalias() += r.c_mu * weighted_ * y_.transpose();
}

void Cma::decompose() {
  decomposed_ = generation_;
  covariance_ = ((covariance_ + covariance_.transpose()) / 2).eval();
  solver_.compute(covariance_);
  const double floor = 1e-15 * std::max(solver_.eigenvalues().maxCoeff(), kTiny);
  basis_ = solver_.eigenvectors();
  axes_ = solver_.eigenvalues().cwiseMax(floor).cwiseSqrt();
  factor_.noalias() = basis_ * axes_.asDiagonal();
}

}  // namespace hone
