#include "exec/reconcile.h"

#include <algorithm>
#include <map>
#include <set>

namespace hone {

Difference reconcile(std::span<const WantedRun> wanted, std::span<const RunStatus> actual) {
  Difference difference;
  std::set<RunKey> wanted_keys;
  for (const WantedRun& run : wanted) wanted_keys.insert(run.key);
  std::map<RunKey, bool> known;  // → has it ended
  std::set<TrialId> busy;
  for (const RunStatus& run : actual) {
    known[run.key] = run.ended;
    if (run.ended) continue;
    busy.insert(run.key.trial);
    if (!wanted_keys.contains(run.key)) difference.cancel.push_back(run.key);
  }
  for (const WantedRun& run : wanted) {
    if (known.contains(run.key)) continue;  // runs, or its end is on the way
    if (run.launched) difference.lost.push_back(run.key);
    else if (busy.insert(run.key.trial).second) difference.launch.push_back(run.key);
  }
  return difference;
}

}  // namespace hone
