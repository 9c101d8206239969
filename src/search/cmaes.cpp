#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "model/cma.h"
#include "model/cma_choice.h"
#include "model/cma_margin.h"
#include "model/cma_restart.h"
#include "search/cmaes_axes.h"
#include "search/generation.h"
#include "search/make.h"
#include "search/rows.h"
#include "space/legal.h"

namespace hone {
namespace {

constexpr std::uint64_t kDraws = 128;  // streams of a trial: more than Legal asks for

struct CmaesOptions {
  double sigma;
  int population;
  bool restarts;
};

class Cmaes final : public Searcher {
 public:
  Cmaes(const SearchInputs& inputs, const Options& options)
      : seed_(inputs.seed),
        sigma_(option_float(options, "sigma")),
        restart_(option_bool(options, "restarts")),
        axes_(inputs.space),
        space_(inputs.space),
        legal_(inputs.space),
        generation_(inputs.space),
        middle_(middle_of(inputs.space, axes_)),
        restarts_(population_of(options, axes_)) {
    begin(middle_.numbers);
  }

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    std::uint64_t draw = 0;
    Config own;
    CmaPoint point;
    Rng repair = Rng::stream(seed_, "cmaes repair", static_cast<std::uint64_t>(ask.trial));
    auto picked = legal_.pick(repair, [&](Rng&) {
      sample(ask.trial, draw++, point);
      return own = axes_.decode(point);
    });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    Proposal proposal{.config = std::move(std::get<Config>(picked)), .note = "repaired", .why = {}};
    if (proposal.config != own) {
      proposal.why = "no sample was free; the nearest legal configuration";
    } else {
      proposal.note = fmt::format("{}.{}", updates_, draw - 1);
      proposal.why = first() ? "the middle of the space, to begin with" : why_;
    }
    return proposal;
  }

  void tell(const Trial& trial, Change change, std::string_view note) override {
    if (is_new(trial, change)) legal_.tried(trial.config);
    if (change == Change::Started) remember(trial.id, note);
    if (!generation_.tell(trial, change)) return;
    if (generation_.size() >= static_cast<std::size_t>(lambda_)) update();
  }

 private:
  struct Sample {
    CmaPoint point;
    std::uint64_t update;  // of which distribution
  };

  static CmaPoint middle_of(const Space& space, const CmaAxes& axes) {
    const std::vector<double> half(space.free().size(), 0.5);
    return axes.encode(space.encode(space.draw(half)), Eigen::VectorXd::Constant(axes.numbers(), 0.5));
  }
  static int population_of(const Options& options, const CmaAxes& axes) {
    const auto given = static_cast<int>(option_int(options, "population"));
    return given > 0 ? std::max(given, 4) : cma_lambda(std::max(1, axes.numbers() + axes.choices()));
  }

  bool first() const { return updates_ == 0 && !started_; }

  /// Draw number `draw` for a trial, from the current distribution. The very first is its middle.
  void sample(TrialId trial, std::uint64_t draw, CmaPoint& point) const {
    Rng rng = Rng::stream(seed_, "cmaes", static_cast<std::uint64_t>(trial) * kDraws + draw);
    if (draw == 0 && first()) {
      point = middle_;
      point.options = choice_->likeliest();
      return;
    }
    if (cma_) cma_->sample(rng, point.numbers);
    choice_->sample(rng, point.options);
  }

  /// A trial that was sampled from the current distribution: which point it was, beyond what its configuration says.
  void remember(TrialId trial, std::string_view note) {
    std::uint64_t update = 0, draw = 0;
    const char* const end = note.data() + note.size();
    const auto [dot, wrong] = std::from_chars(note.data(), end, update);
    if (wrong != std::errc() || dot == end || std::from_chars(dot + 1, end, draw).ec != std::errc()) return;
    if (update != updates_ || draw >= kDraws || pending_.contains(trial)) return;
    Sample& kept = pending_[trial];
    kept.update = update;
    sample(trial, draw, kept.point);
    started_ = true;
  }

