#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "search/make.h"
#include "space/legal.h"
#include "space/option_rows.h"

namespace hone {
namespace {

// Notation. A place is a position in the order of visits: place = round * cells + rank; `rank` is the cell's index, or
// its permutation if shuffled. Where a coordinate is continuous, rounds go on for ever with fresh draws, else there is
// one.

/// A permutation of 0 .. size - 1: a balanced Feistel network on the next even number of bits, walked until it falls
/// inside (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002, method 3).
class Permutation {
 public:
  Permutation(std::uint64_t size, Rng rng) : size_(size) {
    while (half_ < 32 && (std::uint64_t{1} << (2 * half_)) < size) ++half_;
    for (auto& key : keys_) key = rng.next();
  }
  std::uint64_t operator()(std::uint64_t x) const {
    do x = encrypt(x);
    while (x >= size_);
    return x;
  }

 private:
  std::uint64_t encrypt(std::uint64_t x) const {
    const std::uint64_t mask = (std::uint64_t{1} << half_) - 1;
    std::uint64_t left = x >> half_, right = x & mask;
    for (const std::uint64_t key : keys_) {
      std::uint64_t z = (right ^ key) * 0xbf58476d1ce4e5b9ULL;
      z = (z ^ (z >> 29)) * 0x94d049bb133111ebULL;
      const std::uint64_t next = left ^ ((z >> 31) & mask);
      left = right;
      right = next;
    }
    return left << half_ | right;
  }

  std::uint64_t size_;
  unsigned half_ = 1;
  std::uint64_t keys_[6];
};

class Grid final : public Searcher {
 public:
  Grid(const SearchInputs& inputs, bool shuffle)
      : space_(inputs.space),
        seed_(inputs.seed),
        legal_(inputs.space),
        cells_(std::max<std::uint64_t>(inputs.space.cells(), 1)) {
    if (shuffle) order_.emplace(cells_, Rng::stream(seed_, "grid order"));
    else if (space_.finite() && cells_ < std::uint64_t{1} << 62) find_rules();
  }

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    if (skipped_ < done_) skipped_ = done_, looked_ = 0;
    for (const std::uint64_t end = scan_end(); skipped_ < end && looked_ < 2 * kScan; ++looked_) {
      std::uint64_t next = skipped_ + 1;
      if (auto config = at(skipped_, next)) {
        return Proposal{.config = std::move(*config),
                        .note = std::to_string(skipped_),
                        .why = "grid cell " + std::to_string(cell_of(skipped_) + 1) + " of " + std::to_string(cells_)};
      }
      skipped_ = next;
    }
    if (space_.finite() && skipped_ >= cells_) return Exhausted{"every cell of the grid has been visited"};
    return beyond(ask, skipped_);
  }

  void tell(const Trial& trial, Change change, std::string_view note) override {
    if (is_new(trial, change)) legal_.tried(trial.config);
    std::uint64_t place = 0;
    const char* end = note.data() + note.size();
    const auto parsed = std::from_chars(note.data(), end, place);
    const bool own = parsed.ec == std::errc() && parsed.ptr == end && place < std::uint64_t{1} << 63;
    if (change == Change::Started && own) done_ = std::max(done_, place + 1);
  }

 private:
  std::uint64_t cell_of(std::uint64_t place) const {
    const std::uint64_t rank = place % cells_;
    return order_ ? (*order_)(rank) : rank;
  }

  /// A constraint, and how many cells in a row are alike in all that it mentions.
  struct Rule {
    Expression holds;
    std::uint64_t stride;
  };

  /// Those that forbid many cells in a row: the first parameter goes slowest.
  void find_rules() {
    const auto& params = space_.params();
    NameIndex names;
    for (std::size_t i = 0; i < params.size(); ++i) names.emplace(params[i].name, i);
    for (const std::string& text : space_.constraints()) {
      auto rule = Expression::compile(text, params, names, Expression::Use::Truth);
      if (!rule) continue;
      std::uint64_t stride = 1;
      for (std::size_t k = space_.free().size(); k-- > 0; stride *= space_.levels(k)) {
        const auto& mentions = rule->mentions();
        if (std::find(mentions.begin(), mentions.end(), space_.free()[k]) != mentions.end()) break;
      }
      const bool plain = std::all_of(rule->mentions().begin(), rule->mentions().end(), [&](std::size_t param) {
        const auto& free = space_.free();
        return params[param].when.empty() && std::find(free.begin(), free.end(), param) != free.end();
      });
      if (plain && stride > 1) rules_.push_back({std::move(*rule), stride});
    }
  }

  /// The configuration of a place; none if it repeats one, is against the constraints or, in a finite space, was tried.
  /// A function of the place, so that a place once skipped is skipped for good: hence the stream is keyed by it. `next`:
  /// the next place that may have one.
  std::optional<Config> at(std::uint64_t place, std::uint64_t& next) const {
    const std::uint64_t cell = cell_of(place);
    if (space_.finite()) {
      auto config = space_.cell(cell);
      if (!config || legal_.fresh(*config)) return config;
      for (const Rule& rule : rules_) {
        if (!rule.holds.holds(*config)) next = std::max(next, place + rule.stride - cell % rule.stride);
      }
      return std::nullopt;
    }
    Rng rng = Rng::stream(seed_, "grid", place);
    for (int draw = 0; draw < kDraws; ++draw) {
      auto config = space_.cell(cell, uniform_point(rng, space_));
      if (!config || legal_.fresh(*config)) return config;
    }
    return std::nullopt;
  }

  /// How far to look for the next cell, counted from what the tells say; in a finite space as many times as are quick.
  std::uint64_t scan_end() const {
    if (space_.finite()) return cells_;
    return done_ + (cells_ <= kScan ? 2 * cells_ : kScan);
  }

  /// A long run of cells against the constraints: leave the order and go on with any legal configuration.
  std::variant<Proposal, Wait, Exhausted> beyond(const Ask& ask, std::uint64_t end) const {
    Rng rng = Rng::stream(seed_, "grid", static_cast<std::uint64_t>(ask.trial));
    auto picked = legal_.pick(rng, [this](Rng& stream) { return space_.draw(uniform_point(stream, space_)); });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    return Proposal{.config = std::move(std::get<Config>(picked)),
                    .note = std::to_string(end - 1),
                    .why = "random draw: no legal cell among the next " + std::to_string(end - done_) + " of the grid"};
  }

  static constexpr int kDraws = 100;  // of the continuous coordinates of one cell
  static constexpr std::uint64_t kScan = 1ULL << 20;

  Space space_;
  std::uint64_t seed_;
  Legal legal_;
  std::uint64_t cells_;
  std::optional<Permutation> order_;
  std::uint64_t done_ = 0;  // places before it were proposed and have started, or were skipped
  std::vector<Rule> rules_;
  mutable std::uint64_t skipped_ = 0;  // memo: no place of [done_, skipped_) will ever be legal
  mutable std::uint64_t looked_ = 0;   // memo: at how many of these
};

std::unique_ptr<Searcher> make_grid(const SearchInputs& inputs, const Options& options) {
  return std::make_unique<Grid>(inputs, option_bool(options, "shuffle"));
}

}  // namespace

SearcherRow grid_row() {
  return {.name = "grid",
          .doc =
              "every cell in order, then the end; continuous parameters are drawn anew in each round, for ever. "
              "For few parameters with few values",
          .paper = "none: exhaustive search",
          .options = {yes_no("shuffle", false, "visit the cells in an order drawn from the seed")},
          .multi_objective = true,
          .make = make_grid};
}

}  // namespace hone
