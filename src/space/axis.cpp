#include "space/axis.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "space/decimal.h"
#include "space/value.h"

namespace hone {
namespace {

/// NaN counts as the middle.
double clipped(double unit) { return std::isnan(unit) ? 0.5 : std::clamp(unit, 0.0, 1.0); }

std::variant<Line, Ladder, ChoiceAxis, Bell, Pieces> layout_of(const Domain& domain) {
  if (const auto* real = std::get_if<Float>(&domain)) {
    if (real->step) return Ladder(*real);
    return Line(real->lo, real->hi, real->log);
  }
  if (const auto* whole = std::get_if<Int>(&domain)) return Ladder(*whole);
  if (const auto* choice = std::get_if<Choice>(&domain)) return ChoiceAxis(*choice);
  if (const auto* normal = std::get_if<Normal>(&domain)) return Bell(*normal);
  const auto* pieces = std::get_if<Piecewise>(&domain);
  HONE_CHECK(pieces != nullptr, "constants and derived values have no axis");
  return Pieces(*pieces);
}

}  // namespace

ChoiceAxis::ChoiceAxis(const Choice& choice) : values_(choice.options) {
  double sum = 0;
  for (const double weight : choice.weights) shares_.push_back(sum += weight);
  for (double& share : shares_) share /= sum;
}

std::uint64_t ChoiceAxis::index_at(double unit) const {
  const double count = static_cast<double>(values_.size());
  return static_cast<std::uint64_t>(std::min(std::floor(unit * count), count - 1));
}

std::optional<std::uint64_t> ChoiceAxis::index_of(const Value& value) const {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (same_value(values_[i], value)) return i;
  }
  return std::nullopt;
}

std::uint64_t ChoiceAxis::nearest(double x) const {
  std::size_t best = 0;
  double distance = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const double away = std::abs(as_double(values_[i]) - x);  // NaN for words: never less
    if (away < distance) {
      best = i;
      distance = away;
    }
  }
  return best;
}

std::uint64_t ChoiceAxis::weighted(double unit) const {
  if (shares_.empty()) return index_at(unit);
  // The first share above the point; the largest point stays with the last option that has a weight.
  const double point = std::min(unit, 1 - 0x1.0p-53);
  const auto above = std::upper_bound(shares_.begin(), shares_.end(), point);
  const auto last = std::lower_bound(shares_.begin(), shares_.end(), shares_.back());
  return static_cast<std::uint64_t>(std::min(above, last) - shares_.begin());
}

Bell::Bell(const Normal& normal) : shape_(normal), lo_(normal.lo), hi_(normal.hi) {
  closed_ = std::isfinite(lo_) && !(normal.log && lo_ <= 0);
  if (normal.log) lo_ = std::max(lo_, 0.0);
  // A cell must be fifty times wider than the error of the distribution function and its inverse.
  cells_ = 0x1.0p44;
  while (cells_ > 128 && cells_ * shape_.error() > 0.02) cells_ /= 2;
}

double Bell::decode(double unit) const {
  if (unit <= 0 && closed_) return lo_;
  if (unit >= 1 && std::isfinite(hi_)) return hi_;
  // The cell of k / cells_ ends 0.03 cells before the next one begins. The outermost do not reach 0 and 1, where the
  // quantile may be infinite.
  const double cell = std::nearbyint(unit * cells_);
  const double least = std::max(cell - 0.47, 0.1), most = std::min(cell + 0.47, cells_ - 0.1);
  const double from = std::clamp(shape_.quantile(least / cells_), lo_, hi_);
  const double to = std::clamp(shape_.quantile(most / cells_), lo_, hi_);
  return from <= to ? roundest_between(from, to) : from;
}

Axis::Axis(const Domain& domain, const std::optional<Domain>& prior) : layout_(layout_of(domain)) {
  if (!prior) return;
  Normal normal = std::get<Normal>(*prior);
  const auto narrow = [&](double lo, double hi) {
    normal.lo = std::max(normal.lo, lo);
    normal.hi = std::min(normal.hi, hi);
  };
  if (const auto* line = std::get_if<Line>(&layout_)) {
    narrow(line->lo(), line->hi());
  } else if (const auto* ladder = std::get_if<Ladder>(&layout_)) {
    narrow(ladder->first() - ladder->step() / 2, ladder->last() + ladder->step() / 2);
  } else if (const auto* choice = std::get_if<Choice>(&domain)) {
    double lo = std::numeric_limits<double>::infinity(), hi = -lo;
    for (const Value& option : choice->options) {
      lo = std::min(lo, as_double(option));
      hi = std::max(hi, as_double(option));
    }
    narrow(lo, hi);
  }
  prior_ = Truncated(normal);
}

Value Axis::decode(double unit) const {
  const double at = clipped(unit);
  if (const auto* line = std::get_if<Line>(&layout_)) return line->decode(at);
  if (const auto* ladder = std::get_if<Ladder>(&layout_)) return ladder->decode(at);
  if (const auto* options = std::get_if<ChoiceAxis>(&layout_)) return options->level(options->index_at(at));
  if (const auto* bell = std::get_if<Bell>(&layout_)) return bell->decode(at);
  return std::get<Pieces>(layout_).decode(at);
}

Value Axis::draw(double unit) const {
  const double at = clipped(unit);
  if (!prior_) {
    const auto* options = std::get_if<ChoiceAxis>(&layout_);
    return options != nullptr ? options->level(options->weighted(at)) : decode(at);
  }
  // The quantiles at 0 and 1 are infinite where the prior has no bounds.
  const double x = prior_->quantile(std::clamp(at, 0x1.0p-54, 1 - 0x1.0p-53));
  if (const auto* line = std::get_if<Line>(&layout_)) return line->decode(line->encode(x));
  if (const auto* ladder = std::get_if<Ladder>(&layout_)) return ladder->level(ladder->nearest(x));
  const auto& options = std::get<ChoiceAxis>(layout_);
  return options.level(options.nearest(x));
}

double Axis::encode(const Value& value) const {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (const auto* options = std::get_if<ChoiceAxis>(&layout_)) {
    const auto index = options->index_of(value);
    return index ? (static_cast<double>(*index) + 0.5) / static_cast<double>(options->levels()) : kNone;
  }
  const double x = as_double(value);
  if (std::isnan(x)) return kNone;
  if (const auto* line = std::get_if<Line>(&layout_)) return line->encode(x);
  if (const auto* ladder = std::get_if<Ladder>(&layout_)) return ladder->encode(value);
  if (const auto* bell = std::get_if<Bell>(&layout_)) return bell->encode(x);
  return std::get<Pieces>(layout_).encode(x);
}

std::uint64_t Axis::levels() const {
  if (const auto* ladder = std::get_if<Ladder>(&layout_)) return ladder->levels();
  if (const auto* options = std::get_if<ChoiceAxis>(&layout_)) return options->levels();
  return 0;
}

Value Axis::level(std::uint64_t index) const {
  if (const auto* ladder = std::get_if<Ladder>(&layout_)) return ladder->level(index);
  const auto* options = std::get_if<ChoiceAxis>(&layout_);
  HONE_CHECK(options != nullptr && index < options->levels(), "a level that the coordinate does not have");
  return options->level(index);
}

}  // namespace hone
