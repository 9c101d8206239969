#include "search/gp_note.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "model/transform.h"

namespace hone {
namespace {

/// In the order of the note.
template <class Params, class Visit>
void each_number(Params& params, const Visit& visit) {
  for (auto& one : params) {
    for (auto& x : one.log_weight) visit(x);
    visit(one.log_signal);
    visit(one.log_noise);
    visit(one.logit_share);
    for (auto& x : one.log_a) visit(x);
    for (auto& x : one.log_b) visit(x);
  }
}

}  // namespace

std::string GpFit::note() const {
  std::string text = fmt::format("{} {} {}", !params.empty() && params[0].warps() ? "gp-warp" : "gp", ended, transform);
  each_number(params,
              [&](double x) { text += fmt::format(" {:08x}", std::bit_cast<std::uint32_t>(static_cast<float>(x))); });
  return text;
}

std::optional<GpFit> GpFit::read(std::string_view note, Eigen::Index columns, std::size_t outcomes) {
  const bool warps = note.starts_with("gp-warp ");  // of the loss
  if (!warps && !note.starts_with("gp ")) return std::nullopt;
  const char *at = note.data() + note.find(' '), *end = note.data() + note.size();
  const auto word = [&](auto& out, int base) {
    if (at == end || *at != ' ') return false;
    const auto [next, error] = std::from_chars(at + 1, end, out, base);
    at = next;
    return error == std::errc();
  };
  GpFit fit;
  if (!word(fit.ended, 10) || !word(fit.transform, 10) || fit.transform < 0 || fit.transform >= kOutputTransforms)
    return std::nullopt;
  std::vector<double> numbers;
  for (std::uint32_t bits = 0; at != end;) {
    if (!word(bits, 16)) return std::nullopt;
    numbers.push_back(static_cast<double>(std::bit_cast<float>(bits)));
    if (!(std::abs(numbers.back()) < 100)) return std::nullopt;
  }
  const std::size_t each = static_cast<std::size_t>(columns) + 3;
  const std::size_t warp = warps ? 2 * static_cast<std::size_t>(columns) : 0;
  if (numbers.size() < warp || (numbers.size() - warp) % each != 0) return std::nullopt;
  fit.params.resize((numbers.size() - warp) / each);
  if (fit.params.size() != outcomes + 1 && fit.params.size() != outcomes + 2) return std::nullopt;
  for (KernelParams& one : fit.params) one.log_weight.resize(columns);
  if (warps) {
    fit.params[0].log_a.resize(columns);
    fit.params[0].log_b.resize(columns);
  }
  auto next = numbers.begin();
  each_number(fit.params, [&](double& x) { x = *next++; });
  return fit;
}

}  // namespace hone
