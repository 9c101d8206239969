// CMA-ES for trials that come and go. The Gaussian and its update: model/cma.h; integers, steps and ordered choices:
// model/cma_margin.h; unordered choices: model/cma_choice.h; restarts: model/cma_restart.h.
//
// There is no barrier. Any number of trials may be sampled from the current distribution, and it moves on as soon as lambda
// trials have ended since the last time, whoever proposed them: those of an earlier distribution and those of others are
// injected (Hansen 2011). A sample is a function of (seed, trial, draw) and the distribution, which the note names; so
// tell() can draw it again, with what the configuration does not say: where beyond a bound, where within a level.
//
// Among the samples come trials where a quadratic through the latest ones is least (Hansen 2019, model/cma_surrogate.h):
// every other one while they are better than all before, ever fewer while not.
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
#include "model/cma_surrogate.h"
#include "search/cmaes_axes.h"
#include "search/generation.h"
#include "search/make.h"
#include "space/legal.h"
#include "space/option_rows.h"

namespace hone {
namespace {

constexpr std::uint64_t kDraws = 128;                // streams of a trial: more than Legal asks for
constexpr std::uint64_t kModel = ~std::uint64_t{0};  // in place of a distribution: the quadratic model's
// At first only the diagonal of the covariance is learnt, (n + 2) / 3 times as fast (Ros and Hansen 2008), and beyond this
// dimension for good: there the full matrix takes some 10 n^2 > 100 000 trials to learn, and O(n^2) each.
constexpr int kSeparable = 100;

class Cmaes final : public Searcher {
 public:
  Cmaes(const SearchInputs& inputs, const Options& options)
      : seed_(inputs.seed),
        sigma_(option_float(options, "sigma")),
        restart_(option_bool(options, "restarts")),
        use_model_(option_bool(options, "model")),
        axes_(inputs.space),
        space_(inputs.space),
        legal_(inputs.space),
        generation_(inputs.space),
        middle_(middle_of(inputs.space, axes_)),
        restarts_(population_of(options, axes_)) {
    begin(middle_.numbers);
    if (cma_) surrogate_.emplace(cma_->size(), axes_.options());
  }

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    std::uint64_t draw = 0;
    Config own;
    CmaPoint point;
    bool modelled = false;
    Rng repair = Rng::stream(seed_, "cmaes repair", static_cast<std::uint64_t>(ask.trial));
    auto picked = legal_.pick(repair, [&](Rng&) {
      modelled = draw == 0 && candidate_;
      if (!modelled) sample(ask.trial, draw, point);
      ++draw;
      return own = axes_.decode(modelled ? *candidate_ : point);
    });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    Proposal proposal{.config = std::move(std::get<Config>(picked)), .note = "repaired", .why = {}};
    if (proposal.config != own) {
      proposal.why = "no sample was free; the nearest legal configuration";
    } else if (modelled) {
      proposal.note = "model";
      proposal.why = "where a quadratic through the latest trials is least";
    } else {
      proposal.note = fmt::format("{}.{}", updates_, draw - 1);
      proposal.why = first() ? "the middle of the space, to begin with" : why_;
    }
    return proposal;
  }

