// `auto`: which searcher where. A table of what did best on problems of each kind (docs/benchmarks.md), and what the
// study's own results say about it.
//
// Two searchers share the trials: the one that is best on problems of this kind, and one that fails on other problems than
// the first. Both hear of every trial. Who proposes next is decided by what their proposals were worth so far: a trial
// is worth 1 if none before it was better, falling to 0 where half of them were; with k objectives, where one in 2^k was
// better in all of them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "search/history.h"
#include "search/make.h"
#include "space/legal.h"
#include "space/option_rows.h"

namespace hone {
namespace {

/// What is known of a study before it begins.
struct Kind {
  std::size_t dimensions = 0;  // free parameters with more than one value
  bool conditional = false;
  bool continuous = true;  // no choices and no parameter with few levels
  int objectives = 1;
  bool fidelity = false;
  int slots = 1;
  bool low_cost = false;  // the user knows where trials are cheap
  bool long_study = false;
};

constexpr std::int64_t kLongStudy = 2000;  // trials: then one costs little, and a suggestion may not cost more

Kind kind_of(const SearchInputs& inputs) {
  Kind kind;
  const Space& space = inputs.space;
  for (std::size_t k = 0; k < space.free().size(); ++k) {
    const Param& param = space.params()[space.free()[k]];
    const std::uint64_t levels = space.levels(k);
    if (levels == 1) continue;
    ++kind.dimensions;
    kind.low_cost = kind.low_cost || param.low_cost.has_value();
    kind.conditional = kind.conditional || !param.when.empty();
    kind.continuous = kind.continuous && (levels == 0 || levels > 100);
  }
  kind.objectives = inputs.objectives;
  kind.fidelity = inputs.max > 1;
  kind.slots = inputs.slots;
  kind.long_study = inputs.trials.value_or(0) >= kLongStudy;
  return kind;
}

struct Pair {
  std::string first, second;
  std::string why;
};

constexpr int kManySlots = 64;

/// A Gaussian process over more results costs more than it finds: more than the trials themselves in a long study.
std::size_t many_results(const Kind& kind) { return kind.long_study ? 100 : 500; }

Pair pair_for(const Kind& kind, std::size_t results) {
  if (kind.objectives > 1) {
    if (kind.slots > kManySlots || results > many_results(kind)) return {"tpe", "nsga2", "several objectives"};
    return kind.fidelity ? Pair{"tpe", "gp", "several objectives, trials of different length"}
                         : Pair{"gp", "tpe", "several objectives"};
  }
  if (kind.slots > kManySlots) return {"tpe", "random", fmt::format("{} slots", kind.slots)};
  if (results > many_results(kind)) {
    const std::string many =
        fmt::format("more than {} results{}", many_results(kind), kind.long_study ? " of a long study" : "");
    if (kind.continuous && !kind.conditional) return {"cmaes", "tpe", many + ", all numbers"};
    return {"tpe", "cmaes", many};
  }
  if (kind.fidelity) return {"gp", "tpe", "trials of different length"};
  if (kind.low_cost) return {"cfo", "gp", "low_cost is given: trials cost differently"};
  return {"gp", "cmaes", kind.conditional ? "a conditional space" : fmt::format("{} parameters", kind.dimensions)};
}

struct Credit {
  double worth = 1, tries = 1;  // forgotten by kFade a trial
};
constexpr double kFade = 0.9;

class Auto final : public Searcher {
 public:
  explicit Auto(const SearchInputs& inputs)
      : inputs_(inputs), kind_(kind_of(inputs)), legal_(inputs.space), history_(inputs.space) {
    for (const std::size_t results : {std::size_t{0}, many_results(kind_) + 1}) {
      const Pair pair = pair_for(kind_, results);
      for (const std::string& name : {pair.first, pair.second}) arm(name);
    }
  }

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    const Pair pair = pair_for(kind_, history_.with_loss());
    const std::string* picked = &chosen(pair, ask.trial);
    auto answer = arms_.at(*picked)->ask(ask);
    if (repeats(answer)) {  // each keeps away from what it knows to run, but two may think alike
      picked = picked == &pair.first ? &pair.second : &pair.first;
      answer = arms_.at(*picked)->ask(ask);
    }
    if (repeats(answer)) answer = random_draw(ask);
    const std::string& name = *picked;
    if (auto* proposal = std::get_if<Proposal>(&answer)) {
      proposal->note = name + "|" + proposal->note;
      proposal->why = fmt::format("{} ({}; worth so far {} {:.2f}, {} {:.2f}): {}", name, pair.why, pair.first,
                                  worth(pair.first), pair.second, worth(pair.second), proposal->why);
    }
    return answer;
  }

  void tell(const Trial& trial, Change change, std::string_view note) override {
    const std::size_t bar = note.find('|');
    const std::string_view author = bar == std::string_view::npos ? std::string_view() : note.substr(0, bar);
    const bool ended = change == Change::Paused || change == Change::Stopped || change == Change::Completed;
    if (!author.empty() && ended && !trial.reports.empty()) reward(trial, change, std::string(author));
    history_.tell(trial, change);
    if (is_new(trial, change)) {
      legal_.tried(trial.config);
      known_.insert(trial.config);
    }
    for (const auto& [name, searcher] : arms_)
      searcher->tell(trial, change, name == author ? note.substr(bar + 1) : std::string_view());
  }

