// FLOW2: Wu, Wang, Huang, "Frugal Optimization for Cost-related Hyperparameters", AAAI 2021, algorithm 1.
//
// Notation. x: the incumbent, the best place of the thread so far, in the unit cube. u: a direction, normal in the active
// numeric coordinates. δ: the step, by which a move x ± δ u changes a coordinate on average; a direction is tried, then
// its opposite, and the first that is better is the new x.
//
// Other than in the paper:
// - δ: the paper shrinks it after 2^(d-1) moves in vain, which in 20 dimensions no budget sees. Here every move that is
//   better makes it grow and every other one shrink, in balance if two of seven are better (Rechenberg's rule, as in
//   Kern et al., "Learning probability distributions in continuous evolutionary algorithms", Natural Computing 3, 2004).
// - u is not of length one: in few dimensions moves of different lengths are worth more than equal ones.
// - Unordered choices are not coordinates: a move changes either the numbers or the option of one choice. The share of
//   the latter follows their success.
#include "search/flow2.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace hone {
namespace {

constexpr double kGrow = 0.8, kShrink = 0.4;  // ln of the step's growth in one dimension; its share in vain
constexpr double kMostStep = 0.5;
constexpr double kLeastChange = 0.1, kMostChange = 0.5;  // share of the moves that change a choice
constexpr double kLeastStep = 1e-4;  // of a continuous coordinate, below which the thread has converged
constexpr int kNear = 15;            // attempts, before any numbers will do

double other_option(double x, std::size_t options, Rng& rng) {
  if (options < 2) return x;
  const auto count = static_cast<double>(options);
  const double hop = 1 + static_cast<double>(rng.below(options - 1));
  return (std::fmod(std::floor(x * count) + hop, count) + 0.5) / count;
}

}  // namespace

std::string Flow2Move::text() const { return fmt::format("{} {} {}", from, key, sign); }

std::optional<Flow2Move> Flow2Move::parse(std::string_view text) {
  std::array<std::int64_t, 3> parts{};
  const char *at = text.data(), *end = at + text.size();
  for (std::int64_t& part : parts) {
    if (at != end && *at == ' ') ++at;
    const auto [next, error] = std::from_chars(at, end, part);
    if (error != std::errc()) return std::nullopt;
    at = next;
  }
  if (at != end) return std::nullopt;
  return Flow2Move{parts[0], parts[1], static_cast<int>(std::clamp<std::int64_t>(parts[2], -1, 1))};
}

Flow2Walk::Flow2Walk(const Space& space) : space_(space), axes_(space.free().size()) {
  for (std::size_t k = 0; k < axes_.size(); ++k) {
    const Domain& domain = space.params()[space.free()[k]].domain;
    const auto* choice = std::get_if<Choice>(&domain);
    const auto levels = static_cast<double>(space.levels(k));
    if (choice && !choice->ordered) axes_[k].options = choice->options.size();
    if (levels == 0) continue;
    axes_[k].cell = 1 / levels;
    const auto log_scale = [&](double lo, double hi, double step) {
      axes_[k] = {
          .options = 0, .cell = step, .first = lo - step / 2, .span = std::log((hi + step / 2) / (lo - step / 2))};
    };
    const auto* whole = std::get_if<Int>(&domain);
    const auto* real = std::get_if<Float>(&domain);
    if (whole && whole->log)
      log_scale(static_cast<double>(whole->lo), static_cast<double>(whole->hi), static_cast<double>(whole->step));
    if (real && real->log && real->step) log_scale(real->lo, real->hi, *real->step);
  }
}

double Flow2Walk::cell(std::size_t k, double x) const {
  const Axis& axis = axes_[k];
  if (!(axis.span > 0)) return axis.cell;
  return std::min(axis.cell / (axis.first * std::exp(x * axis.span) * axis.span), 1.0);
}

Flow2::Flow2(const Flow2Walk& walk, Incumbent start, double step)
    : memory_(walk.size(), std::numeric_limits<double>::quiet_NaN()), step_(step), change_(kMostChange) {
  Trial trial;
  trial.id = start.id;
  trial.config = std::move(start.config);
  move_to(walk, trial, start.result);
}

void Flow2::move_to(const Flow2Walk& walk, const Trial& trial, const LocalResult& result) {
  incumbent_ = {trial.id, trial.config, result};
  point_ = walk.space().encode(trial.config);
  numeric_ = choices_ = 0;
  least_ = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < point_.size(); ++k) {
    if (std::isnan(point_[k])) continue;
    memory_[k] = point_[k];
    ++(walk.unordered(k) ? choices_ : numeric_);
    const double cell = walk.cell(k, point_[k]);
    least_ = std::min(least_, cell > 0 ? std::max(cell / 4, kLeastStep) : kLeastStep);
  }
  least_ = std::min(least_, 0.02);
  opposite_.reset();
}

