// What can be wrong with one parameter.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "space/data.h"
#include "space/scan.h"
#include "space/value.h"

namespace hone {
namespace {

constexpr double kLargest = 1e250, kSmallest = 1e-250;
constexpr std::int64_t kLargestInt = std::int64_t{1} << 62;
constexpr std::int64_t kLargestLogInt = std::int64_t{1} << 45;  // beyond, a logarithm cannot tell neighbours apart

using Mistakes = std::vector<std::string>;

/// Finite, and neither so large nor so small that a range of it overflows.
bool check_bound(const char* name, double x, Mistakes& mistakes) {
  if (!std::isfinite(x)) {
    mistakes.push_back(fmt::format("{} {} is not finite; give a finite number", name, number_text(x)));
  } else if (std::abs(x) > kLargest || (x != 0 && std::abs(x) < kSmallest)) {
    mistakes.push_back(fmt::format("{} {} is beyond 1e-250 .. 1e250; choose another unit", name, number_text(x)));
  } else {
    return true;
  }
  return false;
}

/// No program can be given such an argument.
constexpr const char* kZeroByte = "a value holds a zero byte; remove it";
bool has_zero(const std::string& text) { return text.find('\0') != std::string::npos; }

struct Checks {
  Mistakes& mistakes;

  void operator()(Float& d) const {
    const bool lo = check_bound("lo", d.lo, mistakes), hi = check_bound("hi", d.hi, mistakes);
    if (!lo || !hi) return;
    if (d.lo > d.hi) return empty(number_text(d.lo), number_text(d.hi));
    if (d.log && d.lo <= 0) return log_of(number_text(d.lo));
    if (!d.step) return;
    if (!(*d.step > 0) || !std::isfinite(*d.step)) {
      mistakes.push_back(fmt::format("step {} is not positive; use step > 0", number_text(*d.step)));
    } else if (d.lo<d.hi&& * d.step>(d.hi - d.lo) * (1 + 1e-9)) {
      coarse(number_text(*d.step), number_text(d.lo), number_text(d.hi));
    } else if ((d.hi - d.lo) / *d.step > 0x1.0p50) {
      mistakes.push_back(fmt::format("step {} leaves more than 2^50 values; drop the step", number_text(*d.step)));
    }
  }
  void operator()(Int& d) const {
    const std::uint64_t range = static_cast<std::uint64_t>(d.hi) - static_cast<std::uint64_t>(d.lo);
    if (std::abs(static_cast<double>(d.lo)) > static_cast<double>(kLargestInt) || d.hi > kLargestInt) {
      mistakes.emplace_back("bounds beyond 2^62 are too large; use float");
    } else if (d.lo > d.hi) {
      empty(std::to_string(d.lo), std::to_string(d.hi));
    } else if (d.log && d.lo <= 0) {
      log_of(std::to_string(d.lo));
    } else if (d.log && d.hi > kLargestLogInt) {
      mistakes.push_back(fmt::format("hi {} with log scale; use hi <= 2^45, or float", d.hi));
    } else if (d.step < 1) {
      mistakes.push_back(fmt::format("step {} is not positive; use step >= 1", d.step));
    } else if (d.lo<d.hi&& static_cast<std::uint64_t>(d.step)> range) {
      coarse(std::to_string(d.step), std::to_string(d.lo), std::to_string(d.hi));
    }
  }
  void operator()(Choice& d) const {
    if (d.options.empty()) mistakes.emplace_back("no options; list at least one: [a, b]");
    if (d.texts.empty()) {
      for (const Value& option : d.options) d.texts.push_back(value_text(option));
    }
    if (d.texts.size() != d.options.size())
      mistakes.emplace_back("texts do not match its options; give one each or none");
    check_options(d);
    if (std::any_of(d.texts.begin(), d.texts.end(), has_zero)) mistakes.emplace_back(kZeroByte);
    if (d.weights.empty()) return;
    if (d.weights.size() != d.options.size()) {
      mistakes.push_back(fmt::format("{} weights for {} options; give one each", d.weights.size(), d.options.size()));
    }
    double sum = 0;
    for (const double weight : d.weights) {
      if (!(weight >= 0) || weight > 1e100) {
        mistakes.push_back(fmt::format("weight {} is not a number from 0; use weights >= 0", number_text(weight)));
        return;
      }
      sum += weight;
    }
    if (sum <= 0) mistakes.emplace_back("all weights are 0; give one a positive weight");
  }
  void operator()(Normal& d) const {
    const bool mu = check_bound("mu", d.mu, mistakes);
    if (!(d.sigma > 0) || d.sigma > kLargest) {
      mistakes.push_back(fmt::format("sigma {} is not positive; use sigma > 0", number_text(d.sigma)));
      return;
    }
    if (!mu) return;
    const bool lo = std::isinf(d.lo) || check_bound("lo", d.lo, mistakes);
    const bool hi = std::isinf(d.hi) || check_bound("hi", d.hi, mistakes);
    if (!lo || !hi) return;
    if (!(d.lo < d.hi)) {
      mistakes.push_back(
          fmt::format("lo {} is not below hi {}; widen the range", number_text(d.lo), number_text(d.hi)));
    } else if (d.log && d.lo < 0 && std::isfinite(d.lo)) {
      mistakes.push_back(fmt::format("lo {} of a lognormal; use lo >= 0", number_text(d.lo)));
    } else if (d.log && d.hi <= 0) {
      mistakes.push_back(fmt::format("hi {} of a lognormal; use hi > 0", number_text(d.hi)));
    } else if (d.log && (std::abs(d.mu) > 500 || d.sigma > 20)) {
      mistakes.emplace_back("too wide: mu and sigma are those of ln(x); use |mu| <= 500 and sigma <= 20");
    } else if (!(Truncated(d).mass() > 1e-290)) {
      mistakes.emplace_back("the range is more than 36 sigma from mu; move it, or use float(lo, hi)");
    } else if (!(Truncated(d).error() < 1e-4)) {
      mistakes.emplace_back("the range or sigma is too narrow for doubles to tell values apart; widen it");
    }
  }
  void operator()(Piecewise& d) const {
    if (d.ranges.empty()) mistakes.emplace_back("no ranges; write piecewise([0, 1], [5, 6])");
    if (d.ranges.size() > 64) mistakes.emplace_back("more than 64 ranges; use a choice");
    for (const auto& [lo, hi] : d.ranges) {
      if (!check_bound("a bound", lo, mistakes) || !check_bound("a bound", hi, mistakes)) return;
      if (lo >= hi) {
        return mistakes.push_back(
            fmt::format("the range [{}, {}] is empty; use lo < hi", number_text(lo), number_text(hi)));
      }
    }
    std::sort(d.ranges.begin(), d.ranges.end());
    for (std::size_t i = 1; i < d.ranges.size(); ++i) {
      if (d.ranges[i].first > d.ranges[i - 1].second) continue;
      return mistakes.push_back(
          fmt::format("the ranges at {} overlap or touch; join them", number_text(d.ranges[i].first)));
    }
  }
  void operator()(Constant& d) const {
    if (!active(d.value)) mistakes.emplace_back("a constant without a value; give one");
    if (is_number(d.value) && !std::isfinite(as_double(d.value))) mistakes.emplace_back("a constant must be finite");
    if (d.text.empty()) d.text = value_text(d.value);
    if (has_zero(d.text)) mistakes.emplace_back(kZeroByte);
  }
  void operator()(Derived&) const {}  // its expression is compiled once all names are known

