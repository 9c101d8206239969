// CFO: Wu, Wang, Huang, "Frugal Optimization for Cost-related Hyperparameters", AAAI 2021: FLOW2 (search/flow2.h) from a
// cheap place, started again where it has converged. Costs do not enter as numbers: the thread begins at the `low_cost`
// values and goes to dearer places only as far as they are better, which bounds what it spends (proposition 2).
//
// Where no parameter has a low_cost there is no cheap place, and FLOW2 begins at the best of a few that are spread out.
// A thread that has converged is followed by one from the best trial of all with a large step, and the next time by one
// from new starts, by turns: basins beside each other are found by the first, others by the second.
#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <set>

#include "search/flow2.h"
#include "search/make.h"
#include "search/opening.h"
#include "search/rows.h"
#include "space/legal.h"

namespace hone {
namespace {

class Cfo final : public Searcher {
 public:
  Cfo(const SearchInputs& inputs, const Options& options)
      : space_(inputs.space),
        seed_(inputs.seed),
        first_step_(option_float(options, "step")),
        starts_(static_cast<std::size_t>(option_int(options, "starts"))),
        cheap_(cheap_start(inputs.space)),
        walk_(inputs.space),
        opening_(inputs.space, inputs.seed, "cfo"),
        legal_(inputs.space) {}

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    Rng rng = Rng::stream(seed_, "cfo", static_cast<std::uint64_t>(ask.trial));
    if (thread_) return step(ask, rng);
    return cheap_ && restarts_ == 0 ? cheapest(rng) : spread(ask, rng);
  }

  void tell(const Trial& trial, Change change, std::string_view note) override {
    if (is_new(trial, change)) {
      legal_.tried(trial.config);
      seen_.insert(trial.config);
    }
    const LocalResult result(trial, change);
    const Note own = read(note);
    if (thread_ && own.move) {
      if (change == Change::Started) thread_->started(trial.id, *own.move);
      thread_->told(walk_, trial, result, *own.move);
    } else if (thread_ && own.current) {
      thread_->adopt(walk_, trial, result);
    } else if (own.current) {
      gather(trial, result);
    }
    if (!best_ || trial.id == best_->id || (result.judged() && better(result, best_->result)))
      best_ = Incumbent{trial.id, trial.config, result};
    if (thread_ && thread_->converged()) restart();
  }

 private:
  struct Note {
    bool current = true;  // not of a thread or start from before the last restart
    std::optional<Flow2Move> move;
  };

  /// The user's middle with the low_cost values; none if there are none.
  static std::optional<Config> cheap_start(const Space& space) {
    std::vector<double> unit = space.encode(space.draw(std::vector<double>(space.free().size(), 0.5)));
    bool cheap = false;
    for (int round = 0; round < 2; ++round) {  // twice: a cheap option may make others active
      for (std::size_t k = 0; k < unit.size(); ++k) {
        const std::size_t param = space.free()[k];
        Config config = space.decode(unit);
        if (!space.params()[param].low_cost || config[param].index() == 0) continue;
        config[param] = *space.params()[param].low_cost;
        unit[k] = space.encode(config)[k];
        cheap = true;
      }
    }
    return cheap ? std::optional(space.decode(unit)) : std::nullopt;
  }

  /// "RESTART start" or "RESTART MOVE".
  Note read(std::string_view note) const {
    if (note.empty()) return {};
    int restart = -1;
    const char* end = note.data() + note.size();
    const auto parsed = std::from_chars(note.data(), end, restart);
    if (parsed.ec != std::errc() || restart != restarts_ || parsed.ptr == end) return {.current = false, .move = {}};
    return {.current = true, .move = Flow2Move::parse(std::string_view(parsed.ptr + 1, end))};
  }

  std::variant<Proposal, Wait, Exhausted> cheapest(Rng& rng) const {
    auto picked = legal_.pick(rng, [this, first = true](Rng& stream) mutable {
      return std::exchange(first, false) ? *cheap_ : space_.draw(uniform_point(stream, space_));
    });
    return proposal(std::move(picked), "start", "the low_cost values, to begin with");
  }

  std::variant<Proposal, Wait, Exhausted> spread(const Ask& ask, Rng& rng) const {
    auto answer = opening_.propose(ask, rng, legal_, gathered_.size(), starts_);
    if (auto* start = std::get_if<Proposal>(&answer)) start->note = fmt::format("{} start", restarts_);
    return answer;
  }

  std::variant<Proposal, Wait, Exhausted> step(const Ask& ask, Rng& rng) const {
    const Flow2Move move = thread_->next(seed_, ask.trial);
    auto picked = legal_.pick(rng, [&, attempt = 0](Rng& stream) mutable {
      Config config = thread_->place(walk_, seed_, move, attempt++, stream);
      while (seen_.contains(config) && attempt % kTries != 0)
        config = thread_->place(walk_, seed_, move, attempt++, stream);
      return config;
    });
    return proposal(std::move(picked), move.text(), fmt::format("thread {} {}", restarts_ + 1, thread_->why(move)));
  }

  std::variant<Proposal, Wait, Exhausted> proposal(std::variant<Config, Exhausted> picked, const std::string& note,
                                                   std::string why) const {
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    return Proposal{.config = std::move(std::get<Config>(picked)),
                    .note = fmt::format("{} {}", restarts_, note),
                    .why = std::move(why)};
  }

  /// A start, or somebody else's trial, while there is no thread.
  void gather(const Trial& trial, const LocalResult& result) {
    if (cheap_ && restarts_ == 0) {  // steps need not wait for the first result
      thread_.emplace(walk_, Incumbent{trial.id, trial.config, result}, first_step_);
      return;
    }
    if (!result.judged() || result.lost()) return;
    gathered_.insert(trial.id);
    if (!start_ || better(result, start_->result)) start_ = Incumbent{trial.id, trial.config, result};
    if (gathered_.size() >= starts_ && start_->result.known()) thread_.emplace(walk_, *start_, first_step_);
  }

  void restart() {
    ++restarts_;
    gathered_.clear();
    start_.reset();
    thread_.reset();
    if (restarts_ % 2 == 1) thread_.emplace(walk_, *best_, first_step_);
  }

  static constexpr int kTries = 20;  // for a place where nobody has been

  Space space_;
  std::uint64_t seed_;
  double first_step_;
  std::size_t starts_;
  std::optional<Config> cheap_;
  Flow2Walk walk_;
  Opening opening_;
  Legal legal_;
  std::set<Config> seen_;
  std::optional<Incumbent> best_, start_;  // of all; of gathered_
  std::set<TrialId> gathered_;             // since the last restart
  std::optional<Flow2> thread_;
  int restarts_ = 0;
};

std::unique_ptr<Searcher> make_cfo(const SearchInputs& inputs, const Options& options) {
  return std::make_unique<Cfo>(inputs, options);
}

}  // namespace

SearcherRow cfo_row() {
  return {
      .name = "cfo",
      .doc =
          "walks from a cheap start (`low_cost` of the parameters) to better places, dearer ones only if they are "
          "better. For trials whose cost depends on the parameters, and for quick improvement of something known",
      .paper = "Wu, Wang, Huang, Frugal Optimization for Cost-related Hyperparameters, AAAI 2021",
      .options = {whole("starts", 5, 1, 10000,
                        "results to begin at the best of, and when starting anew; 1 where parameters have a low_cost"),
                  real("step", 0.15, 0.0001, 1, "the first step, as a share of each parameter's range")},
      .multi_objective = false,
      .make = make_cfo};
}

}  // namespace hone
