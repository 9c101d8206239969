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

#include "search/flow2_ground.h"
#include "search/make.h"
#include "search/opening.h"
#include "space/option_rows.h"

namespace hone {
namespace {

class Cfo final : public Searcher {
 public:
  Cfo(const SearchInputs& inputs, const Options& options)
      : seed_(inputs.seed),
        first_step_(option_float(options, "step")),
        starts_(static_cast<std::size_t>(option_int(options, "starts"))),
        opening_(inputs.space, inputs.seed, "cfo"),
        ground_(inputs.space, inputs.seed) {}

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    Rng rng = Rng::stream(seed_, "cfo", static_cast<std::uint64_t>(ask.trial));
    if (thread_) return step(ask, rng);
    if (ground_.cheap() && restarts_ == 0)
      return proposal(ground_.cheapest(rng), "start", "the low_cost values, to begin with");
    return spread(ask, rng);
  }

  void tell(const Trial& trial, Change change, std::string_view note) override {
    ground_.tell(trial, change);
    const LocalResult result(trial, change);
    const Note own = read(note);
    if (thread_ && own.move) {
      if (change == Change::Started) thread_->started(trial.id, *own.move);
      thread_->told(ground_.walk(), trial, result, *own.move);
    } else if (thread_ && own.current) {
      thread_->adopt(ground_.walk(), trial, result);
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

  /// "RESTART start" or "RESTART MOVE".
  Note read(std::string_view note) const {
    if (note.empty()) return {};
    int restart = -1;
    const char* end = note.data() + note.size();
    const auto parsed = std::from_chars(note.data(), end, restart);
    if (parsed.ec != std::errc() || restart != restarts_ || parsed.ptr == end) return {.current = false, .move = {}};
    return {.current = true, .move = Flow2Move::parse(std::string_view(parsed.ptr + 1, end))};
  }

  std::variant<Proposal, Wait, Exhausted> spread(const Ask& ask, Rng& rng) const {
    auto answer = opening_.propose(ask, rng, ground_.legal(), gathered_.size(), starts_);
    if (auto* start = std::get_if<Proposal>(&answer)) start->note = fmt::format("{} start", restarts_);
    return answer;
  }

  std::variant<Proposal, Wait, Exhausted> step(const Ask& ask, Rng& rng) const {
    const Flow2Move move = thread_->next(seed_, ask.trial);
    return proposal(ground_.reach(*thread_, move, rng), move.text(),
                    fmt::format("thread {} {}", restarts_ + 1, thread_->why(move)));
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
    if (ground_.cheap() && restarts_ == 0) {  // steps need not wait for the first result
      thread_.emplace(ground_.walk(), Incumbent{trial.id, trial.config, result}, first_step_);
      return;
    }
    if (!result.judged() || result.lost()) return;
    gathered_.insert(trial.id);
    if (!start_ || better(result, start_->result)) start_ = Incumbent{trial.id, trial.config, result};
    if (gathered_.size() >= starts_ && start_->result.known()) thread_.emplace(ground_.walk(), *start_, first_step_);
  }

  void restart() {
    ++restarts_;
    gathered_.clear();
    start_.reset();
    thread_.reset();
    if (restarts_ % 2 == 1) thread_.emplace(ground_.walk(), *best_, first_step_);
  }

  std::uint64_t seed_;
  double first_step_;
  std::size_t starts_;
  Opening opening_;
  Flow2Ground ground_;
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
