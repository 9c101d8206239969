#include "run/coordinator.h"

#include <algorithm>
#include <set>
#include <utility>

#include "exec/reconcile.h"
#include "study/extend.h"

namespace hone {
namespace {

bool is_launch(const Fact& fact) {
  return std::holds_alternative<Started>(fact) || std::holds_alternative<Resumed>(fact) ||
         std::holds_alternative<Relaunched>(fact);
}

}  // namespace

Coordinator::Coordinator(Study& study, Storage& storage, StudyRow row, Executor& executor, RunHooks hooks)
    : study_(study), storage_(storage), row_(std::move(row)), executor_(executor), hooks_(std::move(hooks)) {
  if (hooks_.in_order) order_.emplace();
}

Result<Ending> Coordinator::run() {
  if (auto ok = recover(); !ok) return tl::unexpected(ok.error());
  while (!(study_.finished() && study_.live() == 0)) {
    if (const int asked = hooks_.interrupts ? hooks_.interrupts() : 0; asked > interrupts_) {
      interrupts_ = asked;
      if (auto ok = cancel_all(); !ok) return tl::unexpected(ok.error());
    }
    if (interrupts_ > 0 && study_.live() == 0) return Ending::Interrupted;
    if (auto ok = turn(); !ok) return tl::unexpected(ok.error());
  }
  return Ending::Finished;
}

/// What the log says is running and the executor does not know is lost, whether or not it was ever launched.
Result<void> Coordinator::recover() {
  const auto known = executor_.list();
  if (!known) return tl::unexpected(known.error());
  std::vector<WantedRun> running;
  std::vector<RunKey> gone;  // among them those that were cancelled, but not seen to end when the log was cut off
  for (const Trial& trial : study_.trials()) {
    if (!trial.live) continue;
    if (trial.phase == Phase::Running) running.push_back({{trial.id, trial.attempt}, true});
    else if (std::none_of(known->begin(), known->end(), [&](const RunStatus& s) {
               return s.key == RunKey{trial.id, trial.attempt};
             }))
      gone.push_back({trial.id, trial.attempt});
  }
  const Difference difference = reconcile(running, *known);
  gone.insert(gone.end(), difference.lost.begin(), difference.lost.end());
  for (const RunKey& key : gone) {
    Exited lost{.trial = key.trial, .attempt = key.attempt, .cause = Cause::Lost, .detail = "no trace of its process"};
    put({study_.last_time(), std::move(lost)});  // nobody knows when; the time since is not study time
  }
  for (const RunKey& key : difference.cancel) {
    cancelled_.insert(key);
    if (auto ok = executor_.cancel(key); !ok) return ok;
  }
  if (order_)
    for (const RunStatus& run : *known)  // in the order of trials: nobody knows that of their launches any more
      if (wanted(Exited{.trial = run.key.trial, .attempt = run.key.attempt})) order_->launched(run.key);
  if (auto notices = executor_.wait(0); notices)
    if (auto ok = hear(std::move(*notices)); !ok) return ok;
  if (!hooks_.opened.empty()) put({hooks_.now(), Opened{hooks_.opened}});
  return finish_turn();
}

Result<void> Coordinator::turn() {
  Seconds timeout = 60;
  if (const auto wake = study_.wake()) timeout = std::clamp(*wake - hooks_.now(), 0.0, timeout);
  if (hooks_.room && !hooks_.room()) timeout = std::min(timeout, 5.0);  // looked at again
  if (awaits_) timeout = std::min(timeout, 5.0);                        // likewise: it may be silent for too long
  if (!failed_.empty()) timeout = 0;
  auto notices = executor_.wait(timeout);
  if (!notices) return tl::unexpected(notices.error());
  for (Notice& notice : failed_) notices->push_back(std::move(notice));
  failed_.clear();
  if (auto ok = hear(std::move(*notices)); !ok) return ok;
  const std::vector<Request> asked = take_requests();
  if (auto ok = finish_turn(); !ok) return ok;
  for (const Request& request : asked) request.answer({});
  return {};
}

Result<void> Coordinator::finish_turn() {
  auto decided = decide();
  if (decided && order_) decided = hear({});  // the answer that held notices back may just have come
  if (auto ok = flush(); !ok) return ok;
  if (!order_ || order_->empty()) executor_.acknowledged();
  if (auto ok = act(); !ok) return ok;
  return decided;
}

Result<void> Coordinator::hear(std::vector<Notice> notices) {
  if (!order_) {
    for (Notice& notice : notices) take(std::move(notice));
    return {};
  }
  order_->take(std::move(notices));
  while (true) {
    // What is proposed must not depend on what came in while the searcher's command was thinking ...
    if (awaits_)
      if (auto ok = decide(); !ok || awaits_) return ok;
    auto next = order_->next();
    if (!next) return {};
    take(std::move(*next));
    if (auto ok = decide(); !ok) return ok;  // ... nor what is decided on what else came with a notice
  }
}

/// Applies what the user asks for, and answers at once what cannot be; the rest is answered when it is stored.
std::vector<Request> Coordinator::take_requests() {
  std::vector<Request> taken;
  if (!hooks_.requests) return taken;
  for (Request& request : hooks_.requests()) {
    auto ok = can_steer(study_, request.steered);
    if (ok && interrupts_ > 0)
      ok = fail(Code::Unavailable, "it is being interrupted; ask again when its runs have ended");
    if (!ok) {
      request.answer(ok);
      continue;
    }
    put({std::max(hooks_.now(), study_.last_time()), request.steered});
    if (request.steered.what == Steer::Parallel) executor_.set_parallel(request.steered.value);
    taken.push_back(std::move(request));
  }
  return taken;
}

/// After a crash things are handed out again: what the study has heard is dropped here, so that the log holds it once.
bool Coordinator::wanted(const Fact& fact) const {
  const auto trial = [&](TrialId id, int attempt) -> const Trial* {
    if (id < 0 || id >= static_cast<TrialId>(study_.trials().size())) return nullptr;
    const Trial& found = study_.trials()[static_cast<std::size_t>(id)];
    return found.attempt == attempt ? &found : nullptr;
  };
  if (const auto* report = std::get_if<Reported>(&fact)) {
    const Trial* found = trial(report->trial, report->attempt);
    return found && report->n > found->reports_seen;
  }
  if (const auto* exit = std::get_if<Exited>(&fact)) {
    const Trial* found = trial(exit->trial, exit->attempt);
    return found && found->live;
  }
  return false;
}

void Coordinator::take(Notice notice) {
  if (!wanted(notice.fact)) return;
  if (auto* exit = std::get_if<Exited>(&notice.fact); exit && interrupts_ > 0) {
    const Trial& trial = study_.trials()[static_cast<std::size_t>(exit->trial)];
    if (trial.phase == Phase::Running) {  // it ended because we asked it to; well, if it had come as far as it should
      exit->cause = trial.reached > 0 ? Cause::None : Cause::Lost;
      exit->outside = false;
      exit->interrupted = true;
      exit->detail = "interrupted";
    }
  }
  if (const auto* exit = std::get_if<Exited>(&notice.fact)) cancelled_.erase({exit->trial, exit->attempt});
  // When it happened, not when we came to hear of it: the keeper may have waited for us.
  const Seconds now = hooks_.now(), happened = notice.time > 0 ? notice.time : now;
  put({std::min(std::max(happened, study_.last_time()), now), std::move(notice.fact)});
}

void Coordinator::put(Event event) {
  study_.apply(event);
  if (const auto id = trial_of(event); order_ && id && is_launch(event.fact))
    order_->launched({*id, study_.trials()[static_cast<std::size_t>(*id)].attempt});
  batch_.push_back(std::move(event));
}

Result<void> Coordinator::decide() {
  // Asked once, so that what is granted to a run does not come when it is on its way.
  const bool room = !hooks_.room || hooks_.room();
  awaits_ = false;
  while (interrupts_ == 0) {
    const auto free = room ? std::max<std::int64_t>(0, executor_.slots() - study_.taken()) : 0;
    auto next = study_.decide(hooks_.now(), static_cast<int>(free));
    auto* event = std::get_if<Event>(&next);
    if (event) {
      put(std::move(*event));
      continue;
    }
    const Wait& wait = std::get<Wait>(next);
    if (wait.outside && hooks_.propose) {
      auto proposed = hooks_.propose(study_, *wait.outside);
      if (!proposed) return tl::unexpected(proposed.error());
      if (*proposed) {
        put({std::max(hooks_.now(), study_.last_time()), std::move(**proposed)});
        continue;
      }
      awaits_ = true;
    }
    if (hooks_.waits) hooks_.waits(room ? wait.why : "the disk has no room for more");
    break;
  }
  return {};
}

/// Nothing is acted on before it is stored. A store that is unavailable (disk full, locked) is asked again while the
/// trials go on; what they report waits in the keeper's spool.
Result<void> Coordinator::flush() {
  if (batch_.empty()) return {};
  for (bool warned = false;;) {
    auto last = storage_.append(row_.id, row_.last, batch_);
    if (last) {
      row_.last = *last;
      break;
    }
    const bool give_up = hooks_.interrupts && hooks_.interrupts() > interrupts_;
    if (last.error().code != Code::Unavailable || !hooks_.pause || give_up) return tl::unexpected(last.error());
    if (!warned && hooks_.warn) hooks_.warn(last.error().what + "; trials go on, trying again every second");
    warned = true;
    hooks_.pause(1);
  }
  if (hooks_.seen)
    for (const Event& event : batch_) hooks_.seen(event, study_);
  return {};
}

/// Brings the executor to what the study now wants of the trials that this batch touched.
Result<void> Coordinator::act() {
  std::set<TrialId> touched;
  std::set<TrialId> launched;
  for (const Event& event : batch_) {
    const auto trial = trial_of(event);
    if (!trial || *trial >= static_cast<TrialId>(study_.trials().size())) continue;  // proposed, and not yet started
    touched.insert(*trial);
    const Fact& fact = event.fact;
    if (is_launch(fact)) launched.insert(*trial);
  }
  batch_.clear();
  for (const TrialId id : touched) {
    const Trial& trial = study_.trials()[static_cast<std::size_t>(id)];
    if (!trial.live) continue;
    const RunKey key{id, trial.attempt};
    if (launched.contains(id)) {
      auto run = hooks_.launch(trial);
      if (!run) {
        Exited lost{.trial = id, .attempt = trial.attempt, .cause = Cause::Lost, .detail = run.error().what};
        failed_.push_back({hooks_.now(), std::move(lost)});
        continue;
      }
      if (auto ok = executor_.launch(*run); !ok) return ok;
    }
    if (trial.phase != Phase::Running && cancelled_.insert(key).second) {
      if (auto ok = executor_.cancel(key); !ok) return ok;
    }
  }
  return {};
}

/// Asks every run to end; asked a second time the executor kills.
Result<void> Coordinator::cancel_all() {
  if (study_.live() == 0) return {};
  for (const Trial& trial : study_.trials()) {
    if (!trial.live) continue;
    const RunKey key{trial.id, trial.attempt};
    if (cancelled_.insert(key).second)
      if (auto ok = executor_.cancel(key); !ok) return ok;
    if (interrupts_ >= 2)
      if (auto ok = executor_.cancel(key); !ok) return ok;
  }
  return {};
}

}  // namespace hone
