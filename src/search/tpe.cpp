// Tree-structured Parzen Estimator: Bergstra, Bardenet, Bengio, Kégl, "Algorithms for Hyper-Parameter Optimization",
// NeurIPS 2011, with what Watanabe, arXiv:2304.11127, 2023, found to matter. The choices that gate other parameters are
// made first (tpe_branches.h); then, where good trials are dense and the others are not (tpe_model.h, parzen.h), half
// of the candidates are drawn, and half mix the best one so far with a new draw. Pending trials belong to the others,
// so that parallel proposals keep away from each other.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "search/make.h"
#include "search/opening.h"
#include "search/tpe_branches.h"
#include "search/tpe_known.h"
#include "search/tpe_model.h"
#include "space/legal.h"
#include "space/option_rows.h"

namespace hone {
namespace {

constexpr std::size_t kMostTrials = 400;  // that a density is made of
constexpr double kRenewed = 0.3;          // share of the coordinates that a mixed candidate takes from the new draw
constexpr int kBranchesTried = 10;        // before a candidate is taken from anywhere
constexpr double kPriorFades = 10;        // trials after which the user's priors weigh half

/// The model, and what it was made from.
struct Fit {
  std::uint64_t tells;  // of which state
  Known known;
  std::unique_ptr<const std::vector<KernelAxis>> axes;
  TpeModel model;
};

class Tpe final : public Searcher {
 public:
  Tpe(const SearchInputs& inputs, const Options& options)
      : space_(inputs.space),
        seed_(inputs.seed),
        startup_(static_cast<std::size_t>(option_int(options, "startup"))),
        candidates_(option_int(options, "candidates")),
        rules_{.gamma = option_float(options, "gamma"),
               .objectives = inputs.objectives,
               .outcomes = inputs.outcomes,
               .kernels = {.prior_weight = option_float(options, "prior_weight"),
                           .min_bandwidth = option_float(options, "min_bandwidth"),
                           .choice_mix = option_float(options, "choice_mix")}},
        explore_(option_float(options, "branch_weight")),
        axes_(KernelAxis::of(inputs.space)),
        branches_(inputs.space, axes_),
        opening_(inputs.space, inputs.seed, "tpe"),
        legal_(inputs.space),
        random_(option_float(options, "random")),
        trials_(inputs.space, inputs.objectives, kMostTrials,
                option_bool(options, "rung") ? inputs.space.free().size() + 3 : 0) {
    for (const std::size_t param : space_.free()) conditional_ = conditional_ || !space_.params()[param].when.empty();
    free_ = !conditional_ && !space_.finite() && space_.constraints().empty();
  }

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    Rng rng = Rng::stream(seed_, "tpe", static_cast<std::uint64_t>(ask.trial));
    const std::size_t results = trials_.history().ranked().size(), pending = trials_.history().pending().size();
    // Pending trials count for half of the opening: with many of them it would be long.
    const bool open = results + pending < startup_ || 2 * results < startup_ || !trials_.ready();
    if (open && !trials_.level()) return opening_.propose(ask, rng, legal_, results, startup_);
    if (random_ > 0 && Rng::stream(seed_, "tpe random", static_cast<std::uint64_t>(ask.trial)).uniform() < random_) {
      return draw(rng);
    }
    return model(rng);
  }

  void tell(const Trial& trial, Change change, std::string_view) override {
    if (is_new(trial, change)) legal_.tried(trial.config);
    trials_.tell(trial, change);
    ++tells_;
  }

 private:
  std::variant<Proposal, Wait, Exhausted> draw(Rng& rng) const {
    auto picked = legal_.pick(rng, [&](Rng& stream) { return space_.draw(uniform_point(stream, space_)); });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    return Proposal{.config = std::move(std::get<Config>(picked)),
                    .note = "random",
                    .why = fmt::format("drawn at random, as one in {:.3g} is", 1 / random_)};
  }

  std::variant<Proposal, Wait, Exhausted> model(Rng& rng) const {
    const Fit& fit = fitted();
    double score = 0;
    int attempt = 0;
    Config best;
    auto picked = legal_.pick(rng, [&](Rng& stream) {
      if (attempt++ == 0 || (branches_.none() && attempt < kBranchesTried)) {
        best = best_candidate(fit.model, stream, score);
      } else if (attempt < kBranchesTried) {  // the branch may be used up
        const TpeModel other(*fit.axes, branches_, trials_.history(), fit.known, branches_.draw(stream), rules_);
        best = best_candidate(other, stream, score);
      } else {
        return space_.draw(uniform_point(stream, space_));
      }
      return best;
    });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    Proposal proposal{.config = std::move(std::get<Config>(picked)), .note = "model", .why = {}};
    proposal.why = proposal.config == best
                       ? fmt::format("best of {} candidates: log l/g {:.2f}, {} good of {}", candidates_, score,
                                     fit.model.good(), fit.known.trials + fit.known.pending)
                       : "no candidate was free; the nearest legal configuration";
    if (trials_.level()) proposal.why += fmt::format(" with results at {}", *trials_.level());
    return proposal;
  }

