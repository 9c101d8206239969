#include "search/smac_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "hone/rng.h"
#include "model/improvement.h"

namespace hone {
namespace {

double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

SmacScale::SmacScale(std::vector<double> losses, double offset) : offset_(offset) {
  if (losses.empty()) return;
  std::sort(losses.begin(), losses.end());
  low_ = losses.front();
  span_ = quantile(losses, 0.5) / 2 - low_ / 2;
  if (!(span_ > 0)) span_ = losses.back() / 2 - low_ / 2;
  if (!(span_ > 0)) span_ = 1;
  double sum = 0, squares = 0;
  for (double& loss : losses) sum += loss = (*this)(loss);
  const double count = static_cast<double>(losses.size()), mean = sum / count;
  for (const double loss : losses) squares += (loss - mean) * (loss - mean);
  mean_ = mean;
  deviation_ = squares > 0 ? std::sqrt(squares / count) : 1;
}

double SmacScale::operator()(double loss) const {
  const double x = (loss / 2 - low_ / 2) / span_;
  const double y =
      x >= 0 ? std::log(x + offset_) : std::log(offset_) + x / offset_;  // its tangent where a loss is better
  return (y - mean_) / deviation_;
}

double SmacScale::back(double y) const {
  const double z = y * deviation_ + mean_, x = std::exp(z) - offset_;
  return 2 * (low_ / 2 + span_ * (x >= 0 ? x : (z - std::log(offset_)) * offset_));
}

SmacModel::SmacModel(const SmacData& data, const std::vector<ForestAxis>& axes, const SmacRules& rules,
                     std::uint64_t seed)
    : width_(axes.size()),
      epoch_(data.epoch()),
      losses_(axes, rules.forest, Rng::stream(seed, "smac losses", epoch_).next()),
      endings_(axes, rules.forest, Rng::stream(seed, "smac endings", epoch_).next()) {
  for (const SmacChange& each : data.base()) {
    any_failed_ = any_failed_ || each.outcome.kind == SmacOutcome::Kind::Failed || each.outcome.violation > 0;
    any_feasible_ = any_feasible_ || (each.outcome.kind == SmacOutcome::Kind::Loss && each.outcome.violation == 0);
  }
  const std::size_t rows = width_ == 0 ? 0 : data.points().size() / width_;
  loss_row_.assign(rows, -1);
  ending_row_.assign(rows, -1);
  std::vector<double> raw, x, y, all_x, ended_well;
  for (const SmacChange& each : data.base())
    if (each.outcome.kind == SmacOutcome::Kind::Loss)
      raw.push_back(any_feasible_ ? each.outcome.loss : each.outcome.violation);
  std::erase_if(raw, [](double value) { return !std::isfinite(value); });
  scale_ = SmacScale(raw, rules.offset);
  worst_ =
      raw.empty() ? 0 : scale_(*std::max_element(raw.begin(), raw.end())) + 1;  // of what failed: a deviation worse
  std::vector<std::pair<double, std::size_t>> order;
  for (const SmacChange& each : data.base()) {
    const auto from = data.points().begin() + static_cast<std::ptrdiff_t>(each.row * width_);
    const auto to = from + static_cast<std::ptrdiff_t>(width_);
    ending_row_[each.row] = static_cast<std::int64_t>(ended_well.size());
    all_x.insert(all_x.end(), from, to);
    ended_well.push_back(each.outcome.kind == SmacOutcome::Kind::Loss && each.outcome.violation == 0);
    loss_row_[each.row] = static_cast<std::int64_t>(y.size());
    x.insert(x.end(), from, to);
    y.push_back(target(each.outcome));
    if (each.outcome.kind == SmacOutcome::Kind::Loss && (!any_feasible_ || each.outcome.violation == 0))
      order.emplace_back(y.back(), each.row);
  }
  std::sort(order.begin(), order.end());
  for (const auto& [value, row] : order) ranked_.push_back(row);
  best_ = order.empty() ? 0 : order.front().first;
  if (!y.empty()) losses_.fit(x, y);
  if (any_failed_) endings_.fit(all_x, ended_well);
}

double SmacModel::target(const SmacOutcome& outcome) const {
  const double raw = any_feasible_ ? outcome.loss : outcome.violation;
  return outcome.kind == SmacOutcome::Kind::Loss && std::isfinite(raw) ? scale_(raw) : worst_;
}

void SmacModel::follow(const SmacData& data) {
  for (; applied_ < data.changes().size(); ++applied_) take(data, data.changes()[applied_]);
}

void SmacModel::take(const SmacData& data, const SmacChange& change) {
  const std::size_t rows = data.points().size() / width_;
  loss_row_.resize(rows, -1);
  ending_row_.resize(rows, -1);
  const std::span<const double> x = std::span(data.points()).subspan(change.row * width_, width_);
  const bool well = change.outcome.kind == SmacOutcome::Kind::Loss && change.outcome.violation == 0;
  const auto put = [&](Forest& forest, std::int64_t& row, double y) {
    if (row >= 0) {
      forest.update(static_cast<std::size_t>(row), y);
    } else {
      row = static_cast<std::int64_t>(forest.size());
      forest.insert(x, y);
    }
  };
  if (any_failed_) put(endings_, ending_row_[change.row], well);
  if (losses_.size() == 0) return;
  const double y = target(change.outcome);
  put(losses_, loss_row_[change.row], y);
  const bool allowed =
      change.outcome.kind == SmacOutcome::Kind::Loss && (!any_feasible_ || change.outcome.violation == 0);
  if (!allowed || y >= best_) return;
  best_ = y;
  ranked_.insert(ranked_.begin(), change.row);
}

void SmacModel::suppose(const SmacData& data) {
  if (losses_.size() == 0) return;
  for (const std::size_t row : data.pending()) {
    const std::span<const double> x = std::span(data.points()).subspan(row * width_, width_);
    losses_.insert(x, losses_.predict(x).mean);
  }
}

std::pair<double, double> SmacModel::in_losses(const SmacBelief& belief) const {
  const double up = scale_.back(belief.mean + belief.deviation), down = scale_.back(belief.mean - belief.deviation);
  return {scale_.back(belief.mean), up / 2 - down / 2};
}

void SmacModel::believe(std::span<const double> rows, std::vector<SmacBelief>& out) const {
  const std::size_t count = width_ == 0 ? 1 : rows.size() / width_;
  out.assign(count, {});
  std::vector<ForestBelief> forest;
  if (losses_.size() > 0) {
    losses_.predict(rows, forest);
    for (std::size_t i = 0; i < count; ++i) {
      out[i].mean = forest[i].mean;
      out[i].deviation = std::sqrt(forest[i].variance);
      const double deviation = std::max(out[i].deviation, 1e-3);
      out[i].acquisition = log_improvement((best_ - out[i].mean) / deviation).value + std::log(deviation);
    }
  }
  if (!any_failed_) return;
  endings_.predict(rows, forest);
  for (std::size_t i = 0; i < count; ++i) {
    // Where nothing has ever ended well the improvement would have to be vast.
    out[i].log_feasible = std::log(std::clamp(forest[i].mean, 1e-4, 1.0));
    out[i].acquisition += out[i].log_feasible;
  }
}

}  // namespace hone