  void update() {
    const CmaRates& rates = cma_ ? cma_->rates() : *rates_;
    best_.clear();
    losses_.clear();
    int i = 0;
    for (const Standing& standing : generation_.ranked()) {
      const auto found = pending_.find(standing.id);
      const bool own = found != pending_.end();
      const CmaPoint point = own ? std::move(found->second.point)
                                 : axes_.encode(generation_.point(standing.id), cma_ ? cma_->mean() : middle_.numbers);
      foreign_[static_cast<std::size_t>(i)] = !own || found->second.update != updates_;
      if (own) pending_.erase(found);
      if (cma_) points_.col(i) = point.numbers;
      if (i < rates.mu) best_.push_back(point.options);
      const bool good = standing.tier == Standing::Tier::Loss && standing.violation == 0;
      losses_.push_back(good ? standing.loss : std::numeric_limits<double>::infinity());
      restarts_.evaluated();
      ++i;
    }
    generation_.clear();
    ++updates_;
    choice_->update(best_, rates.weights);
    if (cma_) {
      margin_->centre(points_, *cma_, rates.mu);
      cma_->update(points_, foreign_);
      margin_->correct(*cma_);
      const auto over = stops_->after(*cma_, losses_);
      if (restart_ && (over || restarts_.spent())) restart();
    }
    describe();
  }

  void restart() {
    const auto number = static_cast<std::uint64_t>(restarts_.run().number) + 1;
    restarts_.next(Rng::stream(seed_, "cmaes restart", number));
    Rng rng = Rng::stream(seed_, "cmaes start", number);
    Eigen::VectorXd mean(axes_.numbers());
    for (double& x : mean) x = rng.uniform();
    pending_.clear();  // what is on its way belongs to the run before; it will come in as somebody else's
    begin(mean);
  }

  void begin(const Eigen::VectorXd& mean) {
    const CmaRun& run = restarts_.run();
    lambda_ = run.lambda;
    const int n = axes_.numbers();
    const double share = cma_margin(static_cast<int>(axes_.ladders().size()) + axes_.choices());
    choice_.emplace(axes_.chances(), share);
    margin_.emplace(axes_.ladders(), share);
    foreign_.assign(static_cast<std::size_t>(lambda_), 0);
    if (n == 0) {
      rates_.emplace(1, lambda_, false);
    } else {
      const double sigma = sigma_ * run.shrink;
      cma_.emplace(CmaSetup{.mean = mean,
                            .sigma = Eigen::VectorXd::Constant(n, sigma),
                            .lambda = lambda_,
                            .separable = getenv("SEP") != nullptr,
                            .largest = 0.5});
      stops_.emplace(n, lambda_, sigma);
      points_.resize(n, lambda_);
      margin_->correct(*cma_);
    }
    describe();
  }

  void describe() {
    why_ = fmt::format("drawn from what the best of {} generations left", updates_);
    if (updates_ == 0) why_ = "drawn around the middle of the space";
  }

  std::uint64_t seed_;
  double sigma_;
  bool restart_;
  CmaAxes axes_;
  Space space_;
  Legal legal_;
  Generation generation_;
  CmaPoint middle_;

  CmaRestarts restarts_;
  int lambda_ = 0;
  std::optional<Cma> cma_;         // none if there is no number
  std::optional<CmaRates> rates_;  // then these
  std::optional<CmaMargin> margin_;
  std::optional<CmaChoice> choice_;
  std::optional<CmaStops> stops_;
  std::map<TrialId, Sample> pending_;
  std::uint64_t updates_ = 0;
  bool started_ = false;
  std::string why_;

  // Of one update.
  Eigen::MatrixXd points_;
  std::vector<char> foreign_;
  std::vector<std::vector<int>> best_;
  std::vector<double> losses_;
};

std::unique_ptr<Searcher> make_cmaes(const SearchInputs& inputs, const Options& options) {
  return std::make_unique<Cmaes>(inputs, options);
}

}  // namespace

SearcherRow cmaes_row() {
  return {.name = "cmaes",
          .doc = "moves and shapes a cloud of samples towards the best ones. For numbers, 50 trials to many thousands",
          .paper =
              "Hansen, The CMA Evolution Strategy: A Tutorial, arXiv:1604.00772, 2016; Hamano, Saito, Nomura, Uchida, "
              "Shirakawa, CatCMA with Margin, GECCO 2025; Hansen, BI-population CMA-ES, GECCO workshops 2009",
          .options = {real("sigma", 0.2, 1e-6, 1, "first step size, as a share of each range"),
                      whole("population", 0, 0, 100000, "trials of a generation; 0: 4 + 3 ln(parameters)"),
                      yes_no("restarts", true, "begin anew somewhere else when a run has converged (BIPOP)")},
          .multi_objective = false,
          .make = make_cmaes};
}

}  // namespace hone
