// What the study wants against what runs: the difference, as launches and cancels.
#pragma once

#include <span>
#include <vector>

#include "hone/executor.h"

namespace hone {

struct WantedRun {
  RunKey key;
  bool launched = false;  // it was handed to the executor before, maybe by an earlier process
};
struct Difference {
  std::vector<RunKey> launch;  // in the order wanted
  std::vector<RunKey> cancel;  // alive, but no longer wanted
  std::vector<RunKey> lost;    // launched before, and the executor knows nothing of it
};

/// A run whose trial still has another attempt alive is not launched yet: both would write to one folder. It comes with
/// the first call after that attempt has ended.
Difference reconcile(std::span<const WantedRun> wanted, std::span<const RunStatus> actual);

}  // namespace hone
