// Differential evolution (Storn, Price, "Differential Evolution", Journal of Global Optimization 11, 1997) without
// generations, in the unit cube as DEHB has it (Awad, Mallik, Hutter, IJCAI 2021): options, integers and steps are ranges of
// a coordinate. Mutation towards one of the best: JADE (Zhang, Sanderson, IEEE Transactions on Evolutionary Computation 13,
// 2009), eq. 4 and 6.
//   x_i  member i, the target    v_i  mutant     u_i  what is tried: v_i crossed with x_i
//   F    scale of differences    CR   share of coordinates that come from v_i     p  share of the members that are best
// A trial's target rides in its note, so that any number of them may be on their way: whenever one ends, it takes the place
// of its target if it is no worse.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "search/generation.h"
#include "search/make.h"
#include "search/opening.h"
#include "search/rows.h"
#include "space/legal.h"

namespace hone {
namespace {

class De final : public Searcher {
 public:
  De(const SearchInputs& inputs, const Options& options)
      : space_(inputs.space),
        seed_(inputs.seed),
        wanted_(members(option_int(options, "population"), inputs.trials)),
        scale_(option_float(options, "scale")),
        crossover_(option_float(options, "crossover")),
        best_(option_float(options, "best")),
        opening_(inputs.space, inputs.seed, "de"),
        legal_(inputs.space),
        ended_(inputs.space) {}

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    Rng rng = Rng::stream(seed_, "de", static_cast<std::uint64_t>(ask.trial));
    // While the first are on their way there is nobody to learn from; with four of them there is.
    if (members_.size() < wanted_ && (started_ < wanted_ || members_.size() < 4)) {
      return opening_.propose(ask, rng, legal_, members_.size(), wanted_);
    }
    const std::size_t target = static_cast<std::size_t>(ask.trial) % members_.size();
    Config last;
    auto picked = legal_.pick(rng, [&](Rng& stream) {
      // A child that only differs where its target is inactive or has a single value is its target once more.
      for (int i = 0; i < 32 && (i == 0 || last == members_[target].config); ++i) {
        last = space_.decode(offspring(target, stream));
      }
      return last;
    });
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    Proposal proposal{
        .config = std::move(std::get<Config>(picked)), .note = std::to_string(members_[target].standing.id), .why = {}};
    proposal.why = proposal.config == last ? fmt::format("trial {} changed by differences of others, towards the best",
                                                         members_[target].standing.id)
                                           : "no variation was free; the nearest legal configuration";
    return proposal;
  }

  void tell(const Trial& trial, Change change, std::string_view note) override {
    if (is_new(trial, change)) legal_.tried(trial.config);
    if (change == Change::Started) ++started_;
    const auto standing = ended_.tell(trial, change);
    if (!standing) return;
    Member member{.config = trial.config, .point = filled(ended_.point(trial.id), trial.id), .standing = *standing};
    ended_.clear();
    if (members_.size() < wanted_) {
      members_.push_back(std::move(member));
    } else if (Member& rival = members_[rival_of(note)]; !worse(*standing, rival.standing)) {
      rival = std::move(member);
    } else {
      return;
    }
    order_.resize(members_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
    std::sort(order_.begin(), order_.end(),
              [this](std::size_t a, std::size_t b) { return members_[a].standing < members_[b].standing; });
  }

 private:
  struct Member {
    Config config;
    std::vector<double> point;
    Standing standing;
  };

  static std::size_t members(std::int64_t option, std::optional<std::int64_t> trials) {
    if (option > 0) return static_cast<std::size_t>(std::max<std::int64_t>(option, 4));
    // A dozen rounds are the least in which differences shrink to anything.
    return static_cast<std::size_t>(std::clamp<std::int64_t>(trials.value_or(240) / 12, 8, 20));
  }
  /// Without a note it is the worst whose place is at stake, and likewise if the target is gone.
  std::size_t rival_of(std::string_view note) const {
    TrialId id = -1;
    if (std::from_chars(note.data(), note.data() + note.size(), id).ec == std::errc()) {
      for (std::size_t i = 0; i < members_.size(); ++i) {
        if (members_[i].standing.id == id) return i;
      }
    }
    return order_.back();
  }
  /// Equal losses are no reason to stay: only so a plateau is crossed.
  static bool worse(const Standing& a, Standing b) {
    b.id = a.id;
    return b < a;
  }
  /// An inactive coordinate is anywhere.
  std::vector<double> filled(std::vector<double> point, TrialId id) const {
    Rng rng = Rng::stream(seed_, "de inactive", static_cast<std::uint64_t>(id));
    for (double& x : point) {
      if (std::isnan(x)) x = rng.uniform();
    }
    return point;
  }

  std::vector<double> offspring(std::size_t target, Rng& rng) const {
    const std::size_t size = members_.size();
    const auto best = static_cast<std::uint64_t>(std::max(1.0, std::ceil(best_ * static_cast<double>(size))));
    const std::vector<double>& guide = members_[order_[static_cast<std::size_t>(rng.below(best))]].point;
    std::size_t r1 = target, r2 = target;
    while (r1 == target) r1 = static_cast<std::size_t>(rng.below(size));
    while (r2 == target || r2 == r1) r2 = static_cast<std::size_t>(rng.below(size));
    const double scale = scale_ * (0.6 + 0.8 * rng.uniform());  // a little more or less, so that steps do not repeat
    std::vector<double> trial = members_[target].point;
    if (trial.empty()) return trial;
    const auto certain =
        static_cast<std::size_t>(rng.below(trial.size()));  // one coordinate always comes from the mutant
    for (std::size_t j = 0; j < trial.size(); ++j) {
      if (rng.uniform() >= crossover_ && j != certain) continue;  // eq. 6
      const double x = trial[j];
      double v = x + scale * (guide[j] - x) + scale * (members_[r1].point[j] - members_[r2].point[j]);  // eq. 4
      if (v < 0) v = x * rng.uniform();  // somewhere on the way to the bound
      if (v > 1) v = x + (1 - x) * rng.uniform();
      trial[j] = v;
    }
    return trial;
  }

  Space space_;
  std::uint64_t seed_;
  std::size_t wanted_;
  double scale_, crossover_, best_;
  Opening opening_;
  Legal legal_;
  Generation ended_;  // one at a time
  std::vector<Member> members_;
  std::vector<std::size_t> order_;  // of members_, best first
  std::size_t started_ = 0;
};

std::unique_ptr<Searcher> make_de(const SearchInputs& inputs, const Options& options) {
  return std::make_unique<De>(inputs, options);
}

}  // namespace

SearcherRow de_row() {
  return {
      .name = "de",
      .doc = "crosses good trials by their differences. For mixed spaces with many cheap trials, 100 and more",
      .paper =
          "Storn, Price, Differential Evolution, Journal of Global Optimization 11, 1997; Awad, Mallik, Hutter, DEHB, "
          "IJCAI 2021; Zhang, Sanderson, JADE, IEEE TEC 13, 2009",
      .options = {whole("population", 0, 0, 100000, "members; 0: a twelfth of the trials, 8 to 20"),
                  real("scale", 0.5, 0.01, 2, "F: how much of a difference is added"),
                  real("crossover", 0.9, 0, 1, "CR: chance that a parameter changes"),
                  real("best", 0.1, 0.001, 1, "share of the members that lead the others")},
      .multi_objective = false,
      .make = make_de};
}

}  // namespace hone
