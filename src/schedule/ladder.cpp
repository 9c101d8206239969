#include "schedule/ladder.h"

#include <algorithm>

namespace hone {

Ladder::Ladder(const std::vector<Resource>& levels, std::int64_t eta, int objectives, Dead dead) : dead_(dead) {
  for (Resource level : levels) rungs_.push_back({RungResults(level, eta, objectives), 0, 0, 0});
}

void Ladder::tell(const Trial& trial, Change change) {
  Place& place = place_of(trial.id);
  switch (change) {
    case Change::Started:
    case Change::Resumed:
      go(trial, place);
      return;
    case Change::Reported:
      if (place.seen && !place.dead) record(trial, place, 0);
      return;
    case Change::Paused:
      if (place.seen && !place.dead) pause(trial, place);
      return;
    case Change::Completed:
      if (!place.seen || place.dead) return;
      halt(trial.id, place);
      record(trial, place, 0);
      // It ended by itself before the rung: nothing to compare with the others.
      if (dead_ == Dead::IsWorst && place.results.size() <= place.target) leave(trial.id, place);
      return;
    case Change::Stopped:  // never by a scheduler of this kind
    case Change::Failed:
      if (place.seen && !place.dead) leave(trial.id, place);
      return;
  }
}

Ladder::Place& Ladder::place_of(TrialId trial) {
  if (places_.empty()) first_ = trial;
  if (trial < first_) {  // an extended study, or one whose log was put together by hand
    places_.insert(places_.begin(), static_cast<std::size_t>(first_ - trial), Place());
    first_ = trial;
  }
  const auto index = static_cast<std::size_t>(trial - first_);
  if (index >= places_.size()) places_.resize(index + 1);
  return places_[index];
}

/// The highest rung that `until` reaches; the lowest if it reaches none.
std::size_t Ladder::rung_of(Resource until) const {
  std::size_t k = top();
  while (k > 0 && level(k) > until) --k;
  return k;
}

std::optional<Ladder::Waiting> Ladder::waiting(TrialId trial) const {
  const auto at = static_cast<std::size_t>(trial - first_);
  if (trial < first_ || at >= places_.size() || !places_[at].idle) return std::nullopt;
  return Waiting{places_[at].target, places_[at].results[places_[at].target]};
}

void Ladder::go(const Trial& trial, Place& place) {
  halt(trial.id, place);
  if (place.dead) {  // the user retries it
    if (place.results.size() > place.target) {
      rungs_[place.target].results.erase(place.results[place.target]);
      place.results.pop_back();
    }
    for (std::size_t k = 0; k < place.results.size(); ++k) ++rungs_[k].promoted;
    place.dead = false;
  }
  if (!place.seen) ++rungs_[0].entrants;
  aim(place, rung_of(trial.until));
  place.seen = place.running = true;
  ++rungs_[place.target].running;
}

/// Sets the target; results in the rungs below it count as promoted. Never backwards: results stay where they are.
void Ladder::aim(Place& place, std::size_t target) {
  for (; place.target < target; ++place.target) {
    if (place.target < place.results.size()) ++rungs_[place.target].promoted;
    ++rungs_[place.target + 1].entrants;
  }
}

/// Neither running nor waiting here any more.
void Ladder::halt(TrialId trial, Place& place) {
  Level& rung = rungs_[place.target];
  if (place.running) --rung.running;
  if (place.idle) rung.results.go_on(place.results[place.target]);
  short_.erase(trial);
  place.running = place.idle = false;
}

void Ladder::enter(TrialId trial, Place& place, const Report* report) {
  const std::size_t k = place.results.size();
  place.results.push_back(rung_entry(trial, report));
  rungs_[k].results.insert(place.results[k], report);
  if (k < place.target) ++rungs_[k].promoted;
}

/// Enters its results up to the target. `reached`: it ended well there, so up to that level it counts without a report.
void Ladder::record(const Trial& trial, Place& place, Resource reached) {
  if (place.results.size() == place.target + 1) {  // a report that came after the trial had been counted without it
    const std::size_t k = place.target;
    if (const Report* report = report_at(trial, level(k))) {
      RungEntry old = place.results[k];
      place.results[k] = rung_entry(trial.id, report);
      rungs_[k].results.replace(old, place.results[k], report);
    }
  }
  while (place.results.size() <= place.target) {
    const Resource here = level(place.results.size());
    const Report* report = report_at(trial, here);
    if (!report && here > reached) return;
    if (!report && !trial.reports.empty()) report = &trial.reports.back();
    enter(trial.id, place, report);
  }
}

void Ladder::pause(const Trial& trial, Place& place) {
  halt(trial.id, place);
  record(trial, place, std::max(trial.until, trial.reports.empty() ? 0 : trial.reports.back().at));
  if (place.results.size() <= place.target) {
    short_.insert(trial.id);
  } else if (place.target < top()) {
    place.idle = true;
    rungs_[place.target].results.wait(place.results[place.target]);
  }
}

void Ladder::leave(TrialId trial, Place& place) {
  halt(trial, place);
  for (std::size_t k = 0; k < place.results.size() && k < place.target; ++k) --rungs_[k].promoted;
  if (dead_ == Dead::Leaves) {
    for (std::size_t k = 0; k < place.results.size(); ++k) rungs_[k].results.erase(place.results[k]);
    for (std::size_t k = 0; k <= place.target; ++k) --rungs_[k].entrants;
    place = Place();
    return;
  }
  place.dead = true;
  if (place.results.size() > place.target) {
    rungs_[place.target].results.erase(place.results[place.target]);
    place.results.pop_back();
  }
  while (place.results.size() <= place.target) {
    const std::size_t k = place.results.size();
    place.results.push_back(rung_entry(trial, nullptr));
    rungs_[k].results.insert(place.results[k], nullptr);
  }
}

}  // namespace hone
