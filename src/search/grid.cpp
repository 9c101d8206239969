#include <algorithm>
#include <charconv>
#include <optional>

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
  }

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    const std::uint64_t end = scan_end();
    for (skipped_ = std::max(skipped_, done_); skipped_ < end; ++skipped_) {
      if (auto config = at(skipped_)) {
        return Proposal{.config = std::move(*config),
                        .note = std::to_string(skipped_),
                        .why = "grid cell " + std::to_string(cell_of(skipped_) + 1) + " of " + std::to_string(cells_)};
      }
    }
    if (space_.finite() && end == cells_) return Exhausted{"every cell of the grid has been visited"};
    return beyond(ask, end);
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

  /// The configuration of a place; none if it repeats one, is against the constraints or, in a finite space, was tried.
  /// A function of the place, so that a place once skipped is skipped for good: hence the stream is keyed by it.
  std::optional<Config> at(std::uint64_t place) const {
    const std::uint64_t cell = cell_of(place);
    if (space_.finite()) {
      auto config = space_.cell(cell);
      return config && legal_.fresh(*config) ? std::move(config) : std::nullopt;
    }
    Rng rng = Rng::stream(seed_, "grid", place);
    for (int draw = 0; draw < kDraws; ++draw) {
      auto config = space_.cell(cell, uniform_point(rng, space_));
      if (!config || legal_.fresh(*config)) return config;
    }
    return std::nullopt;
  }

  /// How far to look for the next cell: as long as it is quick, counted from what the tells say.
  std::uint64_t scan_end() const {
    if (cells_ <= kScan) return space_.finite() ? cells_ : done_ + 2 * cells_;
    return space_.finite() ? std::min(cells_, done_ + kScan) : done_ + kScan;
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
  std::uint64_t done_ = 0;             // places before it were proposed and have started, or were skipped
  mutable std::uint64_t skipped_ = 0;  // memo: no place of [done_, skipped_) will ever be legal
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
