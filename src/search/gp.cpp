// Bayesian optimisation with a Gaussian process: Jones, Schonlau, Welch, "Efficient Global Optimization of Expensive
// Black-Box Functions", JGO 13, 1998, with what came since:
//   lengthscale prior    Hvarfner, Hellsten, Nardi, ICML 2024                       model/gp_fit.h
//   output transform     Cowen-Rivers et al., "HEBO", JAIR 74, 2022                 model/transform.h
//   log EI               Ament et al., NeurIPS 2023                                 model/improvement.h
//   feasibility          Gardner et al., ICML 2014                                  model/acquisition.h
//   mixed spaces         Daxberger et al., "MiVaBO", IJCAI 2020; Wan et al., "CASMOPOLITAN", ICML 2021: steps in the
//                        discrete and climbs in the continuous part, in turn         search/gp_search.h
// Trials of all fidelities are data: how far one came is a column of the kernel, and proposals are judged at the
// furthest fidelity seen. Pending trials are believed to get what the model expects of them (Ginsbourger, Le Riche,
// Carraro, "Kriging Is Well-Suited to Parallelize Optimization", 2010).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "search/gp_search.h"
#include "search/make.h"
#include "search/opening.h"
#include "search/rows.h"
#include "space/legal.h"

namespace hone {
namespace {

class Gp final : public Searcher {
 public:
  Gp(const SearchInputs& inputs, const Options& options)
      : seed_(inputs.seed),
        max_(inputs.max),
        space_(inputs.space),
        startup_(static_cast<std::size_t>(option_int(options, "startup"))),
        opening_(inputs.space, inputs.seed, "gp"),
        legal_(inputs.space),
        data_(inputs.space, inputs.objectives) {}

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    Rng rng = Rng::stream(seed_, "gp", static_cast<std::uint64_t>(ask.trial));
    if (space_.size() == 0 || data_.results() < startup_)
      return opening_.propose(ask, rng, legal_, data_.results(), startup_);
    return model(rng);
  }

  void tell(const Trial& trial, Change change, std::string_view note) override {
    if (is_new(trial, change)) legal_.tried(trial.config);
    data_.tell(trial, change);
    if (auto fit = GpFit::read(note, width()); fit && (!fit_ || fit->results >= fit_->results)) fit_ = std::move(fit);
    model_.reset();
  }

  std::optional<Belief> belief(const Config& config) const override {
    if (data_.results() < startup_ || space_.size() == 0) return std::nullopt;
    const GpModel& model = fitted();
    std::vector<double> row(model.width());
    model.row(space_.space().encode(config), row.data());
    const Normal1 f = model.loss().at(row.data());
    const double mean = model.transform().inverse(f.mean);
    const double spread =
        model.transform().inverse(f.mean + f.deviation) - model.transform().inverse(f.mean - f.deviation);
    return Belief{.mean = {mean},
                  .deviation = {spread / 2},
                  .acquisition = model.acquisition().at(row.data()),
                  .feasible = model.acquisition().feasible(row.data())};
  }

 private:
  std::size_t width() const { return space_.size() + (max_ > 1 ? 1 : 0); }

  const GpModel& fitted() const {
    if (!model_) model_.emplace(space_, data_, fit_, max_);
    return *model_;
  }

  std::variant<Proposal, Wait, Exhausted> model(Rng& rng) const {
    const GpModel& model = fitted();
    std::set<std::vector<double>> known;  // NaN of inactive ones never equals: made comparable
    const auto comparable = [](std::vector<double> point) {
      for (double& u : point) u = std::isnan(u) ? -1 : u;
      return point;
    };
    for (const auto& [id, entry] : data_.entries()) known.insert(comparable(entry.point));
    const bool check = space_.space().finite() || !space_.space().constraints().empty();
    const auto candidates = maximise(
        space_, model,
        [&](const std::vector<double>& point) {
          return !known.contains(comparable(point)) && (!check || legal_.fresh(space_.space().decode(point)));
        },
        rng);
    std::size_t next = 0;
    auto picked = legal_.pick(rng, [&](Rng& stream) {
      if (next < candidates.size()) return space_.space().decode(candidates[next++].point);
      return space_.space().draw(uniform_point(stream, space_.space()));
    });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    Proposal proposal{
        .config = std::move(std::get<Config>(picked)), .note = model.refitted() ? model.fit().note() : "gp", .why = {}};
    std::vector<double> row(model.width());
    model.row(space_.space().encode(proposal.config), row.data());
    const Normal1 f = model.loss().at(row.data());
    proposal.why =
        fmt::format("model of {} results expects {:.4g} (between {:.4g} and {:.4g}), the best so far {:.4g}",
                    data_.results(), model.transform().inverse(f.mean), model.transform().inverse(f.mean - f.deviation),
                    model.transform().inverse(f.mean + f.deviation), model.transform().inverse(model.best()));
    return proposal;
  }

  std::uint64_t seed_;
  Resource max_;
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
  return {
      .name = "gp",
      .doc =
          "Gaussian process with expected improvement. For dear trials: continuous, mixed and conditional spaces, "
          "up to a few hundred trials",
      .paper =
          "Jones, Schonlau, Welch, Efficient Global Optimization of Expensive Black-Box Functions, JGO 13, "
          "1998; Cowen-Rivers et al., HEBO, JAIR 74, 2022; Ament et al., Unexpected Improvements to Expected "
          "Improvement, NeurIPS 2023",
      .options = {whole("startup", 5, 2, 10000, "results to wait for before the model is used; spread out until then")},
      .multi_objective = false,
      .make = make_gp};
}

}  // namespace hone
