#include "search/make.h"
#include "search/sobol_points.h"
#include "space/legal.h"
#include "space/option_rows.h"

namespace hone {
namespace {

/// Point `trial` of the sequence, mapped to the user's distribution. Where the constraints reject it, or a finite space
/// has had it, independent draws take its place, so that the other points stay where they are.
class Sobol final : public Searcher {
 public:
  explicit Sobol(const SearchInputs& inputs)
      : space_(inputs.space),
        seed_(inputs.seed),
        legal_(inputs.space),
        points_(inputs.space.free().size(), Rng::stream(inputs.seed, "sobol scramble")) {}

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    const auto index = static_cast<std::uint64_t>(ask.trial);
    Rng rng = Rng::stream(seed_, "sobol", index);
    int draws = 0;
    Config drawn;
    auto picked = legal_.pick(rng, [&](Rng& stream) {
      drawn = space_.draw(draws++ == 0 ? points_.point(index) : uniform_point(stream, space_));
      return drawn;
    });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    Proposal proposal{.config = std::move(std::get<Config>(picked)), .note = "sobol", .why = {}};
    const bool own = draws == 1 && proposal.config == drawn;
    proposal.why = "Sobol point " + std::to_string(index) + (own ? "" : " is not free; a random draw in its place");
    return proposal;
  }

  void tell(const Trial& trial, Change change, std::string_view) override {
    if (is_new(trial, change)) legal_.tried(trial.config);
  }

 private:
  Space space_;
  std::uint64_t seed_;
  Legal legal_;
  SobolPoints points_;
};

std::unique_ptr<Searcher> make_sobol(const SearchInputs& inputs, const Options&) {
  return std::make_unique<Sobol>(inputs);
}

}  // namespace

SearcherRow sobol_row() {
  return {
      .name = "sobol",
      .doc =
          "scrambled Sobol points: covers the space more evenly than random. For a first look, and for a fixed budget",
      .paper =
          "Owen, Randomly Permuted (t,m,s)-Nets and (t,s)-Sequences, 1995; Burley, Practical Hash-based Owen "
          "Scrambling, JCGT 9(4), 2020",
      .options = {},
      .multi_objective = true,
      .make = make_sobol};
}

}  // namespace hone
