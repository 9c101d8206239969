// One coordinate of the unit cube: how a free parameter's domain is laid out on [0, 1].
//
// Continuous values are rounded to short decimals as they are decoded: 14 digits of the range on a linear scale, about
// 13 of the value on a log scale, and on a normal domain to the roundest number of one of at most 2^44 equally likely
// cells. The rounding is far coarser than the error of encode and decode, so decode(encode(x)) returns the same bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "hone/space.h"
#include "space/truncated.h"

namespace hone {

/// lo + u (hi - lo), or geometric if log.
class Line {
 public:
  Line() = default;
  Line(double lo, double hi, bool log, int digits = 14);
  double decode(double unit) const;
  double encode(double x) const;
  double lo() const { return lo_; }
  double hi() const { return hi_; }

 private:
  double lo_ = 0, hi_ = 1;
  bool log_ = false;
  double from_ = 0, width_ = 1;  // of x or ln x
  int digits_ = 13;              // log
  int power_ = -14;              // linear: multiples of 10^power_, scaled by scale_
  double scale_ = 1;
};

/// lo, lo + step, ...: ints, and floats with a step. A log scale is geometric from half a step below lo to half a step
/// above the last, and decodes to the nearest. Ints with more than 2^50 values use 2^50 of them, evenly spread: a
/// double in [0, 1] could not tell more apart.
class Ladder {
 public:
  explicit Ladder(const Int& domain);
  explicit Ladder(const Float& domain);
  std::uint64_t levels() const { return levels_; }
  Value level(std::uint64_t index) const;
  std::uint64_t nearest(double x) const;  // of a real number
  std::uint64_t index_of(const Value& value) const;
  Value decode(double unit) const { return level(index_at(unit)); }
  double encode(const Value& value) const;
  double last() const { return as_real(levels_ - 1); }
  double first() const { return as_real(0); }
  double step() const { return step_; }

 private:
  std::uint64_t index_at(double unit) const;
  double as_real(std::uint64_t index) const;
  bool whole_ = false, log_ = false;
  std::int64_t whole_lo_ = 0, whole_step_ = 1;
  double lo_ = 0, hi_ = 0, step_ = 1;
  std::uint64_t levels_ = 1, values_ = 1;  // values_ > levels_ only beyond 2^50
  double from_ = 0, width_ = 1;            // log: of the logarithm
  int power_ = -14;                        // floats: multiples of 10^power_; 1: not rounded
  bool rounded_ = false;
};

class ChoiceAxis {
 public:
  explicit ChoiceAxis(const Choice& choice);
  std::uint64_t levels() const { return values_.size(); }
  const Value& level(std::uint64_t index) const { return values_[static_cast<std::size_t>(index)]; }
  std::uint64_t index_at(double unit) const;
  std::optional<std::uint64_t> index_of(const Value& value) const;
  std::uint64_t nearest(double x) const;  // the option next to a number; words are infinitely far
  std::uint64_t weighted(double unit) const;

 private:
  std::vector<Value> values_;
  std::vector<double> shares_;  // cumulated weights; empty: equal
};

class Bell {
 public:
  explicit Bell(const Normal& normal);
  double decode(double unit) const;
  double encode(double x) const { return shape_.cdf(x); }

 private:
  Truncated shape_;
  double lo_, hi_;
  bool closed_;   // lo is a value of the domain
  double cells_;  // a power of two
};

class Pieces {
 public:
  explicit Pieces(const Piecewise& domain);
  double decode(double unit) const;
  double encode(double x) const;

 private:
  std::vector<Line> lines_;
};

class Axis {
 public:
  /// REQUIRES: a domain and prior that Space::make() has found right; neither Constant nor Derived
  Axis(const Domain& domain, const std::optional<Domain>& prior);
  Value decode(double unit) const;          // geometry; total
  Value draw(double unit) const;            // the user's distribution
  double encode(const Value& value) const;  // clipped into [0, 1]; NaN for what is no value of this kind
  std::uint64_t levels() const;             // 0: continuous
  Value level(std::uint64_t index) const;   // REQUIRES: index < levels()

 private:
  std::variant<Line, Ladder, ChoiceAxis, Bell, Pieces> layout_;
  std::optional<Truncated> prior_;
};

}  // namespace hone
