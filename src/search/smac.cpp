// Sequential model-based optimisation with a random forest: Hutter, Hoos, Leyton-Brown, "Sequential Model-Based
// Optimization for General Algorithm Configuration", LION 2011, as SMAC3 has it (Lindauer et al., JMLR 23, 2022): a forest
// over logarithms of the losses (search/smac_model.h), the largest expected improvement found by local search from the
// best trials (search/smac_search.h), and a few random draws among the proposals. In which branch of a conditional space
// to look is decided before that, by the shares of its good trials (search/tpe_branches.h): a forest whose trees all
// agree on the one or two poor draws of a branch calls it settled, and the improvement never leads back there.
//
//   y      a loss on SmacScale: the best spread out, the worst drawn in
//   m, s²  mean and variance of y at a configuration, over the trees (model/forest.h)
//   f      the least y of a trial that met the outcome constraints
//   EI     s h((f - m) / s), times the probability to end well; all in logarithms (model/improvement.h)
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "search/make.h"
#include "search/opening.h"
#include "search/smac_data.h"
#include "search/smac_model.h"
#include "search/smac_search.h"
#include "search/tpe_branches.h"
#include "search/tpe_known.h"
#include "space/legal.h"
#include "space/option_rows.h"

namespace hone {
namespace {

constexpr std::size_t kMostTrials = 400;  // that a branch is chosen by
constexpr BranchRules kBranchRules = {.prior_weight = 4, .share = 0.2};

std::vector<ForestAxis> forest_axes(const Space& space) {
  std::vector<ForestAxis> axes;
  for (const std::size_t categories : smac_categories(space)) axes.push_back({categories});
  return axes;
}

SmacRules rules_of(const Options& options) {
  SmacRules rules;
  rules.forest.trees = static_cast<int>(option_int(options, "trees"));
  return rules;
}

class Smac final : public Searcher {
 public:
  Smac(const SearchInputs& inputs, const Options& options)
      : space_(inputs.space),
        seed_(inputs.seed),
        startup_(static_cast<std::size_t>(option_int(options, "startup"))),
        random_(option_float(options, "random")),
        rules_(rules_of(options)),
        axes_(forest_axes(inputs.space)),
        search_(inputs.space, {}),
        opening_(inputs.space, inputs.seed, "smac"),
        legal_(inputs.space),
        data_(inputs.space, startup_),
        kernel_axes_(KernelAxis::of(inputs.space)),
        branches_(inputs.space, kernel_axes_),
        trials_(inputs.space, 1, kMostTrials) {}

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    Rng rng = Rng::stream(seed_, "smac", static_cast<std::uint64_t>(ask.trial));
    if (data_.known() < startup_ || axes_.empty()) return opening_.propose(ask, rng, legal_, data_.known(), startup_);
    if (rng.uniform() < random_) return draw(rng);
    return best(rng);
  }

  std::optional<Belief> belief(const Config& config) const override {
    if (data_.known() < startup_ || axes_.empty()) return std::nullopt;
    const SmacModel& model = fitted();
    if (!model.any_feasible()) return std::nullopt;
    std::vector<SmacBelief> belief;
    model.believe(data_.coordinates(config), belief);
    const auto [mean, deviation] = model.in_losses(belief[0]);
    return Belief{.mean = {mean},
                  .deviation = {deviation},
                  .acquisition = belief[0].acquisition,
                  .feasible = std::exp(belief[0].log_feasible)};
  }

  void tell(const Trial& trial, Change change, std::string_view) override {
    if (is_new(trial, change)) legal_.tried(trial.config);
    data_.tell(trial, change);
    if (!branches_.none()) trials_.tell(trial, change);
    ++tells_;
  }

 private:
  std::variant<Proposal, Wait, Exhausted> draw(Rng& rng) const {
    auto picked = legal_.pick(rng, [&](Rng& stream) { return space_.draw(uniform_point(stream, space_)); });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    return Proposal{
        .config = std::move(std::get<Config>(picked)), .note = "random", .why = "a random draw among the model's"};
  }

  std::variant<Proposal, Wait, Exhausted> best(Rng& rng) const {
    const SmacModel& model = fitted();
    const auto candidates = search_.run(model, data_, branch(), rng);
    const SmacCandidate* chosen = nullptr;
    std::size_t next = 0;
    auto picked = legal_.pick(rng, [&](Rng& stream) {
      while (next < candidates.size()) {
        chosen = &candidates[next++];
        if (search_.repeats(*chosen, data_)) continue;
        Config config = space_.decode(chosen->unit);
        if (legal_.fresh(config)) return config;
      }
      chosen = nullptr;
      return space_.draw(uniform_point(stream, space_));
    });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    return Proposal{.config = std::move(std::get<Config>(picked)), .note = "model", .why = why(model, chosen)};
  }

  std::vector<double> branch() const {
    return branches_.none() ? std::vector<double>{} : branches_.choose(trials_.known(1), kBranchRules);
  }

  std::string why(const SmacModel& model, const SmacCandidate* chosen) const {
    if (!chosen) return "everything that the model would try has been tried; a random draw";
    std::vector<SmacBelief> belief;
    model.believe(chosen->x, belief);
    const double feasible = std::exp(belief[0].log_feasible);
    std::string out = feasible < 0.995 ? fmt::format("; ends well with a chance of {:.0f} %", 100 * feasible) : "";
    if (!model.any_feasible())
      return "no trial has met all outcome constraints yet: towards where they are broken least" + out;
    const auto [mean, deviation] = model.in_losses(belief[0]);
    return fmt::format("largest expected improvement: loss {:.4g} ± {:.2g} expected, best so far {:.4g}{}", mean,
                       deviation, model.scale().back(model.best()), out);
  }

  const SmacModel& fitted() const {
    if (!model_ || model_->epoch() != data_.epoch()) model_.emplace(data_, axes_, rules_, seed_);
    model_->follow(data_);
    if (data_.pending().empty()) return *model_;
    if (!supposed_ || supposed_tells_ != tells_) {
      supposed_ = model_;
      supposed_->suppose(data_);
      supposed_tells_ = tells_;
    }
    return *supposed_;
  }

  Space space_;
  std::uint64_t seed_;
  std::size_t startup_;
  double random_;
  SmacRules rules_;
  std::vector<ForestAxis> axes_;
  SmacSearch search_;
  Opening opening_;
  Legal legal_;
  SmacData data_;
  std::vector<KernelAxis> kernel_axes_;
  Branches branches_;
  Trials trials_;
  std::uint64_t tells_ = 0;
  mutable std::optional<SmacModel> model_;     // memo: of the state after tells_ tells
  mutable std::optional<SmacModel> supposed_;  // memo: the same with pending trials
  mutable std::uint64_t supposed_tells_ = 0;   // memo: of which state
};

std::unique_ptr<Searcher> make_smac(const SearchInputs& inputs, const Options& options) {
  return std::make_unique<Smac>(inputs, options);
}

}  // namespace

SearcherRow smac_row() {
  return {
      .name = "smac",
      .doc = "a random forest learns which configurations are good. For choices, conditions and many parameters",
      .paper =
          "Hutter, Hoos, Leyton-Brown, Sequential Model-Based Optimization for General Algorithm Configuration, "
          "LION 2011; Lindauer et al., SMAC3, JMLR 23, 2022",
      .options = {whole("startup", 8, 1, 10000, "results to wait for before the model is used; spread out until then"),
                  whole("trees", 32, 1, 1000, "trees of the forest"),
                  real("random", 0.08, 0, 1, "share of the proposals that are random draws")},
      .multi_objective = false,
      .make = make_smac};
}

}  // namespace hone
