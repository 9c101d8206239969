#include "search/smac_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "search/make.h"

namespace hone {

struct SmacSearch::Pool {
  std::vector<SmacCandidate> all;
  std::vector<double> rows;  // of those not yet judged
  std::size_t judged = 0;
  std::vector<double> branch;

  void judge(const SmacModel& model) {
    std::vector<SmacBelief> beliefs;
    model.believe(rows, beliefs);
    for (std::size_t i = judged; i < all.size(); ++i) all[i].acquisition = beliefs[i - judged].acquisition;
    judged = all.size();
    rows.clear();
  }
};

SmacSearch::SmacSearch(const Space& space, const SmacSearchRules& rules)
    : space_(space), rules_(rules), categories_(smac_categories(space)) {
  const auto& params = space.params();
  const auto conditional = [&](std::size_t param) { return !params[param].when.empty(); };
  if (!space.constraints().empty() || std::any_of(space.free().begin(), space.free().end(), conditional)) return;
  for (const std::size_t param : space.free())
    alone_.push_back(*Space::make({Param{.name = "x", .domain = params[param].domain, .when = {}}}));
}

bool SmacSearch::repeats(const SmacCandidate& candidate, const SmacData& data) const {
  const std::size_t width = candidate.x.size();
  for (std::size_t from = 0; from + width <= data.points().size(); from += width) {
    std::size_t k = 0;
    while (k < width && (candidate.x[k] == data.points()[from + k] ||
                         (std::isnan(candidate.x[k]) && std::isnan(data.points()[from + k]))))
      ++k;
    if (k == width) return true;
  }
  return false;
}

void SmacSearch::add(Pool& pool, std::vector<double> unit) const {
  for (std::size_t k = 0; k < pool.branch.size(); ++k)
    if (!std::isnan(pool.branch[k])) unit[k] = pool.branch[k];
  const Config config = space_.decode(unit);
  if (!space_.constraints().empty() && !space_.allows(config)) return;
  std::vector<double> x = space_.encode(config);
  for (std::size_t k = 0; k < unit.size(); ++k)
    if (!std::isnan(x[k])) unit[k] = x[k];
  for (std::size_t k = 0; k < unit.size(); ++k)
    if (categories_[k] > 0 && !std::isnan(x[k])) x[k] = std::floor(x[k] * static_cast<double>(categories_[k]));
  pool.rows.insert(pool.rows.end(), x.begin(), x.end());
  pool.all.push_back({.unit = std::move(unit), .x = std::move(x), .acquisition = 0});
}

/// A candidate with one coordinate changed. Asking the space for all of them is dear where there are many.
void SmacSearch::add_step(Pool& pool, const SmacCandidate& from, std::size_t coordinate, double to, Rng& rng) const {
  if (alone_.empty()) {
    std::vector<double> unit = from.unit;
    unit[coordinate] = to;
    for (std::size_t j = 0; j < unit.size(); ++j)
      if (std::isnan(from.x[j])) unit[j] = rng.uniform();
    return add(pool, std::move(unit));
  }
  SmacCandidate& next = pool.all.emplace_back(from);
  const double options = static_cast<double>(categories_[coordinate]);
  const Space& alone = alone_[coordinate];
  const double settled = next.unit[coordinate] = alone.encode(alone.decode({&to, 1}))[0];
  next.x[coordinate] = options > 0 ? std::floor(settled * options) : settled;
  pool.rows.insert(pool.rows.end(), next.x.begin(), next.x.end());
}

/// One to three active coordinates moved: near and far.
std::vector<double> SmacSearch::moved(const std::vector<double>& unit, const std::vector<double>& x, Rng& rng) const {
  std::vector<double> out = unit;
  std::vector<std::size_t> active;
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (!std::isnan(x[k])) active.push_back(k);
    else out[k] = rng.uniform();
  }
  const double scale = 0.2 * std::pow(0.25, static_cast<double>(rng.below(3)));
  const std::size_t count = std::min<std::size_t>(active.size(), 1 + static_cast<std::size_t>(rng.below(3)));
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(active[i], active[i + static_cast<std::size_t>(rng.below(active.size() - i))]);
    const std::size_t k = active[i];
    if (categories_[k] > 0) out[k] = rng.uniform();
    else out[k] = std::clamp(out[k] + scale * rng.normal(), 0.0, 1.0);
  }
  return out;
}

