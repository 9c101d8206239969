// Bayesian optimisation with a Gaussian process: Jones, Schonlau, Welch, "Efficient Global Optimization of Expensive
// Black-Box Functions", JGO 13, 1998, with what came since:
//   lengthscale prior    Hvarfner, Hellsten, Nardi, ICML 2024                       model/gp_fit.h
//   output transform     Cowen-Rivers et al., "HEBO", JAIR 74, 2022                 model/transform.h
//   input warping        Snoek et al., ICML 2014, where the evidence asks for it   model/gp_warp.h
//   trust region         Eriksson et al., "TuRBO", NeurIPS 2019, from 15 dimensions  search/gp_region.h
//   log EI               Ament et al., NeurIPS 2023                                 model/improvement.h
//   augmented EI         Huang et al., JGO 34, 2006, where losses are noisy        model/acquisition.h
//   feasibility          Gardner et al., ICML 2014                                  model/acquisition.h
//   mixed spaces         Daxberger et al., "MiVaBO", IJCAI 2020; Wan et al., "CASMOPOLITAN", ICML 2021: steps in the
//                        discrete and climbs in the continuous part, in turn         search/gp_search.h
// Trials of all fidelities are data: how far one came is a column of the kernel, and proposals are judged at the
// furthest fidelity seen. Pending trials are believed to get what the model expects of them (Ginsbourger, Le Riche,
// Carraro, "Kriging Is Well-Suited to Parallelize Optimization", 2010). The opening is drawn towards the middle, the more
// so the more dimensions there are: Cauwet et al., "Fully Parallel Hyperparameter Search: Reshaped Space-Filling",
// ICML 2020.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "search/gp_search.h"
#include "search/make.h"
#include "search/opening.h"
#include "space/legal.h"
#include "space/option_rows.h"

namespace hone {
namespace {

/// Where a space has steps, a proposal must promise that much more, in standard deviations of the transformed losses:
/// else polishing the numbers beside the wrong integers would be worth more trials than another step.
constexpr double kMargin = 0.02;
/// The share of proposals from the whole space where there is a trust region.
constexpr double kEverywhere = 0.1;

/// Of the opening: words stay as they are drawn.
std::vector<double> spread(const GpSpace& space) {
  std::vector<double> spread(space.size(), std::min(1.0, 1.3 / std::sqrt(space.active())));
  for (std::size_t k = 0; k < space.size(); ++k)
    if (space.column(k).word) spread[k] = 1;
  return spread;
}

class Gp final : public Searcher {
 public:
  Gp(const SearchInputs& inputs, const Options& options)
      : seed_(inputs.seed),
        objectives_(static_cast<std::size_t>(inputs.objectives)),
        space_(inputs.space, inputs.max > 1),
        startup_(static_cast<std::size_t>(option_int(options, "startup")) +
                 static_cast<std::size_t>(std::min(5.0, space_.options()))),
        opening_(inputs.space, inputs.seed, "gp", spread(space_)),
        legal_(inputs.space),
        data_(inputs.space, inputs.objectives, inputs.outcomes) {}

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    Rng rng = Rng::stream(seed_, "gp", static_cast<std::uint64_t>(ask.trial));
    if (!ready()) return opening_.propose(ask, rng, legal_, data_.results(), startup_);
    if (objectives_ == 1) return model(fitted(), rng);
    std::vector<double> weights(objectives_);  // uniform on the simplex
    double sum = 0;
    for (double& w : weights) sum += w = -std::log(1 - rng.uniform());
    for (double& w : weights) w /= sum;
    return model(GpModel(space_, data_, std::nullopt, weights), rng);
  }

  void tell(const Trial& trial, Change change, std::string_view note) override {
    if (is_new(trial, change)) legal_.tried(trial.config);
    data_.tell(trial, change);
    auto fit = GpFit::read(note, space_.shape().columns(), data_.outcomes());
    if (fit && (!fit_ || fit->ended >= fit_->ended)) fit_ = std::move(fit);
    model_.reset();
  }

  std::optional<Belief> belief(const Config& config) const override {
    if (objectives_ > 1 || !ready()) return std::nullopt;
    const GpModel& model = fitted();
    std::vector<double> row(model.width());
    model.row(space_.space().encode(config), row.data());
    const Expectation f = model.loss().at(row.data());
    const OutputTransform& t = model.transform();
    return Belief{.mean = {t.inverse(f.mean)},
                  .deviation = {(t.inverse(f.mean + f.deviation) - t.inverse(f.mean - f.deviation)) / 2},
                  .acquisition = model.acquisition().at(row.data()),
                  .feasible = model.acquisition().feasible(row.data())};
  }

