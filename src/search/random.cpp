#include "search/make.h"
#include "space/legal.h"
#include "space/option_rows.h"

namespace hone {
namespace {

/// Independent draws from the user's distribution: the baseline of Bergstra and Bengio 2012.
class Random final : public Searcher {
 public:
  explicit Random(const SearchInputs& inputs) : space_(inputs.space), seed_(inputs.seed), legal_(inputs.space) {}

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    Rng rng = Rng::stream(seed_, "random", static_cast<std::uint64_t>(ask.trial));
    auto picked = legal_.pick(rng, [this](Rng& stream) { return space_.draw(uniform_point(stream, space_)); });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    return Proposal{.config = std::move(std::get<Config>(picked)), .note = "random", .why = "random draw"};
  }

  void tell(const Trial& trial, Change change, std::string_view) override {
    if (is_new(trial, change)) legal_.tried(trial.config);
  }

 private:
  Space space_;
  std::uint64_t seed_;
  Legal legal_;
};

std::unique_ptr<Searcher> make_random(const SearchInputs& inputs, const Options&) {
  return std::make_unique<Random>(inputs);
}

}  // namespace

SearcherRow random_row() {
  return {
      .name = "random",
      .doc = "independent draws. For a baseline, for very many trials at once, for spaces in which nothing is known",
      .paper = "Bergstra, Bengio, Random Search for Hyper-Parameter Optimization, JMLR 13, 2012",
      .options = {},
      .multi_objective = true,
      .make = make_random};
}

}  // namespace hone