/// One-exchange neighbourhoods (Hutter 2011, sec. 4.3): every other option of a choice, four normal draws for a number.
void SmacSearch::climb(Pool& pool, const SmacModel& model, std::vector<SmacCandidate> starts, Rng& rng) const {
  for (std::size_t step = 0; step < rules_.steps && !starts.empty(); ++step) {
    std::vector<std::size_t> ends;
    for (const SmacCandidate& at : starts) {
      for (std::size_t k = 0; k < at.x.size(); ++k) {
        if (std::isnan(at.x[k])) continue;
        const auto options = static_cast<double>(categories_[k]);
        for (std::size_t i = 0; i < (categories_[k] > 0 ? std::min<std::size_t>(categories_[k], 16) : 4); ++i) {
          if (categories_[k] > 0) {
            const double option = categories_[k] > 16 ? std::floor(rng.uniform() * options) : static_cast<double>(i);
            if (option != at.x[k]) add_step(pool, at, k, (option + 0.5) / options, rng);
          } else {
            add_step(pool, at, k, std::clamp(at.unit[k] + 0.2 * rng.normal(), 0.0, 1.0), rng);
          }
        }
      }
      ends.push_back(pool.all.size());
    }
    std::size_t from = pool.judged;
    pool.judge(model);
    std::vector<SmacCandidate> better;
    for (std::size_t s = 0; s < starts.size(); ++s) {
      const auto top = std::max_element(pool.all.begin() + static_cast<std::ptrdiff_t>(from),
                                        pool.all.begin() + static_cast<std::ptrdiff_t>(ends[s]),
                                        [](auto& a, auto& b) { return a.acquisition < b.acquisition; });
      if (from < ends[s] && top->acquisition > starts[s].acquisition) better.push_back(*top);
      from = ends[s];
    }
    starts = std::move(better);
  }
}

std::vector<double> SmacSearch::unit_of(std::span<const double> x, Rng& rng) const {
  std::vector<double> unit(x.begin(), x.end());
  for (std::size_t k = 0; k < unit.size(); ++k) {
    if (std::isnan(x[k])) unit[k] = rng.uniform();
    else if (categories_[k] > 0) unit[k] = (x[k] + 0.5) / static_cast<double>(categories_[k]);
  }
  return unit;
}

/// The best trials of the branch, rows of the data; gates are unordered choices.
std::vector<std::size_t> SmacSearch::parents(const SmacModel& model, const SmacData& data,
                                             std::span<const double> branch) const {
  const std::size_t width = categories_.size();
  std::vector<std::size_t> out;
  for (const std::size_t row : model.ranked()) {
    if (out.size() == rules_.starts) break;
    const auto inside = [&](std::size_t k) {
      return std::isnan(branch[k]) ||
             data.points()[row * width + k] == std::floor(branch[k] * static_cast<double>(categories_[k]));
    };
    std::size_t k = 0;
    while (k < branch.size() && inside(k)) ++k;
    if (k == branch.size()) out.push_back(row);
  }
  return out;
}

std::vector<SmacCandidate> SmacSearch::run(const SmacModel& model, const SmacData& data, std::vector<double> branch,
                                           Rng& rng) const {
  const std::size_t width = space_.free().size();
  Pool pool;
  pool.branch = std::move(branch);
  for (std::size_t i = 0; i < rules_.pool; ++i) add(pool, uniform_point(rng, space_));
  std::vector<SmacCandidate> starts;
  const std::vector<std::size_t> best = parents(model, data, pool.branch);
  const auto row_of = [&](std::size_t row) { return std::span(data.points()).subspan(row * width, width); };
  for (std::size_t i = 0; i < rules_.moves && !best.empty(); ++i) {
    const std::span<const double> x = row_of(best[i % best.size()]);
    add(pool, moved(unit_of(x, rng), {x.begin(), x.end()}, rng));
  }
  const std::size_t drawn = pool.all.size();
  for (const std::size_t row : best) add(pool, unit_of(row_of(row), rng));
  pool.judge(model);
  starts.assign(pool.all.begin() + static_cast<std::ptrdiff_t>(drawn), pool.all.end());
  pool.all.resize(drawn);
  pool.judged = drawn;
  const auto by_acquisition = [](const SmacCandidate& a, const SmacCandidate& b) {
    return a.acquisition > b.acquisition;
  };
  std::stable_sort(pool.all.begin(), pool.all.end(), by_acquisition);
  for (std::size_t i = 0; i < std::min(rules_.starts, drawn); ++i) starts.push_back(pool.all[i]);
  climb(pool, model, std::move(starts), rng);
  std::stable_sort(pool.all.begin(), pool.all.end(), by_acquisition);
  return std::move(pool.all);
}

}  // namespace hone
