// Which parameters coordinate tunes when: the user's stages, or one parameter after another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hone/registry.h"

namespace hone {

struct PlanStage {
  std::vector<std::string> free;
  NamedValues fixed;
  std::optional<std::int64_t> trials;  // none: as many as there will be
  std::string label;                   // "stage 2 of 3 (lr, momentum)"
};

/// Stages by number: those of the user, or turns that go round and round.
class Plan {
 public:
  static constexpr int kAll = -1;  // the stage behind all turns: every parameter at once

  explicit Plan(const SearchInputs& inputs);
  PlanStage stage(int number) const;
  bool turns() const { return turns_; }
  int first() const { return turns_ && names_.empty() ? kAll : 0; }
  /// Where to go when a stage has nothing more to try, in this order. Empty: the plan is done.
  std::vector<int> after(int number) const;

 private:
  bool turns_;                      // no stages were given
  std::vector<PlanStage> stages_;   // of the user
  std::vector<std::string> names_;  // of what there is to tune, in the space's order
  std::int64_t each_ = 10;          // trials of a turn
};

}  // namespace hone
