// Differential evolution (Storn, Price, "Differential Evolution", Journal of Global Optimization 11, 1997) without
// generations, in the unit cube as DEHB has it (Awad, Mallik, Hutter, IJCAI 2021): options, integers and steps are ranges of
// a coordinate. Mutation towards one of the best: JADE (Zhang, Sanderson, IEEE Transactions on Evolutionary Computation 13,
// 2009), eq. 4 and 6.
//   x_i  member i, the target    v_i  mutant     u_i  what is tried: v_i crossed with x_i
//   F    scale of differences    CR   share of coordinates that come from v_i     p  share of the members that are best
// A trial's target rides in its note, so that any number of them may be on their way: whenever one ends, it takes the place
// of its target if it is no worse.
// Under a scheduler that starts trials at several fidelities (hyperband) each has a population of its own. A new member, and
// half of the children, come from the best of the fidelity below by rand/1/bin.
//
// Where the scheduler says what the rung is to be bred from (dehb: Ask.breed) it is as in DEHB, sections 4.2 and 4.3:
//   subpopulation  one for each fidelity, as large as the largest rung there; a place that nobody has yet is a random point
//   target         the subpopulation's places in turn
//   mutant         rand/1 of the parent pool: the best of the subpopulation below, as many as Hyperband would promote; at the
//                  first rung of a bracket the subpopulation itself. From a pool of less than three, and others of all
//                  subpopulations (the global pool)
//   crossover      binomial. A coordinate outside the cube is drawn anew (the authors' program; the paper says nothing)
//   selection      in place of the target if no worse, as soon as it ends
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "search/generation.h"
#include "search/make.h"
#include "search/opening.h"
#include "space/legal.h"
#include "space/option_rows.h"

namespace hone {
namespace {

constexpr double kFromBelow = 0.5;

class De final : public Searcher {
 public:
  De(const SearchInputs& inputs, const Options& options)
      : space_(inputs.space),
        seed_(inputs.seed),
        wanted_(members(option_int(options, "population"), inputs.trials)),
        scale_(option_float(options, "scale")),
        crossover_(option_float(options, "crossover")),
        best_(option_float(options, "best")),
        width_(inputs.space.free().size()),
        opening_(inputs.space, inputs.seed, "de", {}, true),
        legal_(inputs.space),
        none_(inputs.space) {}

  std::variant<Proposal, Wait, Exhausted> ask(const Ask& ask) const override {
    Rng rng = Rng::stream(seed_, "de", static_cast<std::uint64_t>(ask.trial));
    if (ask.breed) return bred(ask, *ask.breed, rng);
    const auto found = pools_.find(ask.until);
    const Pool& own = found == pools_.end() ? none_ : found->second;
    const Pool* lower = below(ask.until);
    // While the first are on their way there is nobody to learn from; with four of them there is.
    const bool young = own.members.size() < wanted_ && (own.started < wanted_ || own.members.size() < 4);
    if (young && !lower) return opening_.propose(ask, rng, legal_, own.members.size(), wanted_);
    if (young) return from_below(*lower, lower->members[lower->order[pick(rng, top(*lower))]], false, rng);
    const std::size_t target = static_cast<std::size_t>(ask.trial) % own.members.size();
    if (lower && rng.uniform() < kFromBelow) return from_below(*lower, own.members[target], true, rng);
    Config last;
    auto picked = legal_.pick(rng, [&](Rng& stream) {
      // A child that only differs where its target is inactive or has a single value is its target once more.
      for (int i = 0; i < 32 && (i == 0 || last == own.members[target].config); ++i) {
        last = space_.decode(offspring(own, target, stream));
      }
      return last;
    });
    return proposal(std::move(picked), last, own.members[target].standing.id, true, "of others, towards the best");
  }

  void tell(const Trial& trial, Change change, std::string_view note) override {
    if (is_new(trial, change)) legal_.tried(trial.config);
    // Known results were not run up to anything.
    const Resource level = trial.source.empty() || trial.reports.empty() ? trial.until : trial.reports.back().at;
    Pool& pool = pools_.try_emplace(level, space_).first->second;
    if (change == Change::Started) ++pool.started;
    const auto standing = pool.ended.tell(trial, change);
    if (!standing) return;
    Member member{.config = trial.config, .point = filled(pool.ended.point(trial.id), trial.id), .standing = *standing};
    pool.ended.clear();
    std::vector<Member>& members = pool.members;
    if (const auto size = size_in(note)) pool.size = *size;
    if (members.size() < pool.size.value_or(wanted_)) {
      members.push_back(std::move(member));
    } else if (Member& rival = members[rival_of(pool, note)]; !worse(*standing, rival.standing)) {
      rival = std::move(member);
    } else {
      return;
    }
    pool.order.resize(members.size());
    for (std::size_t i = 0; i < pool.order.size(); ++i) pool.order[i] = i;
    std::sort(pool.order.begin(), pool.order.end(),
              [&](std::size_t a, std::size_t b) { return members[a].standing < members[b].standing; });
  }

