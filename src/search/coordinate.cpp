// Coordinate search: hold some parameters, tune the others. The stages are the user's (`stages:`), or each parameter has
// its turn, round and round (Wright, "Coordinate descent algorithms", Mathematical Programming 151, 2015, is a survey).
//
// A stage is a space of its own: what is held is a constant there, so that conditions, derived values and constraints
// mean what they always do; a parameter that the held ones left inactive stays free, in case a free one makes it active.
// In it another searcher works, which is told all earlier trials that lie in that space. A stage's number rides in the
// note; a stage begins with the first trial that carries its number.
#include <fmt/format.h>

#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/check.h"
#include "search/coordinate_plan.h"
#include "search/flow2_ground.h"
#include "search/make.h"
#include "space/option_rows.h"

namespace hone {
namespace {

using Answer = std::variant<Proposal, Wait, Exhausted>;

/// A stage under way.
struct Active {
  int number = 0;
  PlanStage plan;
  Space space;
  std::vector<std::pair<std::size_t, double>> held;  // coordinates that are no constants in `space`, see make()
  std::unique_ptr<Searcher> inner;
  std::set<TrialId> started, pending;

  bool full() const { return plan.trials && static_cast<std::int64_t>(started.size()) >= *plan.trials; }
};

class Coordinate final : public Searcher {
 public:
  Coordinate(const SearchInputs& inputs, const Options& options)
      : inputs_(inputs),
        row_(find_searcher(option_word(options, "searcher"))),
        plan_(inputs),
        ground_(inputs.space, inputs.seed) {
    HONE_CHECK(row_ != nullptr, "the option's words are names of searchers");
    now_ = make(plan_.first());
  }

  Answer ask(const Ask& ask) const override {
    Answer answer = Exhausted{"its trials are spent"};
    // A turn may last longer than planned rather than leave slots idle; a stage of the user may not.
    if (!now_.full() || (plan_.turns() && !now_.pending.empty())) answer = propose(now_, ask);
    if (!std::holds_alternative<Exhausted>(answer)) return answer;
    const std::vector<int> following = plan_.after(now_.number);
    if (following.empty() && !now_.full()) return answer;
    // The next stage holds what is best, which the pending trials may change.
    if (!following.empty() && !now_.pending.empty())
      return Wait{fmt::format("{} ends when its last {} trials have", now_.plan.label, now_.pending.size())};
    for (const int number : following) {
      const Active next = make(number);
      answer = propose(next, ask);
      if (!std::holds_alternative<Exhausted>(answer)) return answer;
    }
    if (now_.number != Plan::kAll && (following.empty() || following.back() != Plan::kAll))
      return Exhausted{"the plan is done"};
    return answer;
  }

  void tell(const Trial& trial, Change change, std::string_view note) override {
    const Note own = read(note);
    if (own.number && change == Change::Started && ahead(*own.number)) now_ = make(*own.number);
    const LocalResult result(trial, change);
    const bool mine = own.number == now_.number;
    const bool counts = !now_.full();
    if (mine && change == Change::Started && now_.started.insert(trial.id).second && counts && !result.judged())
      now_.pending.insert(trial.id);
    if (result.judged() || result.lost()) now_.pending.erase(trial.id);
    if (!best_ || trial.id == best_->id || (result.judged() && better(result, best_->result)))
      best_ = Incumbent{trial.id, trial.config, result};
    ground_.tell(trial, change);
    told_[trial.id] = {trial, change};
    told_[trial.id].trial.note.clear();
    if (mine || lies_in(now_.space, trial.config)) now_.inner->tell(trial, change, mine ? own.rest : "");
  }

  std::optional<Belief> belief(const Config& config) const override {
    return lies_in(now_.space, config) ? now_.inner->belief(config) : std::nullopt;
  }

 private:
  struct Note {
    std::optional<int> number;
    std::string_view rest;
  };
  struct Told {
    Trial trial;
    Change change;
  };

  /// "NUMBER REST"
  static Note read(std::string_view note) {
    int number = 0;
    const char* end = note.data() + note.size();
    const auto parsed = std::from_chars(note.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr == end) return {};
    return {.number = number, .rest = std::string_view(parsed.ptr + 1, end)};
  }

  bool ahead(int number) const {
    if (now_.number == Plan::kAll || number == now_.number) return false;
    const std::vector<int> following = plan_.after(now_.number);
    return std::find(following.begin(), following.end(), number) != following.end();
  }

  static bool lies_in(const Space& space, const Config& config) {
    return config.size() == space.params().size() && space.decode(space.encode(config)) == config;
  }

