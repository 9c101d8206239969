#include "schedule/herd.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "schedule/stopper.h"

namespace hone {
namespace {

constexpr std::int64_t kMostPopulation = 40;  // unless the user says more: the largest of the paper but one
constexpr std::int64_t kNoTrials = 20;        // without stop.trials
constexpr Resource kIntervals = 10;           // of a whole training

std::uint64_t key(TrialId trial, Resource at) {
  return static_cast<std::uint64_t>(trial) * 1'000'003 + static_cast<std::uint64_t>(at);
}

}  // namespace

bool Herd::Score::better(const Score& other) const {
  if (violation != other.violation) return violation < other.violation;
  if (std::isnan(loss) || std::isnan(other.loss)) return !std::isnan(loss) && std::isnan(other.loss);
  return loss < other.loss;
}

std::size_t Herd::Ranking::place(TrialId trial) const {
  const auto own = [&](const Score& score) { return score.trial == trial; };
  return static_cast<std::size_t>(std::find_if(best_first.begin(), best_first.end(), own) - best_first.begin());
}

Herd::Herd(const ScheduleInputs& inputs, HerdOptions options)
    : inputs_(inputs), options_(std::move(options)), explorer_(inputs.space), wording_(inputs) {}

Resource Herd::next_level(Resource at) const {
  return std::min(inputs_.max, std::max(inputs_.min, at + options_.interval));
}

Move Herd::next(const Offer& offer) const {
  if (offer.free_slots <= 0) return Wait{"no slot is free"};
  if (const auto vacancy = breedable()) return breed(vacancies_[*vacancy], *donors_for(vacancies_[*vacancy]), offer);
  // All begin before anybody goes on: where there are fewer slots than members they take turns.
  if (offer.can_start && alive_ < options_.population) {
    Start start;
    start.until = next_level(0);
    start.why = fmt::format("member {} of a population of {}, to {}", alive_ + 1, options_.population,
                            wording_.fidelity(start.until));
    return start;
  }
  if (!ready_.empty()) return take_turn();
  return Wait{alive_ > 0 ? "all members of the population run" : "the population has come to its end"};
}

/// Of who is furthest behind, so that the others have somebody to be compared with.
Move Herd::take_turn() const {
  const auto [at, id] = *ready_.begin();
  if (const auto& verdict = members_.at(id).verdict) return Stop{id, verdict->why};
  const Resource until = next_level(at);
  return Resume{id, until, fmt::format("{}; on to {}", members_.at(id).standing, wording_.fidelity(until))};
}

Move Herd::breed(const Vacancy& vacancy, const std::vector<TrialId>& donors, const Offer& offer) const {
  Rng rng = Rng::stream(inputs_.seed, options_.name, static_cast<std::uint64_t>(offer.trial));
  const TrialId donor = donors[static_cast<std::size_t>(rng.below(donors.size()))];
  const Member& from = members_.at(donor);
  const Member& loser = members_.at(vacancy.loser);
  const Config base = options_.copy_parameters ? from.config : explorer_.joined(from.config, loser.config);
  Start start;
  start.until = next_level(std::max(from.checkpoint, vacancy.at));  // beyond its predecessor: so this comes to an end
  start.config = explored(base, from.checkpoint, rng);
  start.from = Checkpoint{donor, from.checkpoint};
  const std::string score = wording_.value(score_at(donor, from.checkpoint).value_or(Score{}).loss);
  start.why = fmt::format("in the place of trial {}, from trial {} at {} ({}); explored: {}", vacancy.loser, donor,
                          wording_.fidelity(from.checkpoint), score, explorer_.changes(base, *start.config));
  return start;
}

/// The first vacancy that somebody can fill now.
std::optional<std::size_t> Herd::breedable() const {
  if (alive_ >= options_.population) return std::nullopt;
  for (std::size_t i = 0; i < vacancies_.size(); ++i)
    if (donors_for(vacancies_[i])) return i;
  return std::nullopt;
}

std::optional<std::vector<TrialId>> Herd::donors_for(const Vacancy& vacancy) const {
  if (vacancy.donor >= 0 && may_donate(vacancy.donor, vacancy.at)) return std::vector<TrialId>{vacancy.donor};
  auto loser = score_at(vacancy.loser, vacancy.at);
  if (!loser) return std::nullopt;
  loser->at = vacancy.at;
  std::vector<TrialId> found = donors(rank(vacancy.at), *loser);
  if (found.empty()) return std::nullopt;
  return found;
}

/// Its latest run that ended well left a checkpoint from which there is something left to do, at most an interval behind.
bool Herd::may_donate(TrialId donor, Resource at) const {
  const auto found = members_.find(donor);
  if (found == members_.end() || !found->second.alive()) return false;
  const Resource checkpoint = found->second.checkpoint;
  return checkpoint > 0 && checkpoint < inputs_.max && next_level(checkpoint) >= at;
}

std::vector<TrialId> Herd::donors(const Ranking& ranking, const Score& loser) const {
  std::vector<TrialId> found;
  for (std::size_t i = 0; i < std::min(std::max<std::size_t>(ranking.cut, 1), ranking.best_first.size()); ++i) {
    const Score& score = ranking.best_first[i];
    if (score.trial != loser.trial && score.better(loser) && may_donate(score.trial, loser.at))
      found.push_back(score.trial);
  }
  return found;
}

/// What it had at `at` or, if it has not come as far, at its latest report; what a child has is at first its donor's.
std::optional<Herd::Score> Herd::score_at(TrialId trial, Resource at) const {
  for (auto member = members_.find(trial); member != members_.end();) {
    const auto& curve = member->second.curve;
    const auto beyond = std::upper_bound(curve.begin(), curve.end(), at,
                                         [](Resource limit, const Score& score) { return limit < score.at; });
    if (beyond != curve.begin()) {
      Score score = *(beyond - 1);
      score.trial = trial;
      return score;
    }
    if (!member->second.from || member->second.from->trial >= member->first) return std::nullopt;
    at = std::min(at, member->second.from->at);
    member = members_.find(member->second.from->trial);
  }
  return std::nullopt;
}

Herd::Ranking Herd::rank(Resource at) const {
  Ranking ranking;
  for (const TrialId id : current_)
    if (const auto score = score_at(id, at)) ranking.best_first.push_back(*score);
  std::sort(ranking.best_first.begin(), ranking.best_first.end(),
            [](const Score& a, const Score& b) { return a.before(b); });
  const std::size_t n = ranking.best_first.size();
  const auto share = static_cast<std::size_t>(options_.quantile * static_cast<double>(n));
  // At least one, but not of the first few that have come so far.
  ranking.cut = std::min(n == current_.size() ? std::max<std::size_t>(share, 1) : share, n / 2);
  return ranking;
}

/// Truncation (section 3.3 of Jaderberg et al. 2017): who is in the last share of the population copies one of the first.
/// Binary tournament: the member meets one other, and copies it if that one is better.
void Herd::judge(TrialId id, Member& member) {
  member.verdict.reset();
  const Resource at = ready_level(member);
  auto own = score_at(id, at);
  if (!own) {
    member.standing = fmt::format("{}: no result", wording_.fidelity(at));
    return;
  }
  own->at = at;
  const Ranking ranking = rank(at);
  const std::size_t n = ranking.best_first.size(), place = ranking.place(id);
  member.standing = fmt::format("{}: {} is {} of {}", wording_.fidelity(at), wording_.value(own->loss, own->violation),
                                ordinal(static_cast<std::int64_t>(place) + 1), n);
  if (n < 2) return;
  if (ranking.cut == 0 && options_.exploit == Exploit::Truncation) return;
  if (options_.exploit == Exploit::Tournament) {
    std::size_t other = static_cast<std::size_t>(Rng::stream(inputs_.seed, "tournament", key(id, at)).below(n - 1));
    if (other >= place) ++other;
    const Score& rival = ranking.best_first[other];
    member.standing += fmt::format("; it met trial {} with {}", rival.trial, wording_.value(rival.loss));
    if (rival.better(*own) && may_donate(rival.trial, at))
      member.verdict = Verdict{rival.trial, member.standing + ", which takes its place"};
    return;
  }
  const bool last = place + ranking.cut >= n;
  member.standing +=
      last ? fmt::format(", among the last {}", ranking.cut) : fmt::format(", not among the last {}", ranking.cut);
  if (!last) return;
  if (donors(ranking, *own).empty()) member.standing += ", but none of the first has a checkpoint to copy";
  else
    member.verdict = Verdict{-1, fmt::format("{}; one of the first {} takes its place", member.standing, ranking.cut)};
}

void Herd::change_state(TrialId id, Member& member, Member::State state) {
  alive_ -= member.alive() ? 1 : 0;
  if (member.state == Member::State::Ready) ready_.erase({ready_level(member), id});
  if (member.state == Member::State::Done) std::erase(done_, id);
  member.state = state;
  alive_ += member.alive() ? 1 : 0;
  if (member.alive() || state == Member::State::Done) current_.insert(id);
  else current_.erase(id);
  if (state != Member::State::Done) return;
  done_.push_back(id);
  if (static_cast<std::int64_t>(done_.size()) <= options_.population) return;
  current_.erase(done_.front());
  done_.pop_front();
}

void Herd::started(const Trial& trial, Member& member) {
  if (!trial.from && alive_ + static_cast<std::int64_t>(vacancies_.size()) >= options_.population) {
    if (!vacancies_.empty()) vacancies_.erase(vacancies_.begin());  // nobody could fill it
  } else if (trial.from && !vacancies_.empty()) {
    vacancies_.erase(vacancies_.begin() + static_cast<std::ptrdiff_t>(breedable().value_or(0)));
  }
  member.from = trial.from;
}

void Herd::tell(const Trial& trial, Change change) {
  if (trial.id < 0) return;
  if (change == Change::Started && !members_.contains(trial.id)) {
    Member fresh;
    started(trial, fresh);
    members_.emplace(trial.id, std::move(fresh));
  }
  Member& member = members_[trial.id];
  if (change == Change::Reported) return reported(trial, member);
  const bool judged = member.verdict.has_value();
  const Vacancy left{trial.id, judged ? member.verdict->donor : -1, ready_level(member)};
  const bool lived = member.alive();
  member.config = trial.config;
  change_state(trial.id, member, Member::State::Unknown);
  member.verdict.reset();
  member.standing.clear();
  member.until = trial.until;
  if (change == Change::Paused || change == Change::Completed)
    trained(member, std::max(member.checkpoint, member.from ? member.from->at : 0), trial.id);
  if (change == Change::Started || change == Change::Resumed) {
    if (!lived) member.checkpoint = 0;  // one that had ended; what it left may be gone
    change_state(trial.id, member, Member::State::Running);
  } else if (change == Change::Paused) {
    member.checkpoint = trial.reports.empty() ? trial.until : trial.reports.back().at;
    change_state(trial.id, member, Member::State::Ready);
    ready_.insert({ready_level(member), trial.id});
  } else if (change == Change::Completed) {
    change_state(trial.id, member, Member::State::Done);
  } else {
    change_state(trial.id, member, Member::State::Gone);
    if (change == Change::Stopped && judged) vacancies_.push_back(left);
  }
  if (!ready_.empty()) judge(ready_.begin()->second, members_.at(ready_.begin()->second));
}

void Herd::reported(const Trial& trial, Member& member) {
  const Resource seen = member.curve.empty() ? 0 : member.curve.back().at;
  auto fresh = std::upper_bound(trial.reports.begin(), trial.reports.end(), seen,
                                [](Resource at, const Report& report) { return at < report.at; });
  for (; fresh != trial.reports.end(); ++fresh) {
    member.curve.push_back({fresh->at, violation_so_far(*fresh), first_loss(*fresh), trial.id});
  }
}

std::vector<OptionRow> herd_options(double quantile) {
  return {
      {"population",
       OptionRow::Type::Int,
       {},
       1,
       1e6,
       {},
       fmt::format("members that train at the same time or in turns; default: stop.trials, at most {}",
                   kMostPopulation)},
      {"interval",
       OptionRow::Type::Int,
       {},
       1,
       1e15,
       {},
       "units of the fidelity after which a member is compared with the others; default: a tenth of the whole"},
      {"quantile",
       OptionRow::Type::Float,
       quantile,
       0,
       0.5,
       {},
       "the last members of the population, by this share, copy one of the first, by the same share; at least one"},
  };
}

HerdOptions read_herd_options(const std::string& name, const ScheduleInputs& inputs, const Options& options) {
  HerdOptions read;
  read.name = name;
  const auto given = [&](const char* option) {
    const auto value = given_float(options, option);
    return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
  };
  const std::int64_t usual = std::min(inputs.trials.value_or(kNoTrials), kMostPopulation);
  read.population = std::max<std::int64_t>(1, given("population").value_or(usual));
  read.interval = std::max<Resource>(1, given("interval").value_or((inputs.max + kIntervals - 1) / kIntervals));
  read.quantile = option_float(options, "quantile");
  return read;
}

}  // namespace hone