 private:
  struct Member {
    Config config;
    std::vector<double> point;
    Standing standing;
  };
  /// The population of one fidelity.
  struct Pool {
    explicit Pool(const Space& space) : ended(space) {}
    std::vector<Member> members;
    std::vector<std::size_t> order;  // of members, best first
    std::size_t started = 0;
    std::optional<std::size_t> size = {};  // as Ask.breed said last
    Generation ended;                      // one at a time
  };

  /// The nearest fidelity below with enough members to mix.
  const Pool* below(Resource until) const {
    for (auto it = pools_.lower_bound(until); it != pools_.begin();) {
      --it;
      if (it->second.members.size() >= 4) return &it->second;
    }
    return nullptr;
  }
  /// How many of a pool are parents of those that run further.
  std::size_t top(const Pool& pool) const { return std::max<std::size_t>(4, pool.members.size() / 2); }
  static std::size_t pick(Rng& rng, std::size_t n) { return static_cast<std::size_t>(rng.below(n)); }

  static std::variant<Proposal, Wait, Exhausted> proposal(std::variant<Config, Exhausted> picked, const Config& meant,
                                                          TrialId target, bool rivals, const std::string& how) {
    if (auto* exhausted = std::get_if<Exhausted>(&picked)) return std::move(*exhausted);
    Proposal proposal{
        .config = std::move(std::get<Config>(picked)), .note = rivals ? std::to_string(target) : "", .why = {}};
    proposal.why = proposal.config == meant ? fmt::format("trial {} changed by differences {}", target, how)
                                            : "no variation was free; the nearest legal configuration";
    return proposal;
  }

  /// DEHB: rand/1/bin whose parents are the best of the fidelity below.
  std::variant<Proposal, Wait, Exhausted> from_below(const Pool& parents, const Member& target, bool rivals,
                                                     Rng& rng) const {
    Config last;
    auto picked = legal_.pick(rng, [&](Rng& stream) {
      for (int i = 0; i < 32 && (i == 0 || last == target.config); ++i) {
        const std::size_t n = top(parents);
        std::size_t a = pick(stream, n), b = a, c = a;
        while (b == a) b = pick(stream, n);
        while (c == a || c == b) c = pick(stream, n);
        const auto point = [&](std::size_t place) -> const std::vector<double>& {
          return parents.members[parents.order[place]].point;
        };
        const std::vector<double>&base = point(a), &plus = point(b), &minus = point(c);
        last = space_.decode(
            crossed(target.point, stream, [&](std::size_t j) { return base[j] + scale_ * (plus[j] - minus[j]); }));
      }
      return last;
    });
    return proposal(std::move(picked), last, target.standing.id, rivals, "of the best at the fidelity below");
  }

  std::variant<Proposal, Wait, Exhausted> bred(const Ask& ask, const Breed& breed, Rng& rng) const {
    const auto found = pools_.find(ask.until);
    const Pool& own = found == pools_.end() ? none_ : found->second;
    const auto size = static_cast<std::size_t>(std::max<std::int64_t>(breed.members, 1));
    const auto noted = [&](std::variant<Proposal, Wait, Exhausted> answer, TrialId target) {
      if (auto* it = std::get_if<Proposal>(&answer)) it->note = fmt::format("{} of {}", target, size);
      return answer;
    };
    if (!breed.parents) return noted(opening_.propose(ask, rng, legal_, own.members.size(), size), -1);
    const Pool* lower = nullptr;
    for (auto it = pools_.lower_bound(ask.until); *breed.parents > 0 && !lower && it != pools_.begin();)
      if (!(--it)->second.members.empty()) lower = &it->second;
    const std::size_t place = own.started % size;
    const Member* target = place < own.members.size() ? &own.members[place] : nullptr;
    Config last;
    auto picked = legal_.pick(rng, [&](Rng& stream) {
      for (int i = 0; i < 32 && (i == 0 || (target && last == target->config)); ++i) {
        const std::vector<Point> mates =
            lower ? three(parents_of(*lower, *breed.parents), stream) : three(others_of(own, size, place), stream);
        Point x = target ? target->point : anywhere(stream);
        const std::size_t certain = x.empty() ? 0 : pick(stream, x.size());
        for (std::size_t j = 0; j < x.size(); ++j) {
          if (stream.uniform() >= crossover_ && j != certain) continue;
          const double v = mates[0][j] + scale_ * (mates[1][j] - mates[2][j]);
          x[j] = v < 0 || v > 1 ? stream.uniform() : v;
        }
        last = space_.decode(x);
      }
      return last;
    });
    const TrialId id = target ? target->standing.id : -1;
    auto answer = noted(proposal(std::move(picked), last, id, true, ""), id);
    if (auto* it = std::get_if<Proposal>(&answer); it && it->config == last)
      it->why = fmt::format("{} crossed with {}", target ? fmt::format("trial {}", id) : "a random point",
                            lower ? fmt::format("a mutant of the best {} at the fidelity below", *breed.parents)
                                  : "a mutant of the population at this fidelity");
    return answer;
  }

