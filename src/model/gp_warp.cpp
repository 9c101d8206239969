#include "model/gp_warp.h"

#include <cmath>
#include <utility>

namespace hone {

Warped kumaraswamy(double x, double log_a, double log_b) {
  constexpr double kMargin = 1e-6;  // off 0 and 1, where derivatives may be infinite
  const double a = std::exp(log_a), b = std::exp(log_b);
  const double log_x = std::log(kMargin + (1 - 2 * kMargin) * x);
  const double power = std::exp(a * log_x), rest = -std::expm1(a * log_x), log_rest = std::log(rest);
  const double left = std::exp(b * log_rest);  // (1 - x^a)^b
  const double by_log_x = a * b * left / rest * power;
  return {.value = -std::expm1(b * log_rest),
          .by_x = (1 - 2 * kMargin) * by_log_x / std::exp(log_x),
          .by_log_a = by_log_x * log_x,
          .by_log_b = -left * log_rest * b};
}

Eigen::MatrixXd warped(Eigen::MatrixXd x, const KernelShape& shape, const KernelParams& params) {
  if (!params.warps()) return x;
  for (Eigen::Index j = 0; j < shape.columns(); ++j) {
    if (shape.category[static_cast<std::size_t>(j)]) continue;
    for (double& one : x.col(j)) one = kumaraswamy(one, params.log_a[j], params.log_b[j]).value;
  }
  return x;
}

}  // namespace hone
