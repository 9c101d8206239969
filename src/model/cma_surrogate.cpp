// z = D^-1 B^T (x - m) / sigma are the whitened numbers; model: a + b z + z^T H z / 2 + c_(option) for the choices.
#include "model/cma_surrogate.h"

#include <algorithm>
#include <cmath>

namespace hone {
namespace {

constexpr int kMost = 28;         // coefficients of the quadratic part: all of 6 numbers, the diagonal of 13
constexpr double kSurplus = 1.1;  // points per coefficient
constexpr double kSlope = 0.5;    // the linear one needs fewer: any direction that leads down will do
constexpr double kShorter = 0.6;  // its reach
constexpr double kBest = 0.75;    // share of the latest points that is used
constexpr double kWeight = 20;    // of the best point; the worst has 1

}  // namespace

CmaSurrogate::CmaSurrogate(int n, std::vector<int> options) : n_(n), options_(std::move(options)) {
  for (const int count : options_) extra_ += count - 1;
  int most = coefficients(Shape::Linear);
  for (const Shape shape : {Shape::Diagonal, Shape::Full}) {
    if (coefficients(shape) <= kMost + extra_) most = coefficients(shape);
  }
  capacity_ = static_cast<std::size_t>(std::max(2 * most, 2 * cma_lambda(n)));
}

int CmaSurrogate::coefficients(Shape shape) const {
  const int linear = 1 + extra_ + n_;
  return shape == Shape::Linear ? linear : shape == Shape::Diagonal ? linear + n_ : linear + n_ * (n_ + 1) / 2;
}

void CmaSurrogate::add(const Eigen::VectorXd& numbers, const std::vector<int>& options, double loss, std::int64_t at) {
  if (records_.size() < capacity_) {
    newest_ = records_.size();
    records_.push_back({numbers, options, loss, at});
    return;
  }
  newest_ = (newest_ + 1) % capacity_;
  records_[newest_] = {numbers, options, loss, at};
}

void CmaSurrogate::select() {
  chosen_.clear();
  const std::int64_t at = records_[newest_].at;
  for (const Record& record : records_) {
    if (record.at == at) chosen_.push_back(&record);
  }
  std::stable_sort(chosen_.begin(), chosen_.end(), [](const Record* a, const Record* b) { return a->loss < b->loss; });
  const auto least = static_cast<std::size_t>(std::ceil(kSurplus * coefficients(Shape::Linear)));
  const auto share = static_cast<std::size_t>(std::ceil(kBest * static_cast<double>(chosen_.size())));
  chosen_.resize(std::min(chosen_.size(), std::max(least, share)));
}

void CmaSurrogate::features(const Record& record, Shape shape, const Cma& cma, Eigen::VectorXd& row) {
  cma.whitened(record.numbers, z_);
  Eigen::Index at = 0;
  row(at++) = 1;
  for (std::size_t v = 0; v < options_.size(); ++v) {
    for (int k = 1; k < options_[v]; ++k) row(at++) = record.options[v] == k;
  }
  for (int j = 0; j < n_; ++j) row(at++) = z_(j);
  if (shape == Shape::Linear) return;
  for (int j = 0; j < n_; ++j) row(at++) = 0.5 * z_(j) * z_(j);
  if (shape == Shape::Diagonal) return;
  for (int j = 0; j < n_; ++j) {
    for (int k = 0; k < j; ++k) row(at++) = z_(j) * z_(k);
  }
}

std::optional<CmaSurrogate::Minimum> CmaSurrogate::minimum(const Cma& cma) {
  if (records_.empty()) return std::nullopt;
  select();
  const auto enough = [&](Shape shape) {
    const auto count = static_cast<double>(chosen_.size());
    if (shape == Shape::Linear) return count >= std::max(4.0, kSlope * coefficients(shape));
    return count >= kSurplus * coefficients(shape) && coefficients(shape) <= kMost + extra_;
  };
  if (!enough(Shape::Linear)) return std::nullopt;
  const Shape shape = enough(Shape::Full) ? Shape::Full : enough(Shape::Diagonal) ? Shape::Diagonal : Shape::Linear;
  const double lo = chosen_.front()->loss, range = chosen_.back()->loss - lo;
  if (!(range > 0) || !std::isfinite(range)) return std::nullopt;

  const int p = coefficients(shape);
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(p, p);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(p), row(p);
  const double count = static_cast<double>(chosen_.size());
  for (std::size_t i = 0; i < chosen_.size(); ++i) {
    features(*chosen_[i], shape, cma, row);
    const double weight = kWeight + (1 - kWeight) * static_cast<double>(i) / (count - 1);
    gram.selfadjointView<Eigen::Lower>().rankUpdate(row, weight);
    right += weight * (chosen_[i]->loss - lo) / range * row;
  }
  gram.diagonal().array() += 1e-10 * (gram.trace() / p) + 1e-12;
  const Eigen::VectorXd fitted = gram.selfadjointView<Eigen::Lower>().ldlt().solve(right);
  if (!fitted.allFinite()) return std::nullopt;
  // What Cma::update cuts foreign points to; a slope is worth as much trust as a sample.
  const double reach = (std::sqrt(n_) + 2.0 * n_ / (n_ + 2.0)) * (shape == Shape::Linear ? kShorter : 1);
  Minimum minimum{.numbers = {}, .options = std::vector<int>(options_.size(), 0)};
  cma.colored(least(fitted, shape, reach), minimum.numbers);
  Eigen::Index at = 1;
  for (std::size_t v = 0; v < options_.size(); ++v) {
    double effect = 0;  // of the first option, from which the others are told apart
    for (int k = 1; k < options_[v]; ++k, ++at) {
      if (fitted(at) < effect) effect = fitted(at), minimum.options[v] = k;
    }
  }
  return minimum;
}

/// argmin of b z + z^T H z / 2 over |z| <= reach: z = -(H + t)^-1 b with the least t >= 0 that makes H + t positive and z short
/// enough (Moré, Sorensen 1983; the hard case needs no care, any point near the minimum will do).
Eigen::VectorXd CmaSurrogate::least(const Eigen::VectorXd& fitted, Shape shape, double reach) const {
  Eigen::VectorXd b = fitted.segment(1 + extra_, n_);
  Eigen::VectorXd curvature = Eigen::VectorXd::Zero(n_);
  Eigen::MatrixXd basis;
  if (shape != Shape::Linear) curvature = fitted.segment(1 + extra_ + n_, n_);
  if (shape == Shape::Full) {
    Eigen::MatrixXd hessian = curvature.asDiagonal();
    Eigen::Index at = 1 + extra_ + 2 * n_;
    for (int j = 0; j < n_; ++j) {
      for (int k = 0; k < j; ++k) hessian(j, k) = hessian(k, j) = fitted(at++);
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(hessian);
    basis = solver.eigenvectors();
    curvature = solver.eigenvalues();
    b = (basis.transpose() * b).eval();
  }
  const auto step = [&](double t) -> Eigen::VectorXd { return (-b.array() / (curvature.array() + t)).matrix(); };
  double low = std::max(0.0, -curvature.minCoeff()) + 1e-12 * (curvature.cwiseAbs().maxCoeff() + b.norm()) + 1e-300;
  Eigen::VectorXd z = step(low);
  if (z.norm() > reach) {
    double high = low + b.norm() / reach;
    for (int i = 0; i < 50; ++i) {
      const double middle = (low + high) / 2;
      (step(middle).norm() > reach ? low : high) = middle;
    }
    z = step(high);
  }
  if (shape == Shape::Full) z = (basis * z).eval();
  return z;
}

}  // namespace hone