  /// The candidate with the largest l / g among those that may be tried; if none may, the last one.
  Config best_candidate(const TpeModel& model, Rng& rng, double& score) const {
    score = -std::numeric_limits<double>::infinity();
    std::vector<double> x(axes_.size(), 0.5), best, seen, best_seen;  // seen: without what is inactive
    Config config, best_config;
    for (std::int64_t i = 0; i < candidates_; ++i) {
      model.sample(rng, x);
      if (2 * i >= candidates_ && !best.empty()) {
        for (std::size_t k = 0; k < x.size(); ++k) {
          if (!std::isnan(best_seen[k]) && rng.uniform() >= kRenewed) x[k] = best[k];
        }
      }
      if (!free_) config = space_.decode(x);
      if (!free_ && !legal_.fresh(config)) continue;
      seen = x;
      if (conditional_) seen = space_.encode(config);
      const double value = model.score(seen, score);
      if (!best.empty() && value <= score) continue;
      score = value;
      best = x;
      best_seen = seen;
      best_config = config;
    }
    if (best.empty()) return config;  // Legal::pick() refuses it and asks again
    return free_ ? space_.decode(best) : best_config;
  }

  const Fit& fitted() const {
    if (!fit_ || fit_->tells != tells_) {
      const auto n = static_cast<double>(trials_.history().ranked().size());
      Known known = trials_.known(rules_.good_of(n));
      auto axes = std::make_unique<std::vector<KernelAxis>>(axes_);
      for (KernelAxis& axis : *axes) axis.trust = kPriorFades / (kPriorFades + n);
      std::vector<double> branch = branches_.choose(known, {.prior_weight = explore_, .share = rules_.gamma});
      TpeModel model(*axes, branches_, trials_.history(), known, std::move(branch), rules_);
      fit_.emplace(Fit{tells_, std::move(known), std::move(axes), std::move(model)});
    }
    return *fit_;
  }

  Space space_;
  std::uint64_t seed_;
  std::size_t startup_;
  std::int64_t candidates_;
  TpeRules rules_;
  double explore_;
  std::vector<KernelAxis> axes_;
  Branches branches_;
  Opening opening_;
  Legal legal_;
  double random_;
  Trials trials_;
  bool conditional_ = false;  // a parameter may be inactive
  bool free_ = false;         // every point of the cube may be tried, and has all coordinates
  std::uint64_t tells_ = 0;
  mutable std::optional<Fit> fit_;  // memo: of the state after tells_ tells
};

std::unique_ptr<Searcher> make_tpe(const SearchInputs& inputs, const Options& options) {
  return std::make_unique<Tpe>(inputs, options);
}

}  // namespace

SearcherRow tpe_row() {
  return {
      .name = "tpe",
      .doc =
          "samples where good trials are dense and bad ones are not. For choices, conditions and mixed spaces, 30 to "
          "several thousand trials",
      .paper =
          "Bergstra, Bardenet, Bengio, Kégl, Algorithms for Hyper-Parameter Optimization, NeurIPS 2011; Watanabe, "
          "Tree-Structured Parzen Estimator, arXiv:2304.11127, 2023",
      .options = {whole("startup", 10, 1, 10000, "results to wait for before the model is used; spread out until then"),
                  whole("candidates", 64, 1, 10000,
                        "points where good trials are dense, of which the best is proposed"),
                  real("gamma", 0.1, 0.001, 0.9, "share of the trials that count as good (25 at most)"),
                  real("prior_weight", 1, 0.001, 1000,
                       "weight of the prior in each density; one trial weighs 1. More explores more"),
                  real("min_bandwidth", 0.03, 0.0001, 1,
                       "narrowest kernel of a numeric parameter, as a share of its range"),
                  real("choice_mix", 0.2, 0.001, 1,
                       "chance, at least, that a kernel of a choice draws from the prior instead of its own option"),
                  real("branch_weight", 4, 0.001, 1000,
                       "good trials given for nothing to the options of a choice that gates other parameters, all "
                       "together. More explores the branches more"),
                  real("random", 0, 0, 1, "share of the trials that are drawn at random once there is a model"),
                  yes_no("rung", false,
                         "under a scheduler with rungs: learn from the highest rung with three more results than there "
                         "are parameters, and from no other")},
      .multi_objective = true,
      .make = make_tpe};
}

}  // namespace hone
