#include "search/tpe_known.h"

#include <algorithm>
#include <iterator>

#include "search/tpe_front.h"

namespace hone {
namespace {

/// splitmix64's finalizer (Steele, Lea, Flood 2014).
std::uint64_t scattered(TrialId id) {
  std::uint64_t z = static_cast<std::uint64_t>(id) + 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

}  // namespace

void Trials::tell(const Trial& trial, Change change) {
  all_.history.tell(trial, change);
  all_.scattered.insert({scattered(trial.id), trial.id});
  if (enough_ == 0 || change == Change::Started || change == Change::Resumed || change == Change::Reported) return;
  Data& data = levels_.try_emplace(trial.until, space_, objectives_).first->second;
  data.history.tell(trial, change);
  data.scattered.insert({scattered(trial.id), trial.id});
  if (data.history.with_loss() >= enough_ && (!level_ || *level_ < trial.until)) level_ = trial.until;
}

/// The standings in order, with the best of the front first.
std::vector<TrialId> Trials::order(std::size_t front, Known& known) const {
  const auto& ranked = history().ranked();
  const std::size_t n = ranked.size(), near = n <= most_ ? n : most_ / 2;
  std::vector<TrialId> ids;
  if (objectives_ > 1 && !ranked.empty() && ranked.begin()->tier == Standing::Tier::Loss) {
    const Standing& first = *ranked.begin();
    std::vector<TrialId> peers;
    std::vector<std::vector<double>> losses;
    for (const Standing& rank : ranked) {
      if (rank.tier != first.tier || rank.at != first.at || rank.violation > first.violation) break;
      peers.push_back(rank.id);
      losses.push_back(history().report(rank.id).loss);
    }
    for (const std::size_t i : best_of_fronts(losses, std::min(front, near))) ids.push_back(peers[i]);
  }
  std::vector<TrialId> taken = ids;
  std::sort(taken.begin(), taken.end());
  const auto is_taken = [&](TrialId id) { return std::binary_search(taken.begin(), taken.end(), id); };
  auto next = ranked.begin();
  for (; ids.size() < near; ++next) {
    if (!is_taken(next->id)) ids.push_back(next->id);
  }
  known.with_loss = std::min(history().with_loss(), near);
  if (n == near) return ids;
  const Standing cut = *next;
  std::vector<Standing> rest;
  for (auto it = here().scattered.begin(); it != here().scattered.end() && rest.size() < most_ - near; ++it) {
    const Standing* rank = history().rank(it->second);
    if (rank && !(*rank < cut) && !is_taken(rank->id)) rest.push_back(*rank);
  }
  std::sort(rest.begin(), rest.end());
  for (const Standing& rank : rest) {
    known.with_loss += rank.tier == Standing::Tier::Loss;
    ids.push_back(rank.id);
  }
  return ids;
}

Known Trials::known(std::size_t front) const {
  Known known;
  known.trials = history().ranked().size();
  known.pending = history().pending().size();
  known.ids = order(front, known);
  known.ended = known.ids.size();
  const std::size_t near = known.trials <= most_ ? known.trials : most_ / 2;
  const std::size_t far = known.ended - near;
  const double weight = far == 0 ? 1 : static_cast<double>(known.trials - near) / static_cast<double>(far);
  for (std::size_t i = 0; i < known.ended; ++i) {
    known.points.push_back({history().point(known.ids[i]).data(), i < near ? 1 : weight});
  }
  for (const TrialId id : history().pending()) {
    known.ids.push_back(id);
    known.points.push_back({history().point(id).data(), 1});
  }
  return known;
}

}  // namespace hone