 private:
  bool ready() const { return space_.size() > 0 && data_.results() >= 2 && data_.results() + data_.bad() >= startup_; }

  const GpModel& fitted() const {
    if (!model_) model_.emplace(space_, data_, fit_, std::vector<double>());
    return *model_;
  }

  std::variant<Proposal, Wait, Exhausted> model(const GpModel& model, Rng& rng) const {
    std::set<std::vector<double>> known;  // NaN of inactive ones never equals: made comparable
    const auto comparable = [](std::vector<double> point) {
      for (double& u : point) u = std::isnan(u) ? -1 : u;
      return point;
    };
    for (const auto& [id, entry] : data_.entries()) known.insert(comparable(entry.point));
    const bool check = space_.space().finite() || !space_.space().constraints().empty();
    const auto legal = [&](const std::vector<double>& point) {
      return !known.contains(comparable(point)) && (!check || legal_.fresh(space_.space().decode(point)));
    };
    GpBox box;
    if (objectives_ == 1 && space_.active() >= GpRegion::kLeastDimensions && rng.uniform() >= kEverywhere)
      box = GpRegion(space_, data_).box(space_, model.fit().params[0]);
    const auto candidates = maximise(space_, model, model.acquisition(space_.stepped() ? kMargin : 0), box, legal, rng);
    std::size_t next = 0;
    auto picked = legal_.pick(rng, [&](Rng& stream) {
      if (next < candidates.size()) return space_.space().decode(candidates[next++].point);
      return space_.space().draw(uniform_point(stream, space_.space()));
    });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    Proposal proposal{.config = std::move(std::get<Config>(picked)), .note = "gp", .why = {}};
    if (objectives_ == 1 && model.refitted()) proposal.note = model.fit().note();
    proposal.why = reason(model, proposal.config);
    return proposal;
  }

  std::string reason(const GpModel& model, const Config& config) const {
    std::vector<double> row(model.width());
    model.row(space_.space().encode(config), row.data());
    std::string text = fmt::format("model of {} results", data_.results());
    if (objectives_ > 1) {
      text += " with weights of the objectives drawn anew";
    } else {
      const Expectation f = model.loss().at(row.data());
      const OutputTransform& t = model.transform();
      text += fmt::format(" expects a loss of {:.4g} ({:.4g} to {:.4g})", t.inverse(f.mean),
                          t.inverse(f.mean - f.deviation), t.inverse(f.mean + f.deviation));
      if (model.best()) text += fmt::format(", the best so far {:.4g}", t.inverse(*model.best()));
    }
    if (!model.best()) text += ", looking for a feasible one";
    const double feasible = model.acquisition().feasible(row.data());
    if (feasible < 1) text += fmt::format("; feasible with a chance of {:.0f} %", 100 * feasible);
    return text;
  }

  std::uint64_t seed_;
  std::size_t objectives_;
  GpSpace space_;
  std::size_t startup_;
  Opening opening_;
  Legal legal_;
  GpData data_;
  std::optional<GpFit> fit_;              // the newest that came back in a note
  mutable std::optional<GpModel> model_;  // memo: of what was told
};

std::unique_ptr<Searcher> make_gp(const SearchInputs& inputs, const Options& options) {
  return std::make_unique<Gp>(inputs, options);
}

}  // namespace

SearcherRow gp_row() {
  return {.name = "gp",
          .doc =
              "Gaussian process with expected improvement, noise allowed for. For dear trials: continuous, mixed and "
              "conditional spaces, "
              "up to a few hundred trials",
          .paper =
              "Jones, Schonlau, Welch, Efficient Global Optimization of Expensive Black-Box Functions, JGO 13, "
              "1998; Cowen-Rivers et al., HEBO, JAIR 74, 2022; Ament et al., Unexpected Improvements to Expected "
              "Improvement, NeurIPS 2023",
          .options = {whole("startup", 5, 2, 10000,
                            "results to wait for before the model is used, and up to 5 more where there are choices; "
                            "spread out until then")},
          .multi_objective = true,
          .make = make_gp};
}

}  // namespace hone
