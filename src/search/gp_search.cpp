#include "search/gp_search.h"

#include <nlopt.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "search/make.h"

namespace hone {
namespace {

using Point = std::vector<double>;

std::vector<double> scores(const GpModel& model, const Acquisition& acquisition, const std::vector<Point>& points) {
  if (points.empty()) return {};
  Eigen::MatrixXd rows(static_cast<Eigen::Index>(model.width()), static_cast<Eigen::Index>(points.size()));
  for (std::size_t i = 0; i < points.size(); ++i) model.row(points[i], rows.col(static_cast<Eigen::Index>(i)).data());
  const Eigen::ArrayXd value = acquisition.at(rows);
  return {value.data(), value.data() + value.size()};
}

struct Climb {
  const Acquisition& acquisition;
  const std::vector<std::size_t>& free;  // continuous columns that are active
  std::vector<double> row, slope;
};

double climb_objective(unsigned n, const double* x, double* gradient, void* data) {
  auto& climb = *static_cast<Climb*>(data);
  for (unsigned i = 0; i < n; ++i) climb.row[climb.free[i]] = x[i];
  if (gradient == nullptr) return climb.acquisition.at(climb.row.data());
  const double value = climb.acquisition.at(climb.row.data(), climb.slope);
  for (unsigned i = 0; i < n; ++i) gradient[i] = climb.slope[climb.free[i]];
  return value;
}

/// L-BFGS over the active continuous coordinates.
GpCandidate climbed(const GpSpace& space, const GpModel& model, const Acquisition& acquisition, const GpCandidate& from,
                    const GpBox& box, int evaluations) {
  std::vector<std::size_t> free;
  Point x, low, high;
  for (std::size_t k = 0; k < space.size(); ++k) {
    if (!space.column(k).stops.empty() || std::isnan(from.point[k])) continue;
    free.push_back(k);
    x.push_back(from.point[k]);
    low.push_back(box.everywhere() ? 0 : box.low[k]);
    high.push_back(box.everywhere() ? 1 : box.high[k]);
  }
  if (free.empty()) return from;
  Climb climb{acquisition, free, Point(model.width()), Point(model.width())};
  model.row(from.point, climb.row.data());
  nlopt_opt search = nlopt_create(NLOPT_LD_LBFGS, static_cast<unsigned>(free.size()));
  nlopt_set_lower_bounds(search, low.data());
  nlopt_set_upper_bounds(search, high.data());
  nlopt_set_max_objective(search, climb_objective, &climb);
  nlopt_set_maxeval(search, evaluations);
  nlopt_set_ftol_abs(search, 1e-4);
  double value = from.value;
  nlopt_optimize(search, x.data(), &value);
  nlopt_destroy(search);
  if (!(value > from.value)) return from;
  GpCandidate to{from.point, value};
  for (std::size_t i = 0; i < free.size(); ++i) to.point[free[i]] = x[i];
  to.point = space.settled(std::move(to.point));
  return to;
}

std::vector<Point> spread(const GpSpace& space, const GpModel& model, const GpBox& box, Rng& rng) {
  constexpr int kUniform = 150, kNear = 200;
  std::vector<Point> points;
  for (int i = 0; i < kUniform; ++i)
    points.push_back(space.plain() ? space.settled(uniform_point(rng, space.space()))
                                   : space.space().encode(space.space().draw(uniform_point(rng, space.space()))));
  const auto& incumbents = model.incumbents();
  const double share = std::min(1.0, 3.0 / space.active());
  for (int i = 0; i < kNear && !incumbents.empty(); ++i) {
    const Point& from = *incumbents[static_cast<std::size_t>(i) % incumbents.size()];
    const double scale = std::pow(10, -0.5 - 2 * rng.uniform());
    points.push_back(space.perturbed(from, scale, i % 2 ? share : 1, rng));
  }
  if (box.everywhere()) return points;
  for (Point& point : points) {
    for (std::size_t k = 0; k < point.size(); ++k) {
      if (&point < &points[kUniform]) point[k] = box.low[k] + point[k] * (box.high[k] - box.low[k]);
    }
    box.clamp(point);
    point = space.settled(std::move(point));
  }
  return points;
}

}  // namespace

std::vector<GpCandidate> maximise(const GpSpace& space, const GpModel& model, const Acquisition& acquisition,
                                  const GpBox& box, const std::function<bool(const Point&)>& allowed, Rng& rng) {
  std::vector<Point> points = spread(space, model, box, rng);
  const auto legal = [&](const Point& point) { return box.holds(point) && allowed(point); };
  std::erase_if(points, [&](const Point& point) { return !legal(point); });
  const std::vector<double> values = scores(model, acquisition, points);
  std::vector<GpCandidate> all;
  for (std::size_t i = 0; i < points.size(); ++i) all.push_back({std::move(points[i]), values[i]});
  const auto better = [](const GpCandidate& a, const GpCandidate& b) { return a.value > b.value; };
  std::stable_sort(all.begin(), all.end(), better);
  constexpr std::size_t kStarts = 3;
  constexpr int kRounds = 4;
  std::vector<GpCandidate> ends;
  for (std::size_t i = 0; i < std::min(kStarts, all.size()); ++i) {
    GpCandidate at = all[i];
    for (int round = 0; round < kRounds; ++round) {
      const double before = at.value;
      GpCandidate up = climbed(space, model, acquisition, at, box, round == 0 ? 30 : 12);
      if (legal(up.point)) at = std::move(up);
      std::vector<Point> near = space.neighbours(at.point, rng);
      std::erase_if(near, [&](const Point& point) { return !legal(point); });
      const std::vector<double> value = scores(model, acquisition, near);
      bool moved = false;
      for (std::size_t j = 0; j < near.size(); ++j) {
        if (value[j] > at.value) {
          at = {near[j], value[j]};
          moved = true;
        }
      }
      if (!moved || at.value < before + 1e-3) break;
    }
    ends.push_back(std::move(at));
  }
  all.insert(all.end(), ends.begin(), ends.end());
  std::stable_sort(all.begin(), all.end(), better);
  return all;
}

}  // namespace hone
