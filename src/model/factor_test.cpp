// The factor of a positive definite matrix, and the loops over columns.
#include "model/factor.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "hone/rng.h"
#include "model/lanes.h"

namespace hone {
namespace {

Eigen::MatrixXd positive_definite(Eigen::Index n, Rng& rng) {
  Eigen::MatrixXd a(n, n);
  for (double& x : a.reshaped()) x = rng.normal();
  return a * a.transpose() + 0.1 * Eigen::MatrixXd::Identity(n, n);
}

std::vector<double> numbers(std::size_t n, Rng& rng) {
  std::vector<double> out(n);
  for (double& x : out) x = rng.uniform();
  return out;
}

TEST(Factor, SolvesAndInvertsMatricesOfAnySize) {
  Rng rng = Rng::stream(1, "factor");
  for (const Eigen::Index n : {1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 31, 50}) {
    const Eigen::MatrixXd k = positive_definite(n, rng);
    Factor factor;
    ASSERT_TRUE(factor.factorise(k - 0.05 * Eigen::MatrixXd::Identity(n, n), 0.05));
    const Eigen::MatrixXd l = Eigen::LLT<Eigen::MatrixXd>(k).matrixL();
    EXPECT_NEAR(factor.log_determinant(), 2 * l.diagonal().array().log().sum(), 1e-9);
    Eigen::MatrixXd sides(n, 3);
    for (double& x : sides.reshaped()) x = rng.normal();
    const Eigen::MatrixXd half = l.triangularView<Eigen::Lower>().solve(sides), whole = k.llt().solve(sides);
    factor.forward(sides);
    EXPECT_LT((sides - half).norm(), 1e-9 * (1 + half.norm()));
    factor.backward(sides);
    EXPECT_LT((sides - whole).norm(), 1e-9 * (1 + whole.norm()));
    const Eigen::MatrixXd inverse = factor.inverse(), wanted = k.inverse();
    ASSERT_EQ(inverse.rows(), n);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j <= i; ++j)
        EXPECT_NEAR(inverse(i, j), wanted(i, j), 1e-8 * (1 + std::abs(wanted(i, j))));
  }
}

TEST(Factor, RefusesWhatIsNotPositiveDefinite) {
  const Eigen::MatrixXd indefinite{{1, 2}, {2, 1}};
  Factor factor;
  EXPECT_FALSE(factor.factorise(indefinite));
  EXPECT_FALSE(factor.factorise(Eigen::MatrixXd{{0}}));
  EXPECT_FALSE(factor.factorise(Eigen::MatrixXd{{std::nan("")}}));
  EXPECT_TRUE(factor.factorise(indefinite, 3.5));
  EXPECT_TRUE(factor.factorise(Eigen::MatrixXd(0, 0)));
}

TEST(Lanes, MaternIsExactToADozenDigits) {
  Rng rng = Rng::stream(3, "lanes");
  std::vector<double> r2 = {0, 1e-300, 1e-20, 1, 1e4, 1e8};
  while (r2.size() < 1001) r2.push_back(std::exp(20 * rng.uniform() - 14));
  std::vector<double> value(r2.size()), same(r2.size()), slope(r2.size());
  matern(r2.data(), r2.size(), value.data(), slope.data());
  matern(r2.data(), r2.size(), same.data());
  EXPECT_EQ(value, same);
  for (std::size_t i = 0; i < r2.size(); ++i) {
    const double root = std::sqrt(5 * r2[i]), power = std::exp(-root);
    EXPECT_NEAR(value[i], (1 + root + 5 * r2[i] / 3) * power, 1e-14 * value[i] + 1e-290) << r2[i];
    EXPECT_NEAR(slope[i], -5.0 / 6 * (1 + root) * power, 1e-290 - 1e-14 * slope[i]) << r2[i];
  }
}

TEST(Lanes, SumsOverColumnsAreThoseOfPlainLoops) {
  Rng rng = Rng::stream(4, "lanes");
  for (const std::size_t n : {0, 1, 3, 4, 16, 17, 100}) {
    for (const std::size_t count : {0, 1, 3, 4, 5, 9}) {
      std::vector<std::vector<double>> data;
      std::vector<const double*> columns;
      for (std::size_t j = 0; j < count; ++j) data.push_back(numbers(n, rng));
      for (const auto& column : data) columns.push_back(column.data());
      const std::vector<double> point = numbers(count, rng), weight = numbers(count, rng), factor = numbers(n, rng);
      std::vector<double> squares(n, -1), sums(n, -1), dot(count, -1);
      weighted_squares(columns.data(), point.data(), weight.data(), count, n, squares.data());
      weighted_sums(columns.data(), weight.data(), count, n, sums.data());
      dots(columns.data(), count, factor.data(), n, dot.data());
      for (std::size_t i = 0; i < n; ++i) {
        double square = 0, sum = 0;
        for (std::size_t j = 0; j < count; ++j) {
          square += weight[j] * (data[j][i] - point[j]) * (data[j][i] - point[j]);
          sum += weight[j] * data[j][i];
        }
        EXPECT_NEAR(squares[i], square, 1e-14);
        EXPECT_NEAR(sums[i], sum, 1e-14);
      }
      for (std::size_t j = 0; j < count; ++j) {
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += data[j][i] * factor[i];
        EXPECT_NEAR(dot[j], sum, 1e-13);
      }
    }
  }
}

TEST(Lanes, ProductsLeaveOutWhatIsNotThere) {
  const std::vector<double> a = {1, 2, 3}, b = {4, 5, 6}, c = {1, 0, 2};
  std::vector<double> out = {1, 1, 1};
  add_products(2, a.data(), b.data(), c.data(), 3, out.data());
  EXPECT_EQ(out, (std::vector<double>{9, 1, 73}));
  add_products(1, a.data(), b.data(), nullptr, 3, out.data());
  EXPECT_EQ(out, (std::vector<double>{13, 11, 91}));
  add_products(-1, a.data(), nullptr, nullptr, 3, out.data());
  EXPECT_EQ(out, (std::vector<double>{12, 9, 88}));
  times_if_other(c.data(), 1, 0.5, 3, out.data());
  EXPECT_EQ(out, (std::vector<double>{12, 4.5, 44}));
}

}  // namespace
}  // namespace hone
