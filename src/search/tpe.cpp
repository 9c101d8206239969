// Tree-structured Parzen Estimator: Bergstra, Bardenet, Bengio, Kégl, "Algorithms for Hyper-Parameter Optimization",
// NeurIPS 2011, eq. 2 and 3: with p(x | y) = l(x) for the good and g(x) for the other trials, expected improvement
// grows with l(x) / g(x). Here both are joint densities (search/parzen.h), so that parameters that depend on each other
// are seen together, and pending trials belong to g, so that parallel proposals keep away from each other.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "search/history.h"
#include "search/make.h"
#include "search/opening.h"
#include "search/parzen.h"
#include "search/rows.h"
#include "space/legal.h"

namespace hone {
namespace {

struct Fit {
  std::uint64_t tells;  // of which state
  Parzen good, other;   // l and g
  std::size_t good_size, size;
};

class Tpe final : public Searcher {
 public:
  Tpe(const SearchInputs& inputs, const Options& options)
      : space_(inputs.space),
        seed_(inputs.seed),
        startup_(static_cast<std::size_t>(option_int(options, "startup"))),
        candidates_(option_int(options, "candidates")),
        gamma_(option_float(options, "gamma")),
        rules_{option_float(options, "prior_weight"), option_float(options, "min_bandwidth"),
               option_float(options, "choice_mix")},
        axes_(KernelAxis::of(inputs.space)),
        opening_(inputs.space, inputs.seed, "tpe"),
        legal_(inputs.space),
        history_(inputs.space) {}

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    Rng rng = Rng::stream(seed_, "tpe", static_cast<std::uint64_t>(ask.trial));
    return history_.ranked().size() < startup_ ? opening_.propose(ask, rng, legal_, history_.ranked().size(), startup_)
                                               : model(rng);
  }

  void tell(const Trial& trial, Change change, std::string_view) override {
    if (is_new(trial, change)) legal_.tried(trial.config);
    history_.tell(trial, change);
    ++tells_;
  }

 private:
  std::variant<Proposal, Wait, Exhausted> model(Rng& rng) const {
    const Fit& fit = fitted();
    double score = 0;
    Config best;
    auto picked = legal_.pick(rng, [&](Rng& stream) { return best = best_candidate(fit, stream, score); });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    Proposal proposal{.config = std::move(std::get<Config>(picked)), .note = "model", .why = {}};
    proposal.why = proposal.config == best ? fmt::format("best of {} candidates: log l/g {:.2f}, {} good of {}",
                                                         candidates_, score, fit.good_size, fit.size)
                                           : "no candidate was free; the nearest legal configuration";
    return proposal;
  }

  /// The candidate of l with the largest l / g among those that may be tried; if none may, the last one.
  Config best_candidate(const Fit& fit, Rng& rng, double& score) const {
    score = -std::numeric_limits<double>::infinity();
    Config best, stale;
    for (std::int64_t i = 0; i < candidates_; ++i) {
      Config config = space_.decode(fit.good.sample(rng));
      if (!legal_.fresh(config)) {
        stale = std::move(config);
        continue;
      }
      const std::vector<double> x = space_.encode(config);
      const double ratio = fit.good.log_density(x) - fit.other.log_density(x);
      if (best.empty() || ratio > score) {
        score = ratio;
        best = std::move(config);
      }
    }
    return best.empty() ? stale : best;  // Legal::pick() refuses a stale one and asks again
  }

  const Fit& fitted() const {
    if (!fit_ || fit_->tells != tells_) {
      // At most 25 are good: later on, more of them would blur what the best have in common.
      const auto wanted = static_cast<std::size_t>(std::ceil(gamma_ * static_cast<double>(history_.ranked().size())));
      const std::size_t size = std::min({wanted, std::size_t{25}, history_.with_loss()});
      std::vector<const std::vector<double>*> good, other;
      for (const Standing& rank : history_.ranked())
        (good.size() < size ? good : other).push_back(&history_.point(rank.id));
      for (const TrialId id : history_.pending()) other.push_back(&history_.point(id));
      fit_.emplace(
          Fit{tells_, Parzen(axes_, good, rules_), Parzen(axes_, other, rules_), size, good.size() + other.size()});
    }
    return *fit_;
  }

  Space space_;
  std::uint64_t seed_;
  std::size_t startup_;
  std::int64_t candidates_;
  double gamma_;
  KernelRules rules_;
  std::vector<KernelAxis> axes_;
  Opening opening_;
  Legal legal_;
  History history_;
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
                  whole("candidates", 24, 1, 10000, "samples of the good density among which the best is proposed"),
                  real("gamma", 0.1, 0.001, 0.9, "share of the trials that count as good (25 at most)"),
                  real("prior_weight", 1, 0.001, 1000,
                       "weight of the prior in each density; one trial weighs 1. More explores more"),
                  real("min_bandwidth", 0.03, 0.0001, 1,
                       "narrowest kernel of a numeric parameter, as a share of its range"),
                  real("choice_mix", 0.2, 0.001, 1,
                       "chance that a kernel of a choice draws from the prior instead of its own option")},
      .multi_objective = false,
      .make = make_tpe};
}

}  // namespace hone
