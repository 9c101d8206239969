// Numeric layouts: Line, Ladder, Pieces.
#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "space/axis.h"
#include "space/decimal.h"
#include "space/value.h"

namespace hone {
namespace {

constexpr std::uint64_t kMostLevels = std::uint64_t{1} << 50;

/// The power of ten of the last of `digits` decimals of numbers up to `largest`.
int last_place(double largest, int digits) {
  return largest > 0 ? static_cast<int>(std::ceil(std::log10(largest))) - digits : -digits;
}

double rounded(double x, int power, double scale) {
  return power < 0 ? std::nearbyint(x * scale) / scale : std::nearbyint(x / scale) * scale;
}

/// A bound takes the place of decimals next to it, so that there is one value less to be told apart.
double snapped(double x, double lo, double hi, double quantum) {
  if (x - lo < 0.9 * quantum) return lo;
  if (hi - x < 0.9 * quantum) return hi;
  return x;
}

}  // namespace

Line::Line(double lo, double hi, bool log, int digits) : lo_(lo), hi_(hi), log_(log) {
  from_ = log ? std::log(lo) : lo;
  width_ = (log ? std::log(hi) : hi) - from_;
  // Log: encode and decode err by about six units in the last place of the logarithm; a quarter of a decimal place must
  // exceed that. Linear: by about ten of the larger bound, hence 14 digits of it.
  const double error = 1.2e-16 * (6 * std::max(std::abs(from_), std::abs(from_ + width_)) + 3);
  digits_ = static_cast<int>(std::floor(-std::log10(4 * error)));
  power_ = last_place(std::max(std::abs(lo), std::abs(hi)), digits);
  scale_ = power_of_ten(std::abs(power_));
}

double Line::decode(double unit) const {
  if (!(unit > 0)) return lo_;
  if (unit >= 1) return hi_;
  const double along = from_ + unit * width_;
  if (!log_) return snapped(rounded(along, power_, scale_), lo_, hi_, power_ < 0 ? 1 / scale_ : scale_);
  double quantum = 0;
  const double x = round_significant(std::exp(along), along, digits_, quantum);
  return snapped(x, lo_, hi_, quantum);
}

double Line::encode(double x) const {
  if (!(x > lo_)) return 0;
  if (x >= hi_) return 1;
  return std::clamp(((log_ ? std::log(x) : x) - from_) / width_, 0.0, 1.0);
}

Ladder::Ladder(const Int& domain)
    : whole_(true),
      log_(domain.log),
      whole_lo_(domain.lo),
      whole_step_(domain.step),
      lo_(static_cast<double>(domain.lo)),
      hi_(static_cast<double>(domain.hi)),
      step_(static_cast<double>(domain.step)) {
  const std::uint64_t range = static_cast<std::uint64_t>(domain.hi) - static_cast<std::uint64_t>(domain.lo);
  values_ = range / static_cast<std::uint64_t>(domain.step) + 1;
  levels_ = std::min(values_, kMostLevels);
  if (log_) {
    // Half a step below lo, but above zero: a step wider than lo leaves half of lo.
    from_ = std::log(std::max(lo_ - step_ / 2, lo_ / 2));
    width_ = std::log(as_real(levels_ - 1) + step_ / 2) - from_;
  }
}

Ladder::Ladder(const Float& domain) : log_(domain.log), lo_(domain.lo), hi_(domain.hi), step_(domain.step.value_or(1)) {
  values_ = levels_ = static_cast<std::uint64_t>(std::floor((hi_ - lo_) / step_ * (1 + 1e-12) + 1e-9)) + 1;
  power_ = last_place(std::max(std::abs(lo_), std::abs(hi_)), 14);
  rounded_ = step_ > 8 * std::pow(10.0, power_);
  if (log_) {
    from_ = std::log(std::max(lo_ - step_ / 2, lo_ / 2));
    width_ = std::log(as_real(levels_ - 1) + step_ / 2) - from_;
  }
}

Value Ladder::level(std::uint64_t index) const {
  HONE_CHECK(index < levels_, "a level beyond the last");
  if (!whole_) return as_real(index);
  std::uint64_t at = index;
  if (values_ > levels_) {
    at = static_cast<std::uint64_t>(static_cast<unsigned __int128>(2 * index + 1) * values_ / (2 * levels_));
  }
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(whole_lo_) +
                                   at * static_cast<std::uint64_t>(whole_step_));
}

double Ladder::as_real(std::uint64_t index) const {
  if (whole_) return static_cast<double>(std::get<std::int64_t>(level(index)));
  const double x = lo_ + static_cast<double>(index) * step_;
  return std::clamp(rounded_ ? round_to_power(x, power_) : x, lo_, hi_);
}

std::uint64_t Ladder::nearest(double x) const {
  // The number of values is exact up to 2^53, far finer than any use of a real position.
  const double steps =
      std::nearbyint((x - lo_) / step_ * (static_cast<double>(levels_) / static_cast<double>(values_)));
  if (!(steps > 0)) return 0;
  return steps >= static_cast<double>(levels_) ? levels_ - 1 : static_cast<std::uint64_t>(steps);
}

std::uint64_t Ladder::index_of(const Value& value) const {
  const auto whole = as_whole(value);
  if (!whole_ || !whole) return nearest(as_double(value));
  if (*whole <= whole_lo_) return 0;
  const std::uint64_t off = static_cast<std::uint64_t>(*whole) - static_cast<std::uint64_t>(whole_lo_);
  const std::uint64_t step = static_cast<std::uint64_t>(whole_step_);
  const std::uint64_t at = std::min(off / step + (off % step > step / 2 ? 1 : 0), values_ - 1);
  if (values_ == levels_) return at;
  return static_cast<std::uint64_t>(static_cast<unsigned __int128>(2 * at + 1) * levels_ /
                                    (2 * static_cast<unsigned __int128>(values_)));
}

std::uint64_t Ladder::index_at(double unit) const {
  if (log_) return nearest(std::exp(from_ + unit * width_));
  const double at = std::floor(unit * static_cast<double>(levels_));
  return at >= static_cast<double>(levels_) ? levels_ - 1 : static_cast<std::uint64_t>(at);
}

double Ladder::encode(const Value& value) const {
  const std::uint64_t index = index_of(value);
  if (log_) return std::clamp((std::log(as_real(index)) - from_) / width_, 0.0, 1.0);
  return (static_cast<double>(index) + 0.5) / static_cast<double>(levels_);
}

Pieces::Pieces(const Piecewise& domain) {
  // A coordinate within one of n ranges has n times the error.
  const int digits = domain.ranges.size() <= 4 ? 14 : 12;
  for (const auto& [lo, hi] : domain.ranges) lines_.emplace_back(lo, hi, false, digits);
}

double Pieces::decode(double unit) const {
  const double count = static_cast<double>(lines_.size());
  const double at = std::min(std::floor(unit * count), count - 1);
  return lines_[static_cast<std::size_t>(at)].decode(unit * count - at);
}

double Pieces::encode(double x) const {
  const double count = static_cast<double>(lines_.size());
  double nearest = 0, distance = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const double away = std::max({lines_[i].lo() - x, x - lines_[i].hi(), 0.0});
    if (away >= distance) continue;
    distance = away;
    // The end of one range is the beginning of the next in [0, 1]: stay a hair below it.
    const bool end = i + 1 < lines_.size() && x >= lines_[i].hi();
    nearest = (static_cast<double>(i) + (end ? 1 - 0x1.0p-51 * count : lines_[i].encode(x))) / count;
  }
  return nearest;
}

}  // namespace hone
