// Domains as text, and which values they accept.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "space/data.h"
#include "space/value.h"

namespace hone {
namespace {

struct Texts {
  std::string operator()(const Float& d) const {
    return fmt::format("float({}, {}{}{})", number_text(d.lo), number_text(d.hi), d.log ? ", log" : "",
                       d.step ? ", step=" + number_text(*d.step) : "");
  }
  std::string operator()(const Int& d) const {
    return fmt::format("int({}, {}{}{})", d.lo, d.hi, d.log ? ", log" : "",
                       d.step != 1 ? ", step=" + std::to_string(d.step) : "");
  }
  std::string operator()(const Choice& d) const {
    return fmt::format("{}{}{}", d.ordered ? "ordinal(" : "[", listed(d.texts), d.ordered ? ")" : "]");
  }
  std::string operator()(const Normal& d) const {
    return fmt::format("{}({}, {}{}{})", d.log ? "lognormal" : "normal", number_text(d.mu), number_text(d.sigma),
                       std::isfinite(d.lo) ? ", lo=" + number_text(d.lo) : "",
                       std::isfinite(d.hi) ? ", hi=" + number_text(d.hi) : "");
  }
  std::string operator()(const Piecewise& d) const {
    std::string text;
    for (const auto& [lo, hi] : d.ranges) {
      text += fmt::format("{}[{}, {}]", text.empty() ? "" : ", ", number_text(lo), number_text(hi));
    }
    return "piecewise(" + text + ")";
  }
  std::string operator()(const Constant& d) const { return d.text; }
  std::string operator()(const Derived& d) const { return "= " + d.expression; }
};

struct Accepts {
  const Domain& domain;
  const Value& value;

  tl::unexpected<Error> outside() const {
    return invalid(fmt::format("{} is outside {}", in_short(value_text(value)), domain_text(domain)));
  }
  tl::unexpected<Error> no_number() const {
    return invalid(fmt::format("{} is no number; {} needs one", in_short(value_text(value)), domain_text(domain)));
  }
  tl::unexpected<Error> off_step(const Ladder& ladder, double x) const {
    const std::uint64_t index = ladder.nearest(x);
    return invalid(fmt::format("{} is off the step of {}; the nearest is {}", value_text(value), domain_text(domain),
                               value_text(ladder.level(index))));
  }

  Result<Value> operator()(const Float& d) const {
    const double x = as_double(value);
    if (!is_number(value)) return no_number();
    if (!(x >= d.lo && x <= d.hi)) return outside();
    if (!d.step) return x;
    const Ladder ladder(d);
    const Value level = ladder.level(ladder.nearest(x));
    if (std::abs(as_double(level) - x) > 1e-6 * *d.step) return off_step(ladder, x);
    return level;
  }
  Result<Value> operator()(const Int& d) const {
    if (!is_number(value)) return no_number();
    const auto whole = as_whole(value);
    if (!whole) {
      return invalid(fmt::format("{} is not whole; {} needs a whole number", value_text(value), domain_text(domain)));
    }
    if (*whole < d.lo || *whole > d.hi) return outside();
    const std::uint64_t off = static_cast<std::uint64_t>(*whole) - static_cast<std::uint64_t>(d.lo);
    if (off % static_cast<std::uint64_t>(d.step) != 0) return off_step(Ladder(d), static_cast<double>(*whole));
    return *whole;
  }
  Result<Value> operator()(const Choice& d) const {
    for (const Value& option : d.options) {
      if (same_value(option, value)) return option;
    }
    const std::string text = value_text(value);  // "256" for 256, as other tools write it
    for (std::size_t i = 0; i < d.options.size(); ++i) {
      if (d.texts[i] == text || value_text(d.options[i]) == text) return d.options[i];
    }
    const std::string hint = did_you_mean(text, d.texts);
    return invalid(fmt::format("{} is none of {}{}", in_short(text), domain_text(domain), hint));
  }
  Result<Value> operator()(const Normal& d) const {
    const double x = as_double(value);
    if (!is_number(value)) return no_number();
    if (!std::isfinite(x) || !(x >= d.lo && x <= d.hi) || (d.log && !(x > 0))) return outside();
    return x;
  }
  Result<Value> operator()(const Piecewise& d) const {
    const double x = as_double(value);
    if (!is_number(value)) return no_number();
    const bool inside = std::any_of(d.ranges.begin(), d.ranges.end(),
                                    [&](const auto& range) { return x >= range.first && x <= range.second; });
    if (!inside) return outside();
    return x;
  }
  Result<Value> operator()(const Constant& d) const {
    if (same_value(d.value, value) || d.text == value_text(value)) return d.value;
    return invalid(fmt::format("{} is not its constant {}", in_short(value_text(value)), in_short(d.text)));
  }
  Result<Value> operator()(const Derived& d) const {
    return invalid(fmt::format("it is derived from {}; leave it out", in_short(d.expression)));
  }
};

}  // namespace

std::string domain_text(const Domain& domain) { return std::visit(Texts{}, domain); }

Result<Value> accept(const Domain& domain, const Value& value) { return std::visit(Accepts{domain, value}, domain); }

}  // namespace hone
