// What must hold of every study, whatever the algorithms, the world and the faults.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "hone/event.h"
#include "hone/study.h"

namespace hone {

class Invariants {
 public:
  explicit Invariants(const StudySpec& spec, int workers) : spec_(spec), workers_(workers) {}

  /// Before `event` is applied to `study`: may this decision be made?
  void check(const Event& event, const Study& study);
  /// When all is over: nothing is left running or undecided, the budget is kept, nothing was tried twice.
  void check_end(const Study& study, std::span<const Event> log);
  const std::vector<std::string>& broken() const { return broken_; }
  void add(std::string what);

 private:
  void check_launch(const char* what, TrialId trial, Phase needed, const Study& study);

  const StudySpec& spec_;
  int workers_;
  std::vector<std::string> broken_;
};

}  // namespace hone