  using Point = std::vector<double>;
  using Candidates = std::vector<const Member*>;  // null: a place that nobody has yet
  static Candidates parents_of(const Pool& lower, std::int64_t best) {
    Candidates parents;
    for (std::size_t i = 0; i < std::min(static_cast<std::size_t>(best), lower.order.size()); ++i)
      parents.push_back(&lower.members[lower.order[i]]);
    return parents;
  }
  static Candidates others_of(const Pool& own, std::size_t size, std::size_t place) {
    Candidates others;
    for (std::size_t i = 0; i < size; ++i)
      if (i != place) others.push_back(i < own.members.size() ? &own.members[i] : nullptr);
    return others;
  }
  /// Three different ones in any order; if there are not so many, of all populations too, and of anywhere.
  std::vector<Point> three(Candidates pool, Rng& rng) const {
    Candidates rest;
    const auto known = [&](const Member& member) {
      return std::any_of(pool.begin(), pool.end(), [&](const Member* m) { return m && m->config == member.config; });
    };
    if (pool.size() < 3)
      for (const auto& [level, other] : pools_)
        for (const Member& member : other.members)
          if (!known(member)) rest.push_back(&member);
    std::vector<Point> points;
    while (points.size() < 3) {
      Candidates& from = pool.empty() ? rest : pool;
      const std::size_t i = from.empty() ? 0 : pick(rng, from.size());
      const Member* member = from.empty() ? nullptr : from[i];
      points.push_back(member ? member->point : anywhere(rng));
      if (!from.empty()) from.erase(from.begin() + static_cast<std::ptrdiff_t>(i));
    }
    std::swap(points[0], points[pick(rng, 3)]);
    return points;
  }
  Point anywhere(Rng& rng) const {
    Point point(width_);
    for (double& x : point) x = rng.uniform();
    return point;
  }
  /// Of a note "TARGET of SIZE".
  static std::optional<std::size_t> size_in(std::string_view note) {
    const auto of = note.find(" of ");
    std::size_t size = 0;
    if (of == note.npos) return std::nullopt;
    const std::string_view digits = note.substr(of + 4);
    const bool whole = std::from_chars(digits.data(), digits.data() + digits.size(), size).ec == std::errc();
    return whole && size > 0 ? std::optional(size) : std::nullopt;
  }

  static std::size_t members(std::int64_t option, std::optional<std::int64_t> trials) {
    if (option > 0) return static_cast<std::size_t>(std::max<std::int64_t>(option, 4));
    // A dozen rounds are the least in which differences shrink to anything.
    return static_cast<std::size_t>(std::clamp<std::int64_t>(trials.value_or(240) / 12, 8, 20));
  }
  /// Without a note it is the worst whose place is at stake, and likewise if the target is gone.
  static std::size_t rival_of(const Pool& pool, std::string_view note) {
    TrialId id = -1;
    if (std::from_chars(note.data(), note.data() + note.size(), id).ec == std::errc()) {
      for (std::size_t i = 0; i < pool.members.size(); ++i) {
        if (pool.members[i].standing.id == id) return i;
      }
    }
    return pool.order.back();
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

  std::vector<double> offspring(const Pool& pool, std::size_t target, Rng& rng) const {
    const std::size_t size = pool.members.size();
    const auto best = static_cast<std::uint64_t>(std::max(1.0, std::ceil(best_ * static_cast<double>(size))));
    const std::vector<double>& guide = pool.members[pool.order[static_cast<std::size_t>(rng.below(best))]].point;
    std::size_t r1 = target, r2 = target;
    while (r1 == target) r1 = static_cast<std::size_t>(rng.below(size));
    while (r2 == target || r2 == r1) r2 = static_cast<std::size_t>(rng.below(size));
    const double scale = scale_ * (0.6 + 0.8 * rng.uniform());  // a little more or less, so that steps do not repeat
    const std::vector<double>& x = pool.members[target].point;
    return crossed(x, rng, [&](std::size_t j) {
      return x[j] + scale * (guide[j] - x[j]) +
             scale * (pool.members[r1].point[j] - pool.members[r2].point[j]);  // eq. 4
    });
  }

  /// Some coordinates of `trial` replaced by those of a mutant.
  template <class Mutant>
  std::vector<double> crossed(std::vector<double> trial, Rng& rng, const Mutant& mutant) const {
    if (trial.empty()) return trial;
    const auto certain =
        static_cast<std::size_t>(rng.below(trial.size()));  // one coordinate always comes from the mutant
    for (std::size_t j = 0; j < trial.size(); ++j) {
      if (rng.uniform() >= crossover_ && j != certain) continue;  // eq. 6
      const double x = trial[j];
      double v = mutant(j);
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
  std::size_t width_;  // of a point
  Opening opening_;
  Legal legal_;
  Pool none_;
  std::map<Resource, Pool> pools_;
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