  void tell(const Trial& trial, Change change, std::string_view note) override {
    if (is_new(trial, change)) legal_.tried(trial.config);
    if (change == Change::Started) remember(trial.id, note);
    const auto standing = generation_.tell(trial, change);
    if (modelled_ == trial.id && change == Change::Failed) modelled_.reset();  // perhaps lost: then nothing is learnt
    if (!standing) return;
    if (cma_) learn(*standing);
    if (generation_.size() >= static_cast<std::size_t>(lambda_)) update();
    if (cma_ && use_model_ && !candidate_ && !modelled_ && since_ >= gap_) model();
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
    if (note == "model" && candidate_ && !pending_.contains(trial)) {
      pending_[trial] = {std::move(*candidate_), kModel};
      candidate_.reset();
      modelled_ = trial;
      return;
    }
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

  /// The point behind a trial that has ended.
  CmaPoint point_of(TrialId trial) const {
    const std::vector<double>& unit = generation_.point(trial);
    CmaPoint seen = axes_.encode(unit, cma_ ? cma_->mean() : middle_.numbers);
    const auto found = pending_.find(trial);
    if (found != pending_.end()) seen.numbers = found->second.point.numbers;
    return seen;
  }

  void learn(const Standing& standing) {
    const bool from_model = pending_.contains(standing.id) && pending_.at(standing.id).update == kModel;
    if (!from_model) ++since_;
    const bool good = standing.tier == Standing::Tier::Loss && standing.violation == 0;
    const bool better = good && (!incumbent_ || standing < *incumbent_);
    if (from_model) {
      modelled_.reset();
      since_ = 0;
      // Better than all before; among the better half of its generation; neither.
      const auto& ranked = generation_.ranked();
      const auto place = std::distance(ranked.begin(), ranked.find(standing));
      const bool fair = good && 2 * place < static_cast<std::ptrdiff_t>(ranked.size());
      gap_ = better ? 1 : fair ? gap_ : std::min(2 * gap_, lambda_);
    }
    if (!good) return;
    // What was evaluated, not what was drawn: beyond a bound or within a level the loss is no function of the drawn numbers.
    CmaPoint point = axes_.encode(generation_.point(standing.id), cma_->mean());
    surrogate_->add(point.numbers, point.options, standing.loss, standing.at);
    if (!better) return;
    incumbent_ = standing;
    best_point_ = std::move(point);
    for (int& option : best_point_.options) option = std::max(option, 0);
  }

  /// The next trial is where the model says.
  void model() {
    auto minimum = surrogate_->minimum(*cma_);
    if (!minimum) return;
    axes_.confine(minimum->numbers);
    CmaPoint point{.numbers = std::move(minimum->numbers), .options = std::move(minimum->options)};
    since_ = 0;
    if (axes_.decode(point) == axes_.decode(best_point_)) return;
    candidate_ = std::move(point);
  }

  void update() {
    const CmaRates& rates = cma_ ? cma_->rates() : *rates_;
    best_.clear();
    losses_.clear();
    int i = 0;
    for (const Standing& standing : generation_.ranked()) {
      const auto found = pending_.find(standing.id);
      const bool own = found != pending_.end();
      CmaPoint point = point_of(standing.id);
      // The model repeats itself; what it says about the choices would drown the samples.
      if (own && found->second.update == kModel) std::fill(point.options.begin(), point.options.end(), -1);
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
      axes_.confine(cma_->mean());
      margin_->correct(*cma_);
      if (cma_->size() <= kSeparable && cma_->generation() == cma_->size() + 10) cma_->couple();
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
    modelled_.reset();
    candidate_.reset();
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
      // In many dimensions a sample is that much further from the mean: its length grows with the root of n.
      const double sigma = sigma_ * run.shrink * std::min(1.0, std::sqrt(6.0 / n));
      cma_.emplace(CmaSetup{.mean = mean,
                            .sigma = Eigen::VectorXd::Constant(n, sigma),
                            .lambda = lambda_,
                            .separable = true,
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
  bool restart_, use_model_;
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

  std::optional<CmaSurrogate> surrogate_;
  std::optional<CmaPoint> candidate_;  // of the model, not yet started
  std::optional<TrialId> modelled_;    // a trial of the model that has not ended
  std::optional<Standing> incumbent_;
  CmaPoint best_point_;      // its
  int since_ = 0, gap_ = 1;  // samples since the model's last trial, and how many there are to be
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
  return {
      .name = "cmaes",
      .doc = "moves and shapes a cloud of samples towards the best ones. For numbers, 50 trials to many thousands",
      .paper =
          "Hansen, The CMA Evolution Strategy: A Tutorial, arXiv:1604.00772, 2016; Hamano, Saito, Nomura, Uchida, "
          "Shirakawa, CatCMA with Margin, GECCO 2025; Hansen, BI-population CMA-ES, GECCO workshops 2009",
      .options = {real("sigma", 0.2, 1e-6, 1, "first step size, as a share of each range"),
                  whole("population", 0, 0, 100000, "trials of a generation; 0: 4 + 3 ln(parameters)"),
                  yes_no("model", true, "now and then a trial where a quadratic through the latest trials is least"),
                  yes_no("restarts", true, "begin anew somewhere else when a run has converged (BIPOP)")},
      .multi_objective = false,
      .make = make_cmaes};
}

}  // namespace hone
