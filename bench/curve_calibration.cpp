// How well the forecasts of model/curve_posterior.h are calibrated on recorded curves:
//
//   curve_calibration SIGN TABLE.csv...     tables as `hone simulate` reads them; SIGN -1 if more is better, else 1
//   curve_calibration 1 taskset/*.csv
//   curve_calibration -1 lcbench_surrogate/*.val_accuracy.csv
//
// Of each table 20 random curves are known to their end, 100 others up to some report. A line per report: how often the last value
// lies in the 50 % and the 90 % interval, the Brier score of "beats the best of the 20" beside that of saying 1/21 each time, and of
// those with a chance under 5 %: how many, what was said, what came.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "hone/rng.h"
#include "model/curve_posterior.h"
#include "sim/curve_table.h"

namespace {

using Curve = std::vector<double>;
struct Points {
  std::vector<double> x, y;
};
struct Score {
  double n = 0, half = 0, ninety = 0, brier = 0, base = 0, low = 0, low_said = 0, low_came = 0;
};

std::optional<std::string> text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::vector<Curve> read(const std::filesystem::path& path, double sign) {
  const auto table = hone::read_curve_table(
      {path.filename(), text_of(path).value_or(""), text_of(path.parent_path() / "configs.csv"), {}, {}});
  if (!table) {
    std::fprintf(stderr, "%s\n", table.error().what.c_str());
    std::exit(2);
  }
  std::vector<Curve> curves(table->configs.size(), Curve(table->units));
  for (std::size_t i = 0; i < table->values.size(); ++i)
    curves[i / table->units][i % table->units] = sign * table->values[i];
  return curves;
}

Points until(const Curve& curve, std::size_t reports) {
  Points points;
  for (std::size_t k = 0; k < reports; ++k)
    if (std::isfinite(curve[k])) points.x.push_back(static_cast<double>(k + 1)), points.y.push_back(curve[k]);
  return points;
}

constexpr std::size_t kKnown = 20, kAsked = 100, kReports[] = {1, 2, 3, 5, 9, 17, 27, 40};

double score(std::vector<Curve> curves, const char* name, Score* scores) {
  hone::Rng rng = hone::Rng::stream(7, name);
  rng.shuffle(curves);
  const std::size_t last = curves.front().size();
  hone::CurvePosterior posterior(1, static_cast<double>(last));
  std::vector<double> first, latest;
  double best = INFINITY, fits = 0;
  for (std::size_t i = 0; i < kKnown; ++i) {
    const Points points = until(curves[i], last);
    if (points.y.empty()) continue;
    first.push_back(points.y.front());
    latest.push_back(points.y.back());
    if (std::isfinite(curves[i].back())) best = std::fmin(best, curves[i].back());
  }
  const hone::CurvePrior prior = hone::curve_prior(first, latest, 0);
  for (std::size_t i = 0; i < kKnown; ++i)
    if (const Points points = until(curves[i], last - 1); !points.y.empty())
      posterior.learn(posterior.fit(points.x, points.y, prior).habits);
  for (std::size_t i = kKnown; i < kKnown + kAsked; ++i) {
    for (std::size_t a = 0; a < std::size(kReports); ++a) {
      const Points points = until(curves[i], kReports[a]);
      if (!std::isfinite(curves[i][kReports[a] - 1])) continue;  // a scheduler does not extrapolate it
      const auto fit = posterior.fit(points.x, points.y, prior);
      const double end = std::isfinite(curves[i].back()) ? curves[i].back() : 1e9;
      const double u = fit.forecast.below(end), chance = fit.forecast.below(best), beats = end < best ? 1 : 0;
      Score& s = scores[a];
      s.n += 1, fits += 1;
      s.half += u > 0.25 && u < 0.75 ? 1 : 0, s.ninety += u > 0.05 && u < 0.95 ? 1 : 0;
      s.brier += (chance - beats) * (chance - beats), s.base += std::pow(1.0 / (kKnown + 1) - beats, 2);
      if (chance < 0.05) s.low += 1, s.low_said += chance, s.low_came += beats;
    }
  }
  return fits;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::puts("usage: curve_calibration SIGN TABLE.csv...");
    return 2;
  }
  Score scores[std::size(kReports)];
  double fits = 0;
  const std::clock_t begin = std::clock();
  for (int i = 2; i < count; ++i) fits += score(read(arguments[i], std::atof(arguments[1])), arguments[i], scores);
  std::printf("%.0f forecasts, %.3f ms CPU each\n", fits,
              1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / fits);
  std::puts("reports  in 50 %  in 90 %  Brier  of 1/21  under 5 %   said   came");
  for (std::size_t a = 0; a < std::size(kReports); ++a) {
    const Score& s = scores[a];
    std::printf("%7zu  %7.2f %8.2f %6.4f %8.4f %10.2f %6.4f %6.4f\n", kReports[a], s.half / s.n, s.ninety / s.n,
                s.brier / s.n, s.base / s.n, s.low / s.n, s.low_said / std::fmax(s.low, 1),
                s.low_came / std::fmax(s.low, 1));
  }
}
