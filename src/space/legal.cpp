// How a proposal is made legal.
//
// 1. Rejection: up to kDraws draws of the searcher. Each is distributed as the searcher wants it.
// 2. Repair, min-conflicts with a random walk (Minton, Johnston, Philips, Laird: Minimizing conflicts, Artificial
//    Intelligence 58, 1992): from the draw that breaks the fewest constraints, coordinates are drawn again from the
//    user's distribution or moved a little, more of them the longer nothing improves, and the change is kept if neither
//    the number of broken constraints nor, for as many, their distance from true grows. The distance of lhs == rhs or
//    lhs < rhs is |lhs - rhs|, which leads to `a + b == 10` where counting alone would only hit it by chance.
// 3. In a finite space of at most kCells cells: the first untried legal cell from a random one on.
#include "space/legal.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/check.h"

namespace hone {
namespace {

constexpr int kDraws = 100;
constexpr int kSteps = 2000;
constexpr int kPatience = 400;  // steps without improvement before the walk starts somewhere else
constexpr std::uint64_t kCells = std::uint64_t{1} << 20;

class Hash {  // two lanes of multiply and rotate, each finished as in MurmurHash3
 public:
  void add(std::uint64_t word) {
    a_ = std::rotl((a_ ^ word) * 0x9e3779b97f4a7c15ULL, 29) + 0x632be59bd9b4e019ULL;
    b_ = std::rotl((b_ + word) * 0xc2b2ae3d27d4eb4fULL, 31) ^ (a_ >> 17);
  }
  std::pair<std::uint64_t, std::uint64_t> value() const { return {finish(a_), finish(b_ ^ std::rotl(a_, 32))}; }

 private:
  static std::uint64_t finish(std::uint64_t x) {
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return x ^ (x >> 33);
  }
  std::uint64_t a_ = 0x243f6a8885a308d3ULL, b_ = 0x13198a2e03707344ULL;
};

std::pair<std::uint64_t, std::uint64_t> hash_of(const Config& config) {
  Hash hash;
  for (const Value& value : config) {
    hash.add(value.index());
    if (const auto* number = std::get_if<double>(&value)) {
      hash.add(std::bit_cast<std::uint64_t>(*number == 0 ? 0.0 : *number));  // -0 is 0
    } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
      hash.add(static_cast<std::uint64_t>(*whole));
    } else if (const auto* word = std::get_if<std::string>(&value)) {
      hash.add(word->size());
      std::uint64_t block = 0;
      for (std::size_t i = 0; i < word->size(); ++i) {
        block = (block << 8) | static_cast<unsigned char>((*word)[i]);
        if (i % 8 == 7) hash.add(std::exchange(block, 0));
      }
      hash.add(block);
    }
  }
  return hash.value();
}

std::vector<double> random_point(Rng& rng, std::size_t size) {
  std::vector<double> unit(size);
  for (double& x : unit) x = rng.uniform();
  return unit;
}

/// The point of a config; anywhere where it is inactive.
std::vector<double> point_of(const Space& space, const Config& config, Rng& rng) {
  std::vector<double> unit = space.encode(config);
  for (double& x : unit) {
    if (std::isnan(x)) x = rng.uniform();
  }
  return unit;
}

/// One coordinate a little to the side: any scale from a third of the range down to the smallest is as likely.
double moved(double x, std::uint64_t levels, Rng& rng) {
  double scale = std::ldexp(0.3, -static_cast<int>(rng.below(24)));
  if (levels > 0) scale = std::max(scale, 1 / static_cast<double>(levels));
  return std::clamp(x + scale * rng.normal(), 0.0, 1.0);
}

}  // namespace

Legal::Legal(Space space) : space_(std::move(space)) {
  NameIndex names;
  for (std::size_t i = 0; i < space_.params().size(); ++i) names.emplace(space_.params()[i].name, i);
  for (const std::string& text : space_.constraints()) {
    auto rule = Expression::compile(text, space_.params(), names, Expression::Use::Truth);
    HONE_CHECK(rule.has_value(), "a space holds no constraint that does not compile");
    rules_.push_back(std::move(*rule));
  }
}

void Legal::tried(const Config& config) {
  if (space_.finite()) tried_.insert(hash_of(config));
}

bool Legal::fresh(const Config& config) const {
  return space_.allows(config) && (!space_.finite() || !tried_.contains(hash_of(config)));
}

double Legal::distance(const Config& config) const {
  double sum = 0;  // of logarithms: the constraints have different units
  for (const Expression& rule : rules_) {
    if (!rule.mentions_inactive(config)) sum += std::log1p(rule.distance(config));
  }
  return sum;
}