  /// What is held in a stage: the best configuration so far, or the cheap one or the middle, with the fixed values.
  Config held_values(const PlanStage& plan) const {
    const Space& space = inputs_.space;
    const Config start = best_             ? best_->config
                         : ground_.cheap() ? *ground_.cheap()
                                           : space.draw(std::vector<double>(space.free().size(), 0.5));
    std::vector<double> unit = space.encode(start);
    for (std::size_t round = 0; round < 2; ++round) {  // twice: a fixed option may make others active
      for (const auto& [name, value] : plan.fixed) {
        const auto param = space.find(name);
        Config config = space.decode(unit);
        if (!param || config[*param].index() == 0) continue;
        config[*param] = value;
        const std::vector<double> fixed = space.encode(config);
        for (std::size_t k = 0; k < unit.size(); ++k)
          if (space.free()[k] == *param) unit[k] = fixed[k];
      }
    }
    // What was inactive in the start has no value to hold, though a fixed option may have made it active.
    Config config = space.decode(unit);
    for (std::size_t k = 0; k < unit.size(); ++k)
      if (std::isnan(unit[k])) config[space.free()[k]] = Value();
    return config;
  }

  Active make(int number) const {
    Active stage{.number = number,
                 .plan = plan_.stage(number),
                 .space = inputs_.space,
                 .held = {},
                 .inner = {},
                 .started = {},
                 .pending = {}};
    const Config values = held_values(stage.plan);
    const std::vector<double> unit = inputs_.space.encode(values);
    std::vector<Param> params = inputs_.space.params();
    for (std::size_t k = 0; k < unit.size(); ++k) {
      const std::size_t i = inputs_.space.free()[k];
      const auto& free = stage.plan.free;
      if (std::isnan(unit[k]) || std::find(free.begin(), free.end(), params[i].name) != free.end()) continue;
      hold(params[i], inputs_.space.text(i, values[i]), values[i]);
      stage.held.emplace_back(k, unit[k]);
    }
    // An expression that has to do with the order of words needs them to be options of a choice. Then the inner searcher
    // sees everything, and its proposals are overruled.
    if (auto space = Space::make(std::move(params), inputs_.space.constraints())) {
      stage.space = *space;
      stage.held.clear();
    }
    stage.inner = inner(stage);
    for (const auto& [id, told] : told_) {
      if (!lies_in(stage.space, told.trial.config)) continue;
      stage.inner->tell(told.trial, Change::Started, "");
      if (told.change != Change::Started) stage.inner->tell(told.trial, told.change, "");
    }
    return stage;
  }

  static void hold(Param& param, std::string text, const Value& value) {
    param.domain = Constant{.value = value, .text = std::move(text)};
    param.prior.reset();
    param.low_cost.reset();
    param.fallback.reset();
  }

  std::unique_ptr<Searcher> inner(const Active& stage) const {
    SearchInputs inputs = inputs_;
    inputs.space = stage.space;
    inputs.seed = Rng::stream(inputs_.seed, "coordinate", static_cast<std::uint64_t>(stage.number + 1)).next();
    inputs.trials = stage.plan.trials ? stage.plan.trials : inputs_.trials;
    inputs.stages.clear();
    Options given;
    for (const OptionRow& option : row_->options) {  // a short stage has no time for a long start
      if (option.name == "startup" && option.type == OptionRow::Type::Int && stage.plan.trials)
        given["startup"] = std::clamp<std::int64_t>(*stage.plan.trials / 3, 2, std::get<std::int64_t>(option.fallback));
    }
    auto options = check_options("searcher", row_->options, given);
    HONE_CHECK(options.has_value(), "a startup between 2 and its default is legal");
    return row_->make(inputs, *options);
  }

  /// The inner searcher's proposal with what is held.
  Answer propose(const Active& stage, const Ask& ask) const {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      Ask question = ask;
      question.trial += static_cast<TrialId>(attempt) * 1000003;  // other draws
      Answer answer = stage.inner->ask(question);
      auto* own = std::get_if<Proposal>(&answer);
      if (!own) return answer;
      if (!stage.held.empty()) {
        std::vector<double> unit = inputs_.space.encode(own->config);
        for (const auto& [k, value] : stage.held) unit[k] = value;
        own->config = inputs_.space.decode(unit);
        if (!ground_.legal().fresh(own->config)) continue;
      }
      own->note = fmt::format("{} {}", stage.number, own->note);
      own->why = fmt::format("{}: {}", stage.plan.label, own->why);
      return answer;
    }
    return Exhausted{fmt::format("{}: nothing legal was found with what is held", stage.plan.label)};
  }

  static constexpr int kAttempts = 20;

  SearchInputs inputs_;
  const SearcherRow* row_;
  Plan plan_;
  Flow2Ground ground_;
  std::map<TrialId, Told> told_;
  std::optional<Incumbent> best_;
  Active now_;
};

std::unique_ptr<Searcher> make_coordinate(const SearchInputs& inputs, const Options& options) {
  return std::make_unique<Coordinate>(inputs, options);
}

}  // namespace

SearcherRow coordinate_row() {
  return {.name = "coordinate",
          .doc =
              "tunes some parameters while the others are held: the study's `stages`, or one parameter after another. "
              "For plans of one's own, and where parameters hardly depend on each other",
          .paper = "Wright, Coordinate Descent Algorithms, Mathematical Programming 151, 2015",
          .options = {word("searcher", "tpe", {"tpe"}, "what tunes the parameters of a stage")},
          .multi_objective = false,
          .make = make_coordinate};
}

}  // namespace hone