Flow2Move Flow2::next(std::uint64_t seed, TrialId id) const {
  const double dice = Rng::stream(seed, "flow2 move", static_cast<std::uint64_t>(id)).uniform();
  if (choices_ > 0 && (numeric_ == 0 || dice < change_)) return {incumbent_.id, id, 0};
  if (opposite_) return {incumbent_.id, *opposite_, -1};
  return {incumbent_.id, id, 1};
}

Config Flow2::place(const Flow2Walk& walk, std::uint64_t seed, const Flow2Move& move, int attempt, Rng& rng) const {
  // A direction belongs to its key alone, so that its opposite can be taken later; rounding and options are drawn anew.
  Rng direction = Rng::stream(seed, "flow2 direction", static_cast<std::uint64_t>(move.key));
  const double length = step_ * (1 + 0.2 * attempt) * move.sign;
  const bool anywhere = attempt >= kNear && numeric_ > 0;
  std::uint64_t changed = move.sign == 0 && choices_ > 0 ? rng.below(static_cast<std::uint64_t>(choices_)) : 0;
  std::vector<double> x(point_.size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double u = direction.normal();
    if (std::isnan(point_[k])) {  // in case an option makes it active
      x[k] = std::isnan(memory_[k]) ? rng.uniform() : memory_[k];
    } else if (walk.unordered(k)) {
      const bool change = move.sign == 0 && changed-- == 0;
      x[k] = change ? other_option(point_[k], walk.options(k), rng) : point_[k];
    } else if (anywhere) {
      x[k] = rng.uniform();
    } else if (move.sign == 0) {
      x[k] = point_[k];
    } else {
      // From anywhere in the level, so that on average a short step leads to the next one as often as it should.
      const double cell = walk.cell(k, point_[k]), inside = cell > 0 ? cell * (rng.uniform() - 0.5) : 0.0;
      x[k] = std::clamp(point_[k] + inside + length * u, 0.0, 1.0);
    }
  }
  return walk.space().decode(x);
}

std::string Flow2::why(const Flow2Move& move) const {
  if (move.sign == 0) return fmt::format("from trial {}: another option", move.from);
  const std::string from = fmt::format("from trial {}, step {:.2g}", move.from, step_);
  if (move.sign < 0) return fmt::format("{}: the opposite of trial {}'s direction", from, move.key);
  return from + ": a random direction";
}

void Flow2::started(TrialId id, const Flow2Move& move) {
  if (!judged_.emplace(id, false).second || move.sign == 0) return;  // told twice; no direction
  opposite_.reset();
  if (move.sign > 0 && move.from == incumbent_.id) opposite_ = move.key;
}

bool Flow2::told(const Flow2Walk& walk, const Trial& trial, const LocalResult& result, const Flow2Move& move) {
  if (trial.id == incumbent_.id) incumbent_.result = result;
  if (trial.id == incumbent_.id || result.lost() || !result.judged()) return false;
  const bool first = !std::exchange(judged_[trial.id], true);
  const bool change = move.sign == 0;
  const bool success = better(result, incumbent_.result);
  const double grow = std::exp(kGrow / std::sqrt(std::max(numeric_, 1)));
  if (!success && (!first || move.from != incumbent_.id)) return false;  // heard before, or from where it no longer is
  if (!change || numeric_ == 0) step_ *= success ? grow : std::pow(grow, -kShrink);
  if (change) change_ = std::clamp(change_ * (success ? 1.5 : 0.93), kLeastChange, kMostChange);
  step_ = std::min(step_, kMostStep);
  if (success) move_to(walk, trial, result);
  return success;
}

bool Flow2::adopt(const Flow2Walk& walk, const Trial& trial, const LocalResult& result) {
  if (trial.id == incumbent_.id) incumbent_.result = result;
  if (trial.id == incumbent_.id || !result.judged() || !better(result, incumbent_.result)) return false;
  move_to(walk, trial, result);
  return true;
}

bool Flow2::reaches(const Flow2Walk& walk, const std::vector<double>& point) const {
  double sum = 0;
  for (std::size_t k = 0; k < point.size(); ++k) {
    if (std::isnan(point[k]) != std::isnan(point_[k])) return false;
    if (std::isnan(point[k])) continue;
    if (walk.unordered(k) && point[k] != point_[k]) return false;
    if (!walk.unordered(k)) sum += std::pow(point[k] - point_[k], 2);
  }
  return std::sqrt(sum) <= step_ * std::sqrt(static_cast<double>(numeric_));
}

}  // namespace hone
