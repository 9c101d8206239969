// Promotions found anew from the trials at every decision, by the definitions: what asha, asyncband, sh, hyperband and bohb keep
// incrementally. A promotion that is not due is one doubled or made up; one that is still due at the end was lost.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hone/event.h"
#include "hone/spec.h"
#include "schedule/rungs.h"
#include "study/ledger.h"

namespace hone {

class Promotions {
 public:
  /// Of a spec that Study::make has completed. Other schedulers than those above are not looked at.
  explicit Promotions(const StudySpec& spec);

  /// Whatever is wrong with the promotions of a whole log, a line each.
  std::vector<std::string> check(std::span<const Event> log) const;

 private:
  struct Rung {
    std::vector<RungEntry> results, waiting;  // in order
    std::int64_t running = 0, entrants = 0, promoted = 0;
  };
  const std::vector<Resource>& levels(int bracket) const;
  std::vector<Rung> rungs(const std::vector<Trial>& trials, int bracket) const;
  void enter(const Trial& trial, const std::vector<Resource>& levels, std::vector<Rung>& rungs) const;
  std::optional<TrialId> due(const std::vector<Rung>& rungs, std::size_t k) const;

  const StudySpec& spec_;
  std::vector<std::vector<Resource>> levels_;  // of the brackets, in turn; none: not looked at
  std::int64_t eta_ = 3;
  bool together_ = false;  // a rung waits for its last trial, and one that failed is its worst
};

}  // namespace hone
