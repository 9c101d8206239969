// BlendSearch: Wang, Wu, Huang, Saied, "Economical Hyperparameter Optimization With Blended Search Strategy", ICLR 2021.
//
// One global thread looks everywhere; local threads (FLOW2, search/flow2.h) begin at its good places. A thread S is
// known by l(S), its best loss, s(S), the loss that it gained per cost, and ECI(S), the cost to expect for the next
// improvement (blendsearch_thread.h). With b, the smallest ECI of all, its priority is b s(S) - l(S), what the loss would
// be if it went on.
//
// Other than in the paper the priority, which depends on how losses are scaled, decides a third of the trials only, the
// global thread and the best local one have a third each. The global searcher is told everybody's results, and local
// threads go to better places that it finds within their step.
#include <fmt/format.h>

#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/check.h"
#include "search/blendsearch_region.h"
#include "search/blendsearch_thread.h"
#include "search/make.h"
#include "space/option_rows.h"

namespace hone {
namespace {

using Answer = std::variant<Proposal, Wait, Exhausted>;

class BlendSearch final : public Searcher {
 public:
  BlendSearch(const SearchInputs& inputs, const Options& options)
      : seed_(inputs.seed),
        first_step_(option_float(options, "step")),
        starts_(static_cast<std::size_t>(option_int(options, "starts"))),
        ground_(inputs.space, inputs.seed) {
    const SearcherRow* row = find_searcher(option_word(options, "global"));
    HONE_CHECK(row != nullptr, "the option's words are names of searchers");
    auto defaults = check_options("searcher", row->options, {});
    HONE_CHECK(defaults.has_value(), "no options are no mistake");
    global_ = row->make(inputs, *defaults);
    if (ground_.cheap()) region_.emplace(ground_, first_step_);
  }

  Answer ask(const Ask& ask) const override {
    Rng rng = Rng::stream(seed_, "blendsearch", static_cast<std::uint64_t>(ask.trial));
    if (threads_ == 0 && ground_.cheap())
      return proposal(ground_.cheapest(rng), "0 cheap", "the low_cost values, to begin with");
    const Turn turn = choose(rng);
    if (turn.thread > 0) return local_step(ask, turn, rng);
    Answer answer = global_step(ask, turn);
    if (std::holds_alternative<Wait>(answer) && !locals_.empty())
      return local_step(ask, {best_local(), "while the global thread waits"}, rng);
    return answer;
  }

  void tell(const Trial& trial, Change change, std::string_view note) override {
    ground_.tell(trial, change);
    const LocalResult result(trial, change);
    const Note own = read(note);
    global_->tell(trial, change, own.thread == 0 && own.rest != "cheap" ? own.rest : std::string_view());
    if (own.thread == 0) {
      global_told(trial, result);
    } else if (const auto local = locals_.find(own.thread); local != locals_.end()) {
      if (const auto move = Flow2Move::parse(own.rest)) local_told(local, trial, change, result, *move);
    }
  }

  std::optional<Belief> belief(const Config& config) const override { return global_->belief(config); }

 private:
  struct Note {
    int thread = 0;  // 0: the global one, or somebody else's
    std::string_view rest;
  };
  struct Turn {
    int thread = 0;
    std::string why;
  };
  struct Local {
    Flow2 walk;
    ThreadRecord record;
  };
  using Locals = std::map<int, Local>;

  /// "THREAD REST", with the global searcher's own note or a move as the rest.
  static Note read(std::string_view note) {
    int thread = 0;
    const char* end = note.data() + note.size();
    const auto parsed = std::from_chars(note.data(), end, thread);
    if (parsed.ec != std::errc() || parsed.ptr == end || thread < 0) return {};
    return {.thread = thread, .rest = std::string_view(parsed.ptr + 1, end)};
  }

  static Answer proposal(std::variant<Config, Exhausted> picked, std::string note, std::string why) {
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    return Proposal{.config = std::move(std::get<Config>(picked)), .note = std::move(note), .why = std::move(why)};
  }

  Turn choose(Rng& rng) const {
    if (locals_.empty()) return {};
    switch (rng.below(3)) {
      case 0:
        return {0, ", whose turn it is"};
      case 1:
        return {best_local(), fmt::format("the best of {} by result", locals_.size())};
      default:
        return most_promising();
    }
  }

  int best_local() const {
    auto best = locals_.begin();
    for (auto it = locals_.begin(); it != locals_.end(); ++it)
      if (better(it->second.record.best(), best->second.record.best())) best = it;
    return best->first;
  }

  /// The thread with the largest priority; the oldest of them.
  Turn most_promising() const {
    const LocalResult* target = &global_record_.best();  // the best of all
    double fastest = global_record_.speed();
    for (const auto& [id, local] : locals_) {
      if (better(local.record.best(), *target)) target = &local.record.best();
      fastest = std::max(fastest, local.record.speed());
    }
    const auto speed = [&](const ThreadRecord& record) { return record.speed() > 0 ? record.speed() : fastest; };
    double budget = global_record_.cost_to_improve(*target, speed(global_record_));
    for (const auto& [id, local] : locals_)
      budget = std::min(budget, local.record.cost_to_improve(*target, speed(local.record)));
    // Losses count from that of the target.
    const auto priority = [&](const ThreadRecord& r) { return budget * speed(r) - target->gain_over(r.best()); };
    int best = 0;
    double most = priority(global_record_);
    for (const auto& [id, local] : locals_) {
      if (!(priority(local.record) > most)) continue;
      most = priority(local.record);
      best = id;
    }
    if (best == 0) return {0, ", which promises most by result and speed of improvement"};
    return {best, fmt::format("promises most of {} by result and speed of improvement", locals_.size())};
  }

