// What the live table shows of a study, collected from its events and trials.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/live.h"
#include "hone/study.h"

namespace hone {

class LiveView {
 public:
  struct Moment {  // what the study does not know of itself
    Seconds now = 0;
    std::int64_t slots = 0;
    std::string bound;
    bool interrupted = false;
    int rows = 0;  // of trials at most
    bool unicode = true;
  };

  /// Each event, once the study has it.
  void seen(const Event& event, const Study& study);
  /// Goes through all trials if events were seen since the last call. A trial keeps its row until it ends; the next one
  /// to get it is the one nearest its `until`, or that reported last. `ends` is left to the caller.
  LiveState state(const Study& study, const Moment& moment);

 private:
  struct Row {
    Metrics metrics;  // the last of each, in this attempt
    Seconds heard = 0;
  };
  void scan(const Study& study, const Moment& moment);
  void choose(const Study& study, std::size_t most);
  LiveTrial row(const Study& study, TrialId id, Seconds now) const;
  std::string metrics_text(const Study& study, const Trial& trial) const;

  std::map<TrialId, Row> rows_;  // of those with a process
  bool changed_ = true;
  LiveState scanned_;              // what does not change with time alone
  std::vector<TrialId> on_, off_;  // with a process; waiting for another run
  std::vector<TrialId> shown_;
};

}  // namespace hone
