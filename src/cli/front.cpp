#include "cli/front.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "model/pareto.h"

namespace hone {
namespace {

constexpr double kUnset = std::numeric_limits<double>::quiet_NaN();

std::string example_of(const StudySpec& spec) {
  std::string out;
  for (const Objective& objective : spec.objectives)
    out += fmt::format("{}{}=1", out.empty() ? "" : ",", objective.metric);
  return out;
}

Error wrong(const StudySpec& spec, const std::string& what) {
  return {Code::Invalid, fmt::format("--reference: {}; write a number for each objective: {}", what, example_of(spec))};
}

}  // namespace

Result<std::vector<double>> parse_reference(const StudySpec& spec, std::string_view text) {
  if (spec.objectives.size() < 2)
    return fail(Code::Invalid, "--reference: the study has one objective; a hypervolume needs several");
  std::vector<double> out(spec.objectives.size(), kUnset);
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    const std::string_view pair = text.substr(from, comma - from), name = pair.substr(0, pair.rfind('='));
    from = comma + 1;
    if (name.size() == pair.size()) return tl::unexpected(wrong(spec, fmt::format("`{}` is not NAME=NUMBER", pair)));
    const Value value = parse_value(pair.substr(name.size() + 1));
    const auto* real = std::get_if<double>(&value);
    const auto* whole = std::get_if<std::int64_t>(&value);
    const double number = real ? *real : whole ? static_cast<double>(*whole) : kUnset;
    if (!std::isfinite(number)) return tl::unexpected(wrong(spec, fmt::format("`{}` is not NAME=NUMBER", pair)));
    bool found = false;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (spec.objectives[i].metric != name) continue;
      if (!std::isnan(out[i])) return tl::unexpected(wrong(spec, fmt::format("{} is named twice", name)));
      out[i] = number;
      found = true;
    }
    if (!found) return tl::unexpected(wrong(spec, fmt::format("{} is no objective", name)));
  }
  for (std::size_t i = 0; i < out.size(); ++i)
    if (std::isnan(out[i])) return tl::unexpected(wrong(spec, fmt::format("{} is missing", spec.objectives[i].metric)));
  return out;
}

FrontView front_of(const StudyView& study, const std::vector<double>& reference) {
  const auto& objectives = study.spec().objectives;
  FrontView front{.ids = study.ledger().front(), .hypervolume = 0, .reference = reference, .given = !reference.empty()};
  const auto sign = [&](std::size_t i) { return objectives[i].maximize ? -1.0 : 1.0; };
  std::vector<double> worst;  // as a loss
  if (front.given) {
    for (std::size_t i = 0; i < reference.size(); ++i) worst.push_back(sign(i) * reference[i]);
  } else if (!front.ids.empty()) {
    std::vector<std::vector<double>> all;
    for (const TrialId id : study.ledger().candidates()) all.push_back(study.trial(id).reports.back().loss);
    worst = reference_point(all);
    for (std::size_t i = 0; i < worst.size(); ++i) front.reference.push_back(sign(i) * worst[i]);
  }
  std::vector<std::vector<double>> losses;
  for (const TrialId id : front.ids) losses.push_back(study.trial(id).reports.back().loss);
  if (!losses.empty()) front.hypervolume = hypervolume(losses, worst);
  return front;
}

std::string volume_text(const StudySpec& spec, const FrontView& front) {
  std::string at;
  for (std::size_t i = 0; i < front.reference.size(); ++i)
    at += fmt::format("{}{} {}", i > 0 ? ", " : "", spec.objectives[i].metric, short_number(front.reference[i]));
  return fmt::format("{} up to {}{}", short_number(front.hypervolume), at,
                     front.given ? "" : " (a tenth beyond the worst; --reference sets it)");
}

}  // namespace hone
