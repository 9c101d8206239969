// Rules of `hone lint` about one parameter's domain.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "cli/lint.h"
#include "cli/text_out.h"
#include "study/lineage.h"

namespace hone {
namespace {

constexpr double kDecades = 1000;  // hi / lo from which a linear scale all but ignores the low end

struct Range {
  double lo = 0, hi = 0, step = 0;  // step 0: none
  bool log = false, whole = false;
};

/// Of float and int; others choose their own scale.
std::optional<Range> range_of(const Param& param) {
  if (const auto* real = std::get_if<Float>(&param.domain))
    return Range{real->lo, real->hi, real->step.value_or(0), real->log, false};
  if (const auto* whole = std::get_if<Int>(&param.domain))
    return Range{static_cast<double>(whole->lo), static_cast<double>(whole->hi), static_cast<double>(whole->step),
                 whole->log, true};
  return std::nullopt;
}

void add(Remarks& out, const Param& param, std::string what, std::string remedy) {
  out.push_back({"", "space." + param.name, std::move(what), std::move(remedy)});
}

template <class Look>
void each_range(const LintInput& input, const Look& look) {
  for (const Param& param : input.spec.space.params())
    if (const auto range = range_of(param); range && range->lo < range->hi) look(param, *range);
}

}  // namespace

void lint_linear_scale(const LintInput& input, Remarks& out) {
  each_range(input, [&](const Param& param, const Range& range) {
    if (range.log || param.prior || !(range.lo > 0) || range.hi / range.lo < kDecades) return;
    const bool stepped = range.step > (range.whole ? 1 : 0);
    add(out, param,
        fmt::format("{} to {} on a linear scale: 9 of 10 draws lie above {}", short_number(range.lo),
                    short_number(range.hi), short_number(range.lo + (range.hi - range.lo) / 10)),
        fmt::format("{}({}, {}, log{})", range.whole ? "int" : "float", number_text(range.lo), number_text(range.hi),
                    stepped ? ", step=" + number_text(range.step) : ""));
  });
}

// A share such as dropout begins at 0 with good reason; a range that ends far above or below 1 is a scale.
void lint_zero_in_scale(const LintInput& input, Remarks& out) {
  each_range(input, [&](const Param& param, const Range& range) {
    if (range.log || param.prior || range.lo != 0) return;
    if (range.hi < kDecades && !(range.hi <= 0.01 && !range.whole)) return;
    const double lo = range.whole ? 1 : range.hi / kDecades;
    add(out, param,
        fmt::format("0 to {} on a linear scale: half of the draws lie above {}", short_number(range.hi),
                    short_number(range.hi / 2)),
        fmt::format("{}({}, {}, log) if its order of magnitude matters", range.whole ? "int" : "float",
                    short_number(lo), number_text(range.hi)));
  });
}

void lint_step(const LintInput& input, Remarks& out) {
  each_range(input, [&](const Param& param, const Range& range) {
    if (!(range.step > 0)) return;
    const double steps = (range.hi - range.lo) / range.step;
    const double last = range.lo + std::floor(steps * (1 + 1e-12) + 1e-9) * range.step;
    if (range.hi - last > range.step * 1e-6)
      add(out, param,
          fmt::format("steps of {} from {} end at {}, not at {}", short_number(range.step), short_number(range.lo),
                      short_number(last), short_number(range.hi)),
          fmt::format("hi {} or {}", short_number(last), short_number(last + range.step)));
    else if (!range.whole && steps < 1.5)
      add(out, param, fmt::format("a step of {} leaves two values", short_number(range.step)), "a smaller step");
  });
}

// What a network is made of: a checkpoint of another shape does not fit. Parameters that decide which others are active are
// let be by pbt itself.
void lint_structural(const LintInput& input, Remarks& out) {
  if (!hands_on_checkpoints(input.plan.spec)) return;
  constexpr const char* kParts[] = {"layer", "hidden", "width", "depth",  "unit",  "filter", "channel",
                                    "head",  "embed",  "arch",  "kernel", "vocab", "model",  "dim"};
  for (const std::size_t free : input.spec.space.free()) {
    const Param& param = input.spec.space.params()[free];
    const auto has = [&](const char* part) { return param.name.find(part) != std::string::npos; };
    if (!param.changeable || std::none_of(std::begin(kParts), std::end(kParts), has)) continue;
    add(out, param,
        fmt::format("{} would change it in the middle of a training, and a checkpoint of another shape does not fit",
                    input.plan.spec.scheduler.name),
        fmt::format("{{domain: \"{}\", mutable: false}}", param.text.empty() ? ".." : param.text));
  }
}

void lint_one_value(const LintInput& input, Remarks& out) {
  for (const Param& param : input.spec.space.params()) {
    const auto* choice = std::get_if<Choice>(&param.domain);
    const auto range = range_of(param);
    if (std::holds_alternative<Constant>(param.domain))
      add(out, param, "a constant: recorded, never tuned", "a range, or leave it as it is if that is meant");
    else if (choice && choice->options.size() == 1)
      add(out, param, fmt::format("a choice of one option, {}", choice->texts[0]), "more options, or a constant");
    else if (range && range->lo == range->hi)
      add(out, param, fmt::format("one value, {}", short_number(range->lo)), "a wider range, or a constant");
  }
}

namespace {

/// How numbers that are listed in order are better written; empty if they are no such list.
std::string ordered_form(const Choice& choice) {
  std::vector<double> x;
  bool whole = true;
  for (const Value& option : choice.options) {
    const auto* real = std::get_if<double>(&option);
    const auto* integer = std::get_if<std::int64_t>(&option);
    if (!real && !integer) return {};
    whole = whole && integer;
    x.push_back(real ? *real : static_cast<double>(*integer));
  }
  if (x.size() < 3) return {};
  std::vector<std::string> texts = choice.texts;
  if (x.front() > x.back()) std::reverse(x.begin(), x.end()), std::reverse(texts.begin(), texts.end());
  bool doubled = whole && x[0] >= 1 && x[0] <= 0x1p60 && std::has_single_bit(static_cast<std::uint64_t>(x[0]));
  bool even = whole;
  for (std::size_t i = 1; i < x.size(); ++i) {
    if (x[i] <= x[i - 1]) return {};
    doubled = doubled && x[i] == 2 * x[i - 1];
    even = even && x[i] - x[i - 1] == x[1] - x[0];
  }
  if (doubled) return fmt::format("pow2({}, {})", texts.front(), texts.back());
  if (!even) return fmt::format("ordinal({})", fmt::join(texts, ", "));
  const std::string step = x[1] - x[0] == 1 ? "" : fmt::format(", step={}", number_text(x[1] - x[0]));
  return fmt::format("int({}, {}{})", texts.front(), texts.back(), step);
}

}  // namespace

void lint_numeric_choice(const LintInput& input, Remarks& out) {
  for (const Param& param : input.spec.space.params()) {
    const auto* choice = std::get_if<Choice>(&param.domain);
    if (!choice || choice->ordered || !choice->weights.empty()) continue;
    const std::string form = ordered_form(*choice);
    if (!form.empty()) add(out, param, "numbers in order, searched as if they were words", form);
  }
}

}  // namespace hone
