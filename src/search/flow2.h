// One local thread of direct search: FLOW2 (flow2.cpp has the paper). What cfo runs one of at a time and blendsearch many.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search/flow2_result.h"

namespace hone {

/// A place to search from.
struct Incumbent {
  TrialId id = 0;
  Config config;
  LocalResult result;
};

/// One move of a thread, as it rides in the note of the trial that makes it: "FROM KEY SIGN".
struct Flow2Move {
  TrialId from = 0;  // the incumbent when it was proposed
  TrialId key = 0;   // names the stream that the direction is drawn from
  int sign = 1;      // -1: the opposite direction, 0: another option of a choice

  std::string text() const;
  static std::optional<Flow2Move> parse(std::string_view text);
};

/// How the coordinates of a space are walked along. Shared by all threads; copying it is cheap enough.
class Flow2Walk {
 public:
  explicit Flow2Walk(const Space& space);
  const Space& space() const { return space_; }
  std::size_t size() const { return axes_.size(); }
  bool unordered(std::size_t k) const { return axes_[k].options > 0; }
  std::size_t options(std::size_t k) const { return axes_[k].options; }
  /// Width of the level at x on the unit interval; 0 if continuous.
  double cell(std::size_t k, double x) const;

 private:
  struct Axis {
    std::size_t options = 0;     // of an unordered choice
    double cell = 0;             // linear and ordered
    double first = 0, span = 0;  // log: value at 0, ln of the ratio of both ends; cell is then the step between values
  };
  Space space_;
  std::vector<Axis> axes_;
};

/// A function of its construction and of its tells.
class Flow2 {
 public:
  Flow2(const Flow2Walk& walk, Incumbent start, double step);

  /// The next move of this thread, if trial `id` makes it.
  Flow2Move next(std::uint64_t seed, TrialId id) const;
  /// Where it leads; with a growing `attempt` ever farther away, for when a place is taken or not legal.
  Config place(const Flow2Walk& walk, std::uint64_t seed, const Flow2Move& move, int attempt, Rng& rng) const;
  std::string why(const Flow2Move& move) const;

  /// A trial that makes a move of this thread has started.
  void started(TrialId id, const Flow2Move& move);
  /// It has news. Returns whether the thread has moved there.
  bool told(const Flow2Walk& walk, const Trial& trial, const LocalResult& result, const Flow2Move& move);
  /// A trial of somebody else that is better: the thread moves there.
  bool adopt(const Flow2Walk& walk, const Trial& trial, const LocalResult& result);

  /// Is a place within a step or so, with the same choices?
  bool reaches(const Flow2Walk& walk, const std::vector<double>& point) const;

  const Incumbent& incumbent() const { return incumbent_; }
  const std::vector<double>& point() const { return point_; }
  double step() const { return step_; }
  bool converged() const { return step_ < least_; }

 private:
  void move_to(const Flow2Walk& walk, const Trial& trial, const LocalResult& result);

  Incumbent incumbent_;
  std::vector<double> point_;   // of the incumbent; NaN where inactive
  std::vector<double> memory_;  // the last value of each coordinate where one was known; else NaN
  double step_, least_ = 0;
  int numeric_ = 0, choices_ = 0;    // active coordinates of the incumbent
  double change_;                    // chance that the next move changes a choice
  std::optional<TrialId> opposite_;  // key of a direction of which the opposite is next
  std::map<TrialId, bool> judged_;   // moves of this thread
};

}  // namespace hone
