// The loop: take what happened, let the study decide, store it all, and only then act on it.
//
//   executor.wait() → Reported, Exited → study.apply → study.decide … → storage.append → executor.launch, cancel
//
// Recovery is the same loop over a study rebuilt from its log: nothing is ever asked twice.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hone/executor.h"
#include "hone/storage.h"
#include "hone/study.h"
#include "run/in_order.h"

namespace hone {

/// Something that the user asks of the study while it runs.
struct Request {
  Steered steered;
  std::function<void(const Result<void>&)> answer;  // once it is stored, or why not
};

struct RunHooks {
  std::function<Seconds()> now;  // never falls
  /// The command of a trial. An error is the run's: it is lost, and tried again a few times.
  std::function<Result<RunSpec>(const Trial&)> launch;
  std::function<int()> interrupts;                               // times that the user asked to stop (Ctrl-C)
  std::function<void(const Event&, const Study&)> seen = {};     // each event, once it is stored
  std::function<void(const std::string&)> warn = {};             // one line
  std::function<void(Seconds)> pause = {};                       // before a failed store is tried again
  std::function<std::vector<Request>()> requests = {};           // that came in since
  std::function<bool()> room = {};                               // false: no new run is to be launched (disk)
  std::function<void(const std::string&)> waits = {};            // why nothing more starts now
  std::vector<std::pair<std::string, std::string>> opened = {};  // what runs this: host, version, command ...
  bool in_order = false;  // results are taken in the order of the launches (in_order.h)
  /// Asks the searcher's command; nothing: its answer is awaited, and Executor::wait() returns when it may be there.
  std::function<Result<std::optional<Proposed>>(const Study&, const Ask&)> propose = {};
};

enum class Ending { Finished, Interrupted };

class Coordinator {
 public:
  Coordinator(Study& study, Storage& storage, StudyRow row, Executor& executor, RunHooks hooks);
  /// Runs the study to its end. Unavailable only if the user gave up on a store that stayed unavailable.
  Result<Ending> run();

 private:
  Result<void> recover();
  Result<void> turn();
  Result<void> hear(std::vector<Notice> notices);
  void take(Notice notice);
  std::vector<Request> take_requests();
  void put(Event event);
  Result<void> decide();
  Result<void> flush();
  Result<void> act();
  Result<void> finish_turn();
  bool wanted(const Fact& fact) const;
  Result<void> cancel_all();

  Study& study_;
  Storage& storage_;
  StudyRow row_;
  Executor& executor_;
  RunHooks hooks_;
  std::vector<Event> batch_;
  std::set<RunKey> cancelled_;  // and not seen to end
  std::vector<Notice> failed_;  // launches that came to nothing, to be heard in the next turn
  std::optional<InOrder> order_;
  bool awaits_ = false;  // the searcher's command thinks
  int interrupts_ = 0;
};

}  // namespace hone
