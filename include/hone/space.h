// The search space: parameters, their domains, conditions and constraints. Start here to see what can be tuned.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hone/result.h"
#include "hone/rng.h"

namespace hone {

using Value = std::variant<std::monostate, double, std::int64_t, std::string>;  // monostate: inactive
using Config = std::vector<Value>;                                              // parallel to Space::params()
using NamedValues = std::vector<std::pair<std::string, Value>>;

struct Float {
  double lo = 0, hi = 1;
  bool log = false;
  std::optional<double> step;  // lo, lo + step, ... up to hi
};
struct Int {
  std::int64_t lo = 0, hi = 1;
  bool log = false;
  std::int64_t step = 1;
};
struct Choice {
  std::vector<Value> options;      // numbers stay numbers, words stay words
  std::vector<std::string> texts;  // each as the user wrote it (`1e-3`, `010`); parallel to options
  bool ordered = false;            // pow2(..) and ordinal(..)
  std::vector<double> weights;     // empty: equal. Used by Space::draw only
};
struct Normal {  // lognormal if log: mu and sigma are those of ln(x). Truncated to [lo, hi]
  double mu = 0, sigma = 1;
  bool log = false;
  double lo = -std::numeric_limits<double>::infinity(), hi = std::numeric_limits<double>::infinity();
};
struct Piecewise {  // a union of ranges, each as likely; sorted, disjoint
  std::vector<std::pair<double, double>> ranges;
};
struct Constant {
  Value value;
  std::string text;
};
struct Derived {
  std::string expression;  // over other parameters: `lr / 100`
};
using Domain = std::variant<Float, Int, Choice, Normal, Piecewise, Constant, Derived>;

struct Param {
  std::string name;  // identifier; may hold dots (svm.C)
  Domain domain;
  std::string when;                    // expression that makes it active: `model in [svm, mlp]`; empty: always
  std::optional<Value> low_cost = {};  // a cheap value to start from (CFO, BlendSearch)
  std::optional<Value> fallback = {};  // `default`: what trials from before the parameter was there had (--extend)
  bool changeable = true;              // PBT may alter it in mid-training
  std::optional<Domain> prior = {};    // Normal: where the user expects the best value
  std::string spelling = {};           // the name on the command line (`batch-size`); empty: name
  std::string text = {};               // the domain as written: `float(1e-4, 1e-1, log) if model == svm`
};

/// Reads the short form of docs/study-file.md: `float(0, 1)`, `int(2, 32, log) if model == forest`, `[a, b]`, `pow2(8, 128)`,
/// `ordinal(s, m, l)`, `normal(0.3, 0.1, lo=0, hi=0.6)`, `lognormal(..)`, `piecewise([0, 1], [5, 6])`, `= lr / 100`,
/// anything else is a constant. Returns Invalid "space.NAME: what; remedy".
Result<Param> parse_param(std::string_view name, std::string_view text);

/// A number if the text is one (int64 if it is written as an integer without leading zeros, else double), else a word.
/// Never a boolean, date or sexagesimal. `1e-3` is a number; `010`, `nan`, `inf`, `no`, `1:30` are words.
Value parse_value(std::string_view text);

/// An immutable value; copying is cheap (shared). Every check happens in make().
class Space {
 public:
  Space();  // no parameters
  /// Fails with Invalid on duplicate names, unknown names in expressions, cycles, empty ranges, log with lo <= 0, a step
  /// coarser than the range or not positive, weights that do not match; all mistakes, joined by newlines.
  static Result<Space> make(std::vector<Param> params, std::vector<std::string> constraints = {});

  const std::vector<Param>& params() const;
  const std::vector<std::string>& constraints() const;
  std::optional<std::size_t> find(std::string_view name) const;

  // The unit cube. Coordinate k belongs to params()[free()[k]]: what a searcher chooses (not constants, not derived).
  const std::vector<std::size_t>& free() const;
  /// Geometry: [0,1] in the parameter's own scale (log where it says so; a normal domain by its distribution function;
  /// option i of n at (i + 0.5) / n, also grid points of stepped ranges). NaN where inactive. Size free().size().
  std::vector<double> encode(const Config& config) const;
  /// Total: every point keeps domains, steps and conditions (values outside [0,1] are clipped, NaN counts as 0.5), and
  /// fills in constants and derived values. decode(encode(c)) == c for configs of this space. Constraints: see allows().
  Config decode(std::span<const double> unit) const;
  /// As decode, but a uniform point gives the user's distribution: weights, prior and normal domains by their quantiles.
  Config draw(std::span<const double> unit) const;

  bool allows(const Config& config) const;     // the constraints hold; one that mentions an inactive parameter holds
  int violations(const Config& config) const;  // how many do not

  // Finite part. Levels: grid points of a coordinate, 0 if continuous (Float without step, Normal, Piecewise).
  bool finite() const;  // no continuous free parameter
  std::uint64_t levels(std::size_t coordinate) const;
  std::uint64_t cells() const;  // product of the levels of all finite coordinates; saturates at 2^63
  /// Cell `index` of the mixed-radix grid, first free parameter slowest; continuous coordinates are drawn from `unit`
  /// (size free().size(), may be empty if finite()). None if it repeats another cell: an inactive parameter that is not
  /// at its first level. Ignores constraints. REQUIRES: index < cells()
  std::optional<Config> cell(std::uint64_t index, std::span<const double> unit = {}) const;

  /// A whole config from a user's named values; derived and constant ones are filled in. Refuses unknown names, values
  /// outside the domain or off its step, values for inactive parameters, missing active ones, broken constraints:
  /// "lr: 7 is outside float(0, 1)". Numbers are accepted as int or double alike.
  Result<Config> check(const NamedValues& values) const;
  /// As check, but missing values are drawn from `rng` (up to 1000 draws until the constraints hold).
  Result<Config> complete(const NamedValues& values, Rng rng) const;
  /// A config of another version of this space in this one; nothing if a value lies outside or an active one is missing.
  std::optional<Config> adopt(const Config& config, const Space& from) const;

  /// The value as it is put on a command line: a choice in the user's spelling, doubles by the shortest text that reads
  /// back the same. Empty if inactive.
  std::string text(std::size_t param, const Value& value) const;

  struct Data;

 private:
  std::shared_ptr<const Data> data_;
};

/// Shortest text that reads back to the same double; nan, inf, -inf.
std::string number_text(double value);
std::string value_text(const Value& value);

}  // namespace hone