 private:
  void empty(const std::string& lo, const std::string& hi) const {
    mistakes.push_back(fmt::format("lo {} is above hi {}; swap them", lo, hi));
  }
  void log_of(const std::string& lo) const { mistakes.push_back(fmt::format("lo {} with log scale; use lo > 0", lo)); }
  void coarse(const std::string& step, const std::string& lo, const std::string& hi) const {
    mistakes.push_back(fmt::format("step {} is coarser than the range {} to {}; use a smaller step", step, lo, hi));
  }
  void check_options(const Choice& d) const {
    std::vector<Value> sorted = d.options;
    std::sort(sorted.begin(), sorted.end(), value_less);
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (!active(sorted[i]) || (is_number(sorted[i]) && !std::isfinite(as_double(sorted[i])))) {
        return mistakes.push_back("an option without a finite value; give words or numbers");
      }
      if (i > 0 && same_value(sorted[i - 1], sorted[i])) {
        return mistakes.push_back(fmt::format("option {} is given twice; drop one", in_short(value_text(sorted[i]))));
      }
    }
  }
};

void check_prior(const Param& param, Mistakes& mistakes) {
  const auto* normal = std::get_if<Normal>(&*param.prior);
  if (normal == nullptr) return mistakes.push_back("a prior must be normal(..) or lognormal(..)");
  Normal prior = *normal;
  Mistakes own;
  Checks{own}(prior);
  for (const std::string& mistake : own) mistakes.push_back("prior: " + mistake);
  if (!own.empty()) return;
  double lo = 0, hi = 0;
  if (const auto* real = std::get_if<Float>(&param.domain)) {
    lo = real->lo, hi = real->hi;
  } else if (const auto* whole = std::get_if<Int>(&param.domain)) {
    lo = static_cast<double>(whole->lo) - 0.5, hi = static_cast<double>(whole->hi) + 0.5;
  } else if (const auto* choice = std::get_if<Choice>(&param.domain); choice != nullptr && choice->ordered) {
    if (!std::all_of(choice->options.begin(), choice->options.end(), is_number)) {
      return mistakes.push_back("a prior over words has no meaning; use weights");
    }
    const auto [least, most] = std::minmax_element(choice->options.begin(), choice->options.end(), value_less);
    lo = as_double(*least), hi = as_double(*most);
  } else {
    return mistakes.push_back("a prior belongs to float, int and ordered numbers; use weights for a choice");
  }
  if (lo == hi) return;  // one value: nothing to re-shape
  prior.lo = std::max(prior.lo, lo);
  prior.hi = std::min(prior.hi, hi);
  const bool overlap = prior.lo < prior.hi && !(prior.log && prior.hi <= 0);
  if (!overlap || !(Truncated(prior).mass() > 1e-290)) {
    mistakes.push_back(
        fmt::format("prior {} has nothing in {}; move it", domain_text(*param.prior), domain_text(param.domain)));
  }
}

}  // namespace

std::vector<std::string> check_param(Param& param, bool vague) {
  constexpr std::size_t kLongestName = 200;
  Mistakes mistakes;
  if (!is_param_name(param.name)) {
    mistakes.emplace_back("not a name; use letters, digits, _ and dots (a domain with commas needs quotes in { })");
  } else if (param.name.size() > kLongestName) {
    mistakes.push_back(fmt::format("a name of {} letters; use at most {}", param.name.size(), kLongestName));
  }
  if (vague) return mistakes;
  std::visit(Checks{mistakes}, param.domain);
  if (!mistakes.empty()) return mistakes;
  if (param.prior) check_prior(param, mistakes);
  if (param.low_cost) {
    const auto cheap = accept(param.domain, *param.low_cost);
    if (cheap) param.low_cost = *cheap;
    else mistakes.push_back("low_cost " + cheap.error().what);
  }
  if (param.fallback) {
    const auto before = accept(param.domain, *param.fallback);
    if (before) param.fallback = *before;
    else mistakes.push_back("default " + before.error().what);
  }
  return mistakes;
}

}  // namespace hone