std::variant<Config, Exhausted> Legal::pick(Rng& rng, const std::function<Config(Rng&)>& draw) const {
  std::optional<Config> best;
  int fewest = 0;
  for (int i = 0; i < kDraws; ++i) {
    Config config = draw(rng);
    if (fresh(config)) return config;
    const int broken = space_.violations(config);
    if (best && broken >= fewest) continue;
    fewest = broken;
    best = std::move(config);
  }
  if (auto config = repaired(rng, std::move(*best))) return *config;
  if (!space_.finite()) return Exhausted{"no configuration that meets the constraints was found"};
  if (space_.cells() > kCells) return Exhausted{"no untried configuration that meets the constraints was found"};
  if (auto config = enumerated(rng)) return *config;
  return Exhausted{fmt::format("all {} legal configurations of the space have been tried", tried_.size())};
}

std::optional<Config> Legal::repaired(Rng& rng, Config config) const {
  const std::size_t size = space_.free().size();
  if (size == 0) return std::nullopt;
  std::vector<double> unit = point_of(space_, config, rng);
  int broken = space_.violations(config), stuck = 0;
  double far = distance(config);
  for (int step = 0; step < kSteps; ++step, ++stuck) {
    const bool restart = stuck >= kPatience;
    const std::vector<double> other = point_of(space_, space_.draw(random_point(rng, size)), rng);
    std::vector<double> next = restart ? other : unit;
    // One coordinate at first, one more for every 50 steps in vain.
    const std::uint64_t most = std::min<std::uint64_t>(size, 1 + static_cast<std::uint64_t>(stuck) / 50);
    const std::uint64_t count = restart ? 0 : 1 + rng.below(most);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto k = static_cast<std::size_t>(rng.below(size));
      next[k] = rng.below(2) == 0 ? other[k] : moved(unit[k], space_.levels(k), rng);
    }
    config = space_.decode(next);
    if (fresh(config)) return config;
    const int now_broken = space_.violations(config);
    const double now_far = distance(config);
    const bool better = now_broken < broken || (now_broken == broken && now_far < far);
    if (!better && !restart && (now_broken > broken || now_far > far)) continue;
    if (better || restart) stuck = -1;
    broken = now_broken;
    far = now_far;
    unit = std::move(next);
  }
  return std::nullopt;
}

std::optional<Config> Legal::enumerated(Rng& rng) const {
  const std::uint64_t cells = space_.cells(), offset = rng.below(cells);
  for (std::uint64_t i = 0; i < cells; ++i) {
    auto config = space_.cell((offset + i) % cells);
    if (config && fresh(*config)) return config;
  }
  return std::nullopt;
}

namespace {

/// The constraint that held least often, for a message.
class Blame {
 public:
  explicit Blame(const Space& space)
      : space_(space), bare_(*Space::make(space.params())), held_(space.constraints().size()) {
    // A space of the same parameters and one constraint each tells whose fault it is.
    for (const std::string& text : space.constraints()) {
      auto single = Space::make(space.params(), {text});
      HONE_CHECK(single.has_value(), "a constraint of a space stands alone as well");
      singles_.push_back(std::move(*single));
    }
  }
  void add(const Config& config) {
    defined_ = defined_ || bare_.allows(config);
    for (std::size_t i = 0; i < singles_.size(); ++i) held_[i] += singles_[i].allows(config) ? 1 : 0;
  }
  std::string text() const {
    if (!defined_) return "a derived value is never defined; change its expression";
    const auto worst = static_cast<std::size_t>(std::min_element(held_.begin(), held_.end()) - held_.begin());
    return fmt::format("constraints[{}] `{}` {}; relax it", worst, space_.constraints()[worst],
                       held_[worst] == 0 ? "never held" : "held least often");
  }

 private:
  const Space& space_;
  Space bare_;  // without constraints: allows what has all its derived values
  bool defined_ = false;
  std::vector<Space> singles_;
  std::vector<std::int64_t> held_;
};

}  // namespace

Result<void> satisfiable(const Space& space, std::uint64_t seed) {
  std::size_t text = 1;  // of the constraints: what a draw costs
  for (const std::string& rule : space.constraints()) text += rule.size();
  const auto draws = static_cast<int>(std::clamp<std::size_t>(400'000'000 / text, 1000, 20'000));
  Rng rng = Rng::stream(seed, "satisfiable");
  const auto draw = [&space](Rng& source) { return space.draw(random_point(source, space.free().size())); };
  const bool few = space.finite() && space.cells() <= 20'000;  // then pick() looks at each of them
  for (int i = 0; i < draws && !few; ++i) {
    if (space.allows(draw(rng))) return {};
  }
  if (std::holds_alternative<Config>(Legal(space).pick(rng, draw))) return {};
  Blame blame(space);
  for (int i = 0; i < 1000; ++i) blame.add(draw(rng));
  if (space.finite() && space.cells() <= kCells) {
    return invalid(
        fmt::format("constraints: none of the {} configurations meets them; {}", space.cells(), blame.text()));
  }
  return invalid(
      fmt::format("constraints: no configuration that meets them was found in {} draws and their repair; {}, "
                  "or derive one side of an equality from the other (b: = 10 - a)",
                  draws, blame.text()));
}

}  // namespace hone