  std::optional<Belief> belief(const Config& config) const override {
    const Pair pair = pair_for(kind_, history_.with_loss());
    for (const std::string* name : {&pair.first, &pair.second})
      if (auto belief = arms_.at(*name)->belief(config)) return belief;
    return std::nullopt;
  }

 private:
  bool repeats(const std::variant<Proposal, Wait, Exhausted>& answer) const {
    const auto* proposal = std::get_if<Proposal>(&answer);
    return proposal && known_.contains(proposal->config);
  }

  std::variant<Proposal, Wait, Exhausted> random_draw(const Ask& ask) const {
    Rng rng = Rng::stream(inputs_.seed, "auto", static_cast<std::uint64_t>(ask.trial));
    auto picked =
        legal_.pick(rng, [this](Rng& stream) { return inputs_.space.draw(uniform_point(stream, inputs_.space)); });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    return Proposal{
        .config = std::move(std::get<Config>(picked)), .note = "random", .why = "what they want runs already"};
  }

  void arm(const std::string& name) {
    if (arms_.contains(name)) return;
    const SearcherRow* row = find_searcher(name);
    arms_.emplace(name, row->make(inputs_, *check_options(name, row->options, {})));
  }

  double worth(const std::string& name) const {
    const auto found = credits_.find(name);
    return found == credits_.end() ? 1 : found->second.worth / found->second.tries;
  }

  /// The first of the pair, but for the second's share of the trials: a quarter, more if its proposals are worth more.
  const std::string& chosen(const Pair& pair, TrialId trial) const {
    const double ratio = worth(pair.second) / std::max(1e-9, worth(pair.first));
    const double share = std::clamp(0.25 * ratio, 0.1, 0.75);
    const auto before = std::floor(share * static_cast<double>(trial)),
               after = std::floor(share * static_cast<double>(trial + 1));
    return history_.with_loss() >= kLearnt && after > before ? pair.second : pair.first;
  }

  /// Once per trial, at the end of its first run, among those that came as far: reports on the way there may say nothing.
  /// One that its scheduler cut short is worth nothing.
  void reward(const Trial& trial, Change change, const std::string& author) {
    const Report& last = trial.reports.back();
    if (last.loss.empty() || !rewarded_.insert(trial.id).second) return;
    Credit& credit = credits_[author];
    const bool cut = change == Change::Stopped || (kind_.fidelity && last.at < trial.until);
    credit.worth = kFade * credit.worth + (cut ? 0 : merit(last));
    credit.tries = kFade * credit.tries + 1;
  }

  /// Against the reports before at the same fidelity: all of them where they can be kept in order, else the newest.
  double merit(const Report& report) {
    const std::vector<double>& loss = report.loss;
    if (!std::all_of(loss.begin(), loss.end(), [](double x) { return std::isfinite(x); })) return 0;
    double better = 0, count = 0;
    if (loss.size() == 1) {
      auto& losses = losses_[report.at];
      count = static_cast<double>(losses.size());
      better = static_cast<double>(std::lower_bound(losses.begin(), losses.end(), loss[0]) - losses.begin());
      losses.insert(std::upper_bound(losses.begin(), losses.end(), loss[0]), loss[0]);
    } else {
      auto& newest = newest_[report.at];
      count = static_cast<double>(newest.size());
      better = static_cast<double>(std::count_if(newest.begin(), newest.end(), [&](const std::vector<double>& other) {
        return std::equal(other.begin(), other.end(), loss.begin(), loss.end(), std::less<>());
      }));
      newest.push_back(loss);
      if (newest.size() > kNewest) newest.pop_front();
    }
    const double objectives = static_cast<double>(loss.size());
    return count == 0 ? 0 : std::max(0.0, 1 - std::exp2(objectives) * better / count);
  }

  static constexpr std::size_t kLearnt = 10, kNewest = 200;

  SearchInputs inputs_;
  Kind kind_;
  Legal legal_;
  std::set<Config> known_;
  History history_;
  std::map<std::string, std::unique_ptr<Searcher>> arms_;
  std::map<std::string, Credit> credits_;
  std::map<Resource, std::vector<double>> losses_;  // of first runs with one objective by where they ended, sorted
  std::map<Resource, std::deque<std::vector<double>>> newest_;  // with several
  std::set<TrialId> rewarded_;
};

std::unique_ptr<Searcher> make_auto(const SearchInputs& inputs, const Options&) {
  return std::make_unique<Auto>(inputs);
}

}  // namespace

SearcherRow auto_row() {
  return {.name = "auto",
          .doc =
              "picks by space, budget, low_cost, parallelism and objectives, and changes its mind as results come in; "
              "`hone explain` says why. The default",
          .paper =
              "docs/benchmarks.md; the idea of sharing trials by credit: Auer, Cesa-Bianchi, Fischer, Finite-time "
              "Analysis of the Multiarmed Bandit Problem, 2002",
          .options = {},
          .multi_objective = true,
          .make = make_auto};
}

}  // namespace hone