  Answer global_step(const Ask& ask, const Turn& turn) const {
    Answer answer = global_->ask(ask);
    auto* own = std::get_if<Proposal>(&answer);
    if (!own) return answer;
    own->note.insert(0, "0 ");
    std::string near;
    if (region_) {
      Config config = ground_.space().decode(region_->clamp(ground_.space().encode(own->config)));
      if (config != own->config && ground_.legal().fresh(config) && !ground_.tried(config)) {
        own->config = std::move(config);
        near = ", kept within reach of what is cheap";
      }
    }
    own->why = fmt::format("global thread{}{}: {}", turn.why, near, own->why);
    return answer;
  }

  Answer local_step(const Ask& ask, const Turn& turn, Rng& rng) const {
    const Flow2& walk = locals_.at(turn.thread).walk;
    const Flow2Move move = walk.next(seed_, ask.trial);
    return proposal(ground_.reach(walk, move, rng), fmt::format("{} {}", turn.thread, move.text()),
                    fmt::format("local thread {} ({}) {}", turn.thread, turn.why, walk.why(move)));
  }

  void local_told(Locals::iterator at, const Trial& trial, Change change, const LocalResult& result,
                  const Flow2Move& move) {
    Local& local = at->second;
    if (change == Change::Started) local.walk.started(trial.id, move);
    const bool moved = local.walk.told(ground_.walk(), trial, result, move);
    local.record.add(trial.id, result.cost(), result);
    if (region_) region_->include(ground_.space().encode(trial.config));
    if (local.walk.converged()) {
      if (region_) region_->expand();
      locals_.erase(at);
    } else if (moved) {
      merge(at->first);
    }
  }

  /// A trial of the global thread or of somebody else: a local thread may go there, or begin there.
  void global_told(const Trial& trial, const LocalResult& result) {
    if (result.lost()) return;
    global_record_.add(trial.id, result.cost(), result);
    const bool first_cheap = ground_.cheap() && threads_ == 0;  // its thread need not wait for the result
    if (first_cheap) return spawn({trial.id, trial.config, result});
    if (!result.judged()) return;
    const std::vector<double> point = ground_.space().encode(trial.config);
    for (auto& [id, local] : locals_) {
      if (trial.id != local.walk.incumbent().id && !local.walk.reaches(ground_.walk(), point)) continue;
      if (!local.walk.adopt(ground_.walk(), trial, result)) return;
      local.record.add(trial.id, 0, result);
      return merge(id);
    }
    if (!judged_.insert(trial.id).second) return;  // had its chance
    if (!start_ || better(result, start_->result)) start_ = Incumbent{trial.id, trial.config, result};
    if (threads_ == 0) {
      if (judged_.size() >= starts_ && start_->result.known()) spawn(*start_);
    } else if (result.known() && better_than_half(result)) {
      spawn({trial.id, trial.config, result});
    }
  }

  void spawn(Incumbent start) {
    ThreadRecord record(start.result);
    locals_.emplace(++threads_, Local{Flow2(ground_.walk(), std::move(start), first_step_), std::move(record)});
  }

  bool better_than_half(const LocalResult& result) const {
    std::size_t worse = 0;
    for (const auto& [id, local] : locals_) worse += better(result, local.record.best()) ? 1 : 0;
    return locals_.empty() || (worse > 0 && 2 * worse >= locals_.size());
  }

  /// Threads that have come together go on as one: the better one, in a tie the one that moved.
  void merge(int moved) {
    for (auto it = locals_.begin(); it != locals_.end();) {
      const Flow2 &mine = locals_.at(moved).walk, &other = it->second.walk;
      if (it->first == moved ||
          (!mine.reaches(ground_.walk(), other.point()) && !other.reaches(ground_.walk(), mine.point()))) {
        ++it;
        continue;
      }
      if (better(other.incumbent().result, mine.incumbent().result)) {
        locals_.erase(moved);
        return;
      }
      it = locals_.erase(it);
    }
  }

  std::uint64_t seed_;
  double first_step_;
  std::size_t starts_;
  Flow2Ground ground_;
  std::unique_ptr<Searcher> global_;
  std::optional<AdmissibleRegion> region_;  // where a cheap start is known
  ThreadRecord global_record_;
  Locals locals_;
  int threads_ = 0;                 // that have begun so far
  std::set<TrialId> judged_;        // of the global thread or somebody else
  std::optional<Incumbent> start_;  // the best of them
};

std::unique_ptr<Searcher> make_blendsearch(const SearchInputs& inputs, const Options& options) {
  return std::make_unique<BlendSearch>(inputs, options);
}

}  // namespace

SearcherRow blendsearch_row() {
  return {
      .name = "blendsearch",
      .doc =
          "a global searcher looks everywhere and local ones (cfo) begin at its good places; who improves faster "
          "for its cost goes on. For costs that depend on the parameters, and as an all-rounder",
      .paper = "Wang, Wu, Huang, Saied, Economical Hyperparameter Optimization With Blended Search Strategy, ICLR 2021",
      .options = {word("global", "tpe", {"gp", "tpe"}, "the searcher that looks everywhere"),
                  whole("starts", 5, 1, 10000,
                        "results before the first local thread begins; 1 where parameters have a low_cost"),
                  real("step", 0.15, 0.0001, 1, "a local thread's first step, as a share of each parameter's range")},
      .multi_objective = false,
      .make = make_blendsearch};
}

}  // namespace hone
